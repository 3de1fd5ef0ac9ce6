"""Delta learning: a model of what one level's energy is above a cheap level's, at the same geometry.

Ramakrishnan, Dral, Rupp and von Lilienfeld 2015, 10.1021/acs.jctc.5b00099.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from ase import Atoms, units
from numpy.typing import NDArray

from hemdata.chemistry.engines import engine
from hemdata.errors import CallError, DataError
from hemdata.label.calculation import Calculation, Result, Stage, Start, calculate, calculation_for
from hemdata.label.jobs import POINT
from hemdata.label.store.database import LabelStore
from hemdata.levels import SYMBOLS, Level
from hemdata.molecules.state import said_of_atoms
from hemdata.train.data.molecules import Molecules
from hemdata.train.fitted import BATCH_SIZE, Fitted
from hemdata.units import HARTREE_KCAL_MOL


class FittedDelta(Fitted):
    """A fitted difference and the cheap level below it, which is computed for every molecule that is asked about.

    Args:
        difference: what was fitted; its package names the level below.
        below: that level.
    """

    def __init__(self, difference: Fitted, below: Level) -> None:
        super().__init__(difference.about)
        self.difference, self.below = difference, below

    def predict(self, molecules: pa.Table | Molecules) -> NDArray[np.float64]:
        """Atomization energies (M,), kcal/mol, at the level above.

        Raises:
            DataError: if a molecule has no energy at the level below.
        """
        read = Molecules.of(molecules, energies=False)
        energies: NDArray[np.float64] = self.difference.predict(read) + atomization_energies(read, self.below)
        return energies

    def atom_energies(self, molecules: pa.Table | Molecules) -> NDArray[np.float64]:
        """Each atom's part of the difference (atoms,), kcal/mol; the level below gives a molecule's energy alone."""
        return self.difference.atom_energies(molecules)

    def features(self, molecules: pa.Table | Molecules, by_atom: bool = False) -> NDArray[np.float32 | np.float64]:
        """Those of the difference."""
        return self.difference.features(molecules, by_atom)

    def on(self, device: str, batch_size: int = BATCH_SIZE) -> None:
        """Where the difference is predicted."""
        self.difference.on(device, batch_size)

    def energy_and_forces(self, atoms: Atoms) -> tuple[float, NDArray[np.float64]]:
        """The part of the level below, for ASE: eV (free atoms zero) and (N, 3) eV/angstrom.

        Charge and multiplicity are those that the atoms say (`said_of_atoms`), else 0 and that of the ground state.
        """
        z, x = np.asarray(atoms.numbers), np.asarray(atoms.positions, dtype=np.float64)
        charge, multiplicity = said_of_atoms(atoms).settled(z.tolist())
        point = engine(self.below).surface(z, x, charge, multiplicity, self.below)(x)
        energy = (point.energy_hartree - float(self.below.atom_energies()[z].sum())) * units.Hartree
        return energy, -np.asarray(point.gradient) * units.Hartree / units.Bohr


def less(molecules: Molecules, below: Level, store: Path | None = None) -> Molecules:
    """The same molecules, whose target is the difference of their energies from those of a cheap level.

    Args:
        molecules: with energies.
        below: the cheap level; its atomization energy is made with its own atoms.
        store: a label store, in which calculations are looked up first.

    Raises:
        CallError: if it is the level of the energies.
        DataError: if a molecule has no energy at the level below.
    """
    if molecules.level == below.name:
        raise CallError("A level has no difference from itself.", where="delta", got=below.name)
    target = molecules.energies - atomization_energies(molecules, below, store)
    return replace(molecules, target=target, below=(below.name, below.hash))


def atomization_energies(molecules: Molecules, level: Level, store: Path | None = None) -> NDArray[np.float64]:
    """Atomization energies (M,), kcal/mol, at a level of theory and at the molecules' own geometries.

    They are computed here, one after the other, but for those that `store` holds (`hemdata label NAME --geometry
    given` puts them there, on all cores).

    Raises:
        DataError: if the level has no atom of an element, or a calculation fails; names the molecule.
    """
    atoms = level.atom_energies()
    lacking = [SYMBOLS[z] for z in molecules.elements if not np.isfinite(atoms[z])]
    if lacking:
        raise DataError(f"The level '{level.name}' has no atoms of these elements.", got=", ".join(lacking))
    tasks = list(_calculations(molecules, level))
    stored: dict[str, Result] = {}
    if store is not None and store.is_file():
        with LabelStore(store, read_only=True) as opened:
            stored = {result.key: result for result in opened.get({task.key: None for task in tasks})}
    energies = np.empty(len(tasks))
    for number, task in enumerate(tasks):
        result = stored.get(task.key) or calculate(task)
        if result.energy_hartree is None:
            raise DataError(
                f"A molecule has no energy at '{level.name}'.",
                where=molecules.ids[number],
                got=result.reason,
                fix="Leave the molecule out, or learn the energies themselves (without delta).",
            )
        z = molecules.atomic_numbers[molecules.offsets[number] : molecules.offsets[number + 1]]
        energies[number] = (atoms[z].sum() - result.energy_hartree) * HARTREE_KCAL_MOL
    return energies


def _calculations(molecules: Molecules, level: Level) -> Iterator[Calculation]:
    stage = Stage(level, POINT)
    for number, (first, last) in enumerate(zip(molecules.offsets[:-1], molecules.offsets[1:], strict=True)):
        z = molecules.atomic_numbers[first:last].tolist()
        charge = 0 if molecules.charges is None else int(molecules.charges[number])
        lowest = 1 + (sum(z) - charge) % 2
        multiplicity = lowest if molecules.multiplicities is None else int(molecules.multiplicities[number])
        start = Start(z, molecules.positions[first:last].ravel().tolist())
        yield calculation_for(stage, None, charge, multiplicity, start)
