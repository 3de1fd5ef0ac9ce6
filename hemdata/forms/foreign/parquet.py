"""Parquet: a table of columns, lists among them; also shards of a set of hemdata."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hemdata.errors import DataError
from hemdata.forms.shared.frames import EXACT, Frames, Wanted
from hemdata.forms.shared.table import frames_of_columns

READS = "columns, lists among them: pandas, polars, DuckDB, Hugging Face, hemdata's shards"
SUFFIXES = (".parquet", ".pq")
ROWS = 5_000


def frames(path: Path, wanted: Wanted) -> Iterator[Frames]:
    """Every row.

    Raises:
        DataError: if the file is damaged.
    """
    first = 1
    try:
        file = pq.ParquetFile(path)
        units = {
            field.name: (field.metadata or {}).get(b"unit", b"").decode() for field in file.schema_arrow
        }  # of hemdata's own shards
        for batch in file.iter_batches(batch_size=ROWS):
            table = pa.Table.from_batches([batch])
            found = _fast(path.name, first, table, wanted)
            found.units = {name: unit for name, unit in units.items() if unit}
            first += batch.num_rows
            yield found
    except (pa.ArrowException, OSError) as error:
        raise DataError("The Parquet file is damaged.", where=path, got=error, fix="Get it again.") from None


def _fast(where: str, first: int, table: pa.Table, wanted: Wanted) -> Frames:
    """Rows whose geometry, where it is flat lists of numbers, is taken over as arrays."""
    names = table.schema.names
    z_key, xyz_key = wanted.key("atomic_numbers", names), wanted.key("positions", names)
    flat = [key is not None and _flat_list(table.schema.field(key).type) for key in (z_key, xyz_key)]
    columns = {name: _column(table[name]) for name in names if wanted.asks(name) and name not in (z_key, xyz_key)}
    if not all(flat):
        columns |= {key: table[key].to_pylist() for key in (z_key, xyz_key) if key is not None}
        return frames_of_columns(where, first, columns, wanted)
    found = frames_of_columns(
        where, first, columns or {"": [None] * table.num_rows}, Wanted({"positions": ""}, wanted.keep)
    )
    z, xyz = (table[str(key)].combine_chunks() for key in (z_key, xyz_key))
    atoms, numbers = (each.value_lengths().fill_null(0).to_numpy(zero_copy_only=False) for each in (z, xyz))
    wrong = np.flatnonzero((numbers != 3 * atoms) & (numbers > 0))
    if len(wrong):
        columns |= {str(key): table[key].to_pylist() for key in (z_key, xyz_key)}
        return frames_of_columns(where, first, columns, wanted)
    each_z = z.flatten().to_numpy(zero_copy_only=False).astype(np.int64)
    kept = np.repeat(numbers > 0, atoms)  # a row of atoms alone has no geometry
    found.atomic_numbers = each_z[kept]
    found.positions = xyz.flatten().to_numpy(zero_copy_only=False).reshape(-1, 3)
    found.offsets = np.concatenate([[0], np.cumsum(np.where(numbers > 0, atoms, 0), dtype=np.int64)])
    return found


def _beyond(column: pa.ChunkedArray) -> bool:
    """Whether whole numbers are too large to be told apart as floats."""
    ends = pc.min_max(column).as_py()
    return any(abs(end or 0) > EXACT for end in ends.values())


def _flat_list(kind: pa.DataType) -> bool:
    listed = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    return bool(listed and (pa.types.is_integer(kind.value_type) or pa.types.is_floating(kind.value_type)))


def _column(column: pa.ChunkedArray) -> Any:
    kind = column.type
    if pa.types.is_integer(kind) and _beyond(column):
        return column.to_pylist()
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return column.cast(pa.float64(), safe=False).fill_null(np.nan).to_numpy()
    if _flat_list(kind):
        array = column.combine_chunks()
        ends = np.concatenate([[0], np.cumsum(array.value_lengths().fill_null(0).to_numpy(zero_copy_only=False))])
        flat, there = array.flatten().to_numpy(zero_copy_only=False), array.is_valid().to_numpy(zero_copy_only=False)
        return [flat[a:b] if is_there else None for a, b, is_there in zip(ends[:-1], ends[1:], there, strict=True)]
    return column.to_pylist()
