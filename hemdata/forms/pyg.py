"""PyTorch Geometric: a folder of files that `InMemoryDataset.load` takes, one a shard."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hemdata.errors import DataError
from hemdata.forms.shared.built import BuiltSet
from hemdata.forms.shared.frames import AT_ONCE, Frames, Wanted

ABOUT = "PyTorch Geometric's InMemoryDataset: a folder with a file a shard"
SUFFIX = ""
READS = "PyTorch Geometric's InMemoryDataset (weights only: no code of the file is run)"
SUFFIXES = (".pt",)

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


def frames(path: Path, wanted: Wanted) -> Iterator[Frames]:
    """Every molecule of a file that `InMemoryDataset.save` wrote: `z`, `pos`, and what else it has, by name.

    Raises:
        DataError: if it is another file of torch's, or holds code.
    """
    import pickle

    import torch
    from torch_geometric.data import Data
    from torch_geometric.data.data import DataEdgeAttr, DataTensorAttr
    from torch_geometric.data.storage import EdgeStorage, GlobalStorage, NodeStorage

    known = [Data, DataEdgeAttr, DataTensorAttr, GlobalStorage, NodeStorage, EdgeStorage]
    try:
        with torch.serialization.safe_globals(known):
            loaded = torch.load(path, weights_only=True, mmap=True)
        data, slices = loaded[0], loaded[1]
        data = data if isinstance(data, dict) else data.to_dict()
        if not isinstance(slices, dict):
            raise TypeError("it holds no slices")
    except (pickle.UnpicklingError, RuntimeError, TypeError, IndexError, KeyError, AttributeError) as error:
        raise DataError(
            "The file is no InMemoryDataset of numbers and texts alone.",
            where=path,
            expected="(data, slices) as InMemoryDataset.save writes them, without code",
            got=str(error).splitlines()[0][:200],
            fix="Save it anew by InMemoryDataset.save, or write .npz or extended XYZ where you trust the file.",
        ) from None
    z_key, xyz_key = wanted.key("atomic_numbers", data), wanted.key("positions", data)
    if z_key is None or xyz_key is None:
        raise DataError(
            "The file has no z or no pos.", where=path, got=", ".join(data), fix="Say --key positions=NAME."
        )
    at = {name: np.asarray(its) for name, its in slices.items()}
    molecules = len(at[z_key]) - 1
    for first in range(0, molecules, AT_ONCE):
        last = min(first + AT_ONCE, molecules)
        offsets = at[z_key][first : last + 1].astype(np.int64)
        values = {
            name: _some(its, at[name][first : last + 1], molecules, first, last)
            for name, its in data.items()
            if name not in (z_key, xyz_key) and name in at and wanted.asks(name)
        }
        yield Frames(
            path.name,
            first + 1,
            last - first,
            np.asarray(data[z_key][offsets[0] : offsets[-1]]).astype(np.int64),
            offsets - offsets[0],
            np.asarray(data[xyz_key][offsets[0] : offsets[-1]]).astype(np.float64),
            values,
            word="molecule",
        )


def _some(its: Any, at: Any, molecules: int, first: int, last: int) -> Any:
    """Some molecules' values: numbers where each has one, else what each has."""
    import torch

    if not isinstance(its, torch.Tensor):
        return [its[a] if isinstance(its[a], str) or b == a + 1 else its[a:b] for a, b in itertools.pairwise(at)]
    lengths = np.diff(at)
    if its.dtype == torch.bool and (lengths == 1).all():
        return its[at[0] : at[-1]].tolist()
    if (lengths == 1).all() and its[at[0] : at[-1]].numel() == last - first:
        return np.asarray(its[at[0] : at[-1]]).reshape(-1).astype(np.float64)
    return [np.asarray(its[a:b]) for a, b in itertools.pairwise(at)]
