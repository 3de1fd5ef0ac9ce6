"""Edges against brute force; splits that keep one molecule on one side."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemdata.errors import CallError, DataError
from hemdata.train import split
from hemdata.train.neighbours import neighbours


@settings(deadline=None)
@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=6),
    seed=st.integers(0, 2**32 - 1),
    cutoff=st.floats(0.5, 6.0),
)
def test_edges_are_those_of_brute_force(sizes: list[int], seed: int, cutoff: float) -> None:
    x = np.random.default_rng(seed).normal(scale=2.0, size=(sum(sizes), 3))
    offsets = np.cumsum([0, *sizes])
    owner = np.repeat(np.arange(len(sizes)), sizes)
    expected = [
        (i, j)
        for i in range(len(x))
        for j in range(len(x))
        if i != j and owner[i] == owner[j] and ((x[i] - x[j]) ** 2).sum() < cutoff**2
    ]
    assert neighbours(x, offsets, cutoff).T.tolist() == [list(pair) for pair in expected]


graphs = st.lists(st.integers(0, 40), min_size=30, max_size=80).filter(lambda g: len(set(g)) > 10)


@settings(deadline=None)
@given(graphs=graphs, seed=st.integers(0, 1000))
def test_one_molecule_is_never_on_two_sides(graphs: list[int], seed: int) -> None:
    keys = [f"{'A' * 12}{chr(65 + g // 26)}{chr(65 + g % 26)}-UHFFFAOYSA-N" for g in graphs]
    ids = [f"set:{i}" for i in range(len(graphs))]
    dealt = split(ids, keys, seed)
    sides = [dealt.train, dealt.validation, dealt.test]
    assert sorted(np.concatenate(sides)) == list(range(len(graphs)))
    assert all(len(side) for side in sides)
    for a in range(3):
        for b in range(a):
            assert not {graphs[i] for i in sides[a]} & {graphs[i] for i in sides[b]}
    assert split(ids, keys, seed).hash == dealt.hash


def test_sizes_follow_the_shares_and_the_seed_decides() -> None:
    ids = [f"set:{i}" for i in range(800)]
    first, other = split(ids, [None] * 800, 0), split(ids, [None] * 800, 1)
    assert [len(first.train), len(first.validation), len(first.test)] == [640, 80, 80]
    assert first.hash != other.hash


def test_wrong_shares_repeated_ids_and_too_few_molecules_are_refused() -> None:
    with pytest.raises(CallError, match="shares"):
        split(["a", "b", "c"], [None] * 3, 0, (0.5, 0.5, 0.5))
    with pytest.raises(DataError, match="ids occur twice"):
        split(["a", "a", "c"], [None] * 3, 0)
    with pytest.raises(DataError, match="too few"):
        split(["a", "b"], [None] * 2, 0)
