"""Selection: lazy greedy against plain greedy and against the best choice; streams, seeds, and no test molecule."""

from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemdata.choose.amons import amons
from hemdata.choose.greedy import Wanted, lazy_greedy, value
from hemdata.choose.select import Further, Selection, select
from hemdata.choose.targets import Target, barred, targets
from hemdata.errors import CallError, DataError
from hemdata.identity import Identity, atom_environments, flat_graph, identify
from hemdata.identity.molecule import parsed


@st.composite
def problems(draw):
    """Candidates as sets of environments, weights, what is shown already, a budget."""
    environments = draw(st.integers(1, 6))
    weights = draw(st.lists(st.integers(1, 50), min_size=environments, max_size=environments))
    candidates = draw(st.lists(st.sets(st.integers(0, environments - 1), min_size=1), min_size=1, max_size=8))
    shown = draw(st.lists(st.integers(0, 3), min_size=environments, max_size=environments))
    return candidates, [w / 50 for w in weights], shown, draw(st.integers(1, 4))


def packed(candidate: set[int]) -> bytes:
    return np.array(sorted(candidate), dtype=np.uint16).tobytes()


def classes(candidates: list[set[int]]) -> tuple[list[bytes], list[list[int]]]:
    found: dict[bytes, list[int]] = {}
    for place, candidate in enumerate(candidates):
        found.setdefault(packed(candidate), []).append(place)
    return list(found), list(found.values())


def worth(chosen, candidates, weights, shown) -> float:
    return value([n + sum(e in candidates[c] for c in chosen) for e, n in enumerate(shown)], weights)


def plain_greedy(candidates, weights, shown, budget) -> list[int]:
    chosen: list[int] = []
    for _ in range(min(budget, len(candidates))):
        left = [c for c in range(len(candidates)) if c not in chosen]
        worths = {c: worth([*chosen, c], candidates, weights, shown) for c in left}
        best = max(worths.values())
        chosen.append(min(c for c in left if worths[c] >= best - 1e-12))
    return chosen


@settings(max_examples=150, deadline=None)
@given(problems())
def test_lazy_greedy_chooses_as_plain_greedy_and_near_the_best_choice(problem) -> None:
    """1 - 1/e of what the best choice of all adds (Nemhauser, Wolsey and Fisher 1978), by trying every choice."""
    candidates, weights, shown, budget = problem
    found = list(lazy_greedy(*classes(candidates), weights, shown, budget))
    chosen = [place for place, _ in found]
    before = worth([], candidates, weights, shown)
    reached = worth(chosen, candidates, weights, shown)
    assert reached == pytest.approx(worth(plain_greedy(candidates, weights, shown, budget), candidates, weights, shown))
    assert reached - before == pytest.approx(sum(gain for _, gain in found))
    every = combinations(range(len(candidates)), min(budget, len(candidates)))
    best = max(worth(choice, candidates, weights, shown) for choice in every)
    assert reached - before >= (1 - 1 / np.e) * (best - before) - 1e-12
    gains = [gain for _, gain in found]
    assert gains == sorted(gains, reverse=True)
    assert len(set(chosen)) == min(budget, len(candidates))


@settings(max_examples=60, deadline=None)
@given(problems())
def test_where_nothing_ties_it_is_the_same_choice_in_the_same_order(problem) -> None:
    candidates, weights, shown, budget = problem
    weights = [w + 0.001 * 2**-n for n, w in enumerate(weights)]
    once = list({packed(c): c for c in candidates}.values())
    assert [p for p, _ in lazy_greedy(*classes(once), weights, shown, budget)] == plain_greedy(
        once, weights, shown, budget
    )


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Amons of three groups, the test molecules themselves, and one molecule under two SMILES."""
    path = tmp_path_factory.mktemp("pool") / "pool.smi"
    found = amons(targets(["azoxy", "explosives"]), 5, set())
    lines = [amon.smiles for amon in found] + [target.smiles for target in targets(["test-groups"])]
    path.write_text("\n".join([*lines, "NON=O", "O=NON"]) + "\nnonsense\n")
    return path


def chosen(pool: Path, by: str, budget: int = 20, **how) -> Selection:
    return select(pool, targets(["azoxy"]), budget, by, workers=how.pop("workers", 1), **how)


plainly = cache(chosen)  # where another call of the same would choose the same, which a test below holds


@cache
def identity(smiles: str) -> Identity | None:
    return identify(smiles)


@pytest.mark.parametrize("by", ["coverage", "diversity", "random"])
def test_no_choice_holds_a_test_molecule_or_a_molecule_twice(pool: Path, by: str) -> None:
    told = plainly(pool, by, 60)
    keys = [identity(pick.smiles).inchikey for pick in told.picks]  # type: ignore[union-attr]
    tested = barred(targets(["test-groups"]))
    assert len(set(keys)) == 60
    assert not {flat_graph(key) for key in keys} & tested
    assert told.barred >= 160
    assert told.unreadable == 1


@pytest.mark.parametrize("by", ["coverage", "diversity", "random"])
def test_the_same_call_chooses_the_same_and_workers_and_chunks_change_nothing(
    pool: Path, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = plainly(pool, by)
    assert whole == chosen(pool, by)
    monkeypatch.setattr("hemdata.choose.pool.CHUNK", 7)
    assert chosen(pool, by) == whole
    if by == "random":
        assert chosen(pool, by, workers=2) == whole


def test_the_seed_decides_random_and_diverse_choices(pool: Path) -> None:
    for by in ("random", "diversity"):
        one, other = ({pick.id for pick in plainly(pool, by, seed=seed).picks} for seed in (1, 2))
        assert one != other


def test_a_smaller_budget_is_the_beginning_of_a_larger_one(pool: Path) -> None:
    for by in ("coverage", "diversity", "random"):
        assert [p.id for p in plainly(pool, by, 30).picks[:10]] == [p.id for p in plainly(pool, by, 10).picks]


def test_the_stream_chooses_what_greedy_in_memory_chooses(pool: Path) -> None:
    """Another way: all candidates in a list, worths from atom_environments, the best of all taken each time."""
    group = targets(["azoxy"])
    wanted = Wanted.of(group)
    tested = barred(group)
    kept: list[tuple[str, set[int]]] = []
    for line in pool.read_text().splitlines():
        one = identity(line)
        if one is None or flat_graph(one.inchikey) in tested:
            continue
        held = {
            wanted.index[radius, e]
            for radius in (1, 2)
            for e in atom_environments(line, radius)
            if (radius, e) in wanted.index
        }
        if held:
            kept.append((line, held))
    expected = plain_greedy([held for _, held in kept], wanted.weights, [0] * len(wanted.weights), 12)
    got = plainly(pool, "coverage", 12)
    assert [pick.smiles for pick in got.picks] == [kept[place][0] for place in expected]
    assert got.candidates == len(kept)


def test_coverage_shows_more_of_the_group_than_chance(pool: Path) -> None:
    group = targets(["azoxy"])
    wanted = Wanted.of(group)

    def shown(told: Selection) -> float:
        held = [np.frombuffer(wanted.held(parsed(pick.smiles)), dtype=np.uint16) for pick in told.picks]
        counts = np.bincount(np.concatenate(held), minlength=len(wanted.weights))
        return value(counts.tolist(), wanted.weights)

    by_chance = [shown(plainly(pool, "random", seed=seed)) for seed in range(5)]
    assert shown(plainly(pool, "coverage")) > 1.2 * max(by_chance)


def test_what_is_there_already_is_worth_less(pool: Path, tmp_path: Path) -> None:
    first = plainly(pool, "coverage", 5)
    there = tmp_path / "there.smi"
    there.write_text("".join(f"{first.picks[0].smiles}\n" for _ in range(50)))
    assert first.picks[0].id not in [
        pick.id for pick in chosen(pool, "coverage", 5, further=Further(given=there)).picks
    ]


def test_what_is_taken_is_not_chosen_again_and_a_short_pool_may_do(pool: Path) -> None:
    first = plainly(pool, "coverage", 5)
    taken = [Target(pick.id, pick.smiles, pick.smiles, identity(pick.smiles).inchikey) for pick in first.picks]  # type: ignore[union-attr]
    further = chosen(pool, "coverage", 10_000, further=Further(taken, fewer=True))
    graphs = {flat_graph(each.inchikey) for each in taken}
    assert not graphs & {flat_graph(identity(pick.smiles).inchikey) for pick in further.picks}  # type: ignore[union-attr]
    assert 0 < len(further.picks) < 10_000


def test_what_costs_more_must_add_more(pool: Path) -> None:
    """Of all first choices the one that adds most for its cost, by trying each."""
    wanted = Wanted.of(targets(["azoxy"]))

    def cost(heavy: int) -> float:
        return float(heavy) ** 3

    def worth_of(smiles: str) -> float:
        held = np.frombuffer(wanted.held(parsed(smiles)), dtype=np.uint16)
        return sum(wanted.weights[e] for e in held) * np.log(2) / cost(parsed(smiles).GetNumHeavyAtoms())

    (first,) = chosen(pool, "coverage", 1, further=Further(cost=cost)).picks
    (plain,) = plainly(pool, "coverage", 1).picks
    free = [line for line in pool.read_text().splitlines() if identity(line) is not None]
    tested = barred(targets(["test-groups"]))
    best = max(worth_of(each) for each in free if flat_graph(identity(each).inchikey) not in tested)  # type: ignore[union-attr]
    assert worth_of(first.smiles) == pytest.approx(best)
    assert worth_of(first.smiles) > worth_of(plain.smiles)
    assert first.gain == pytest.approx(worth_of(first.smiles) * cost(parsed(first.smiles).GetNumHeavyAtoms()))


def test_diverse_picks_are_farther_apart_than_random_ones(pool: Path) -> None:
    from rdkit import DataStructs

    from hemdata.choose.pool import fingerprints

    def nearest(told: Selection) -> float:
        prints = [fingerprints().GetFingerprint(parsed(pick.smiles)) for pick in told.picks]
        return min(1 - DataStructs.TanimotoSimilarity(a, b) for a, b in combinations(prints, 2))

    diverse = plainly(pool, "diversity")
    assert nearest(diverse) > max(nearest(plainly(pool, "random", seed=seed)) for seed in range(5))
    assert min(pick.gain for pick in diverse.picks) == pytest.approx(nearest(diverse))


def test_large_molecules_can_be_left_out(pool: Path) -> None:
    told = plainly(pool, "random", max_heavy=3, budget=8)
    assert told.large > 100
    assert max(sum(z != 1 for z in identity(p.smiles).atomic_numbers) for p in told.picks) <= 3  # type: ignore[union-attr]


def test_wrong_calls_are_sentences(pool: Path, tmp_path: Path) -> None:
    with pytest.raises(CallError, match="no such way of choosing"):
        plainly(pool, "luck")
    (tmp_path / "few.smi").write_text("C\nCC\n")
    with pytest.raises(DataError, match="too few candidates") as refused:
        chosen(tmp_path / "few.smi", "random", 5)
    assert "got: 2" in str(refused.value)
