"""Prunes a set: keeps the part of it that the set itself, or a group to be predicted, needs most."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from hemdata.catalog import PRUNING_RULES
from hemdata.choose.greedy import RADII, Wanted, lazy_greedy
from hemdata.choose.influence import by_influence, features
from hemdata.errors import CallError, DataError
from hemdata.identity import environments_at
from hemdata.identity.molecule import parsed
from hemdata.molecules.sample import drawn
from hemdata.train.data.molecules import Molecules

Rows = npt.NDArray[np.int64]
COLUMNS = ("id", "smiles", "atomic_numbers", "positions", "atomization_energy_kcal_mol", "level")
JUDGES = 1_000
"""Molecules, drawn by the seed, whose errors tell the influence of the others."""
MOST_ENVIRONMENTS = 2**16
"""Environments that are told apart, the most frequent ones; the numbers of the greedy choice are of 16 bits."""


def prune(table: pa.Table, number: int, by: str, *, group: Sequence[str] = (), seed: int = 0) -> Rows:
    """The rows of a table to keep, those first that are needed most; fewer are always among more.

    Args:
        table: of the record, with `COLUMNS`; geometry and energies are needed for `influence` alone.
        number: of rows to keep.
        by: `coverage`: each row adds most to the atom environments shown (radius 1 and 2, weighed by how many heavy
            atoms have them; a greedy choice); `k-centre`: each is the farthest from those before, by its counts of
            environments of radius 1; `influence`: those without which a ridge regression errs most on the others
            (`hemdata.choose.influence`); `random`: in the order of a hash of seed and id.
        group: SMILES of molecules to be predicted. With it `coverage` is that of their environments, and `k-centre`
            takes the nearest row of each, the next nearest, and so on. Without it the set itself is what is needed.
        seed: of `random`, and of which rows judge in `influence`.

    A row whose SMILES does not read has no environments, and comes last.

    Raises:
        CallError: for another rule, for `influence` with a group, whose energies are what is to be predicted, or a
            number that is not between 1 and the table's rows.
        DataError: for `influence` without geometries or energies.
    """
    if by not in PRUNING_RULES:
        raise CallError("There is no such rule of pruning.", expected=", ".join(PRUNING_RULES), got=by)
    if not 1 <= number <= table.num_rows:
        raise CallError("So many rows cannot be kept.", expected=f"1 to {table.num_rows:,}", got=f"{number:,}")
    if by == "influence":
        if group:
            raise CallError(
                "Influence is measured on known energies, and those of a group are to be predicted.",
                expected="coverage or k-centre for a group",
                got=by,
                fix="Take one of these, or leave the group out.",
            )
        return _influential(table, number, seed)
    drawn = _drawn(table, seed)
    if by == "random":
        return drawn[:number]
    smiles = table["smiles"].to_pylist()
    chosen = _covering(smiles, number, group) if by == "coverage" else _central(smiles, number, group)
    rest = drawn[~np.isin(drawn, chosen)]
    return np.concatenate([chosen, rest])[:number].astype(np.int64)


def _drawn(table: pa.Table, seed: int) -> Rows:
    """All rows in the order of a hash of seed and id, as `hemdata label -n`."""
    lots = [drawn(id, seed) for id in table["id"].to_pylist()]
    return np.array(sorted(range(len(lots)), key=lots.__getitem__), dtype=np.int64)


def _influential(table: pa.Table, number: int, seed: int) -> Rows:
    lacking = pc.or_(pc.is_null(table["positions"]), pc.is_null(table["atomization_energy_kcal_mol"]))
    if without := table.filter(lacking).num_rows:
        raise DataError(
            "Influence is measured on geometries and energies, and some molecules have none.",
            expected="a labelled set",
            got=f"{without:,} of {table.num_rows:,} molecules without",
            fix="Label the set first, or prune by coverage or k-centre.",
        )
    molecules = Molecules.of(table)
    return by_influence(features(molecules), molecules.energies, np.sort(_drawn(table, seed)[:JUDGES]), number)[:number]


def _covering(smiles: Sequence[str | None], number: int, group: Sequence[str]) -> Rows:
    """The greedy choice by environments; molecules that hold the same stand in one class."""
    wanted = _wanted(group or [one for one in smiles if one is not None])
    classes: dict[bytes, list[int]] = {}
    for row, one in enumerate(smiles):
        molecule = parsed(one) if one is not None else None
        if molecule is not None and (held := wanted.held(molecule)):
            classes.setdefault(held, []).append(row)
    places, nothing = list(classes.values()), [0] * len(wanted.weights)
    return np.array([row for row, _ in lazy_greedy(list(classes), places, wanted.weights, nothing, number)], np.int64)


def _wanted(smiles: Sequence[str]) -> Wanted:
    """The environments of some molecules, the most frequent ones where there are very many."""
    counts: Counter[tuple[int, int]] = Counter()
    for one in smiles:
        molecule = parsed(one)
        if molecule is not None:
            for radius, each in zip(RADII, environments_at(molecule, RADII), strict=True):
                counts.update((radius, environment) for environment in each)
    atoms = sum(number for (radius, _), number in counts.items() if radius == RADII[0])
    names = sorted(sorted(counts, key=lambda name: (-counts[name], name))[:MOST_ENVIRONMENTS])
    return Wanted({name: place for place, name in enumerate(names)}, tuple(counts[name] / atoms for name in names))


def _central(smiles: Sequence[str | None], number: int, group: Sequence[str]) -> Rows:
    """k-centre (Gonzalez, Theor. Comput. Sci. 38, 293 (1985)); for a group the nearest of each of its molecules."""
    counts = _counted([*smiles, *group])  # (rows and group, environments)
    readable = np.flatnonzero(np.asarray(counts[: len(smiles)].sum(axis=1)).ravel() > 0)
    pool = counts[readable]
    lengths = np.asarray(pool.multiply(pool).sum(axis=1)).ravel()
    if group:
        theirs = counts[len(smiles) :]
        away = lengths[:, None] - 2 * (pool @ theirs.T).toarray()  # squared distance less what all rows share
        away += np.asarray(theirs.multiply(theirs).sum(axis=1)).ravel()
        turn = np.argsort(np.argsort(away, axis=0, kind="stable"), axis=0).min(axis=1)  # whose how manieth it is
        return readable[np.lexsort((away.min(axis=1), turn))][:number]
    mean = np.asarray(pool.mean(axis=0)).ravel()
    chosen = [int(np.argmin(lengths - 2 * (pool @ mean)))]  # the first is the nearest to all together
    nearest = np.full(len(readable), np.inf)
    while len(chosen) < min(number, len(readable)):
        last = chosen[-1]
        away = lengths + lengths[last] - 2 * (pool @ pool[last].toarray().ravel())
        nearest = np.minimum(nearest, away)
        nearest[chosen] = -1
        chosen.append(int(nearest.argmax()))
    return readable[chosen]


def _counted(smiles: Sequence[str | None]) -> Any:
    """How often each molecule shows each environment of radius 1, a sparse matrix (molecules, environments)."""
    from scipy.sparse import csr_array

    columns: dict[int, int] = {}
    rows, places = [], []
    for row, one in enumerate(smiles):
        molecule = parsed(one) if one is not None else None
        for environment in environments_at(molecule, RADII[:1])[0] if molecule is not None else ():
            rows.append(row)
            places.append(columns.setdefault(environment, len(columns)))
    ones = np.ones(len(rows), dtype=np.float64)
    return csr_array((ones, (rows, places)), shape=(len(smiles), max(1, len(columns))))
