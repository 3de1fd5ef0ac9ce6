"""sources: one module per dataset form; its published archive becomes a stream of records, nothing else."""

from hemdata.sources.source import Raw, Record, Rejected, Source, open_source

__all__ = ["Raw", "Record", "Rejected", "Source", "open_source"]
