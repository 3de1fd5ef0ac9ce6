"""Checks of energies: against the level's atoms, against what bonds give, their digits, columns that say nothing."""

from collections import Counter
from collections.abc import Iterator
from functools import cache

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import lsqr

from hemdata.curate.lint.check import Fault, check
from hemdata.curate.lint.rows import Bools, Floats, Rows
from hemdata.curate.lint.summary import ADDITIVE, Summary
from hemdata.errors import HemdataError
from hemdata.levels import Level, level
from hemdata.units import HARTREE_KCAL_MOL

SAME_KCAL_MOL = 0.01
FAR = 30.0  # robust standard deviations of what parts leave; the most strained cages of QM9 come to 26
ENOUGH = 100  # rows, before anything is said about a column
COMMON = 20  # rows that show a part, before it has a coefficient of its own
DIGITS = 4
IN_KCAL_MOL = {"atomization_energy_kcal_mol": 1.0, "zpve_hartree": HARTREE_KCAL_MOL}
SPREAD = 1.4826  # of a normal distribution: standard deviation over median absolute deviation


@check(
    "E01", "error", "The atomization energy is not the atoms' energies of the row's level less the energy.",
    "Another level's atoms were used, or the energy was changed after: build the set again.",
    "energy_hartree", "atomization_energy_kcal_mol",
)  # fmt: skip
def atoms(rows: Rows) -> Iterator[Fault]:
    """Each row with its own level's atoms."""
    names = np.array([name or "" for name in rows.table["level"].to_pylist()])
    energy, kcal = rows.column("energy_hartree"), rows.column("atomization_energy_kcal_mol")
    for name in sorted(set(names) - {""}):
        its = _level(name)
        if its is None:
            continue
        table = np.full(256, np.nan)
        table[list(its.atoms)] = list(its.atoms.values())
        made = (rows.of_each_row(table[rows.z]) - energy) * HARTREE_KCAL_MOL
        off = kcal - made
        for row in np.flatnonzero((names == name) & (np.abs(off) > SAME_KCAL_MOL)).tolist():
            yield Fault(row, f"off by {off[row]:+.3f} kcal/mol from the atoms of '{name}'", abs(float(off[row])))


@check(
    "E02", "warning", "A value is far from what the atoms' surroundings and the rings of the molecule give.",
    "Rare chemistry or a wrong value: compare with the molecules most like it, or compute it again.",
    whole=True,
)  # fmt: skip
def additive(summary: Summary) -> Iterator[Fault]:
    """A linear fit; far is counted in robust deviations of what it leaves. Rows with rare parts are not judged."""
    if len(summary) < ENOUGH:
        return
    design, known = _design(summary.counted)
    for name in ADDITIVE:
        if not summary.has(name):
            continue
        values = summary.column(name)
        there = np.flatnonzero(known & np.isfinite(values))
        if len(there) < ENOUGH:
            continue
        left = values[there] - design[there] @ _fit(design[there], values[there])
        spread = SPREAD * float(np.median(np.abs(left - np.median(left)))) or np.inf
        for at in np.flatnonzero(np.abs(left) > FAR * spread).tolist():
            row, value = int(there[at]), values[there[at]]
            said = f"{name} is {value:.6g}, its parts give {value - left[at]:.6g}"
            said += f" ({abs(left[at]) / spread:.0f} standard deviations)"
            yield Fault(row, said, IN_KCAL_MOL[name] * abs(float(left[at])) if name in IN_KCAL_MOL else None)


@check(
    "E03", "note", f"All energies are rounded to {DIGITS} decimals of a hartree or fewer: 0.03 kcal/mol or more.",
    "Take the energies from a source with all digits, where there is one.",
    "energy_hartree", whole=True,
)  # fmt: skip
def digits(summary: Summary) -> Iterator[Fault]:
    """Whether whole multiples say everything."""
    energy = summary.energy[np.isfinite(summary.energy)]
    if len(energy) >= ENOUGH and np.allclose(energy * 10**DIGITS, np.round(energy * 10**DIGITS), rtol=0, atol=1e-5):
        yield Fault(-1, f"{len(energy):,} energies, as {float(energy[0])!r}")


@check(
    "E04", "warning", "A column holds the same number in every row.",
    "It was filled with a placeholder, or read from the wrong place: leave it out.",
    whole=True,
)  # fmt: skip
def constant(summary: Summary) -> Iterator[Fault]:
    """Columns of numbers."""
    for name, values in {"energy_hartree": summary.energy, **summary.numbers}.items():
        found = values[np.isfinite(values)]
        if len(found) >= ENOUGH and float(np.ptp(found)) == 0.0:
            yield Fault(-1, f"{name} is {found[0]:g} in all of {len(found):,} rows")


def _design(counted: list[dict[int, int]]) -> tuple[sparse.csr_matrix, Bools]:
    """(n, parts + 1) counts of the parts that enough rows show, and ones; (n,) which rows have no other part."""
    rows = Counter(part for one in counted for part in one)
    place = {part: number for number, part in enumerate(sorted(part for part, n in rows.items() if n >= COMMON))}
    entries = [(row, place[part], n) for row, one in enumerate(counted) for part, n in one.items() if part in place]
    row, column, value = zip(*entries, strict=True) if entries else ((), (), ())
    counts = sparse.csr_matrix((value, (row, column)), shape=(len(counted), len(place)), dtype=np.float64)
    known = np.array([bool(one) and one.keys() <= place.keys() for one in counted])
    return sparse.hstack([counts, np.ones((len(counted), 1))]).tocsr(), known


def _fit(design: sparse.csr_matrix, values: Floats) -> Floats:
    """Robust coefficients: least squares twice, the second time without the rows farthest off."""
    first = values - design @ lsqr(design, values)[0]
    near = np.abs(first) <= np.quantile(np.abs(first), 0.99)
    found: Floats = lsqr(design[near], values[near])[0]
    return found


@cache
def _level(name: str) -> Level | None:
    try:
        return level(name)
    except HemdataError:
        return None
