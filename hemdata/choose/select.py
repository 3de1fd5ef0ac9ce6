"""Selects molecules of a pool to label next: by coverage of a group's environments, by diversity, or at random.

A pool of millions is read as a stream; what is kept of it is small.
"""

import hashlib
import heapq
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from hemdata.choose.pool import Barred, Candidate, chunks, fingerprints
from hemdata.choose.targets import Target
from hemdata.errors import CallError, DataError
from hemdata.identity import environments_at, identify
from hemdata.identity.environments import all_environments
from hemdata.identity.molecule import parsed
from hemdata.processes import ordered_map

RADII = (1, 2)
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
    """

    taken: Sequence[Target] = ()
    cost: Callable[[int], float] | None = None
    fewer: bool = False


FIRST = Further()


@dataclass(frozen=True)
class Wanted:
    """The environments of a group, radius 1 and 2, each with its weight: its share of the group's heavy atoms.

    Attributes:
        index: (radius, environment): its number.
        weights: (n,) of each number.
    """

    index: dict[tuple[int, int], int]
    weights: tuple[float, ...]

    @classmethod
    def of(cls, group: Sequence[Target]) -> "Wanted":
        """The environments that some molecules have."""
        counts: Counter[tuple[int, int]] = Counter()
        for target in group:
            for radius, each in zip(RADII, environments_at(parsed(target.smiles), RADII), strict=True):
                counts.update((radius, environment) for environment in each)
        atoms = sum(number for (radius, _), number in counts.items() if radius == RADII[0])
        names = sorted(counts)
        return cls({name: number for number, name in enumerate(names)}, tuple(counts[name] / atoms for name in names))

    @cached_property
    def numbers(self) -> dict[int, list[int]]:
        """The numbers of each environment; an atom without neighbours has one environment at both radii."""
        found: dict[int, list[int]] = {}
        for (_, environment), number in self.index.items():
            found.setdefault(environment, []).append(number)
        return found

    def held(self, molecule: Any) -> bytes:
        """The numbers of the wanted environments that an RDKit molecule holds, sorted, as packed uint16."""
        found = all_environments(molecule, RADII[-1]) & self.numbers.keys()
        return np.array(sorted(n for each in found for n in self.numbers[each]), dtype=np.uint16).tobytes()


def value(shown: Iterable[int], weights: Sequence[float]) -> float:
    """The worth of a choice: sum of weight times log(1 + molecules that show the environment).

    It grows with every molecule and ever more slowly (monotone and submodular), so that the greedy choice is worth at
    least 1 - 1/e of the best one (Nemhauser, Wolsey and Fisher, Math. Program. 14, 265 (1978)).
    """
    return math.fsum(weight * math.log1p(number) for weight, number in zip(weights, shown, strict=True))


def lazy_greedy(
    classes: Sequence[bytes],
    places: Sequence[Sequence[int]],
    weights: Sequence[float],
    shown: Sequence[int],
    budget: int,
    costs: Sequence[float] | None = None,
) -> Iterator[tuple[int, float]]:
    """Choose the molecule that adds most to `value`, again and again; yields its place and what it added.

    A gain only ever falls, so one that was computed before is an upper bound: only the best of the bounds are computed
    again (Minoux's lazy greedy). Among equal gains the first place wins.

    Args:
        classes: what molecules hold (`Wanted.held`); those that hold the same stand in one class.
        places: of each class, where its molecules stand in the pool, ascending.
        weights: of the environments.
        shown: molecules that show each environment already.
        budget: how many to choose.
        costs: of a molecule of each class: the choice is then the one that adds most for its cost. By default all
            cost the same.
    """
    counts = list(shown)
    price = [1.0] * len(classes) if costs is None else costs
    holds = [np.frombuffer(each, dtype=np.uint16).tolist() for each in classes]
    left = [0] * len(classes)

    def gain(number: int) -> float:
        return sum(weights[e] * math.log1p(1 / (1 + counts[e])) for e in holds[number]) / price[number]

    heap = [(-gain(number), places[number][0], number) for number in range(len(classes)) if holds[number]]
    heapq.heapify(heap)
    for _ in range(budget):
        while heap:
            _, place, number = heapq.heappop(heap)
            now = gain(number)
            if not heap or (-now, place) <= heap[0][:2]:
                break
            heapq.heappush(heap, (-now, place, number))
        else:
            return
        yield place, now * price[number]
        for e in holds[number]:
            counts[e] += 1
        left[number] += 1
        if left[number] < len(places[number]):
            heapq.heappush(heap, (-gain(number), places[number][left[number]], number))


def select(
    pool: Path,
    group: Sequence[Target],
    budget: int,
    by: str,
    *,
    seed: int = 0,
    given: Path | None = None,
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
        given: for `coverage`, a set that is there already: what it shows is worth less.
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
    task = _Judge(Barred([*group, *further.taken]) if further.taken else barred, wanted, seed, max_heavy)
    stream = ordered_map(task, chunks(pool), workers)
    found = _Found()
    if wanted is not None:
        shown = [0] * len(wanted.weights)
        if given is not None:
            for part in ordered_map(_Judge(barred, wanted, seed, None), chunks(given), workers):
                for _, held, _, _ in part.kept:
                    for number in np.frombuffer(held, dtype=np.uint16):
                        shown[number] += 1
        chosen = list(_by_coverage(found, stream, wanted, shown, SPARE * budget, further.cost))
    else:
        keep = max(SPARE * budget, DIVERSE_AMONG if by == "diversity" else 0)
        chosen = [(place, 0.0) for place in _smallest(found, stream, keep)]
    records = _at(pool, {place for place, _ in chosen})
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


@dataclass
class _Found:
    """What was seen of the pool so far."""

    read: int = 0
    unreadable: int = 0
    barred: int = 0
    large: int = 0
    candidates: int = 0

    def add(self, part: "_Part") -> int:
        """Count a chunk; the place of its first molecule in the pool."""
        first = self.read
        self.read, self.unreadable = self.read + part.read, self.unreadable + part.unreadable
        self.barred, self.large = self.barred + part.barred, self.large + part.large
        self.candidates += len(part.kept)
        return first


@dataclass
class _Part:
    read: int
    unreadable: int
    barred: int
    large: int
    kept: list[tuple[int, bytes, int, int]]  # place in the chunk, what it holds or its lot, which molecule, heavy atoms


@dataclass(frozen=True)
class _Judge:
    """What a worker does with a chunk; picklable."""

    barred: Barred
    wanted: Wanted | None
    seed: int
    max_heavy: int | None

    def __call__(self, chunk: list[Candidate]) -> _Part:
        part = _Part(len(chunk), 0, 0, 0, [])
        for place, candidate in enumerate(chunk):
            molecule = parsed(candidate.smiles)
            heavy = 0 if molecule is None else molecule.GetNumHeavyAtoms()
            if molecule is None:
                part.unreadable += 1
            elif self.max_heavy is not None and heavy > self.max_heavy:
                part.large += 1
            elif self.barred.holds(candidate, molecule):
                part.barred += 1
            else:
                word = self.wanted.held(molecule) if self.wanted else _lot(self.seed, candidate.id)
                if word:
                    part.kept.append((place, word, _number(candidate.inchikey or candidate.smiles), heavy))
        return part


def _lot(seed: int, id: str) -> bytes:
    return hashlib.sha256(f"{seed}:{id}".encode()).digest()


def _number(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest())


def _by_coverage(
    found: _Found,
    stream: Iterable[_Part],
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


def _smallest(found: _Found, stream: Iterable[_Part], most: int) -> list[int]:
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


def _at(pool: Path, wanted: set[int]) -> dict[int, Candidate]:
    """The molecules at some places of a pool, read once more."""
    found, first, last = {}, 0, max(wanted, default=-1)
    for chunk in chunks(pool):
        if first > last:
            break
        found.update({first + n: candidate for n, candidate in enumerate(chunk) if first + n in wanted})
        first += len(chunk)
    return found


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
