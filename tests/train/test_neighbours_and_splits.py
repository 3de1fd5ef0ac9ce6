"""Edges against brute force; splits that keep one molecule on one side."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hemdata.errors import CallError, DataError
from hemdata.identity import scaffold
from hemdata.train.data.neighbours import neighbours
from hemdata.train.data.splits import split


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


ringed = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9)), min_size=60, max_size=90)
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


@settings(deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9)), min_size=60, max_size=90), seed=st.integers(0, 99)
)
def test_ring_scaffolds_stay_together_and_rows_without_rings_need_not(rows: list[tuple[int, int]], seed: int) -> None:
    keys = [f"{'A' * 13}{chr(65 + graph % 26)}-UHFFFAOYSA-N" if graph < 26 else None for graph, _ in rows]
    scaffold_of = {graph: "" if ring < 5 else f"C1CC{ring}" for graph, ring in rows}  # one graph has one scaffold
    scaffolds = [scaffold_of[graph] for graph, _ in rows]
    ids = [f"set:{i}" for i in range(len(rows))]
    apart = {ring or key or name for ring, key, name in zip(scaffolds, keys, ids, strict=True)}
    assume(len(apart) > 2)
    dealt = split(ids, keys, seed, scaffolds=scaffolds)
    sides = [dealt.train, dealt.validation, dealt.test]
    assert sorted(np.concatenate(sides)) == list(range(len(rows)))
    for a in range(3):
        for b in range(a):
            for names in (scaffolds, keys):
                assert not {names[i] for i in sides[a] if names[i]} & {names[i] for i in sides[b] if names[i]}


def test_by_size_the_test_holds_the_largest_molecules_and_the_seed_decides_within_a_size() -> None:
    ids = [f"set:{i}" for i in range(200)]
    sizes = [1 + i % 10 for i in range(200)]
    dealt, other = (split(ids, [None] * 200, seed, sizes=sizes) for seed in (0, 1))
    assert [len(dealt.train), len(dealt.validation), len(dealt.test)] == [160, 20, 20]
    assert {sizes[i] for i in dealt.train} == set(range(1, 9))
    assert {sizes[i] for i in dealt.test} == {10}
    assert dealt.hash == other.hash  # the borders fall between two sizes
    third = split(ids, [None] * 200, 0, (0.75, 0.1, 0.15), sizes=sizes)
    assert third.hash != split(ids, [None] * 200, 1, (0.75, 0.1, 0.15), sizes=sizes).hash
    assert max(sizes[i] for i in third.train) == min(sizes[i] for i in third.validation) == 8


@pytest.mark.parametrize(
    ("smiles", "its"),
    [
        ("CCO", ""),
        ("Cc1ccccc1C(N)=O", "c1ccccc1"),
        ("OC[C@H]1O[C@@H](O)[C@H](O)[C@@H](O)[C@@H]1O", "C1CCOCC1"),  # a glucopyranose
        ("c1ccccc1CCC1CC1", "c1ccc(CCC2CC2)cc1"),  # what links two rings belongs to it
        ("no smiles", ""),
    ],
)
def test_a_scaffold_is_the_rings_and_what_links_them(smiles: str, its: str) -> None:
    assert scaffold(smiles) == its


def test_wrong_shares_repeated_ids_and_too_few_molecules_are_refused() -> None:
    with pytest.raises(CallError, match="shares"):
        split(["a", "b", "c"], [None] * 3, 0, (0.5, 0.5, 0.5))
    with pytest.raises(DataError, match="ids occur twice"):
        split(["a", "a", "c"], [None] * 3, 0)
    with pytest.raises(DataError, match="too few"):
        split(["a", "b"], [None] * 2, 0)
