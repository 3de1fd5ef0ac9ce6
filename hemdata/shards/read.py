"""Reads shards: whole, by columns, or as a stream of batches; those of an older minor version as today's."""

import re
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from hemdata.errors import CallError, DataError, did_you_mean
from hemdata.schema import TableSchema, migrated, minor, table_schema
from hemdata.shards.manifest import Manifest, read_manifest

_UNREADABLE = (pa.ArrowException, OSError, ValueError)  # what Arrow raises over damaged bytes, a wrong letter included


def iterate(
    folder: str | Path, columns: Sequence[str] | None = None, batch_rows: int = 10_000
) -> Iterator[pa.RecordBatch]:
    """Stream a shard folder's rows in order; constant memory at any size.

    Shards of an older minor version of the schema come with today's columns. Those of a newer one come as they are,
    unknown columns too, with a warning.

    Raises:
        CallError: if it is no shard folder, or has no such column; for batches of no row.
        DataError: if a shard is missing or unreadable.
    """
    if batch_rows < 1:
        raise CallError("A batch has rows.", expected="1 or more", got=batch_rows, fix="Ask for more rows at a time.")
    folder = Path(folder)
    manifest = read_manifest(folder)
    older = _older(manifest)
    first: pa.Schema | None = None
    for shard in manifest.shards:
        path = folder / shard.file
        try:
            file = pq.ParquetFile(path, page_checksum_verification=True)
            first = first or file.schema_arrow
            if file.schema_arrow != first:
                raise ValueError("its columns are not those of the first shard")
            names = file.schema_arrow.names if older is None else older.arrow.names
            unknown = set(() if columns is None else columns) - set(names)
            if unknown:
                raise CallError(
                    f"'{manifest.dataset}' has no column {', '.join(sorted(unknown))}.",
                    where=path,
                    expected=", ".join(names),
                    fix="".join(did_you_mean(name, names) for name in sorted(unknown)) + "Take some of these columns.",
                )
            if older is None:
                yield from file.iter_batches(batch_size=batch_rows, columns=None if columns is None else list(columns))
                continue
            for old in file.iter_batches(batch_size=batch_rows):  # a step may need any column
                for batch in migrated(pa.Table.from_batches([old]), older, manifest.schema_version).to_batches():
                    yield batch if columns is None else batch.select(list(columns))
        except _UNREADABLE as error:
            raise _unreadable(path, error) from None


def read(folder: str | Path, columns: Sequence[str] | None = None) -> pa.Table:
    """All rows of a shard folder as one table; errors as `iterate`."""
    batches = list(iterate(folder, columns))
    if batches:
        return pa.Table.from_batches(batches)
    manifest = read_manifest(Path(folder))
    older = _older(manifest)
    empty = pq.read_schema(Path(folder) / manifest.shards[0].file).empty_table()
    if older is not None:
        empty = migrated(empty, older, manifest.schema_version)
    return empty if columns is None else empty.select(list(columns))


def rejected(folder: str | Path) -> pa.Table:
    """The records that the build did not accept: where, reason, detail, text; errors as `iterate`."""
    table = read_file(Path(folder) / read_manifest(Path(folder)).rejected.file)
    return migrated(table, table_schema("rejected"), version_of(table.schema))


def read_file(path: Path) -> pa.Table:
    """All of one file of a shard folder.

    Raises:
        DataError: if Arrow cannot open or decode it.
    """
    try:
        return pq.ParquetFile(path, page_checksum_verification=True).read()
    except _UNREADABLE as error:
        raise _unreadable(path, error) from None


def version_of(schema: pa.Schema) -> str:
    """The version of the schema that a file says it is of; 0.0 where it says none."""
    said = str((schema.metadata or {}).get(b"hemdata.schema_version", b"").decode(errors="replace"))
    return said if re.fullmatch(r"\d+\.\d+", said) else "0.0"


def _older(manifest: Manifest) -> TableSchema | None:
    """Today's schema, where the shards are of an older minor version of it."""
    today = table_schema(manifest.schema_name, manifest.properties)
    if minor(manifest.schema_version) > minor(today.version):
        warnings.warn(
            f"'{manifest.dataset}' is of version {manifest.schema_version} of the schema '{today.name}', this hemdata "
            f"knows {today.version}: columns that it does not know are kept as they are.",
            stacklevel=3,
        )
    return today if minor(manifest.schema_version) < minor(today.version) else None


def _unreadable(path: Path, error: Exception) -> DataError:
    return DataError(
        "A shard cannot be read.", where=path, got=error, fix=f"`hemdata verify {path.parent}`, or build it again."
    )
