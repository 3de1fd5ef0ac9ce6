"""Delta learning: a model of what one level's energy is above a cheap level's, at the same geometry.

Ramakrishnan, Dral, Rupp and von Lilienfeld 2015, 10.1021/acs.jctc.5b00099.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from ase import Atoms, units
from numpy.typing import NDArray

from hemdata.catalog import cards
from hemdata.chemistry.engines import engine
from hemdata.errors import CallError, DataError
from hemdata.files import whole
from hemdata.label.calculation import Calculation, Result, Stage, Start, calculate, calculation_for
from hemdata.label.jobs import POINT
from hemdata.label.store.database import LabelStore
from hemdata.levels import SYMBOLS, Level, level
from hemdata.locks import alone
from hemdata.molecules.state import said_of_atoms
from hemdata.train.data.molecules import Molecules
from hemdata.train.fitted import BATCH_SIZE, Fitted
from hemdata.units import HARTREE_KCAL_MOL

DIGEST = 32  # bytes of SHA-256
KEPT = "below"
"""In a study's folder, the energies of the cheap level that its models learn differences from."""


@dataclass(frozen=True)
class Below:
    """A cheap level, and where its energies are found that were computed before.

    Attributes:
        level: of theory; its atomization energies are made with its own atoms.
        store: a label store, in which calculations are looked up (`hemdata label NAME --geometry given` puts them
            there, on all cores).
        kept: a folder that keeps what was computed, a file for each set of molecules, so that the models of a study
            compute it once; it is made where it is missing.
        looks: whether the folder is only looked into: what is not there is computed and not kept.
    """

    level: Level
    store: Path | None = None
    kept: Path | None = None
    looks: bool = False

    @classmethod
    def of(cls, level: Level, package: Path, store: Path | None = None) -> Below:
        """The level below a model that stands; of a study's cell what was computed for the study is found."""
        cell = package.name == "model" and package.parent.parent.name == "cells"
        return cls(level, store, package.parents[2] / KEPT if cell else None, looks=True)

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
        path = None if self.kept is None else self.kept / f"{self.level.name}-{_hash(tasks)}.f8"
        totals = self._totals(tasks, molecules) if path is None else self._kept(path, tasks, molecules)
        of_atoms = np.add.reduceat(atoms[molecules.atomic_numbers], molecules.offsets[:-1])
        energies: NDArray[np.float64] = (of_atoms - totals) * HARTREE_KCAL_MOL
        return energies

    def _kept(self, path: Path, tasks: Sequence[Calculation], molecules: Molecules) -> NDArray[np.float64]:
        """Total energies (M,), hartree, from a file, which is written first where it is missing or damaged.

        Of several processes that want the same molecules one computes, and the others wait for it.
        """
        totals = _read(path, len(tasks))
        if totals is None and self.looks:
            return self._totals(tasks, molecules)
        if totals is None:
            with ExitStack() as stack:
                with suppress(CallError):  # on a disk without locks several may compute the same
                    stack.enter_context(alone(path.with_suffix(".lock"), fix=""))
                totals = _read(path, len(tasks))
                if totals is None:
                    totals = self._totals(tasks, molecules)
                    _write(path, totals)
        return totals

    def _totals(self, tasks: Sequence[Calculation], molecules: Molecules) -> NDArray[np.float64]:
        """Total energies (M,), hartree."""
        stored: dict[str, Result] = {}
        if self.store is not None and self.store.is_file():
            with LabelStore(self.store, read_only=True) as opened:
                stored = {result.key: result for result in opened.get({task.key: None for task in tasks})}
        totals = np.empty(len(tasks))
        for number, task in enumerate(tasks):
            result = stored.get(task.key) or calculate(task)
            if result.energy_hartree is None:
                raise DataError(
                    f"A molecule has no energy at '{self.level.name}'.",
                    where=molecules.ids[number],
                    got=result.reason,
                    fix="Leave the molecule out, or learn the energies themselves (without delta).",
                )
            totals[number] = result.energy_hartree
        return totals


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


def _read(path: Path, number: int) -> NDArray[np.float64] | None:
    """So many numbers from a file that ends with its SHA-256; None where it is missing or not as it was written."""
    if not path.is_file():
        return None
    held = path.read_bytes()
    body, digest = held[:-DIGEST], held[-DIGEST:]
    if len(body) != 8 * number or hashlib.sha256(body).digest() != digest:
        return None
    return np.frombuffer(body, dtype="<f8")


def _write(path: Path, totals: NDArray[np.float64]) -> None:
    body = totals.astype("<f8").tobytes()
    with whole(path) as temporary:
        temporary.write_bytes(body + hashlib.sha256(body).digest())


def _hash(tasks: Sequence[Calculation]) -> str:
    """Of the calculations' keys in their order, which hold geometry, level and the engine's version."""
    return hashlib.sha256("".join(task.key for task in tasks).encode()).hexdigest()[:16]


def _calculations(molecules: Molecules, level: Level) -> Iterator[Calculation]:
    stage = Stage(level, POINT)
    for number, (first, last) in enumerate(zip(molecules.offsets[:-1], molecules.offsets[1:], strict=True)):
        z = molecules.atomic_numbers[first:last].tolist()
        charge = 0 if molecules.charges is None else int(molecules.charges[number])
        lowest = 1 + (sum(z) - charge) % 2
        multiplicity = lowest if molecules.multiplicities is None else int(molecules.multiplicities[number])
        start = Start(z, molecules.positions[first:last].ravel().tolist())
        yield calculation_for(stage, None, charge, multiplicity, start)
