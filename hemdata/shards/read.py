"""Reads shards: whole, by columns, or as a stream of batches."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from hemdata.errors import CallError, DataError
from hemdata.shards.manifest import Manifest, read_manifest


def iterate(
    folder: str | Path, columns: Sequence[str] | None = None, batch_rows: int = 10_000
) -> Iterator[pa.RecordBatch]:
    """Stream a shard folder's rows in order; constant memory at any size.

    Raises:
        CallError: if it is no shard folder, or has no such column.
        DataError: if a shard is missing or unreadable.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    for shard in manifest.shards:
        path = folder / shard.file
        try:
            file = pq.ParquetFile(path, memory_map=True)
            unknown = set(columns or ()) - set(file.schema_arrow.names)
            if unknown:
                raise CallError(
                    f"'{manifest.dataset}' has no column {', '.join(sorted(unknown))}.",
                    where=path,
                    expected=", ".join(file.schema_arrow.names),
                )
            yield from file.iter_batches(batch_size=batch_rows, columns=list(columns) if columns else None)
        except (pa.ArrowInvalid, FileNotFoundError, OSError) as error:
            raise DataError(
                "A shard cannot be read.", where=path, got=error, fix=f"`hemdata verify {folder}`, or build it again."
            ) from None


def read(folder: str | Path, columns: Sequence[str] | None = None) -> pa.Table:
    """All rows of a shard folder as one table; errors as `iterate`."""
    batches = list(iterate(folder, columns))
    if batches:
        return pa.Table.from_batches(batches)
    manifest = read_manifest(Path(folder))
    empty = pq.read_schema(Path(folder) / manifest.shards[0].file).empty_table()
    return empty.select(list(columns)) if columns else empty


def rejected(folder: str | Path) -> pa.Table:
    """The records that the build did not accept: where, reason, detail, text."""
    manifest: Manifest = read_manifest(Path(folder))
    return pq.read_table(Path(folder) / manifest.rejected.file)
