"""Checks of rows against each other: ids, one geometry with two energies, copied numbers, conformers, split leaks."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import numpy as np

from hemdata.curate.lint.check import Fault, check
from hemdata.curate.lint.summary import Summary
from hemdata.identity import Geometry, superposed
from hemdata.units import HARTREE_KCAL_MOL

NEAR_ANGSTROM = 0.01  # root moments of two rows that may lie on each other
SAME_ANGSTROM = 0.03  # the atom that is off most
OTHER_ENERGY_KCAL_MOL = 1.0  # a bond stretched by so much takes 0.3
CONFORMERS_KCAL_MOL = 40.0
"""Conformers of one molecule of nine heavy atoms span 15 kcal/mol; stereoisomers of strained rings span more."""
EQUAL_NUMBERS = 3
CHANCE_DIGITS = 7


@check("I01", "error", "An id stands twice.", "Give the rows different ids, or drop one.", whole=True)
def ids(summary: Summary) -> Iterator[Fault]:
    """Exact, and but for the case of letters and blanks."""
    for rows in _groups(name.strip().casefold() for name in summary.ids):
        names = ", ".join(summary.ids[row] for row in rows[:3])
        yield Fault(rows[0], f"{len(rows)} rows: {names}", others=tuple(rows[1:]))


@check(
    "D01", "error", "Two rows have one geometry and different energies.",
    "One of the two energies is wrong, or one was computed in another state.",
    "energy_hartree", "positions", whole=True,
)  # fmt: skip
def two_energies(summary: Summary) -> Iterator[Fault]:
    """Mirror images are one geometry."""
    for a, b in summary.pairs:
        off = (summary.energy[b] - summary.energy[a]) * HARTREE_KCAL_MOL
        if abs(off) > OTHER_ENERGY_KCAL_MOL and summary.levels[a] == summary.levels[b]:
            yield Fault(b, f"{off:+.2f} kcal/mol from {summary.ids[a]}", abs(float(off)), (a,))


@check(
    "D02", "note", "A row repeats another one's geometry.",
    "Drop one (`deduplicate: geometry`, with `mirror` where mirror images count), else a random split leaks.",
    "positions", whole=True,
)  # fmt: skip
def same_geometry(summary: Summary) -> Iterator[Fault]:
    """Every atom within 0.03 angstrom, and with the same energy where there are energies."""
    for a, b in summary.pairs:
        off = (summary.energy[b] - summary.energy[a]) * HARTREE_KCAL_MOL
        if not abs(off) > OTHER_ENERGY_KCAL_MOL:
            graph = "" if summary.graphs[a] == summary.graphs[b] else ", whose SMILES is another molecule"
            yield Fault(b, f"as {summary.ids[a]}{graph}", others=(a,))


@check(
    "D03", "error", "Two rows of different composition have the same energy.",
    "One was copied over the other: compute both again.",
    "energy_hartree", whole=True,
)  # fmt: skip
def copied_energy(summary: Summary) -> Iterator[Fault]:
    """To the last digit: of energies of six digits that is chance, unless another number is equal too."""
    for rows in _equal(summary.energy):
        energy = float(summary.energy[rows[0]])
        long = abs(energy * 10**CHANCE_DIGITS - round(energy * 10**CHANCE_DIGITS)) > 1e-3
        also = any(
            np.isfinite(values[rows]).all() and float(np.ptp(values[rows])) == 0 != values[rows[0]]
            for values in summary.numbers.values()
        )
        if len({summary.formulas[row] for row in rows}) > 1 and (long or also):
            named = ", ".join(f"{summary.ids[row]} ({summary.formulas[row]})" for row in rows[:3])
            yield Fault(rows[0], f"{float(summary.energy[rows[0]])!r} hartree: {named}", others=tuple(rows[1:]))


@check(
    "D04", "error", "Two rows have the same numbers in all their columns and different geometries.",
    "One was copied over the other: compute both again.",
    "energy_hartree", "positions", whole=True,
)  # fmt: skip
def copied_row(summary: Summary) -> Iterator[Fault]:
    """Equal energies are chance among isomers; with every further number equal too they are not."""
    if len(summary.numbers) < EQUAL_NUMBERS:
        return
    for rows in _equal(summary.energy):
        for a, b in combinations(rows, 2):
            same = [bool(values[a] == values[b]) for values in summary.numbers.values() if np.isfinite(values[a])]
            apart = float(np.abs(summary.shape[a] - summary.shape[b]).max())
            if len(same) >= EQUAL_NUMBERS and all(same) and apart > NEAR_ANGSTROM:
                yield Fault(b, f"{len(same) + 1} numbers as {summary.ids[a]}", others=(a,))


@check(
    "D05", "warning", f"Rows of one InChIKey span more than {CONFORMERS_KCAL_MOL:.0f} kcal/mol, as no conformers do.",
    "One of them is another molecule, or its energy is wrong; look at the highest.",
    "atomization_energy_kcal_mol", whole=True,
)  # fmt: skip
def conformers(summary: Summary) -> Iterator[Fault]:
    """The least bound row is named, the tightest beside it."""
    for rows in _groups(summary.keys):
        known = [row for row in rows if np.isfinite(summary.atomization[row])]
        for its_level in {summary.levels[row] for row in known}:
            of_level = [row for row in known if summary.levels[row] == its_level]
            loose = min(of_level, key=lambda row: summary.atomization[row])
            tight = max(of_level, key=lambda row: summary.atomization[row])
            span = float(summary.atomization[tight] - summary.atomization[loose])
            if span > CONFORMERS_KCAL_MOL:
                yield Fault(loose, f"{span:.1f} kcal/mol above {summary.ids[tight]}", span, (tight,))


@check(
    "L01", "error", "A molecule stands on two sides of the split.",
    "Split by molecule (by flat graph), not by row: the errors that such a split gives are too small.",
    "split", whole=True,
)  # fmt: skip
def leak(summary: Summary) -> Iterator[Fault]:
    """By connectivity: stereoisomers and conformers are one molecule."""
    for rows in _groups(summary.graphs):
        sides = sorted({str(summary.parts[row]) for row in rows})
        if len(sides) > 1:
            yield Fault(rows[0], f"in {' and '.join(sides)}", others=tuple(rows[1:]))


def alike(summary: Summary) -> list[tuple[int, int]]:
    """Pairs of rows of one formula whose nine lengths agree, the earlier first: what `same_geometries` looks at."""
    from scipy.spatial import cKDTree

    placed = np.isfinite(summary.shape).all(axis=1)
    found = []
    for rows in _groups(name if there else "" for name, there in zip(summary.formulas, placed, strict=True)):
        found += [(rows[a], rows[b]) for a, b in cKDTree(summary.shape[rows]).query_pairs(NEAR_ANGSTROM)]
    return sorted(found)


def same_geometries(pairs: list[tuple[int, int]], geometries: dict[int, Geometry]) -> list[tuple[int, int]]:
    """Those of the pairs that lie on each other, mirror images too."""
    return [
        (a, b) for a, b in pairs if superposed(geometries[a], geometries[b], SAME_ANGSTROM, mirror=True) is not None
    ]


def _groups(keys: Iterable[str]) -> Iterator[list[int]]:
    """Rows that share a key, of two or more; an empty key is none."""
    found: dict[str, list[int]] = defaultdict(list)
    for row, key in enumerate(keys):
        if key:
            found[key].append(row)
    return (rows for rows in found.values() if len(rows) > 1)


def _equal(values: "Sequence[float] | np.typing.NDArray[np.float64]") -> Iterator[list[int]]:
    """Rows whose values are equal to the last digit."""
    array = np.asarray(values)
    order = np.argsort(array, kind="stable")
    order = order[np.isfinite(array[order])]
    starts = np.flatnonzero(np.diff(array[order], prepend=np.nan) != 0)
    for run in np.split(order, starts[1:]):
        if len(run) > 1:
            yield run.tolist()
