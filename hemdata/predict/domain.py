"""What a model's training molecules have shown, and what a user's molecule has that they had not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hemdata.identity import atom_environments
from hemdata.identity.molecule import parsed
from hemdata.levels import SYMBOLS


@dataclass(frozen=True)
class Domain:
    """The range of a training set.

    Attributes:
        elements: symbols that occur.
        n_atoms, n_heavy: the smallest and the largest molecule.
        environments: surroundings of heavy atoms one bond far (`atom_environments`); None where the package, of an
            earlier version or of molecules without SMILES, does not tell.
        geometry_levels: of the geometries; empty where the package does not tell.
    """

    elements: frozenset[str]
    n_atoms: tuple[int, int]
    n_heavy: tuple[int, int]
    environments: frozenset[int] | None
    geometry_levels: tuple[str, ...]

    @classmethod
    def of(cls, about: Mapping[str, Any]) -> Domain:
        """That of a model's package."""
        spans, shown = about["training_range"], about.get("environments")
        return cls(
            frozenset(spans["elements"]),
            (spans["n_atoms"][0], spans["n_atoms"][1]),
            (spans["n_heavy"][0], spans["n_heavy"][1]),
            None if shown is None else frozenset(int(number, 16) for number in shown.split()),
            tuple(about.get("geometry_levels", ())),
        )

    @classmethod
    def common(cls, domains: Iterable[Domain]) -> Domain:
        """What all of several models have seen."""
        first, *others = domains
        for other in others:
            both = first.environments is not None and other.environments is not None
            first = cls(
                first.elements & other.elements,
                (max(first.n_atoms[0], other.n_atoms[0]), min(first.n_atoms[1], other.n_atoms[1])),
                (max(first.n_heavy[0], other.n_heavy[0]), min(first.n_heavy[1], other.n_heavy[1])),
                first.environments & other.environments if both else None,  # type: ignore[operator]
                tuple(sorted({*first.geometry_levels, *other.geometry_levels})),
            )
        return first

    def unseen_atoms(self, smiles: str) -> list[str]:
        """Heavy atoms whose surroundings no training molecule had: symbol and place in the SMILES, as N3."""
        molecule = parsed(smiles)
        if molecule is None or self.environments is None:
            return []
        heavy = [atom for atom in molecule.GetAtoms() if atom.GetAtomicNum() != 1]
        found = zip(heavy, atom_environments(smiles), strict=True)
        return [f"{atom.GetSymbol()}{atom.GetIdx() + 1}" for atom, seen in found if seen not in self.environments]

    def warnings(self, atomic_numbers: Sequence[int], smiles: str | None) -> list[str]:
        """Sentences about what the training set has not shown; empty for a molecule within it."""
        told = []
        foreign = sorted({SYMBOLS[z] for z in atomic_numbers} - self.elements)
        if foreign:
            told.append(f"no training molecule had {' or '.join(foreign)}; it counts as nothing in the energy")
        heavy = sum(z != 1 for z in atomic_numbers)
        for number, what, (least, most) in (
            (heavy, "heavy atoms", self.n_heavy),
            (len(atomic_numbers), "atoms", self.n_atoms),
        ):
            if not least <= number <= most:
                told.append(f"{number} {what}; the training molecules had {least} to {most}")
                break
        if smiles is not None and self.environments is not None:
            unseen = self.unseen_atoms(smiles)
            if unseen:
                named = ", ".join(unseen[:8]) + (f" and {len(unseen) - 8} more" if len(unseen) > 8 else "")
                atoms = "heavy atom" if len(unseen) == 1 else "heavy atoms"
                told.append(f"{len(unseen)} {atoms} in surroundings not seen in training: {named}")
        return told
