"""Energies, forces and further properties of the rows of a file, in the record's units."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hemdata.curate.complete.batch import Batch
from hemdata.curate.complete.values import numbers, texts, total_energies
from hemdata.levels import SYMBOLS, Level
from hemdata.schema.columns import sums
from hemdata.units import OF_ENERGY, of_force

FORCES = "forces_hartree_bohr"
NET_FORCE = 1e-3  # hartree/bohr: the forces on a molecule alone add up to nought but for a program's grid


def energies_of(
    batch: Batch, z: npt.NDArray[np.int64], offsets: npt.NDArray[np.int64], its_level: Level | None
) -> npt.NDArray[np.float64]:
    """Total electronic energies in hartree, NaN where a row has none."""
    values = batch.of("energy_hartree")
    if values is None or its_level is None:
        return np.full(batch.frames.n, np.nan)
    energy, wrong = numbers(values, batch.frames.n)
    for row, word in wrong.items():
        batch.bad.setdefault(row, ("the energy is no finite number", f"got {word!r}"))
    if batch.how.missing is not None:
        energy[energy == batch.how.missing] = np.nan
    elif batch.how.kind != "atomization":
        for row in np.flatnonzero(energy == 0.0).tolist():
            batch.bad.setdefault(
                row, ("an energy of 0", "it seems to mean that there is none: give --missing 0 to keep the row")
            )
    zero_point = batch.of("zpve_hartree")
    if batch.how.kind == "total with zero-point energy":
        zero, _ = numbers(zero_point, batch.frames.n)
    else:
        zero = np.zeros(batch.frames.n)
    foreign = ~np.isin(z, list(its_level.atoms))
    for row in np.flatnonzero((sums(foreign, offsets) > 0) & ~np.isnan(energy)).tolist():
        its = sorted({SYMBOLS[n] if n < len(SYMBOLS) else str(n) for n in z[offsets[row] : offsets[row + 1]]
                      if n not in its_level.atoms})  # fmt: skip
        batch.bad.setdefault(row, (f"the level '{its_level.name}' has no atom of this element", ", ".join(its)))
    return total_energies(
        energy,
        zero,
        (batch.unit("energy_hartree"), batch.unit("zpve_hartree")),
        batch.how.kind,
        (z, offsets),
        its_level,
    )


def property_of(batch: Batch, name: str, kind: str) -> Any:
    """A further column of the record, of a type of the schema; a row with no such value is refused."""
    values, n = batch.of(name), batch.frames.n
    if values is None:
        return [None] * n
    if name == FORCES:
        return _forces(batch, values)
    if kind == "string":
        return texts(values, n)
    if kind == "bool":
        return [None if value is None else bool(value) for value in values]
    if kind.startswith("list<string"):
        return [None if value is None else [str(word) for word in value] for value in values]
    if kind.startswith("list"):
        return [_list(value, kind) for value in values]
    found, wrong = numbers(values, n)
    for row, word in wrong.items():
        batch.bad.setdefault(row, (f"{name} is no finite number", f"got {word!r}"))
    if name == "zpve_hartree":
        found = found * OF_ENERGY[batch.unit(name) or "hartree"]
    if kind != "double":
        return [None if np.isnan(value) else int(value) for value in found]
    return pa.array(found, from_pandas=True)


def _forces(batch: Batch, values: Any) -> list[list[float] | None]:
    """In hartree/bohr; three finite numbers an atom or the row is refused, a net force is flagged."""
    factor = (of_force(batch.unit(FORCES)) or 1.0) * (-1.0 if batch.how.gradient else 1.0)
    found: list[list[float] | None] = []
    for row, value in enumerate(values):
        its = _list(value, "list<double>")
        at = batch.frames.geometry(row)
        atoms = at.stop - at.start
        if its is None or row in batch.bad:
            found.append(None)
            continue
        forces = np.asarray(its, dtype=np.float64) * factor
        if len(forces) != 3 * atoms or not np.isfinite(forces).all():
            what = f"expected {3 * atoms} finite numbers, got {len(forces)}"
            batch.bad[row] = ("not three finite forces an atom", what)
        elif np.abs(forces.reshape(-1, 3).sum(axis=0)).max() > NET_FORCE:
            batch.flags[row].append("net_force")
        found.append(forces.tolist())
    return found


def _list(value: Any, kind: str) -> Any:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, str):
        value = value.split()
    if kind == "list<double>":
        return np.asarray(value, dtype=np.float64).ravel().tolist()
    return [int(each) for each in np.asarray(value).ravel().tolist()]
