"""What a file's values are in the record: numbers of texts, ids, lists, total energies of any kind and unit."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hemdata.forms.shared.frames import Frames, as_word
from hemdata.levels import Level
from hemdata.units import OF_ENERGY

MISSING = {"", "nan", "na", "n/a", "none", "null", "-"}
Floats = npt.NDArray[np.float64]
_UNSAFE = re.compile(r"\s+")


def numbers(values: Any, n: int) -> tuple[Floats, dict[int, Any]]:
    """Numbers (n,), NaN where there is none; and by row what is there but is no finite number."""
    if values is None:
        return np.full(n, np.nan), {}
    if isinstance(values, np.ndarray):
        found = values.astype(np.float64)
        return np.where(np.isfinite(found), found, np.nan), {int(r): found[r] for r in np.flatnonzero(np.isinf(found))}
    found, wrong = np.full(n, np.nan), dict[int, Any]()
    for row, value in enumerate(values):
        if value is None:
            continue
        try:
            number = float(value) if isinstance(value, str) else float(np.asarray(value).item())
        except (ValueError, TypeError):  # no number, or several
            number = np.nan
        if np.isfinite(number):
            found[row] = number
        elif not (isinstance(value, str) and value.strip().lower() in MISSING - {"nan"}):
            wrong[row] = value
    return found, wrong


def whole_numbers(values: Any, n: int, bad: dict[int, tuple[str, str | None]], what: str) -> Floats:
    """As `numbers`; a row whose value is no whole number is bad."""
    found, wrong = numbers(values, n)
    for row in np.flatnonzero(~np.isnan(found) & (found != np.round(found))).tolist():
        wrong[row], found[row] = found[row], np.nan
    for row, word in wrong.items():
        bad.setdefault(row, (f"the {what} is no whole number", f"got {word!r}"))
    return found


def texts(values: Any, n: int) -> list[str | None]:
    """Texts; None where there is none."""
    if values is None:
        return [None] * n
    if isinstance(values, np.ndarray):
        return [None if np.isnan(value) else as_word(value) for value in values]
    return [None if value is None or value == "" else str(value) for value in values]


def ids(values: Any, name: str, frames: Frames) -> list[str]:
    """The ids of records within their set: their own, without the set's name before it; else their numbers."""
    told: Sequence[str | None]
    if isinstance(values, np.ndarray):
        told = [None if np.isnan(value) else as_word(value) for value in values]
    else:
        told = texts(values, frames.n)
    found = []
    for row, word in enumerate(told):
        word = _UNSAFE.sub("_", word.strip()) if word else ""
        found.append(word.removeprefix(f"{name}:") or str((frames.number or frames.first) + row))
    return found


def lists_of(values: npt.NDArray[Any], offsets: npt.NDArray[np.int64], missing: pa.Array | None) -> pa.Array:
    """A list column of flat values, null where `missing` says so."""
    kind = pa.list_(pa.field("element", pa.from_numpy_dtype(values.dtype)))
    whole = pa.array(offsets.astype(np.int32))
    return pa.ListArray.from_arrays(whole, pa.array(values), type=kind, mask=missing)


def total_energies(
    energy: Floats,
    zero_point: Floats,
    units: tuple[str, str],
    kind: str,
    atoms: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
    its_level: Level,
) -> Floats:
    """Total electronic energies, hartree, of energies of a kind in a unit.

    Args:
        energy: (n,) as the file has them.
        zero_point: (n,) zero-point energies, where they are in them.
        units: of both.
        kind: `total`, `total with zero-point energy`, `atomization` or `cohesive`.
        atoms: atomic numbers of all molecules, and offsets.
        its_level: whose atoms are added to an atomization energy.
    """
    hartree = energy * OF_ENERGY[units[0] or "hartree"]
    if kind == "total with zero-point energy":
        return np.asarray(hartree - zero_point * OF_ENERGY[units[1] or "hartree"])
    if kind == "total":
        return np.asarray(hartree)
    z, offsets = atoms
    table = np.append(np.nan_to_num(its_level.atom_energies()), 0.0)
    each = table[np.minimum(z, len(table) - 1)]
    total = np.array([each[a:b].sum() for a, b in pairwise(offsets.tolist())])
    return np.asarray(total - hartree if kind == "atomization" else total + hartree)
