"""Energies of free atoms at a level of theory: the lowest state that a level has, as its card is to carry it."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from hemdata.chemistry.engines import engine
from hemdata.chemistry.engines.mixed_functions import give_response
from hemdata.chemistry.engines.pyscf import converged
from hemdata.chemistry.engines.pyscf_set_up import mean_field, molecule
from hemdata.errors import DataError
from hemdata.identity.ground_state import atom_multiplicity
from hemdata.levels import ATOMIC_NUMBERS, SYMBOLS, Level
from hemdata.units import HARTREE_KCAL_MOL

ATOM_GRID = 5
CONV_TOL_HARTREE = 1e-10
HIGHEST_MULTIPLICITY = 5
STABILITY_ROUNDS = 6


@dataclass(frozen=True)
class Atom:
    """A free atom's lowest state.

    Attributes:
        multiplicity: of that state.
        by_multiplicity: the energy found for each multiplicity tried, hartree.
        card_hartree: what the level's card carries, if it has the element.
    """

    symbol: str
    multiplicity: int
    energy_hartree: float
    by_multiplicity: dict[int, float]
    card_hartree: float | None = None

    @property
    def difference_kcal_mol(self) -> float | None:
        """Computed less the card's."""
        if self.card_hartree is None:
            return None
        return (self.energy_hartree - self.card_hartree) * HARTREE_KCAL_MOL


def atom(symbol: str, its_level: Level) -> Atom:
    """The lowest state of a free atom at a level.

    PySCF: UKS (a singlet: RKS) on grid level 5 for every multiplicity up to quintet, each followed to an internally
    stable solution; the lowest is taken. Tight binding knows no spin polarisation, so that its lowest energy is not the
    ground state's: the atom's ground state by Hund's rule is taken there.

    Raises:
        DataError: if the element is unknown to the level's basis or method, or no state converges.
    """
    if symbol not in ATOMIC_NUMBERS:
        raise DataError("There is no such element.", got=symbol, expected="a symbol such as C or Cl")
    z = ATOMIC_NUMBERS[symbol]
    of_card = its_level.atoms.get(z)
    if its_level.card.engine != "pyscf":
        multiplicity = atom_multiplicity(z)
        energy = float(
            engine(its_level).single_point(np.array([z]), np.zeros((1, 3)), 0, multiplicity, its_level).energy_hartree
        )
        return Atom(symbol, multiplicity, energy, {multiplicity: energy}, of_card)
    found = {}
    reason = ""
    for multiplicity in range(2 if z % 2 else 1, HIGHEST_MULTIPLICITY + 1, 2):
        if multiplicity - 1 > z:
            continue
        try:
            found[multiplicity] = _stable_energy(z, multiplicity, its_level)
        except DataError as error:
            reason = str(error)
    if not found:
        raise DataError("No state of the atom converged.", where=f"level {its_level.name}", got=f"{symbol}: {reason}")
    lowest = min(found, key=lambda m: found[m])
    return Atom(symbol, lowest, found[lowest], found, of_card)


def atoms(its_level: Level, symbols: Iterable[str] = ()) -> list[Atom]:
    """The atoms of a level: those of its card, or those asked for."""
    return [atom(symbol, its_level) for symbol in (list(symbols) or [SYMBOLS[z] for z in sorted(its_level.atoms)])]


def card_line(found: Iterable[Atom]) -> str:
    """The line that a level card carries for these atoms."""
    return "atoms_hartree: {" + ", ".join(f"{one.symbol}: {one.energy_hartree:.8f}" for one in found) + "}"


def _stable_energy(z: int, multiplicity: int, its_level: Level) -> float:
    """The SCF followed along its unstable directions until none is left."""
    built = molecule(np.array([z]), np.zeros((1, 3)), 0, multiplicity, its_level.card)
    field = mean_field(built, its_level.card)
    field.grids.level = ATOM_GRID
    field.conv_tol = CONV_TOL_HARTREE
    if its_level.card.angular == "cartesian-d-spherical-f":
        give_response(field)
    energy, _ = converged(field, its_level.name)
    if built.nelectron == 1:
        return energy
    for _ in range(STABILITY_ROUNDS):
        orbitals, _, stable, _ = field.stability(return_status=True)
        if stable:
            break
        lower, _ = converged(field, its_level.name, field.make_rdm1(orbitals, field.mo_occ))
        if lower > energy - 1e-9:
            break
        energy = lower
    return energy
