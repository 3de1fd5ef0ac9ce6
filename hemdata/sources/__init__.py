"""sources: one module per dataset form; its published archive becomes a stream of records, nothing else."""

from hemdata.sources.source import ColumnSource, Raw, Record, Rejected, Source, open_any_source, open_source

__all__ = ["ColumnSource", "Raw", "Record", "Rejected", "Source", "open_any_source", "open_source"]
