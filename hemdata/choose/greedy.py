"""The environments of a group, and the molecules that show the most of them: a lazy greedy choice."""

import heapq
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from hemdata.choose.targets import Target
from hemdata.identity import environments_at
from hemdata.identity.environments import all_environments
from hemdata.identity.molecule import parsed

RADII = (1, 2)


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
