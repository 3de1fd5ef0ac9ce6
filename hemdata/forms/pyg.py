"""PyTorch Geometric: a folder of files that `InMemoryDataset.load` takes, one a shard."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hemdata.forms.built import BuiltSet

ABOUT = "PyTorch Geometric's InMemoryDataset: a folder with a file a shard"
SUFFIX = ""

_NAMES = {"atomic_numbers": "z", "positions": "pos"}


def write(built: BuiltSet, path: Path) -> None:
    """Write `part-00000.pt` and on, each of which a class derived from `InMemoryDataset` loads.

    A molecule has `z` [n], `pos` [n, 3] in angstrom, and every other column under its own name: single numbers as
    [1], lists of numbers as [k], texts as they are. Floats are float64; a number that is missing is NaN.
    """
    import torch
    from torch_geometric.data import Data

    path.mkdir()
    rows = max(shard.rows for shard in built.manifest.shards)
    for number, batch in enumerate(built.geometries(rows)):
        data: dict[str, Any] = {}
        slices: dict[str, Any] = {}
        for column in built.columns:
            name = _NAMES.get(column.name, column.name)
            data[name], slices[name] = _collated(batch[column.name], (-1, 3) if name == "pos" else (-1,))
        torch.save((data, slices, Data), path / f"part-{number:05d}.pt")


def _collated(values: pa.Array, shape: tuple[int, ...]) -> tuple[Any, Any]:
    """All rows' values one after another, and where each row's start."""
    import torch

    each = torch.arange(len(values) + 1)
    if not pa.types.is_list(values.type):
        return (values.to_pylist() if pa.types.is_string(values.type) else _tensor(values)), each
    if pa.types.is_string(values.type.value_type):
        return values.to_pylist(), each
    lengths = values.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    starts = np.concatenate([[0], np.cumsum(lengths)]) // (shape[1] if len(shape) == 2 else 1)
    return _tensor(values.flatten()).reshape(shape), torch.from_numpy(starts.astype(np.int64))


def _tensor(values: pa.Array) -> Any:
    import torch

    numbers = values.to_numpy(zero_copy_only=False)
    if numbers.dtype.kind in "iu":
        numbers = numbers.astype(np.int64)
    return torch.from_numpy(np.array(numbers))
