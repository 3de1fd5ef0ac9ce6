"""What gives published numbers that their level does not: another known level, or a usual mistake, by name."""

from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import Any

import numpy as np

from hemdata.catalog import LevelCard
from hemdata.chemistry.engines import engine
from hemdata.errors import DataError
from hemdata.levels import SYMBOLS, Level, level, level_hash, readable_levels
from hemdata.units import HARTREE_KCAL_MOL, IN_HARTREE

GFN2_ZPE, GFN2_ZPE_SPREAD = 0.965, 0.04  # of B3LYP's: 0.938 to 0.987 over 21 molecules of QM9, at its geometries
ZPE = "zpve_hartree"
LEFT_IN, TAKEN_TWICE = 1, -1
SAID = {0: "", LEFT_IN: "zero-point energy left in", TAKEN_TWICE: "zero-point energy taken off twice"}
Row = dict[str, Any]
"""A row of the molecule schema, with `published`: its total energy as published, hartree."""


def explanation(rows: Sequence[Row], computed: Sequence[float], its: Level, tolerance: float, accuracy: str) -> str:
    """The first candidate that gives the published numbers of every row, in words; empty where none does.

    Args:
        rows: few and small ones; a candidate is dropped at the first that it does not give.
        computed: their totals at `its`, the level that does not agree, hartree.
        tolerance: kcal/mol.
    """
    if all(row["energy_hartree"] is None for row in rows):
        whose = foreign_atoms(rows, computed, its, tolerance)
        if whose:
            return whose
    if unit := other_unit([row["published"] for row in rows], computed):
        return f"the energies are {unit}"
    zero_points = [_zero_point(row) for row in rows]
    for words, candidate in [("", its), *candidates(its)]:
        left = {LEFT_IN, TAKEN_TWICE} if candidate is its else {0, LEFT_IN, TAKEN_TWICE}
        for row, own, (zero_point, unsure) in zip(rows, computed, zero_points, strict=True):
            energy = own if candidate is its else total(row, candidate, accuracy)[0]
            if energy is None:
                left = set()
            error = row["published"] - (energy or 0.0)
            left = {
                times
                for times in left
                if abs(error - times * zero_point) * HARTREE_KCAL_MOL
                <= tolerance + abs(times) * unsure * zero_point * HARTREE_KCAL_MOL
            }
            if not left:
                break
        if left:
            return ", with ".join(part for part in (words, SAID[min(left, key=abs)]) if part)
    return ""


def other_unit(published: Sequence[float], computed: Sequence[float]) -> str:
    """The unit in which published totals are those computed, to one in twenty, in words; empty where there is none.

    A level moves a total by far less, any two units by a factor of two or more.
    """
    ratios = np.array(computed) / np.array(published)
    for taken, true in permutations(IN_HARTREE, 2):
        if np.allclose(ratios, IN_HARTREE[true] / IN_HARTREE[taken], rtol=0.05):
            return f"in {true}, not in {taken}"
    return ""


def foreign_atoms(rows: Sequence[Row], totals: Sequence[float], its: Level, tolerance: float) -> str:
    """Whose atoms the published atomization energies were made with, in words; empty where the level's own.

    Args:
        totals: the rows' total energies, hartree.
        tolerance: kcal/mol.
    """
    given = [
        (row, total_hartree)
        for row, total_hartree in zip(rows, totals, strict=True)
        if row["atomization_energy_kcal_mol"] is not None
    ]

    def holds(other: Level) -> bool:
        made = [(row, (atoms(row, other) - energy) * HARTREE_KCAL_MOL) for row, energy in given]
        return all(abs(kcal - row["atomization_energy_kcal_mol"]) <= tolerance for row, kcal in made)

    if not given or holds(its):
        return ""
    for names, other in known_levels():
        if other.atoms != its.atoms and holds(other):
            return f"the atomization energies are made with the atoms of {names}"
    if any(row["energy_hartree"] is not None for row, _ in given):
        return "the atomization energies are not made with the level's atoms"
    return ""


def atoms(row: Row, its: Level) -> float:
    """Sum of a level's atoms, hartree; NaN where it lacks one."""
    return float(its.atom_energies()[np.asarray(row["atomic_numbers"], dtype=np.int64)].sum())


def total(row: Row, its: Level, accuracy: str) -> tuple[float | None, str | None]:
    """A row's total energy at a level, hartree; None and the reason where it cannot be computed."""
    z = np.array(row["atomic_numbers"], dtype=np.uint8)
    foreign = sorted({int(n) for n in z} - set(its.atoms))
    if foreign:
        return None, f"the level '{its.name}' has no {', '.join(SYMBOLS[n] for n in foreign)}"
    x = np.array(row["positions"]).reshape(-1, 3)
    try:
        return float(
            engine(its).single_point(z, x, row["charge"], row["multiplicity"], its, accuracy).energy_hartree
        ), None
    except DataError as error:
        return None, error.what


def known_levels() -> list[tuple[str, Level]]:
    """The levels that have a card, with the name of each; two names of one definition stand together."""
    by_hash: dict[str, list[Level]] = {}
    for its in readable_levels().values():
        by_hash.setdefault(its.hash, []).append(its)
    return [(" or ".join(f"'{one.name}'" for one in same), same[0]) for same in by_hash.values()]


def candidates(its: Level) -> Iterator[tuple[str, Level]]:
    """Other levels, each with the words that name it, none twice: the known ones, then variants of this one.

    The variants, those with fewest changes first: VWN5 for VWN-RPA or the reverse, other angular functions, the basis
    of another known level.
    """
    seen = {its.hash}
    known = known_levels()
    for names, other in known:
        if other.hash not in seen and other.card.engine != "data":
            seen.add(other.hash)
            yield f"the level is {names}", other
    if its.card.engine != "pyscf":
        return
    swapped = {"b3lyp": ("b3lyp5", "VWN5 instead of VWN-RPA"), "b3lyp5": ("b3lyp", "VWN-RPA instead of VWN5")}
    methods = [(its.card.method, "")] + ([swapped[its.card.method]] if its.card.method in swapped else [])
    others = [a for a in ("cartesian", "spherical", "cartesian-d-spherical-f") if a != its.card.angular]
    angulars = [(str(its.card.angular), "")] + [(other, f"{other} instead of {its.card.angular}") for other in others]
    bases: list[tuple[Any, str]] = [(its.card.basis, "")]
    bases += [(b, f"the basis of {names}") for names, o in known if (b := o.card.basis) and b != its.card.basis]
    variants = [(m, a, b) for b in bases for m in methods for a in angulars]
    for (method, said), (angular, how), (basis, which) in sorted(variants, key=lambda v: sum(bool(w) for _, w in v)):
        changes = {"method": method, "angular": angular, "basis": basis.model_dump()}
        card = LevelCard.model_validate(its.card.model_dump() | changes)
        hashed = level_hash(card)
        if hashed not in seen:
            seen.add(hashed)
            yield ", ".join(word for word in (said, how, which) if word), Level(its.name, hashed, its.atoms, card)


def _zero_point(row: Row) -> tuple[float, float]:
    """A row's zero-point energy in hartree, and which share of it may be wrong; NaN where it cannot be computed."""
    if row.get(ZPE) is not None:
        return float(row[ZPE]), 0.0
    from hemdata.chemistry.frequencies import frequencies

    z, x = np.array(row["atomic_numbers"], dtype=np.uint8), np.array(row["positions"]).reshape(-1, 3)
    try:
        found = frequencies(z, x, row["charge"], row["multiplicity"], level("gfn2-xtb"))
    except DataError:
        return float("nan"), 0.0
    return found.zero_point_hartree / GFN2_ZPE, GFN2_ZPE_SPREAD
