"""Groups of an HDF5 file: one a molecule with its conformers (SPICE), or one a formula (ANI-1x)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from hemdata.errors import DataError
from hemdata.forms.shared.frames import Frames, Gathered, Wanted, column, first_unknown, numbers_of
from hemdata.units import spelled

ROWS = 5_000


def grouped(path: Path, file: Any, wanted: Wanted) -> Iterator[Frames]:
    """Every group's conformers, some thousand at a time.

    Raises:
        DataError: if no group holds a molecule.
    """
    waiting, n = list[Frames](), 0
    first, some = 1, False
    for group in _groups(file):
        frames = _of_group(path, group, wanted)
        if frames is None:
            continue
        some = True
        waiting.append(frames)
        n += frames.n
        if n >= ROWS:
            yield _together(path, waiting, first)
            first, waiting, n = first + n, [], 0
    if waiting:
        yield _together(path, waiting, first)
    if not some:
        raise DataError(
            "No group of the file holds both elements and coordinates.",
            where=path,
            got=", ".join(list(file)[:8]) or "nothing",
            fix="Say which is which: --key positions=NAME --key atomic_numbers=NAME.",
        )


def _groups(parent: Any) -> Iterator[Any]:
    import h5py

    yield parent
    for name in parent:
        its = parent[name]
        if isinstance(its, h5py.Group):
            yield from _groups(its)


def _of_group(path: Path, group: Any, wanted: Wanted) -> Frames | None:
    import h5py

    there = {name: its for name, its in group.items() if isinstance(its, h5py.Dataset)}
    z_key, xyz_key = wanted.key("atomic_numbers", there), wanted.key("positions", there)
    if z_key is None or xyz_key is None:
        return None
    z = there[z_key][()]
    xyz = np.asarray(there[xyz_key][()], dtype=np.float64)
    xyz = xyz[None] if xyz.ndim == 2 else xyz  # a group a geometry
    n = len(xyz)
    where = f"{path.name}: {group.name}"
    if z.dtype.kind in "SO":
        words = [word.decode() if isinstance(word, bytes) else word for word in z]
        z = np.array(numbers_of(words))
        if unknown := first_unknown(words, z.tolist()):
            return _fault(where, "no element", f"{unknown} is none")
    z = z.astype(np.int64)
    z = np.broadcast_to(z, (n, len(z))) if z.ndim == 1 else z
    if xyz.ndim != 3 or xyz.shape[2] != 3 or z.shape != xyz.shape[:2]:
        return _fault(where, "wrong atom count", f"atoms {list(z.shape)}, coordinates {list(xyz.shape)}")
    values: dict[str, Any] = {"group": [group.name.strip("/")] * n} if wanted.asks("group") else {}
    units = {}
    for name, its in there.items():
        if unit := unit_of(its):
            units[name] = unit
        if name in (z_key, xyz_key) or not wanted.asks(name):
            continue
        data = its.asstr()[()] if h5py.check_string_dtype(its.dtype) else its[()]
        values[name] = _per_conformer(data, n)
    return Frames(where, 1, n, z.ravel(), np.arange(n + 1) * z.shape[1], xyz.reshape(-1, 3), values, units,
                  word="conformer")  # fmt: skip


def _fault(where: str, reason: str, detail: str) -> Frames:
    found = Gathered(where, "conformer")
    found.fault(reason, detail)
    return found.taken()


def _per_conformer(data: Any, n: int) -> Any:
    """A dataset of a group: a value of each conformer where there are as many, else of all of them."""
    shape = np.shape(data)
    if shape and shape[0] == n and (n > 1 or len(shape) != 1 or shape[0] == 1):
        return list(data) if np.asarray(data).dtype.kind in "OSU" else _numbers(np.asarray(data))
    one = data.item() if np.size(data) == 1 else data
    return [one] * n if isinstance(one, str) or np.size(one) != 1 else np.full(n, float(one))


def _numbers(data: Any) -> Any:
    if data[0].size != 1:
        return list(data)
    numbers = data.reshape(len(data)).astype(np.float64)
    return column(numbers.tolist()) if np.isnan(numbers).any() else numbers


def _together(path: Path, parts: list[Frames], first: int) -> Frames:
    """Conformers of several groups as one batch."""
    names = dict.fromkeys(name for part in parts for name in part.values)
    atoms = np.concatenate([np.diff(part.offsets) for part in parts])
    starts = np.cumsum([0, *(part.n for part in parts)])
    values: dict[str, Any] = {}
    for name in names:
        columns = [part.values.get(name) for part in parts]
        if all(isinstance(each, np.ndarray) for each in columns):
            values[name] = np.concatenate(columns)  # type: ignore[arg-type]
        else:
            values[name] = [
                value
                for each, part in zip(columns, parts, strict=True)
                for value in (each if each is not None else [None] * part.n)
            ]
    return Frames(
        path.name,
        first,
        int(starts[-1]),
        np.concatenate([part.atomic_numbers for part in parts]),
        np.concatenate([[0], np.cumsum(atoms)]),
        np.concatenate([part.positions for part in parts]),
        values,
        parts[0].units,
        {int(start) + row: its for start, part in zip(starts, parts, strict=False) for row, its in part.faults.items()},
        word="conformer",
    )


def unit_of(dataset: Any) -> str | None:
    """The unit that a dataset's attribute says."""
    for name in ("unit", "units"):
        word = dataset.attrs.get(name)
        if word:
            return spelled(word.decode() if isinstance(word, bytes) else str(word))
    return None
