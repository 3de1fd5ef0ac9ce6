"""schema: one declared source for every table's columns, checks and documentation."""

from hemdata.schema.rules import RULES, lists
from hemdata.schema.table import TableSchema, arrow_type, table_schema

__all__ = ["RULES", "TableSchema", "arrow_type", "lists", "table_schema"]
