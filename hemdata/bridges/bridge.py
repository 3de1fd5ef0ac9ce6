"""A bridge between two levels of theory: what an atomization energy at the one is at the other, with its interval."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hemdata.bridges.distances import distances
from hemdata.bridges.linear import Floats, Linear, Terms
from hemdata.identity import identify
from hemdata.identity.bond_types import elements, kind_of, terms_of
from hemdata.identity.molecule import parsed

Geometry = tuple[Sequence[int], Sequence[float]]
"""Atomic numbers (n,) and positions (3 n,) in angstrom."""
State = tuple[int, int]
"""Total charge (e) and spin multiplicity 2S + 1."""
SINGLET: State = (0, 1)
"""What bridges are for: bonds alone do not tell a charge's or an unpaired electron's part of the difference."""


@dataclass(frozen=True)
class Converted:
    """What a bridge says of some molecules.

    Attributes:
        difference_kcal_mol: (n,) to be added to the atomization energy at the first level; NaN where refused.
        half_width_kcal_mol: (n,) of the 95 % interval.
        refused: why a molecule cannot be converted, for each; None where it can.
    """

    difference_kcal_mol: Floats
    half_width_kcal_mol: Floats
    refused: list[str | None]


@dataclass(frozen=True)
class Bridge:
    """The difference of two levels as a sum over bonds, pairs of atoms at a distance, and more where it pays.

    Attributes:
        a, b: names of the levels; `hash_a`, `hash_b` what defines them.
        linear: the fit of atomization energy at b less that at a.
        shown: molecules that show each bond type or ring.
        factor: half width of the 95 % interval over the fit's standard deviation.
        labels: hash of the molecules and energies that it was fitted on; `molecules` how many such dual labels, one for
            each geometry of a molecule; `largest` the heavy atoms of the largest, where that is known.
    """

    a: str
    b: str
    hash_a: str
    hash_b: str
    linear: Linear
    shown: dict[str, int]
    factor: float
    labels: str
    molecules: int
    largest: int | None = None

    def convert(
        self,
        smiles: Sequence[str | None],
        geometries: Sequence[Geometry | None],
        states: Sequence[State] | None = None,
    ) -> Converted:
        """Differences for molecules given as SMILES, with their geometries.

        Args:
            states: charge and multiplicity of each; what its SMILES draws where that is None.
        """
        counted = [None if each is None else terms(each, at) for each, at in zip(smiles, geometries, strict=True)]
        known_states = [drawn_state(each) for each in smiles] if states is None else states
        refused = [self._refused(*each) for each in zip(counted, geometries, known_states, strict=True)]
        mean, deviation = self.linear.predict([each or {} for each in counted])
        known = np.array([reason is None for reason in refused], dtype=bool)
        return Converted(np.where(known, mean, np.nan), np.where(known, self.factor * deviation, np.nan), refused)

    def _refused(self, counted: Terms | None, geometry: Geometry | None, state: State) -> str | None:
        if counted is None:
            return "no SMILES that reads"
        if state != SINGLET:
            return not_a_singlet(state)
        if geometry is None and "distance" in self.linear.scales:
            return "no geometry"
        foreign = sorted(term for term in counted if kind_of(term) == "bond" and term not in self.shown)
        return f"bond type outside the bridge: {', '.join(foreign)}" if foreign else None


def not_a_singlet(state: State) -> str:
    """Why a bridge takes no such molecule."""
    charge, multiplicity = state
    return f"not a neutral singlet: charge {charge}, multiplicity {multiplicity}"


def drawn_state(smiles: str | None) -> State:
    """The state that a SMILES draws; a neutral singlet without one."""
    identity = None if smiles is None or "[" not in smiles else identify(smiles, bonds=False, inchi=False)
    return SINGLET if identity is None else (identity.charge, identity.radical_electrons + 1)


def terms(smiles: str, geometry: Geometry | None) -> Terms | None:
    """What is counted of a molecule: bonds, small rings, surroundings, atoms; of its geometry pairs by distance.

    None where the SMILES does not read.
    """
    molecule = parsed(smiles)
    if molecule is None:
        return None
    counted = terms_of(molecule) + elements(molecule)
    return dict(counted) | (distances(*geometry) if geometry is not None else {})
