"""Selects molecules of a pool to label next: by coverage of a group's environments, by diversity, or at random.

A pool of millions is read as a stream; what is kept of it is small.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hemdata.choose.greedy import Wanted, lazy_greedy
from hemdata.choose.judge import Found, Judge, Part, molecules_at
from hemdata.choose.pool import Barred, Candidate, chunks, fingerprints
from hemdata.choose.targets import Target
from hemdata.errors import CallError, DataError
from hemdata.identity import identify
from hemdata.identity.molecule import parsed
from hemdata.processes import ordered_map

DIVERSE_AMONG = 50_000  # candidates, drawn by the seed, whose fingerprints fit in memory
SPARE = 2  # as many are chosen at first as are asked for, twice: a pool may hold a molecule under two SMILES


class Pick(NamedTuple):
    """A chosen molecule; `gain` is what it added when it was chosen: coverage, distance, or nothing at random."""

    id: str
    smiles: str
    gain: float


@dataclass(frozen=True)
class Selection:
    """What was chosen of a pool.

    Attributes:
        picks: in the order of choice: a smaller budget is the beginning of a larger one, but for diversity.
        read: molecules of the pool; `unreadable`, `barred` (test molecules) and `large` ones among them left out.
        candidates: what the choice was made among.
    """

    picks: list[Pick]
    read: int
    unreadable: int
    barred: int
    large: int
    candidates: int


@dataclass(frozen=True)
class Further:
    """A choice that goes on with an earlier one.

    Attributes:
        taken: labelled already: neither they nor any molecule of one of their flat graphs is chosen.
        cost: for `coverage`, what a molecule of so many heavy atoms costs; each pick then adds most for its cost.
        fewer: whether less than the budget will do, where the pool has no more.
        given: for `coverage`, a set that is there already: what it shows is worth less.
    """

    taken: Sequence[Target] = ()
    cost: Callable[[int], float] | None = None
    fewer: bool = False
    given: Path | None = None


FIRST = Further()


def select(
    pool: Path,
    group: Sequence[Target],
    budget: int,
    by: str,
    *,
    seed: int = 0,
    max_heavy: int | None = None,
    workers: int | None = None,
    further: Further = FIRST,
) -> Selection:
    """Choose molecules of a pool for a group; never one with the flat graph of a test molecule or of the group.

    Args:
        pool: a folder of shards or a file of SMILES (`hemdata.choose.pool.place`).
        group: the molecules to be predicted.
        budget: how many to choose.
        by: `coverage`: the choice that shows the group's environments most often, rare ones of the choice first;
            `diversity`: each the farthest from those before (MaxMin, Morgan fingerprints of radius 2), among
            50,000 drawn by the seed; `random`: in the order of a hash of seed and id, as `hemdata label -n`.
        seed: of `diversity` and `random`.
        max_heavy: candidates of more heavy atoms are left out.
        workers: processes.
        further: of a choice that goes on with an earlier one.

    Raises:
        CallError: for another way of choosing.
        DataError: if the pool holds fewer candidates than the budget, and fewer will not do.
    """
    if by not in ("coverage", "diversity", "random"):
        raise CallError("There is no such way of choosing.", expected="coverage, diversity or random", got=by)
    barred = Barred(group)
    wanted = Wanted.of(group) if by == "coverage" else None
    task = Judge(Barred([*group, *further.taken]) if further.taken else barred, wanted, seed, max_heavy)
    stream = ordered_map(task, chunks(pool), workers)
    found = Found()
    if wanted is not None:
        shown = [0] * len(wanted.weights)
        if further.given is not None:
            for part in ordered_map(Judge(barred, wanted, seed, None), chunks(further.given), workers):
                for _, held, _, _ in part.kept:
                    for number in np.frombuffer(held, dtype=np.uint16):
                        shown[number] += 1
        chosen = list(_by_coverage(found, stream, wanted, shown, SPARE * budget, further.cost))
    else:
        keep = max(SPARE * budget, DIVERSE_AMONG if by == "diversity" else 0)
        chosen = [(place, 0.0) for place in _smallest(found, stream, keep)]
    records = molecules_at(pool, {place for place, _ in chosen})
    once = _once((records[place], gain) for place, gain in chosen)
    picks = _farthest(list(once), budget, seed) if by == "diversity" else list(once)[:budget]
    if len(picks) < budget and not further.fewer:
        raise DataError(
            "The pool holds too few candidates.",
            where=pool,
            expected=f"{budget:,}",
            got=f"{len(picks):,}" + (" that hold an environment of the group" if wanted else ""),
            fix="Ask for fewer, or give a larger pool.",
        )
    return Selection(picks, found.read, found.unreadable, found.barred, found.large, found.candidates)


def _by_coverage(
    found: Found,
    stream: Iterable[Part],
    wanted: Wanted,
    shown: Sequence[int],
    budget: int,
    cost: Callable[[int], float] | None,
) -> Iterator[tuple[int, float]]:
    """Candidates that hold the same environments, at one cost, are worth the same: no more of them are kept than may
    be chosen.
    """
    places: dict[tuple[bytes, float], tuple[int, ...]] = {}  # of each class: place, molecule, place, molecule, ...
    for part in stream:
        first = found.add(part)
        for place, held, molecule, heavy in part.kept:
            its = (held, 1.0 if cost is None else cost(heavy))
            before = places.get(its, ())
            if len(before) < 2 * budget and molecule not in before[1::2]:
                places[its] = (*before, first + place, molecule)
    where = [each[::2] for each in places.values()]
    yield from lazy_greedy([held for held, _ in places], where, wanted.weights, shown, budget, [c for _, c in places])


def _smallest(found: Found, stream: Iterable[Part], most: int) -> list[int]:
    """The places of the candidates with the smallest lots, in the order of their lots."""
    heap: list[tuple[int, int]] = []  # the largest lot first
    for part in stream:
        first = found.add(part)
        for place, lot, _, _ in part.kept:
            entry = (-int.from_bytes(lot), first + place)
            if len(heap) < most:
                heapq.heappush(heap, entry)
            elif entry > heap[0]:
                heapq.heapreplace(heap, entry)
    return [place for _, place in sorted(heap, reverse=True)]


def _once(chosen: Iterable[tuple[Candidate, float]]) -> Iterator[Pick]:
    """Each molecule once, by InChIKey."""
    seen: set[str] = set()
    for candidate, gain in chosen:
        key = candidate.inchikey
        if key is None:
            identity = identify(candidate.smiles)
            key = (identity.inchikey or identity.canonical_smiles) if identity else candidate.smiles
        if key not in seen:
            seen.add(key)
            yield Pick(candidate.id, candidate.smiles, gain)


def _farthest(candidates: list[Pick], budget: int, seed: int) -> list[Pick]:
    """MaxMin: each the farthest from those before; `gain` is its distance to the nearest of them."""
    from rdkit import DataStructs
    from rdkit.SimDivFilters.rdSimDivPickers import MaxMinPicker

    prints = [fingerprints().GetFingerprint(parsed(each.smiles)) for each in candidates]
    order = list(MaxMinPicker().LazyBitVectorPick(prints, len(prints), min(budget, len(prints)), seed=seed))
    picks = []
    for number, place in enumerate(order):
        near = DataStructs.BulkTanimotoSimilarity(prints[place], [prints[other] for other in order[:number]])
        picks.append(candidates[place]._replace(gain=1.0 - max(near, default=0.0)))
    return picks
