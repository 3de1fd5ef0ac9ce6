"""What physics lets an atomization energy be, and the unit that an energy beyond it seems to be in."""

from collections.abc import Iterator
from itertools import permutations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hemdata.schema.columns import Bad, given, lists, numbers, sums
from hemdata.units import HARTREE_KCAL_MOL, IN_HARTREE

BOND_END_KCAL_MOL = 100.0
"""Half of a bond stronger than any known: of hydrogen fluoride's (De 141) an end is 71, of boron trifluoride's 79, of a
third of carbon monoxide's 43. GFN2-xTB, which binds carbon, nitrogen and oxygen too much, comes to 101 for two ends."""
MOST_BONDS = {
    "H": 1, "He": 1, "Li": 1, "Be": 2, "B": 4, "C": 4, "N": 5, "O": 3, "F": 1, "Ne": 1, "Na": 1, "Mg": 2, "Al": 4,
    "Si": 6, "P": 6, "S": 6, "Cl": 7, "Ar": 1, "K": 1, "Ca": 2, "Sc": 8, "Ti": 8, "V": 8, "Cr": 8, "Mn": 8, "Fe": 8,
    "Co": 8, "Ni": 8, "Cu": 8, "Zn": 8, "Ga": 4, "Ge": 6, "As": 6, "Se": 6, "Br": 7, "Kr": 2,
}  # fmt: skip
"""The most bonds of an element, H to Kr in their order: nitrogen has five in nitric acid, oxygen three in CO."""
ADDED_ELECTRON_KCAL_MOL = 120.0  # a free chlorine atom takes one for 83, the most of all
LOST_ELECTRON_KCAL_MOL = 600.0  # helium gives one for 567, the most of all
_ENDS = np.zeros(256, dtype=np.int64)
_ENDS[1 : len(MOST_BONDS) + 1] = list(MOST_BONDS.values())


def too_loose(table: pa.Table) -> Bad:
    """Rows whose atomization energy is not above 0, or, of a cation, not above what its lost electrons cost."""
    value = table["atomization_energy_kcal_mol"].fill_null(1.0).to_numpy()
    lost = np.maximum(numbers(table, "charge"), 0)
    return np.asarray((value <= -LOST_ELECTRON_KCAL_MOL * lost) & (numbers(table, "n_atoms") > 1))


def too_tight(table: pa.Table) -> Bad:
    """Rows whose atomization energy is above what the bonds of their atoms can give."""
    value = table["atomization_energy_kcal_mol"].fill_null(0.0).to_numpy()
    return np.asarray((value > _largest(table)) & given(table, "atomic_numbers"))


def misfits(table: pa.Table) -> Iterator[str]:
    """Of every row whose energy is none that physics allows, the unit that it seems to be in; "" where none fits."""
    for row in (too_loose(table) | too_tight(table)).nonzero()[0].tolist():
        yield suspected_unit(table, row) or ""


def suspected_unit(table: pa.Table, row: int) -> str | None:
    """The unit that the total energy of a row seems to be in, in words; None where no change of unit mends it.

    Were it in another unit, the atoms' energies (which the row's two energies give) would leave an atomization energy
    that its bonds can give.
    """
    energy, kcal = (table[name][row].as_py() for name in ("energy_hartree", "atomization_energy_kcal_mol"))
    if energy is None or kcal is None or table["n_atoms"][row].as_py() < 2:
        return None
    atoms, largest = energy + kcal / HARTREE_KCAL_MOL, float(_largest(table.slice(row, 1))[0])
    for taken, true in sorted(permutations(IN_HARTREE, 2), key=lambda pair: pair[0] != "hartree"):
        meant = (atoms - energy * IN_HARTREE[true] / IN_HARTREE[taken]) * HARTREE_KCAL_MOL
        if 0 < meant <= largest:
            return f"in {true}, not in {taken}"
    return None


def _largest(table: pa.Table) -> npt.NDArray[np.float64]:
    z, offsets = lists(table["atomic_numbers"])
    added = np.maximum(-numbers(table, "charge"), 0)
    return np.asarray(BOND_END_KCAL_MOL * sums(_ENDS[z.astype(np.int64)], offsets) + ADDED_ELECTRON_KCAL_MOL * added)
