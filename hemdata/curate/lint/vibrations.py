"""Checks of harmonic frequencies, and of the thermal terms that follow from them (rigid rotor, harmonic oscillator)."""

from collections.abc import Iterator

import numpy as np

from hemdata.curate.lint.check import Fault, check
from hemdata.curate.lint.geometries import ROTATION
from hemdata.curate.lint.rows import Bools, Floats, Rows, Whole, masses
from hemdata.units import HARTREE_CM1, HARTREE_KCAL_MOL, KELVIN_HARTREE

FREQUENCIES = "frequencies_cm1"
KELVIN = 298.15
KT = KELVIN_HARTREE * KELVIN  # hartree
GAS_CAL = KELVIN_HARTREE * HARTREE_KCAL_MOL * 1000  # cal/(mol K)
ROUNDING_KCAL_MOL = 0.002  # six decimals of a hartree in each of two energies, four of each frequency
ROUNDING_CAL = 0.002  # three decimals of a heat capacity
SOFT_CM1, STIFF_CM1 = 10.0, 4500.0  # the stiffest bond, of H2, vibrates at 4,400
SYMMETRY = np.array([1, 2, 3, 4, 5, 6, 8, 10, 12, 24, 60])
PRESSURE_PASCAL = 101325.0


@check(
    "V01", "error", "The number of frequencies is not that of the geometry: 3N - 6, of a linear molecule 3N - 5.",
    "Frequencies are missing or another molecule's; where a linear molecule was treated as a bent one, its thermal "
    "terms count half a rotation too much and a vibration too little.",
    FREQUENCIES, "positions",
)  # fmt: skip
def modes(rows: Rows) -> Iterator[Fault]:
    """Linear by the coordinates."""
    _, length, _ = rows.lists(FREQUENCIES)
    right = np.where(rows.n_atoms < 2, 0, 3 * rows.n_atoms - np.where(rows.linear, 5, 6))
    for row in np.flatnonzero(rows.placed & (length > 0) & (length != right)).tolist():
        kind = "linear" if rows.linear[row] else "bent"
        yield Fault(row, f"{length[row]} frequencies; {rows.n_atoms[row]} atoms, {kind}: {right[row]}")


@check(
    "V02", "error", "The zero-point energy is not half the sum of the frequencies.",
    "One of them belongs to another run; an electronic energy made with it (U0 less the zero-point energy) is off by "
    "the difference.",
    "zpve_hartree", FREQUENCIES,
)  # fmt: skip
def zero_point(rows: Rows) -> Iterator[Fault]:
    """Imaginary frequencies (negative) count nothing."""
    frequencies, length, row_of = rows.lists(FREQUENCIES)
    half = np.bincount(row_of, np.maximum(frequencies, 0), len(rows)) / HARTREE_CM1 / 2
    off = (rows.column("zpve_hartree") - half) * HARTREE_KCAL_MOL
    for row in _beyond(off, ROUNDING_KCAL_MOL, length > 0):
        yield Fault(row, f"zero-point energy less half the sum: {off[row]:+.4f} kcal/mol", abs(off[row]))


@check(
    "V03", "error", "A frequency is imaginary: the geometry is no minimum.",
    "Relax it again along that vibration; until then leave the row out.",
    FREQUENCIES,
)  # fmt: skip
def imaginary(rows: Rows) -> Iterator[Fault]:
    """Written as negative numbers, or as 0."""
    for row, least in _least(rows):
        if least <= 0:
            yield Fault(row, f"the lowest frequency is {least:.1f} 1/cm")


@check(
    "V04", "note", f"A vibration is softer than {SOFT_CM1:.0f} 1/cm: hardly a minimum, and no harmonic oscillator.",
    "Its entropy and Gibbs free energy mean little; the electronic energy is not touched.",
    FREQUENCIES,
)  # fmt: skip
def soft(rows: Rows) -> Iterator[Fault]:
    """Flat torsions."""
    for row, least in _least(rows):
        if 0 < least < SOFT_CM1:
            yield Fault(row, f"the lowest frequency is {least:.2f} 1/cm")


@check(
    "V05", "warning", f"A vibration is stiffer than {STIFF_CM1:.0f} 1/cm, which no bond is.",
    "A bond is pressed together, or the unit is another one.",
    FREQUENCIES,
)  # fmt: skip
def stiff(rows: Rows) -> Iterator[Fault]:
    """Above that of molecular hydrogen."""
    frequencies, _, row_of = rows.lists(FREQUENCIES)
    for place in np.flatnonzero(frequencies > STIFF_CM1).tolist():
        yield Fault(int(row_of[place]), f"a frequency of {frequencies[place]:.0f} 1/cm")


@check(
    "T01", "error", "The enthalpy is not the internal energy plus kT.",
    "One of the two is of another temperature, another run or another row.",
    "u298_hartree", "h298_hartree",
)  # fmt: skip
def enthalpy(rows: Rows) -> Iterator[Fault]:
    """At 298.15 K."""
    off = (rows.column("h298_hartree") - rows.column("u298_hartree") - KT) * HARTREE_KCAL_MOL
    for row in _beyond(off, ROUNDING_KCAL_MOL):
        yield Fault(row, f"H - U - kT = {off[row]:+.4f} kcal/mol", abs(off[row]))


@check(
    "T02", "error", "U at 298.15 K less U at 0 K is not what the frequencies give.",
    "The frequencies, or one of the two energies, are of another run or another row.",
    "u0_hartree", "u298_hartree", FREQUENCIES,
)  # fmt: skip
def thermal(rows: Rows) -> Iterator[Fault]:
    """Translation, rotation, and each vibration."""
    quanta, kt_of, length, row_of = _quanta(rows)
    vibration = np.bincount(row_of, quanta / np.expm1(quanta / KT), len(rows))
    off = (rows.column("u298_hartree") - rows.column("u0_hartree") - kt_of * KT - vibration) * HARTREE_KCAL_MOL
    for row in _beyond(off, ROUNDING_KCAL_MOL, length > 0):
        yield Fault(row, f"off by {off[row]:+.4f} kcal/mol", abs(off[row]))


@check(
    "T03", "error", "U at 298.15 K less U at 0 K is less than moving and turning take.",
    "The two energies are of different rows or units.",
    "u0_hartree", "u298_hartree",
)  # fmt: skip
def moving(rows: Rows) -> Iterator[Fault]:
    """Without frequencies: at least 5/2 kT of any molecule of two atoms or more."""
    found = (rows.column("u298_hartree") - rows.column("u0_hartree")) * HARTREE_KCAL_MOL
    least = 2.5 * KT * HARTREE_KCAL_MOL - ROUNDING_KCAL_MOL
    for row in np.flatnonzero((rows.n_atoms > 1) & (found < least)).tolist():
        yield Fault(row, f"U298 - U0 = {found[row]:.4f} kcal/mol, at least {least:.4f}", float(least - found[row]))


@check(
    "T04", "error", "The heat capacity is not what the frequencies give.",
    "It belongs to another run or another row, or is in another unit.",
    "cv_cal_mol_k", FREQUENCIES,
)  # fmt: skip
def heat_capacity(rows: Rows) -> Iterator[Fault]:
    """At constant volume, 298.15 K."""
    quanta, kt_of, length, row_of = _quanta(rows)
    u = quanta / KT
    vibration = np.bincount(row_of, u**2 * np.exp(-u) / np.expm1(-u) ** 2, len(rows))
    off = rows.column("cv_cal_mol_k") - GAS_CAL * (kt_of + vibration)
    for row in _beyond(off, ROUNDING_CAL, length > 0):
        yield Fault(row, f"off by {off[row]:+.4f} cal/(mol K)")


@check(
    "T05", "error", "The Gibbs free energy is not what frequencies and rotational constants give.",
    "It belongs to another run or another row. Symmetry numbers from 1 to 60 were tried.",
    "h298_hartree", "g298_hartree", FREQUENCIES, *ROTATION,
)  # fmt: skip
def free_energy(rows: Rows) -> Iterator[Fault]:
    """H - TS at 298.15 K and one atmosphere; the entropy of rotation knows a symmetry number."""
    from scipy import constants as nature

    quanta, kt_of, length, row_of = _quanta(rows)
    u = quanta / KT
    vibration = np.bincount(row_of, u / np.expm1(u) - np.log(-np.expm1(-u)), len(rows))
    kt_joule, mass = nature.k * KELVIN, rows.of_each_row(masses()[0][rows.z]) * nature.atomic_mass
    with np.errstate(all="ignore"):
        moving = np.log((2 * np.pi * mass * kt_joule / nature.h**2) ** 1.5 * kt_joule / PRESSURE_PASCAL) + 2.5
        per_turn = kt_joule / nature.h / (1e9 * np.stack([rows.column(name) for name in ROTATION], axis=1))
        bent = np.log(np.sqrt(np.pi * np.prod(per_turn, axis=1))) + 1.5
        rigid = np.where(kt_of == 2.5, np.log(per_turn[:, 1]) + 1, bent)
        entropy = moving + rigid + vibration  # in R, symmetry number 1
        published = (rows.column("h298_hartree") - rows.column("g298_hartree")) / KT
        off = (entropy - published)[:, None] - np.log(SYMMETRY)
    off = off[np.arange(len(rows)), np.argmin(np.abs(off), axis=1)] * KT * HARTREE_KCAL_MOL
    for row in _beyond(off, ROUNDING_KCAL_MOL, length > 0):
        yield Fault(row, f"off by {off[row]:+.4f} kcal/mol", abs(off[row]))


@check(
    "T06", "error", "The electronic energy is not U0 less the zero-point energy.",
    "Zero-point energy was left in, taken off twice, or is another row's.",
    "energy_hartree", "u0_hartree", "zpve_hartree",
)  # fmt: skip
def electronic(rows: Rows) -> Iterator[Fault]:
    """The energy column against the published ones."""
    zero = rows.column("zpve_hartree")
    off = (rows.column("energy_hartree") - rows.column("u0_hartree") + zero) * HARTREE_KCAL_MOL
    for row in _beyond(off, ROUNDING_KCAL_MOL):
        left = abs(off[row] - zero[row] * HARTREE_KCAL_MOL) < ROUNDING_KCAL_MOL
        yield Fault(row, f"off by {off[row]:+.4f} kcal/mol{', the zero-point energy' if left else ''}", abs(off[row]))


def _quanta(rows: Rows) -> tuple[Floats, Floats, Whole, Whole]:
    """Real vibrations in hartree, (n,) kT of moving and turning, (n,) vibrations of each row, the row of each.

    Linear is what has 3N - 5 frequencies, so that a row with the wrong number of them is not told twice.
    """
    frequencies, length, row_of = rows.lists(FREQUENCIES)
    real = frequencies > 0
    turning = np.where(length == 3 * rows.n_atoms - 5, 1.0, 1.5)
    return frequencies[real] / HARTREE_CM1, 1.5 + turning, length, row_of[real]


def _least(rows: Rows) -> Iterator[tuple[int, float]]:
    """Each row that has frequencies, and the lowest."""
    frequencies, _, row_of = rows.lists(FREQUENCIES)
    least = np.full(len(rows), np.inf)
    np.minimum.at(least, row_of, frequencies)
    for row in np.flatnonzero(least < SOFT_CM1).tolist():
        yield row, float(least[row])


def _beyond(off: Floats, limit: float, there: Bools | bool = True) -> list[int]:
    """Rows that are off by more than the limit; what cannot be reckoned is not off."""
    with np.errstate(invalid="ignore"):
        found: list[int] = np.flatnonzero((np.abs(off) > limit) & np.isfinite(off) & there).tolist()
    return found
