"""Reads shards: whole, by columns, or as a stream of batches."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from hemdata.errors import CallError, DataError
from hemdata.shards.manifest import read_manifest

_UNREADABLE = (pa.ArrowException, OSError, ValueError)  # what Arrow raises over damaged bytes, a wrong letter included


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
    first: pa.Schema | None = None
    for shard in manifest.shards:
        path = folder / shard.file
        try:
            file = pq.ParquetFile(path, page_checksum_verification=True)
            first = first or file.schema_arrow
            if file.schema_arrow != first:
                raise ValueError("its columns are not those of the first shard")
            unknown = set(columns or ()) - set(file.schema_arrow.names)
            if unknown:
                raise CallError(
                    f"'{manifest.dataset}' has no column {', '.join(sorted(unknown))}.",
                    where=path,
                    expected=", ".join(file.schema_arrow.names),
                )
            yield from file.iter_batches(batch_size=batch_rows, columns=None if columns is None else list(columns))
        except _UNREADABLE as error:
            raise _unreadable(path, error) from None


def read(folder: str | Path, columns: Sequence[str] | None = None) -> pa.Table:
    """All rows of a shard folder as one table; errors as `iterate`."""
    batches = list(iterate(folder, columns))
    if batches:
        return pa.Table.from_batches(batches)
    manifest = read_manifest(Path(folder))
    empty = pq.read_schema(Path(folder) / manifest.shards[0].file).empty_table()
    return empty if columns is None else empty.select(list(columns))


def rejected(folder: str | Path) -> pa.Table:
    """The records that the build did not accept: where, reason, detail, text; errors as `iterate`."""
    return read_file(Path(folder) / read_manifest(Path(folder)).rejected.file)


def read_file(path: Path) -> pa.Table:
    """All of one file of a shard folder.

    Raises:
        DataError: if Arrow cannot open or decode it.
    """
    try:
        return pq.ParquetFile(path, page_checksum_verification=True).read()
    except _UNREADABLE as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> DataError:
    return DataError(
        "A shard cannot be read.", where=path, got=error, fix=f"`hemdata verify {path.parent}`, or build it again."
    )
