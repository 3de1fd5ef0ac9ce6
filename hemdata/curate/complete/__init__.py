"""complete: records and columns of a file as rows of the schema; what breaks it is refused."""
