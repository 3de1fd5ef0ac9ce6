"""A level of theory bound to the energies of its own atoms, and the only way to an atomization energy."""

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hemdata.catalog import LevelCard, cards, level_card
from hemdata.errors import DataError
from hemdata.units import HARTREE_KCAL_MOL

START_LEVEL = "gfn2-xtb"
"""The level at which every geometry made from a SMILES is relaxed first, and at which labels stand if none is named."""
SYMBOLS = tuple(
    "X H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr".split()
)
ATOMIC_NUMBERS = {symbol: z for z, symbol in enumerate(SYMBOLS) if z}


@dataclass(frozen=True)
class Level:
    """A level of theory.

    Attributes:
        name: the card's name; people call the level so.
        hash: of what defines the level (method, basis, grid ...), not of its name.
        atoms: atomic number to the atom's energy at this very level, hartree.
        card: the card it was made from.
    """

    name: str
    hash: str
    atoms: dict[int, float]
    card: LevelCard

    def atom_energies(self) -> npt.NDArray[np.float64]:
        """Energy by atomic number, hartree, NaN where the level has no atom."""
        table = np.full(len(SYMBOLS), np.nan)
        table[list(self.atoms)] = list(self.atoms.values())
        return table


def level_hash(card: LevelCard) -> str:
    """Twelve hex digits of a hash over what defines a level: two names for one definition share it."""
    definition = card.model_dump(include={"engine", "method", "basis", "angular", "grid_level"}, mode="json")
    if card.dispersion:  # younger than the hashes that are about
        definition["dispersion"] = card.dispersion
    return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()[:12]


def level(name: str | Path) -> Level:
    """The level of theory of a card, by its name or path.

    Raises:
        CallError: if there is no such level.
        DataError: if its card is wrong.
    """
    return level_of(level_card(name))


def readable_levels() -> dict[str, Level]:
    """The levels that have a card, by name; a broken card of a user's own does not hide the others."""
    found = {}
    for name in cards("level"):
        with suppress(DataError):
            found[name] = level(name)
    return found


def level_of(card: LevelCard) -> Level:
    """The level of theory that a card declares.

    Raises:
        DataError: if it names an unknown element.
    """
    unknown = set(card.atoms_hartree) - set(ATOMIC_NUMBERS)
    if unknown:
        raise DataError("A level names an unknown element.", where=f"level {card.name}", got=sorted(unknown))
    atoms = {ATOMIC_NUMBERS[symbol]: energy for symbol, energy in card.atoms_hartree.items()}
    return Level(card.name, level_hash(card), atoms, card)


def one_level(names: Iterable[str | None], where: object = None) -> str:
    """The single level that all names share.

    Raises:
        DataError: if there are two, naming both, or none.
    """
    different = sorted({name for name in names if name is not None})
    if len(different) > 1:
        raise DataError(
            "Energies of different levels of theory cannot be combined.",
            where=where,
            expected="one level",
            got=" and ".join(different),
            fix="Label all molecules at one level (`hemdata label NAME --level LEVEL`).",
        )
    if not different:
        raise DataError("There is no energy with a level of theory.", where=where, fix="Label the molecules first.")
    return different[0]


def atomization_energies(
    energy_hartree: npt.ArrayLike,
    atomic_numbers: npt.NDArray[np.integer],
    offsets: npt.NDArray[np.integer],
    level: Level,
) -> npt.NDArray[np.float64]:
    """Atomization energies (sum of the level's atoms less the molecule), kcal/mol, positive when bound.

    Args:
        energy_hartree: (n,) total electronic energies at `level`, without zero-point energy; NaN stays NaN.
        atomic_numbers: (atoms,) of all molecules one after another.
        offsets: (n + 1,) where each molecule's atoms start, and where the last one's end.
        level: the level that the energies are at.

    Raises:
        DataError: if the level has no atom of an element that occurs.
        ValueError: if the three arrays do not go together.
    """
    energy = np.asarray(energy_hartree, dtype=np.float64)
    z, offsets = np.asarray(atomic_numbers, dtype=np.int64), np.asarray(offsets, dtype=np.int64)
    atoms_each = np.diff(offsets)
    if energy.shape != atoms_each.shape or (atoms_each < 0).any() or not 0 <= offsets[0] <= offsets[-1] <= len(z):
        raise ValueError(f"{energy.shape} energies, {z.shape} atoms and {offsets.shape} offsets do not go together")
    z, offsets = z[offsets[0] : offsets[-1]], offsets - offsets[0]
    foreign = np.setdiff1d(z, list(level.atoms))
    if foreign.size:
        names = ", ".join(SYMBOLS[n] if 0 < n < len(SYMBOLS) else f"atomic number {n}" for n in foreign)
        raise DataError(
            f"The level '{level.name}' has no energy for an atom of {names}.",
            where=f"level {level.name}",
            expected=", ".join(level.card.atoms_hartree),
            got=names,
            fix="Add the atom's energy at this level to its card, or leave these molecules out.",
        )
    # np.add.reduceat sums each molecule on its own: a running sum would lose digits over a large set.
    atoms = np.zeros(len(energy))
    filled = atoms_each > 0
    if filled.any():
        atoms[filled] = np.add.reduceat(level.atom_energies()[z], offsets[:-1][filled])
    return np.asarray((atoms - energy) * HARTREE_KCAL_MOL)
