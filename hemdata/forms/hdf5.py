"""HDF5: h5py, MATLAB, Julia; every column a dataset, lists one after another with offsets."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hemdata.catalog import Column
from hemdata.errors import DataError
from hemdata.forms.hdf5_groups import ROWS, grouped, unit_of
from hemdata.forms.shared.arrays import Arrays, batches
from hemdata.forms.shared.built import BuiltSet
from hemdata.forms.shared.frames import Frames, Wanted

ABOUT = "every column a dataset, with its unit; lists one after another with offsets: h5py, MATLAB, Julia"
SUFFIX = ".h5"
CHUNK = 1 << 14
READS = "a group a molecule (SPICE) or a formula (ANI-1x), whole arrays, or hemdata's own export"
SUFFIXES = (".h5", ".hdf5", ".he5")


def write(built: BuiltSet, path: Path) -> None:
    """Write every row.

    A column of single values is a dataset [rows]. One of lists is a dataset of all lists' numbers one after another
    and `<column>_offsets` [rows + 1]: those of row i stand from offsets[i] to offsets[i + 1]; `positions` is
    [atoms, 3], in step with `atomic_numbers_offsets` where every row has a geometry; `positions_offsets` count numbers.
    Where a value may be missing: NaN for a number, an empty string
    for a text. The manifest stands in the file's attribute `manifest`.
    """
    import h5py

    with h5py.File(path, "w") as file:
        file.attrs["manifest"] = built.manifest.text()
        for column in built.columns:
            _create(file, column)
        for batch in built.batches():
            for column in built.columns:
                _append(file, column, batch[column.name])


def _create(file: Any, column: Column) -> None:
    import h5py

    shape: tuple[int, ...] = (0, 3) if column.name == "positions" else (0,)
    kind = column.type.removeprefix("list<").removesuffix(">")
    text = h5py.string_dtype()
    dtype = text if kind == "string" or column.type == "list<string>" else np.dtype(_stored(kind, column.nullable))
    made = file.create_dataset(
        column.name, shape, dtype, maxshape=(None, *shape[1:]), chunks=(CHUNK, *shape[1:]), compression="gzip"
    )
    made.attrs["unit"], made.attrs["meaning"] = column.unit or "", column.meaning
    if column.type.startswith("list"):
        offsets = file.create_dataset(f"{column.name}_offsets", (1,), "i8", maxshape=(None,), chunks=(CHUNK,))
        offsets[0] = 0


def _stored(kind: str, nullable: bool) -> str:
    """The numpy type of a column: whole numbers that may be missing are kept as float64."""
    if kind == "double" or (nullable and not kind.startswith("list") and kind != "bool" and kind != "uint8"):
        return "f8"
    return kind


def _append(file: Any, column: Column, values: pa.Array) -> None:
    if column.type.startswith("list"):
        offsets = file[f"{column.name}_offsets"]
        lengths = values.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
        _extend(offsets, offsets[-1] + np.cumsum(lengths))
        values = values.flatten()
    if pa.types.is_string(values.type):
        numbers = np.array(values.fill_null("").to_pylist(), dtype=object)
    else:
        numbers = values.to_numpy(zero_copy_only=False)
    if column.name == "positions":
        numbers = numbers.reshape(-1, 3)
    _extend(file[column.name], numbers)


def _extend(dataset: Any, values: Any) -> None:
    before = len(dataset)
    dataset.resize(before + len(values), axis=0)
    dataset[before:] = values


def frames(path: Path, wanted: Wanted) -> Iterator[Frames]:
    """Every molecule.

    Where the root has the coordinates it holds whole arrays, or columns with offsets as `write` makes them. Else every
    group that has atoms and coordinates is a molecule with its conformers; its other data are of each conformer where
    there are as many, or of the molecule. The group's name is the key `group`.

    Raises:
        DataError: if the file is damaged or no HDF5, or holds no coordinates.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            if "positions_offsets" in file:
                yield from _own(path, file, wanted)
            elif wanted.key("positions", [key for key in file if isinstance(file[key], h5py.Dataset)]):
                yield from _whole(path, file, wanted)
            else:
                yield from grouped(path, file, wanted)
    except OSError as error:
        raise DataError("The HDF5 file is damaged, or none.", where=path, got=error, fix="Get it again.") from None


def _whole(path: Path, file: Any, wanted: Wanted) -> Iterator[Frames]:
    import h5py

    there = {key: its for key, its in file.items() if isinstance(its, h5py.Dataset)}
    at = dict.fromkeys(there, 0)

    def some(key: str, n: int) -> Any:
        data = there[key]
        if not data.shape:
            return np.array([data[()]])
        at[key] += n
        return data[at[key] - n : at[key]]

    units = {key: unit for key, its in there.items() if (unit := unit_of(its))}
    kinds = {
        key: (its.shape, np.dtype("S1") if h5py.check_string_dtype(its.dtype) else its.dtype)
        for key, its in there.items()
    }
    yield from batches(Arrays(path, kinds, units), some, wanted)


def _own(path: Path, file: Any, wanted: Wanted) -> Iterator[Frames]:
    """The columns that `write` makes, some thousand rows at a time."""
    import h5py

    rows = len(file["atomic_numbers_offsets"]) - 1
    names = [name for name in file if not name.endswith("_offsets") and name not in ("atomic_numbers", "positions")]
    units = {name: unit for name in file if (unit := unit_of(file[name]))}
    for first in range(0, rows, ROWS):
        last = min(first + ROWS, rows)
        z_at = file["atomic_numbers_offsets"][first : last + 1]
        xyz_at = file["positions_offsets"][first : last + 1]
        there = np.diff(xyz_at) > 0
        z = file["atomic_numbers"][z_at[0] : z_at[-1]].astype(np.int64)
        values: dict[str, Any] = {}
        for name in names:
            if not wanted.asks(name):
                continue
            text = h5py.check_string_dtype(file[name].dtype) is not None
            if f"{name}_offsets" in file:
                at = file[f"{name}_offsets"][first : last + 1]
                flat = file[name].asstr()[at[0] : at[-1]].tolist() if text else file[name][at[0] : at[-1]]
                values[name] = [flat[a - at[0] : b - at[0]] for a, b in itertools.pairwise(at)]
            elif text:
                values[name] = [word or None for word in file[name].asstr()[first:last].tolist()]
            else:
                numbers = file[name][first:last]
                values[name] = numbers.tolist() if numbers.dtype == bool else numbers.astype(np.float64)
        offsets = np.concatenate([[0], np.cumsum(np.where(there, np.diff(z_at), 0))])
        xyz = file["positions"][xyz_at[0] // 3 : xyz_at[-1] // 3]
        z = z[np.repeat(there, np.diff(z_at))]
        yield Frames(path.name, first + 1, last - first, z, offsets, xyz, values, units, word="row")
