"""Molecules that are labelled at two levels on the same geometries: what a bridge is fitted to."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hemdata.assess.gap import gap
from hemdata.assess.standing import nowhere, pairs_of_group
from hemdata.bridges.bridge import SINGLET, not_a_singlet, terms
from hemdata.bridges.linear import Terms
from hemdata.bridges.rows import doubt
from hemdata.console import many
from hemdata.errors import DataError
from hemdata.identity import flat_graph
from hemdata.identity.bond_types import kind_of
from hemdata.levels import START_LEVEL, SYMBOLS
from hemdata.molecules import set_named
from hemdata.shards import read, read_manifest
from hemdata.shards.sets import geometries_of, imported_alone, sets_at
from hemdata.shards.unknown import refuse_unknown

OF_ROW = ("id", "canonical_smiles", "inchikey", "atomic_numbers", "positions", "charge", "multiplicity", "flags")
SAME_TERM = 1e-4
"""Of a term's number: two geometries that differ by 1e-6 angstrom differ by less, two conformers by more."""
TOTALS_APART = 0.1
"""Of the sum of a molecule's terms: what is further apart differs in some term."""


@dataclass(frozen=True)
class Dual:
    """A molecule labelled at both levels on one geometry; `difference` is b less a, kcal/mol."""

    id: str
    group: str
    smiles: str
    graph: str
    n_heavy: int
    symbols: Counter[str]
    counted: Terms
    difference: float


def duals(a: str, b: str, names: Sequence[str], data: Path) -> tuple[list[Dual], Counter[str]]:
    """The molecules that stand at both levels, each on every geometry on which it does; and why others are left out.

    Ions and molecules with unpaired electrons are left out: a bridge is for neutral singlets. So are rows whose SMILES
    does not tell the bonds of their geometry, as a bridge would refuse them. Of a molecule that stands several times at
    one geometry, under whatever ids, as in several sets of one's own, the first set's labels count.

    Args:
        names: sets that stand at both levels, labelled or by their own energies, with or without a level
            (`test-groups@qm9`), or test groups; all that are there where empty, but for sets whose two labels do not
            go together.

    Raises:
        DataError: if there is none, none can be used, or a molecule of a named set stands at two geometries.
    """
    found, without = every_dual(a, b, names, data)
    once = _once(found)
    if repeated := len(found) - len(once):
        without["of a molecule at a geometry that counts already"] += repeated
    return once, without


def _once(found: Sequence[Dual]) -> list[Dual]:
    """Those that do not repeat an earlier one's molecule and geometry, turned, mirrored or numbered in any way."""
    near: defaultdict[tuple[str, int], list[Dual]] = defaultdict(list)
    once = []
    for dual in found:
        place = round(sum(dual.counted.values()) / TOTALS_APART)
        earlier = (one for other in (place - 1, place, place + 1) for one in near[dual.graph, other])
        if not any(_same(one, dual) for one in earlier):
            near[dual.graph, place].append(dual)
            once.append(dual)
    return once


def _same(one: Dual, other: Dual) -> bool:
    """Whether two labels of one graph are at one geometry: its terms tell every distance of atoms that are near."""
    terms_of_both = one.counted.keys() | other.counted.keys()
    return all(abs(one.counted.get(term, 0.0) - other.counted.get(term, 0.0)) <= SAME_TERM for term in terms_of_both)


def every_dual(a: str, b: str, names: Sequence[str], data: Path) -> tuple[list[Dual], Counter[str]]:
    """As `duals`, but a molecule that stands several times at one geometry counts each time.

    Raises:
        DataError: as `duals`.
    """
    found: list[Dual] = []
    without: Counter[str] = Counter()
    imported = imported_alone(a) or imported_alone(b)
    refuse_unknown(None, a, b)
    for name in [set_named(each) for each in names] or sets_at(data, a):
        pairs, group = pairs_of_group(data, name, a, b)
        if names and not pairs:
            raise nowhere(data, name, a, b)
        for folders in pairs.values():
            try:
                found += _of(*folders, without, group)
            except DataError as error:
                if names:
                    raise
                reason = f"'{folders[0].name}' and '{folders[1].name}' do not go together ({error.what} {error.where})"
                without[reason] += read_manifest(folders[0]).counts.accepted
    if not found and without:
        raise DataError(
            "No molecule that is labelled at both levels can be used.",
            where=data,
            expected="neutral singlets with a SMILES, each at one geometry",
            got="; ".join(f"{many(number)}: {reason}" for reason, number in without.items()),
            fix="A bridge counts the bonds of neutral singlets: label such from a file that says their SMILES "
            "(.smi, .csv, .sdf), in the same way at both levels.",
        )
    if not found:
        raise DataError(
            "No molecule is labelled at both levels.",
            where=data,
            expected=f"a set at {a} and at {b}",
            fix=imported or f"`hemdata label SET --level {a}` and `hemdata label SET --level {b}`.",
        )
    return found, without


def _of(folder_a: Path, folder_b: Path, without: Counter[str], group: str | None) -> list[Dual]:
    compared = gap(folder_a, folder_b, group).rows
    ids = [one.id for one in compared]
    rows, doubts = _rows(folder_a, OF_ROW, ids), _rows(folder_b, ["id", "flags"], ids)
    found = []
    for one in compared:
        row = rows[one.id]
        if (state := (row["charge"], row["multiplicity"])) != SINGLET:
            without[not_a_singlet(state)] += 1
            continue
        if flag := doubt(row["flags"]) or doubt(doubts[one.id]["flags"]):
            without[f"flag {flag}"] += 1
            continue
        geometry = row["atomic_numbers"], row["positions"]
        counted = terms(row["canonical_smiles"], geometry) if row["canonical_smiles"] else None
        if counted is None:
            without["no SMILES that reads"] += 1
            continue
        graph = flat_graph(row["inchikey"] or row["canonical_smiles"])
        symbols = Counter(SYMBOLS[z] for z in row["atomic_numbers"])
        found.append(
            Dual(one.id, one.group, row["canonical_smiles"], graph, one.n_heavy, symbols, counted, -one.difference)
        )
    return found


def rows_at(level: str, data: Path, ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """The rows (OF_ROW) of some molecules that stand at a level, by id; of one on several geometries, GFN2-xTB's."""
    found: dict[str, dict[str, Any]] = {}
    for name in sets_at(data, level):
        for _, folder in sorted(geometries_of(data, name, level).items(), key=lambda it: (it[0] != START_LEVEL, it[0])):
            found = _rows(folder, OF_ROW, ids) | found
    return found


def _rows(folder: Path, columns: Sequence[str], ids: Collection[str]) -> dict[str, dict[str, Any]]:
    wanted = pa.array(sorted(set(ids)), pa.string())
    if not pc.any(pc.is_in(read(folder, ["id"])["id"], wanted)).as_py():  # a large set is not read for nothing
        return {}
    table = read(folder, columns)
    return {row["id"]: row for row in table.filter(pc.is_in(table["id"], wanted)).to_pylist()}


def up_to(found: Sequence[Dual], max_heavy: int | None) -> tuple[list[Dual], list[Dual]]:
    """Those of so many heavy atoms at most, all where that is None, and the larger ones."""
    inside = [dual for dual in found if max_heavy is None or dual.n_heavy <= max_heavy]
    return inside, [dual for dual in found if max_heavy is not None and dual.n_heavy > max_heavy]


def of_bonds(dual: Dual, known: Collection[str]) -> bool:
    """Whether a molecule has bonds of these types alone."""
    return all(term in known for term in dual.counted if kind_of(term) == "bond")


def shown(found: Sequence[Dual]) -> Counter[str]:
    """How many molecules show each bond type."""
    once = {dual.graph: dual.counted for dual in found}
    return Counter(term for counted in once.values() for term in counted if kind_of(term) == "bond")
