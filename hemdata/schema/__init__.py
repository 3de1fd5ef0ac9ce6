"""schema: one declared source for every table's columns, checks and documentation."""

from hemdata.schema.columns import lists
from hemdata.schema.energy_bounds import misfits
from hemdata.schema.migrations import MIGRATIONS, added, migrated, minor
from hemdata.schema.rules import RULES
from hemdata.schema.table import TableSchema, arrow_type, result_schema, table_schema

__all__ = [
    "MIGRATIONS",
    "RULES",
    "TableSchema",
    "added",
    "arrow_type",
    "lists",
    "migrated",
    "minor",
    "misfits",
    "result_schema",
    "table_schema",
]
