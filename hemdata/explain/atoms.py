"""What each heavy atom with its hydrogens adds to an energy and to its error, and where training showed the like."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hemdata.choose.pool import fingerprints
from hemdata.explain.carriers import Stand
from hemdata.identity import environments_at
from hemdata.identity.atom_order import drawn_atoms
from hemdata.identity.molecule import parsed
from hemdata.train.data.molecules import ENERGY, Molecules

RADII = (0, 1, 2, 3)  # bonds around an atom
NEAREST = 3  # training molecules that are named beside an atom
COMPARED = 300  # training molecules with the same surroundings, of which the most alike are named

Floats = NDArray[np.float64]
Seen = tuple[int, int]
"""A training molecule's row, and the atom of its drawing."""


@dataclass(frozen=True)
class Near:
    """A training molecule with the surroundings of an atom.

    Attributes:
        id, smiles: of the molecule.
        atom: which of its atoms, counted from 1 along the SMILES.
        energy_kcal_mol: what the model gives to that atom.
    """

    id: str
    smiles: str
    atom: int
    energy_kcal_mol: float


@dataclass(frozen=True)
class AtomPart:
    """A heavy atom with its hydrogens.

    Attributes:
        atom: counted from 1 along the SMILES.
        symbol: such as C, or CH3 with its hydrogens.
        energy_kcal_mol: its part of the atomization energy.
        usual_kcal_mol: mean part of the training atoms of its kind (element, bonds, hydrogens, charge, ring), or, where
            none is of its kind, of its element; None where there is none either.
        error_kcal_mol: its likely part of the error; None without a reference.
        radius: how many bonds around it some training molecule has the same surroundings; -1: not even the kind.
        molecules: training molecules that have these.
        nearest: those most like the whole molecule.
    """

    atom: int
    symbol: str
    energy_kcal_mol: float
    usual_kcal_mol: float | None
    error_kcal_mol: float | None
    radius: int
    molecules: int
    nearest: tuple[Near, ...]


class Shown:
    """The heavy atoms of a model's training molecules: their surroundings and parts of the energies."""

    def __init__(self, stand: Stand) -> None:
        table = stand.training
        self.stand, self.ids, self.smiles = stand, table["id"].to_pylist(), table["smiles"].to_pylist()
        parts = parts_of(table, stand.model.atom_energies(table))
        self.energy: dict[Seen, float] = {}
        self.places: list[defaultdict[int, list[Seen]]] = [defaultdict(list) for _ in RADII]
        by_kind: defaultdict[int, list[float]] = defaultdict(list)
        by_element: defaultdict[int, list[float]] = defaultdict(list)
        for row, smiles in enumerate(self.smiles):
            its, drawn = parts[row], parsed(smiles) if smiles else None
            if its is None or drawn is None:
                continue
            for (atom, *surroundings), z in zip(_surroundings(drawn), _elements(drawn), strict=True):
                self.energy[row, atom] = float(its[atom])
                for seen, number in zip(self.places, surroundings, strict=True):
                    seen[number].append((row, atom))
                by_kind[surroundings[0]].append(float(its[atom]))
                by_element[z].append(float(its[atom]))
        self.kind = {number: float(np.mean(values)) for number, values in by_kind.items()}
        self.element = {z: float(np.mean(values)) for z, values in by_element.items()}

    def atoms(self, molecule: pa.Table) -> tuple[AtomPart, ...]:
        """The parts of one molecule's atoms, in the order of its SMILES; none where its atoms cannot be told in it.

        Args:
            molecule: a table of one row: id, smiles, atomic_numbers, positions, and the reference energy or null.
        """
        smiles = molecule["smiles"][0].as_py()
        drawn = parsed(smiles) if smiles else None
        energies = self.stand.model.atom_energies(molecule)
        (its,) = parts_of(molecule, energies)
        if drawn is None or its is None:
            return ()
        errors = self._errors(molecule)
        alike = self._alike(drawn)
        found = []
        for (atom, *surroundings), z in zip(_surroundings(drawn), _elements(drawn), strict=True):
            radius = max((r for r, n in zip(RADII, surroundings, strict=True) if n in self.places[r]), default=-1)
            places = self.places[radius][surroundings[radius]] if radius >= 0 else []
            one_each = list({row: (row, at) for row, at in reversed(places)}.values())[::-1]
            first = sorted(one_each[:COMPARED], key=lambda place: (-alike(place[0]), place[0]))[:NEAREST]
            found.append(
                AtomPart(
                    atom + 1,
                    _symbol(drawn.GetAtomWithIdx(atom)),
                    float(its[atom]),
                    self.kind.get(surroundings[0], self.element.get(z)),
                    None if errors is None else float(errors[atom]),
                    radius,
                    len(one_each),
                    tuple(Near(self.ids[row], self.smiles[row], at + 1, self.energy[row, at]) for row, at in first),
                )
            )
        return tuple(found)

    def _errors(self, molecule: pa.Table) -> Floats | None:
        """The likely parts of the error, by atoms of the drawing."""
        reference = molecule[ENERGY][0].as_py()
        if reference is None:
            return None
        error = float(self.stand.model.predict(molecule)[0]) - reference
        read = Molecules.of(molecule, energies=False)
        counts = (read.atomic_numbers[:, None] == np.array(self.stand.elements)).astype(float)
        shares = self.stand.fit.shares(counts, self.stand.model.features(molecule, by_atom=True))
        return parts_of(molecule, error * shares)[0]

    def _alike(self, drawn: Any) -> Any:
        """How alike a training molecule is, by the Tanimoto similarity of Morgan fingerprints."""
        from rdkit import DataStructs

        generator = fingerprints()
        mine = generator.GetFingerprint(drawn)
        known: dict[int, float] = {}

        def alike(row: int) -> float:
            if row not in known:
                other = generator.GetFingerprint(parsed(self.smiles[row]))
                known[row] = DataStructs.TanimotoSimilarity(mine, other)
            return known[row]

        return alike


def parts_of(table: pa.Table, of_atoms: Floats) -> list[Floats | None]:
    """What belongs to each atom of a molecule's drawing, hydrogens with their neighbours, of values (atoms,)."""
    read = Molecules.of(table, energies=False)
    found: list[Floats | None] = []
    for number, smiles in enumerate(table["smiles"].to_pylist()):
        its = slice(read.offsets[number], read.offsets[number + 1])
        owner = drawn_atoms(smiles, read.atomic_numbers[its], read.positions[its]) if smiles else None
        found.append(None if owner is None else np.bincount(owner, weights=of_atoms[its]))
    return found


def _surroundings(drawn: Any) -> list[tuple[int, ...]]:
    """Each heavy atom's place, and the number of its surroundings at each radius."""
    heavy = [atom.GetIdx() for atom in drawn.GetAtoms() if atom.GetAtomicNum() != 1]
    return list(zip(heavy, *environments_at(drawn, RADII), strict=True))


def _elements(drawn: Any) -> Sequence[int]:
    return [atom.GetAtomicNum() for atom in drawn.GetAtoms() if atom.GetAtomicNum() != 1]


def _symbol(atom: Any) -> str:
    hydrogens = atom.GetTotalNumHs()
    return f"{atom.GetSymbol()}{'H' if hydrogens else ''}{hydrogens if hydrogens > 1 else ''}"
