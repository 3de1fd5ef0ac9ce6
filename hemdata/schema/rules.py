"""Rules of the record that go beyond one column: each takes a table, answers which rows break it."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from hemdata.schema.columns import Bad, given, lists, numbers, sums
from hemdata.schema.energy_bounds import too_loose, too_tight

CLOSEST_ANGSTROM = 0.3
HEAVIEST = 36  # Kr
PAIRS_AT_ONCE = 1_000_000
PAIRS_IN_CACHE = 100_000


def atoms_agree(table: pa.Table) -> Bad:
    """n_atoms and n_heavy are those of atomic_numbers."""
    z, offsets = lists(table["atomic_numbers"])
    heavy = sums(z != 1, offsets)
    wrong = (np.diff(offsets) != numbers(table, "n_atoms")) | (heavy != numbers(table, "n_heavy"))
    return np.asarray(wrong & given(table, "atomic_numbers"))


def positions_agree(table: pa.Table) -> Bad:
    """Three finite numbers an atom, and no geometry without atoms."""
    xyz, offsets = lists(table["positions"])
    infinite = sums(~np.isfinite(xyz), offsets) > 0
    wrong = infinite | (np.diff(offsets) != 3 * numbers(table, "n_atoms")) | ~given(table, "atomic_numbers")
    return np.asarray(wrong & given(table, "positions"))


def known_elements(table: pa.Table) -> Bad:
    """Every atomic number from 1 to 36."""
    z, offsets = lists(table["atomic_numbers"])
    return sums((z < 1) | (z > HEAVIEST), offsets) > 0


def parity(table: pa.Table) -> Bad:
    """An even number of electrons has an odd multiplicity, and never more unpaired ones than there are."""
    z, offsets = lists(table["atomic_numbers"])
    electrons = sums(z, offsets) - numbers(table, "charge")
    unpaired = numbers(table, "multiplicity") - 1
    wrong = ((electrons - unpaired) % 2 != 0) | (unpaired > electrons)
    return np.asarray(wrong & given(table, "atomic_numbers"))


def apart(table: pa.Table) -> Bad:
    """No two atoms closer than 0.3 angstrom; molecules of one size are compared at once, so many as memory allows."""
    xyz, offsets = lists(table["positions"])
    atoms = np.diff(offsets) // 3
    whole = (np.diff(offsets) == 3 * atoms) & (atoms > 1)
    bad = np.zeros(len(atoms), dtype=bool)
    for size in np.unique(atoms[whole]):
        itself = np.arange(size)
        same_size = np.flatnonzero(whole & (atoms == size))
        for rows in np.array_split(same_size, len(same_size) * size * size // PAIRS_IN_CACHE + 1):
            place = xyz[offsets[rows][:, None] + np.arange(3 * size)].reshape(-1, size, 3)  # (rows, size, 3) angstrom
            square = np.zeros((len(rows), size, size))  # all pairs twice: axis by axis that is faster than each once
            with np.errstate(invalid="ignore", over="ignore"):
                for x in np.moveaxis(place, 2, 0):
                    square += (x[:, :, None] - x[:, None]) ** 2
            square[:, itself, itself] = np.inf
            bad[rows] = (square < CLOSEST_ANGSTROM**2).any(axis=(1, 2))
    return bad


def level_named(table: pa.Table) -> Bad:
    """No energy without its level, no geometry without its level."""
    energy = given(table, "energy_hartree") | given(table, "atomization_energy_kcal_mol")
    return (energy & ~given(table, "level")) | (given(table, "positions") & ~given(table, "geometry_level"))


def bound(table: pa.Table) -> Bad:
    """The energy lies below the atoms': atomization energy positive, given with the energy, and the atoms known."""
    energy, atomization = given(table, "energy_hartree"), given(table, "atomization_energy_kcal_mol")
    return np.asarray((energy != atomization) | too_loose(table) | (energy & ~given(table, "atomic_numbers")))


def bond_energies(table: pa.Table) -> Bad:
    """The atomization energy is one that the atoms' bonds can give."""
    return too_tight(table)


RULES: dict[str, Callable[[pa.Table], Bad]] = {
    rule.__name__: rule
    for rule in (atoms_agree, positions_agree, known_elements, parity, apart, level_named, bound, bond_energies)
}
