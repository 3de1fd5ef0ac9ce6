"""Molecules in whole arrays, as .npz and flat HDF5 hold them: padded, one after another, or all of one composition."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hemdata.errors import DataError
from hemdata.forms.shared.frames import AT_ONCE, EXACT, Frames, Wanted, column, numbers_of

Some = Callable[[str, int], npt.NDArray[Any]]
ROWS = 5 * AT_ONCE


@dataclass(frozen=True)
class Arrays:
    """The arrays of a file: key: shape and type."""

    path: Path
    shapes: Mapping[str, tuple[tuple[int, ...], np.dtype[Any]]]
    units: Mapping[str, str] | None = None

    def rank(self, key: str | None) -> int:
        """How many dimensions an array has; 0 where there is none."""
        return len(self.shapes[key][0]) if key else 0

    def length(self, key: str) -> int:
        """Its rows; 1 of a single number."""
        return int((self.shapes[key][0] or (1,))[0])


def batches(arrays: Arrays, some: Some, wanted: Wanted) -> Iterator[Frames]:
    """Every molecule of arrays.

    Args:
        arrays: that there are.
        some: gives the next rows of an array, forward.
        wanted: the keys of the geometry, and what is to be kept.

    Raises:
        DataError: if no array holds the coordinates or the elements, or they do not go together.
    """
    xyz = wanted.key("positions", arrays.shapes)
    z = wanted.key("atomic_numbers", arrays.shapes)
    counts = wanted.key("counts", arrays.shapes)
    if xyz is None or z is None or xyz == z:
        raise _unclear(arrays, "which array holds the elements, and which the coordinates")
    shape = arrays.shapes[xyz][0]
    if len(shape) == 3 and shape[2] == 3:
        molecules = shape[0]
    elif counts is not None and (len(shape) == 2 and shape[1] == 3 and arrays.rank(counts) == 1):
        molecules = arrays.length(counts)
    else:
        raise _unclear(arrays, f"an array {xyz} of [molecules, atoms, 3], or of [atoms, 3] with one of counts")
    per = {}
    for key in arrays.shapes:
        if key in (xyz, z, counts) or not wanted.asks(key):
            continue
        length = arrays.length(key)
        if length == molecules and arrays.rank(key):
            per[key] = "molecule"
        elif length == arrays.length(xyz) and len(shape) == 2:
            per[key] = "atom"
        elif key in wanted.keys.values() or (length > 1 and _means_something(arrays, wanted, key)):
            raise _unclear(
                arrays,
                f"{molecules:,} values of {key}, one a molecule",
                f"{length:,}",
                f"Bring {key} to as many values as there are molecules, or give it another name.",
            )
    first = 1
    fixed_z = _fixed(arrays, some, z) if arrays.rank(z) == 1 and len(shape) == 3 else None
    if len(shape) == 3 and fixed_z is None and arrays.shapes[z][0] != shape[:2]:
        raise _unclear(arrays, f"{z} of {list(shape[:2])}, or of [{shape[1]}]", f"{list(arrays.shapes[z][0])}")
    while first <= molecules:
        n = min(ROWS, molecules - first + 1)
        frames = (_padded if len(shape) == 3 else _listed)(arrays, some, (xyz, z, counts), n, fixed_z)
        frames.first, frames.units = first, dict(arrays.units or {})
        for key, of in per.items():
            atoms = int(frames.offsets[-1])
            frames.values[key] = _values(some(key, n if of == "molecule" else atoms), frames, of)
        if counts is not None and wanted.asks(counts):
            frames.values[counts] = np.diff(frames.offsets).astype(np.float64)
        first += n
        yield frames


def _padded(
    arrays: Arrays, some: Some, keys: tuple[str, str, str | None], n: int, fixed: npt.NDArray[np.int64] | None
) -> Frames:
    xyz, z, counts = keys
    place = some(xyz, n).astype(np.float64)
    faults: Faults = {}
    numbers = np.broadcast_to(fixed, place.shape[:2]) if fixed is not None else _elements(some(z, n), faults)
    if counts is not None and arrays.rank(counts) == 1 and arrays.length(counts) == arrays.length(xyz):
        there = np.arange(numbers.shape[1]) < some(counts, n).astype(np.int64)[:, None]
    else:
        there = numbers > 0
    last = np.where(there.any(axis=1), numbers.shape[1] - 1 - np.argmax(there[:, ::-1], axis=1), -1)
    gaps = (numbers < 1) & (np.arange(numbers.shape[1]) <= last[:, None])
    for row in np.flatnonzero(gaps.any(axis=1)).tolist():
        faults.setdefault(row, ("no element", f"atom {int(np.argmax(gaps[row])) + 1} has none"))
    offsets = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
    return Frames(
        arrays.path.name, 1, n, numbers[there].astype(np.int64), offsets, place[there], faults=faults, word="molecule"
    )


def _listed(
    arrays: Arrays, some: Some, keys: tuple[str, str, str | None], n: int, fixed: npt.NDArray[np.int64] | None
) -> Frames:
    xyz, z, counts = keys
    each = some(str(counts), n).astype(np.int64)
    atoms = int(each.sum())
    offsets = np.concatenate([[0], np.cumsum(each)])
    odd: Faults = {}
    numbers = fixed if fixed is not None else _elements(some(z, atoms), odd)
    for atom in np.flatnonzero(numbers < 1).tolist():
        odd.setdefault(atom, ("no element", f"got {numbers[atom]}"))
    faults = {int(np.searchsorted(offsets, atom, side="right")) - 1: its for atom, its in sorted(odd.items())}
    place = some(xyz, atoms).astype(np.float64)
    return Frames(arrays.path.name, 1, n, numbers, offsets, place, faults=faults, word="molecule")


def _fixed(arrays: Arrays, some: Some, z: str) -> npt.NDArray[np.int64]:
    """The elements that all molecules share."""
    faults: Faults = {}
    found = _elements(some(z, arrays.length(z)), faults)
    if faults or (found < 1).any():
        raise _unclear(arrays, f"elements in {z}", next(iter(faults.values()), ("", f"{found.min()}"))[1])
    return found


Faults = dict[int, tuple[str, str | None]]


def _elements(values: npt.NDArray[Any], faults: Faults) -> npt.NDArray[np.int64]:
    """Atomic numbers of symbols or numbers, 0 where nothing stands; a row (of a list, an atom) with another word is a
    fault."""
    if values.dtype.kind in "SUO":
        words = [(word.decode() if isinstance(word, bytes) else str(word)).strip() for word in values.ravel().tolist()]
        found = np.array(numbers_of(words), dtype=np.int64).reshape(values.shape)
        unknown = np.array([bool(word) and word != "0" for word in words]).reshape(values.shape) & (found == 0)
        of_row = unknown.reshape(len(values), -1)
        for row in np.flatnonzero(of_row.any(axis=1)).tolist():
            word = np.array(words, dtype=object).reshape(of_row.shape)[row, int(np.argmax(of_row[row]))]
            faults[row] = ("no element", f"{word!r} is none")
        return found
    return values.astype(np.int64)


def _means_something(arrays: Arrays, wanted: Wanted, key: str) -> bool:
    """Whether an array is the one that is taken for energies, forces, charges ... by its name."""
    roles = ("energy", "forces", "charge", "multiplicity", "smiles", "id")
    return any(wanted.key(role, arrays.shapes) == key for role in roles)


def _values(values: npt.NDArray[Any], frames: Frames, of: str) -> Any:
    """One value a molecule: numbers (n,), texts, or the rows of an array, cut to the molecule's atoms."""
    if of == "atom":
        return [values[a:b] for a, b in zip(frames.offsets[:-1], frames.offsets[1:], strict=True)]
    if values.dtype.kind in "SUO":
        return [word.decode() if isinstance(word, bytes) else str(word) for word in values.ravel().tolist()]
    if values.ndim == 1 or values[0].size == 1:
        if values.dtype.kind in "iu" and np.abs(values.astype(np.float64)).max(initial=0) > EXACT:
            return values.ravel().tolist()
        numbers = values.reshape(len(values)).astype(np.float64)
        return column(numbers.tolist()) if np.isnan(numbers).any() else numbers
    atoms = np.diff(frames.offsets)
    if values.ndim >= 2 and (atoms <= values.shape[1]).all() and atoms.max() == values.shape[1]:
        return [row[:count] for row, count in zip(values, atoms, strict=True)]
    return list(values)


def _unclear(
    arrays: Arrays,
    expected: str,
    got: str | None = None,
    fix: str = "Say which is which: --key positions=NAME --key atomic_numbers=NAME --key counts=NAME.",
) -> DataError:
    listed = ", ".join(f"{key} {list(shape)}" for key, (shape, _) in arrays.shapes.items())
    return DataError(
        "The arrays do not say which molecules they hold.",
        where=arrays.path,
        expected=expected,
        got=f"{got}; there are {listed}" if got else listed,
        fix=fix,
    )
