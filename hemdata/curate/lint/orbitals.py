"""Checks of orbital energies and of the dipole moment."""

from collections.abc import Iterator

import numpy as np

from hemdata.curate.lint.check import Fault, check
from hemdata.curate.lint.rows import Rows

ROUNDING_HARTREE = 2.1e-4  # three energies of four decimals
MOST_DEBYE_ANGSTROM = 4.80320471  # of one electron's charge
SAME_ANGSTROM = 0.01


@check(
    "O01", "error", "The gap is not the energy of the lowest empty orbital less that of the highest occupied one.",
    "One of the three is of another row, another unit or another run.",
    "homo_hartree", "lumo_hartree", "gap_hartree",
)  # fmt: skip
def gap(rows: Rows) -> Iterator[Fault]:
    """Three columns of which two say the third."""
    difference = rows.column("lumo_hartree") - rows.column("homo_hartree")
    off = rows.column("gap_hartree") - difference
    for row in np.flatnonzero(np.abs(off) > ROUNDING_HARTREE).tolist():
        yield Fault(row, f"gap less (LUMO less HOMO): {off[row]:+.4f} hartree")


@check(
    "O02", "error", "The lowest empty orbital is not above the highest occupied one.",
    "The calculation is no ground state, or the two columns are exchanged.",
    "homo_hartree", "lumo_hartree",
)  # fmt: skip
def order(rows: Rows) -> Iterator[Fault]:
    """Aufbau."""
    difference = rows.column("lumo_hartree") - rows.column("homo_hartree")
    for row in np.flatnonzero(difference <= 0).tolist():
        yield Fault(row, f"LUMO less HOMO: {difference[row]:.4f} hartree")


@check(
    "O03", "warning", "The dipole moment is larger than a whole charge at the two farthest ends of the molecule makes.",
    "Its unit is another one, or it is an ion's, whose moment depends on where the origin is.",
    "dipole_debye", "positions",
)  # fmt: skip
def far_dipole(rows: Rows) -> Iterator[Fault]:
    """An electron's charge over the length of the molecule."""
    middle = rows.of_each_row(np.nan_to_num(rows.xyz)) / np.maximum(rows.n_atoms, 1)[:, None]
    away = np.nan_to_num(np.linalg.norm(rows.xyz - middle[rows.row_of], axis=1))
    farthest = np.zeros(len(rows))
    np.maximum.at(farthest, rows.row_of, away)
    most, dipole = MOST_DEBYE_ANGSTROM * (2 * farthest + 1.0), rows.column("dipole_debye")
    for row in np.flatnonzero(rows.placed & (rows.charge == 0) & (dipole > most)).tolist():
        yield Fault(row, f"{dipole[row]:.2f} debye, at most {most[row]:.1f}")


@check(
    "O04", "error", "The geometry has a centre of inversion, and a dipole moment.",
    "The dipole moment or the geometry is another row's.",
    "dipole_debye", "positions",
)  # fmt: skip
def centre(rows: Rows) -> Iterator[Fault]:
    """Inversion through the middle lays the molecule on itself."""
    dipole = rows.column("dipole_debye")
    candidates = np.flatnonzero(rows.placed & (rows.charge == 0) & (dipole > 0.1) & (rows.n_atoms > 1))
    if not candidates.size:
        return
    # The third moments of a molecule with a centre vanish: most rows are refused by them.
    middle = rows.of_each_row(np.nan_to_num(rows.xyz)) / np.maximum(rows.n_atoms, 1)[:, None]
    x = rows.xyz - middle[rows.row_of]
    third = np.abs(rows.of_each_row(rows.z[:, None] * np.nan_to_num(x) ** 3)).max(axis=1)
    charged = np.abs(rows.of_each_row(rows.z[:, None] * np.nan_to_num(x))).max(axis=1)
    starts = np.concatenate([[0], np.cumsum(rows.n_atoms)])
    for row in candidates[(third[candidates] < 0.5) & (charged[candidates] < 0.5)].tolist():
        its = slice(starts[row], starts[row + 1])
        apart = np.linalg.norm(x[its][:, None] + x[its][None], axis=2)
        apart[rows.z[its][:, None] != rows.z[its][None]] = np.inf
        if apart.min(axis=1).max() < SAME_ANGSTROM:
            yield Fault(row, f"{dipole[row]:.2f} debye")


@check(
    "O05", "warning", "The polarizability is not positive.",
    "Read it again from its source.",
    "alpha_bohr3",
)  # fmt: skip
def polarizability(rows: Rows) -> Iterator[Fault]:
    """Of any molecule in its ground state."""
    found = rows.column("alpha_bohr3")
    for row in np.flatnonzero(found <= 0).tolist():
        yield Fault(row, f"{found[row]:g} bohr^3")
