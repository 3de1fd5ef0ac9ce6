"""tables: the results as rows and columns that people read."""
