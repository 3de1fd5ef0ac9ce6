"""Tables of an older minor version of a schema, made into those of today's.

A minor version only adds: a column that may be null, a flag, a rule that old rows keep. Whatever changes the meaning of
what was written is another major version, which is not read.
"""

from collections.abc import Callable

import pyarrow as pa

from hemdata.errors import DataError
from hemdata.schema.table import TableSchema

Migration = Callable[[pa.Table, TableSchema], pa.Table]

# schema: {minor version that the step starts from: what the next one added}. A version that is not named added nothing
# to the columns. A card that goes from 1.0 to 1.1 with a new column `solvent` has: {"molecule": {0: added("solvent")}}
MIGRATIONS: dict[str, dict[int, Migration]] = {}


def added(*columns: str) -> Migration:
    """The step that adds columns which may be null: nulls in the rows of before."""

    def step(table: pa.Table, schema: TableSchema) -> pa.Table:
        for name in columns:
            field = schema.arrow.field(name)
            if not field.nullable:
                raise DataError(
                    "A migration adds a column that may not be null.", where=f"schema {schema.name}", got=name
                )
            table = table.append_column(field, pa.nulls(table.num_rows, field.type))
        return table

    return step


def major(version: str) -> int:
    """The major number of a version such as 1.3."""
    return int(version.split(".")[0])


def minor(version: str) -> int:
    """The minor number of a version such as 1.3."""
    return int(version.split(".")[1])


def migrated(table: pa.Table, schema: TableSchema, version: str) -> pa.Table:
    """A table of an older minor version with the schema's columns, in the schema's order.

    Any other table comes back as it is: a newer minor version's keeps the columns that this schema does not know.

    Raises:
        DataError: if its columns are not those that its version had.
    """
    if major(version) != major(schema.version) or minor(version) >= minor(schema.version):
        return table
    steps = MIGRATIONS.get(schema.name, {})
    for start in sorted(steps):
        if minor(version) <= start < minor(schema.version):
            table = steps[start](table, schema)
    names = schema.arrow.names
    types = {field.name: field.type for field in table.schema}
    if sorted(table.schema.names) != sorted(names) or any(types[f.name] != f.type for f in schema.arrow):
        raise DataError(
            f"A table of version {version} of the schema '{schema.name}' cannot be made into one of {schema.version}.",
            expected=", ".join(names),
            got=", ".join(table.schema.names),
            fix="Build it again with this hemdata.",
        )
    return table.select(names).cast(schema.arrow)
