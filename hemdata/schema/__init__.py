"""schema: one declared source for every table's columns, checks and documentation."""

from hemdata.schema.migrations import MIGRATIONS, added, migrated, minor
from hemdata.schema.rules import RULES, lists
from hemdata.schema.table import TableSchema, arrow_type, table_schema

__all__ = [
    "MIGRATIONS",
    "RULES",
    "TableSchema",
    "added",
    "arrow_type",
    "lists",
    "migrated",
    "minor",
    "table_schema",
]
