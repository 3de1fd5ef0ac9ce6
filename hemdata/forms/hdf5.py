"""HDF5: h5py, MATLAB, Julia; every column a dataset, lists one after another with offsets."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hemdata.catalog import Column
from hemdata.forms.built import BuiltSet

ABOUT = "every column a dataset, with its unit; lists one after another with offsets: h5py, MATLAB, Julia"
SUFFIX = ".h5"
CHUNK = 1 << 14


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
