"""What a model's training molecules have shown, and what a user's molecule has that they had not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hemdata.catalog import cards, network
from hemdata.errors import DataError
from hemdata.identity import atom_environments
from hemdata.identity.molecule import parsed
from hemdata.levels import SYMBOLS

ANYWAY = "Take a model that has learnt it; --anyway predicts what is then known to be wrong."


@dataclass(frozen=True)
class Domain:
    """The range of a training set.

    Attributes:
        elements: symbols that occur.
        n_atoms, n_heavy: the smallest and the largest molecule.
        environments: surroundings of heavy atoms one bond far (`atom_environments`); None where the package, of an
            earlier version or of molecules without SMILES, does not tell.
        geometry_levels: of the geometries; empty where the package does not tell.
        charges, multiplicities: of the molecules; neutral singlets where the package, of an earlier version, does not
            tell.
        representable: symbols that the networks have weights for, by network.
    """

    elements: frozenset[str]
    n_atoms: tuple[int, int]
    n_heavy: tuple[int, int]
    environments: frozenset[int] | None
    geometry_levels: tuple[str, ...]
    charges: frozenset[int] = frozenset({0})
    multiplicities: frozenset[int] = frozenset({1})
    representable: tuple[tuple[str, frozenset[str]], ...] = ()

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
            frozenset(about.get("charges", (0,))),
            frozenset(about.get("multiplicities", (1,))),
            _representable(about["network"]),
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
                first.charges & other.charges,
                first.multiplicities & other.multiplicities,
                tuple(sorted({*first.representable, *other.representable}, key=lambda each: each[0])),
            )
        return first

    def refuse(self, atomic_numbers: Sequence[int], charge: int, anyway: bool = False) -> None:
        """Refuse a molecule whose energy would be that of another: of an element or charge never seen in training.

        Args:
            atomic_numbers: (N,).
            anyway: refuses only what the networks cannot represent.

        Raises:
            DataError: names the elements, or the charge.
        """
        self.refuse_symbols({SYMBOLS[z] for z in atomic_numbers}, charge, anyway)

    def refuse_symbols(self, symbols: Collection[str], charge: int, anyway: bool = False) -> None:
        """The same, of the symbols of elements."""
        for name, known in self.representable:
            if foreign := sorted(set(symbols) - known):
                raise DataError(f"The network '{name}' cannot represent {' or '.join(foreign)}.")
        if anyway:
            return
        if foreign := sorted(set(symbols) - self.elements):
            raise DataError(f"No training molecule had {' or '.join(foreign)}.", fix=ANYWAY)
        if charge not in self.charges:
            raise DataError(f"No training molecule had the charge {charge:+d}.", fix=ANYWAY)

    def unseen_atoms(self, smiles: str) -> list[str]:
        """Heavy atoms whose surroundings no training molecule had: symbol and place in the SMILES, as N3."""
        molecule = parsed(smiles)
        if molecule is None or self.environments is None:
            return []
        heavy = [atom for atom in molecule.GetAtoms() if atom.GetAtomicNum() != 1]
        found = zip(heavy, atom_environments(smiles), strict=True)
        return [f"{atom.GetSymbol()}{atom.GetIdx() + 1}" for atom, seen in found if seen not in self.environments]

    def warnings(
        self, atomic_numbers: Sequence[int], smiles: str | None, charge: int = 0, multiplicity: int = 1
    ) -> list[str]:
        """Sentences about what the training set has not shown; empty for a molecule within it."""
        told = []
        foreign = sorted({SYMBOLS[z] for z in atomic_numbers} - self.elements)
        if foreign:
            told.append(f"no training molecule had {' or '.join(foreign)}; it counts as nothing in the energy")
        if charge:
            seen = "" if charge in self.charges else "no training molecule had it, and "
            told.append(f"charge {charge:+d}; {seen}a network is told nothing of charges")
        if multiplicity not in self.multiplicities:
            told.append(f"multiplicity {multiplicity}; no training molecule had it")
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


def _representable(name: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """What a network has weights for; nothing to say of a baseline."""
    return ((name, frozenset(network(name).elements)),) if name in cards("network") else ()
