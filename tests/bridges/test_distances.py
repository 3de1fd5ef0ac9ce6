"""Pairs of atoms at distances: against plain loops, and what no motion of a molecule changes."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from hemdata.bridges.distances import distances
from hemdata.identity.bond_types import kind_of

SYMBOL = {1: "H", 6: "C", 7: "N", 8: "O"}


@st.composite
def molecules(draw: st.DrawFn) -> tuple[list[int], np.ndarray]:
    n = draw(st.integers(1, 6))
    numbers = draw(st.lists(st.sampled_from(sorted(SYMBOL)), min_size=n, max_size=n))
    return numbers, np.random.default_rng(draw(st.integers(0, 999))).uniform(-3, 3, (n, 3))


def by_loops(numbers: list[int], positions: np.ndarray) -> dict[str, float]:
    found: dict[str, float] = {}
    for i in range(len(numbers)):
        for j in range(i):
            r = math.dist(positions[i], positions[j])
            first, second = sorted((SYMBOL[numbers[i]], SYMBOL[numbers[j]]))
            for centre in (1 + k / 4 for k in range(16)):
                value = math.exp(-8 * (r - centre) ** 2) * math.exp(1 - r) * (1 + math.cos(math.pi * r / 5)) / 2
                if r < 5:
                    key = f"distance {first}-{second} {centre:.2f}"
                    found[key] = found.get(key, 0.0) + value
    return found


@settings(deadline=None, max_examples=50)
@given(molecules())
def test_pairs_are_counted_as_plain_loops_count_them(molecule: tuple[list[int], np.ndarray]) -> None:
    assert distances(*molecule) == pytest.approx(by_loops(*molecule), rel=1e-9, abs=1e-15)


@settings(deadline=None, max_examples=50)
@given(molecules(), st.integers(0, 99))
def test_neither_a_motion_nor_another_order_of_atoms_changes_them(
    molecule: tuple[list[int], np.ndarray], seed: int
) -> None:
    numbers, positions = molecule
    random = np.random.default_rng(seed)
    order = random.permutation(len(numbers))
    moved = Rotation.random(rng=random).apply(positions)[order] + random.uniform(-9, 9, 3)
    assert distances([numbers[i] for i in order], moved) == pytest.approx(distances(numbers, positions), abs=1e-9)


def test_a_pair_fades_out_before_the_cutoff_and_has_its_own_kind() -> None:
    near, far = (distances([6, 8], [0, 0, 0, 0, 0, r]) for r in (1.43, 4.999))
    assert max(near, key=lambda term: near[term]) == "distance C-O 1.50"
    assert sum(far.values()) < 1e-8
    assert distances([6, 8], [0, 0, 0, 0, 0, 5.0]) == distances([6], [0, 0, 0]) == {}
    assert {kind_of(term) for term in near} == {"distance"}
