"""Which molecules the rows of a file are: their SMILES, atoms and coordinates, and whether these agree."""

import time
from typing import Any

import numpy as np
import numpy.typing as npt

from hemdata.curate.complete.batch import Batch
from hemdata.curate.complete.values import texts
from hemdata.identity import Identity, identify
from hemdata.identity.from_geometry import smiles_of
from hemdata.levels import SYMBOLS
from hemdata.schema.columns import sums
from hemdata.units import OF_LENGTH


def identities_of(batch: Batch) -> tuple[list[str | None], list[Identity | None]]:
    """The SMILES as given, or found from the geometry; and what they say."""
    started = time.thread_time()
    smiles = texts(batch.of("smiles"), batch.frames.n)
    found: list[Identity | None] = [None] * batch.frames.n
    charges = batch.of("charge")
    length = OF_LENGTH[batch.unit("positions") or "angstrom"]
    for row in range(batch.frames.n):
        if row in batch.bad:
            continue
        at = batch.frames.geometry(row)
        there = at.stop > at.start
        if smiles[row] is not None:
            found[row] = identify(str(smiles[row]), bonds=there)
            if found[row] is None and not there:
                batch.bad[row] = ("the SMILES does not parse", f"got {smiles[row]!r}")
            elif found[row] is None:
                batch.flags[row].append("smiles_unparsed")
        elif there and batch.how.bonds:
            charge = _charge_at(charges, row, batch.how.charge)
            shown = smiles_of(batch.frames.atomic_numbers[at], batch.frames.positions[at] * length, charge)
            found[row] = identify(shown) if shown is not None else None
            smiles[row] = shown if found[row] is not None else None
            if found[row] is None:
                batch.flags[row].append("bonds_unknown")
    batch.seconds += time.thread_time() - started
    return smiles, found


def geometry_of(batch: Batch) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Atoms of every row (of its SMILES where it has no geometry), their offsets, and coordinates in angstrom."""
    frames = batch.frames
    xyz = frames.positions * OF_LENGTH[batch.unit("positions") or "angstrom"]
    atoms = np.diff(frames.offsets)
    broken = sums(~np.isfinite(xyz).all(axis=1), frames.offsets) > 0
    for row in broken.nonzero()[0].tolist():
        batch.bad.setdefault(row, ("a coordinate is not finite", None))
    none = (frames.atomic_numbers < 1) | (frames.atomic_numbers >= len(SYMBOLS))
    for row in np.flatnonzero(sums(none, frames.offsets)).tolist():
        z = frames.atomic_numbers[frames.geometry(row)].tolist()
        first = next(n for n in z if not 0 < n < len(SYMBOLS))
        batch.bad.setdefault(row, ("no element of hydrogen to krypton", f"atomic number {first}"))
    if (atoms > 0).all():
        for row, its in enumerate(batch.identities):
            if its is not None and atoms[row]:
                z = frames.atomic_numbers[frames.geometry(row)]
                if sorted(z.tolist()) != sorted(its.atomic_numbers):
                    batch.flags[row].append("smiles_other_formula")
        return frames.atomic_numbers, frames.offsets, xyz
    rows: list[list[int]] = []
    for row, its in enumerate(batch.identities):
        numbers_here: list[int] = frames.atomic_numbers[frames.geometry(row)].tolist()
        if its is not None and not numbers_here:
            numbers_here = list(its.atomic_numbers)
        elif its is not None and sorted(numbers_here) != sorted(its.atomic_numbers):
            batch.flags[row].append("smiles_other_formula")
        if not numbers_here and row not in batch.bad:
            batch.bad[row] = ("no molecule", "neither a SMILES nor a geometry")
        rows.append(numbers_here)
    flat = np.array([n for z in rows for n in z], dtype=np.int64)
    return flat, np.concatenate([[0], np.cumsum([len(z) for z in rows], dtype=np.int64)]), xyz


def _charge_at(values: Any, row: int, constant: int | None) -> int:
    if values is None:
        return constant or 0
    try:
        return int(float(values[row]))
    except (TypeError, ValueError):
        return constant or 0
