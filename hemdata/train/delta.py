"""Delta learning: a model of what one level's energy is above a cheap level's, at the same geometry.

Ramakrishnan, Dral, Rupp and von Lilienfeld 2015, 10.1021/acs.jctc.5b00099.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from ase import Atoms, units
from numpy.typing import NDArray

from hemdata.catalog import cards
from hemdata.chemistry.engines import engine
from hemdata.errors import CallError, DataError
from hemdata.label.calculation import Calculation, Result, Stage, Start, calculate, calculation_for
from hemdata.label.jobs import POINT
from hemdata.label.store.database import LabelStore
from hemdata.levels import SYMBOLS, Level, level
from hemdata.locks import alone
from hemdata.molecules.state import said_of_atoms
from hemdata.train.cheap_energies import find_energies, path_of, read_energies, write_energies
from hemdata.train.data.molecules import Molecules
from hemdata.train.fitted import BATCH_SIZE, Fitted
from hemdata.units import HARTREE_KCAL_MOL

KEPT = "below"
"""In a study's folder, the energies of the cheap level that its models learn differences from."""
REMEMBERED = 100_000
"""Molecules whose energies are kept in memory."""


@dataclass(frozen=True)
class Below:
    """A cheap level, and where its energies are found that were computed before.

    Attributes:
        level: of theory; its atomization energies are made with its own atoms.
        store: a label store, in which calculations are looked up (`hemdata label NAME --geometry given` puts them
            there, on all cores).
        kept: a folder that keeps what was computed, a file for each set of molecules, so that the models of a study
            compute each molecule once; it is made where it is missing.
        looks: whether the folder is only looked into: what is not there is computed and not kept.
        found: total energies that were computed or looked up here, hartree, by the key of the calculation. Models that
            are asked about the same molecules share it.
    """

    level: Level
    store: Path | None = None
    kept: Path | None = None
    looks: bool = False
    found: dict[str, float] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, level: Level, package: Path, found: dict[str, float] | None = None) -> Below:
        """The level below a model that stands; of a study's cell what was computed for the study is found."""
        cell = package.name == "model" and package.parent.parent.name == "cells"
        kept = package.parents[2] / KEPT if cell else None
        return cls(level, kept=kept, looks=True, found={} if found is None else found)

    def atomization_energies(self, molecules: Molecules) -> NDArray[np.float64]:
        """Atomization energies (M,), kcal/mol, at the level and at the molecules' own geometries.

        What is found neither in the store nor in the folder is computed here, one molecule after the other.

        Raises:
            DataError: if the level has no atom of an element, or a calculation fails; names the molecule.
        """
        atoms = self.level.atom_energies()
        lacking = [SYMBOLS[z] for z in molecules.elements if not np.isfinite(atoms[z])]
        if lacking:
            raise DataError(f"The level '{self.level.name}' has no atoms of these elements.", got=", ".join(lacking))
        tasks = list(_calculations(molecules, self.level))
        totals = self._totals(tasks, molecules) if self.kept is None else self._kept(self.kept, tasks, molecules)
        of_atoms = np.add.reduceat(atoms[molecules.atomic_numbers], molecules.offsets[:-1])
        energies: NDArray[np.float64] = (of_atoms - totals) * HARTREE_KCAL_MOL
        return energies

    def lacking(self, molecules: Molecules) -> set[str]:
        """The keys of the calculations that `atomization_energies` would have to make."""
        keys = [task.key for task in _calculations(molecules, self.level)]
        if self.kept is not None and read_energies(path_of(self.kept, self.level.name, keys), len(keys)) is not None:
            return set()
        unknown = set(keys) - self._known(keys).keys()
        return unknown - self._stored(unknown).keys()

    def _kept(self, folder: Path, tasks: Sequence[Calculation], molecules: Molecules) -> NDArray[np.float64]:
        """Total energies (M,), hartree, from a file, which is written first where it is missing or damaged.

        Of several processes that want the same molecules one computes, and the others wait for it.
        """
        keys = [task.key for task in tasks]
        path = path_of(folder, self.level.name, keys)
        totals = read_energies(path, len(tasks))
        if totals is None and self.looks:
            return self._totals(tasks, molecules)
        if totals is None:
            with ExitStack() as stack:
                with suppress(CallError):  # on a disk without locks several may compute the same
                    stack.enter_context(alone(path.with_suffix(".lock"), fix=""))
                totals = read_energies(path, len(tasks))
                if totals is None:
                    totals = self._totals(tasks, molecules)
                    write_energies(path, keys, totals)
        return totals

    def _totals(self, tasks: Sequence[Calculation], molecules: Molecules) -> NDArray[np.float64]:
        """Total energies (M,), hartree, looked up one by one, else computed."""
        known = self._known([task.key for task in tasks])
        stored = self._stored({task.key for task in tasks} - known.keys())
        for number, task in enumerate(tasks):
            if task.key in known:
                continue
            result = stored.get(task.key) or calculate(task)
            if result.energy_hartree is None:
                raise DataError(
                    f"A molecule has no energy at '{self.level.name}'.",
                    where=molecules.ids[number],
                    got=result.reason,
                    fix="Leave the molecule out, or learn the energies themselves (without delta).",
                )
            known[task.key] = result.energy_hartree
        if len(self.found) + len(known) > REMEMBERED:
            self.found.clear()
        if len(known) <= REMEMBERED:
            self.found.update(known)
        return np.array([known[task.key] for task in tasks])

    def _known(self, keys: Sequence[str]) -> dict[str, float]:
        """The energies that are in memory, or in any file of the folder."""
        known = {key: self.found[key] for key in keys if key in self.found}
        lacking = set(keys) - known.keys()
        return known if self.kept is None or not lacking else known | find_energies(self.kept, lacking)

    def _stored(self, keys: Collection[str]) -> dict[str, Result]:
        """The results that the label store holds."""
        if not keys or self.store is None or not self.store.is_file():
            return {}
        with LabelStore(self.store, read_only=True) as opened:
            return {result.key: result for result in opened.get(sorted(keys))}


class FittedDelta(Fitted):
    """A fitted difference and the cheap level below it, whose energy is had for every molecule that is asked about.

    Args:
        difference: what was fitted; its package names the level below.
        below: that level.
    """

    def __init__(self, difference: Fitted, below: Below) -> None:
        super().__init__(difference.about)
        self.difference, self.below = difference, below

    def predict(self, molecules: pa.Table | Molecules) -> NDArray[np.float64]:
        """Atomization energies (M,), kcal/mol, at the level above.

        Raises:
            DataError: if a molecule has no energy at the level below.
        """
        read = Molecules.of(molecules, energies=False)
        energies: NDArray[np.float64] = self.difference.predict(read) + self.below.atomization_energies(read)
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
        its = self.below.level
        point = engine(its).surface(z, x, charge, multiplicity, its)(x)
        energy = (point.energy_hartree - float(its.atom_energies()[z].sum())) * units.Hartree
        return energy, -np.asarray(point.gradient) * units.Hartree / units.Bohr


def less(molecules: Molecules, below: Below) -> Molecules:
    """The same molecules, whose target is the difference of their energies from those of a cheap level.

    Args:
        molecules: with energies.
        below: the cheap level.

    Raises:
        CallError: if it is the level of the energies.
        DataError: if a molecule has no energy at the level below.
    """
    its = below.level
    if molecules.level == its.name or (molecules.level in cards("level") and level(molecules.level).hash == its.hash):
        raise CallError("A level has no difference from itself.", where="delta", got=its.name)
    target = molecules.energies - below.atomization_energies(molecules)
    return replace(molecules, target=target, below=(its.name, its.hash))


def _calculations(molecules: Molecules, level: Level) -> Iterator[Calculation]:
    stage = Stage(level, POINT)
    for number, (first, last) in enumerate(zip(molecules.offsets[:-1], molecules.offsets[1:], strict=True)):
        z = molecules.atomic_numbers[first:last].tolist()
        charge = 0 if molecules.charges is None else int(molecules.charges[number])
        lowest = 1 + (sum(z) - charge) % 2
        multiplicity = lowest if molecules.multiplicities is None else int(molecules.multiplicities[number])
        start = Start(z, molecules.positions[first:last].ravel().tolist())
        yield calculation_for(stage, None, charge, multiplicity, start)
