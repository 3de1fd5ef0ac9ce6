"""Pruning: influence against fits done again, k-centre against plain distances, coverage, and what is refused."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import pairwise_distances

from hemdata.catalog import PRUNING_RULES, TrainingSet, label_places
from hemdata.choose.influence import by_influence, errors_without, features
from hemdata.choose.pruning import prune
from hemdata.errors import CallError, DataError
from hemdata.identity import atom_environments, environments_of
from hemdata.shards import read
from hemdata.study.data import COLUMNS, kept
from hemdata.train.data.molecules import Molecules


@pytest.fixture(scope="module")
def molecules() -> pa.Table:
    """The 160 test molecules at GFN2-xTB, whose labels ship."""
    folder = next(place / "test-groups@gfn2-xtb" for place in label_places())
    return read(folder, COLUMNS)


def fitted(x, y, alpha=0.1):
    return Ridge(alpha=alpha, fit_intercept=False, solver="svd").fit(x, y)


def test_errors_without_each_row_are_those_of_fits_without_it() -> None:
    """Scikit-learn's ridge, fitted anew for every row and judge: nothing of the formulas is in it."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(14, 4))
    y = x @ rng.normal(size=4) + rng.normal(size=14)
    kept_rows, judges = np.array([0, 2, 3, 5, 7, 8, 9, 11, 12]), np.array([1, 2, 5, 6, 12, 13])
    expected = []
    for row in kept_rows:
        errors = []
        for judge in judges:
            rest = [i for i in kept_rows if i not in (row, judge)]
            errors.append(abs(y[judge] - fitted(x[rest], y[rest]).predict(x[[judge]])[0]))
        expected.append(np.mean(errors))
    assert errors_without(x, y, kept_rows, judges, 0.1) == pytest.approx(np.array(expected), rel=1e-9)


def test_the_first_to_go_is_the_row_without_which_the_fit_is_best() -> None:
    """Of rows on a plane one is far off: it goes first, and of two equal rows one is kept."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(30, 3))
    y = x @ np.array([1.0, -2.0, 0.5])
    y[11] += 50.0
    order = by_influence(x, y, np.arange(30), 5)
    assert sorted(order) == list(range(30))
    assert list(order).index(11) >= 27


def test_what_influence_keeps_fits_better_than_what_chance_keeps(molecules: pa.Table) -> None:
    """A third of 100 molecules; the ridge fitted on it is judged on the 60 others, which no rule has seen."""
    read_molecules = Molecules.of(molecules)
    x, y = features(read_molecules), read_molecules.energies
    order = np.random.default_rng(0).permutation(160)
    own, others = np.sort(order[:100]), order[100:]

    def error(by: str, seed: int) -> float:
        rows = own[prune(molecules.take(pa.array(own)), 33, by, seed=seed)]
        return float(np.abs(fitted(x[rows], y[rows], 1.0).predict(x[others]) - y[others]).mean())

    assert error("influence", 0) < np.mean([error("random", seed) for seed in range(5)])


def test_k_centre_is_at_most_twice_as_wide_as_any_choice(molecules: pa.Table) -> None:
    """Gonzalez' bound: the radius is at most the distance of any k + 1 points from each other."""
    table = molecules.slice(0, 60)
    seen = sorted(environments_of(table["smiles"].to_pylist()))
    counts = np.zeros((60, len(seen)))
    for row, one in enumerate(table["smiles"].to_pylist()):
        for environment in atom_environments(one):
            counts[row, seen.index(environment)] += 1
    away = pairwise_distances(counts)
    rows = prune(table, 12, "k-centre")
    assert len(set(rows.tolist())) == 12
    radius = away[:, rows].min(axis=1).max()
    apart = away[np.ix_(rows, rows)][np.triu_indices(12, 1)].min()
    assert radius <= apart + 1e-6
    for number in range(1, 12):  # each was the farthest from those before
        before = away[:, rows[:number]].min(axis=1)
        assert before[rows[number]] == pytest.approx(before.max())


def test_coverage_shows_more_environments_than_chance(molecules: pa.Table) -> None:
    smiles = np.array(molecules["smiles"].to_pylist())
    shown = {by: len(environments_of(smiles[prune(molecules, 30, by)], 1)) for by in ("coverage", "random")}
    assert shown["coverage"] > shown["random"]


def test_for_a_group_its_own_molecules_are_kept(molecules: pa.Table) -> None:
    """Of a set that holds the group, its nearest rows are itself; coverage shows all its environments sooner."""
    smiles = molecules["smiles"].to_pylist()
    group = smiles[100:110]
    assert set(prune(molecules, 10, "k-centre", group=group)) == {smiles.index(one) for one in group}
    rows = prune(molecules, 20, "coverage", group=group)
    wanted = environments_of(group)
    assert environments_of([smiles[row] for row in rows]) >= wanted


@pytest.mark.parametrize("by", PRUNING_RULES)
def test_fewer_are_among_more_and_the_same_again(by: str, molecules: pa.Table) -> None:
    few, more = (prune(molecules, number, by, seed=3) for number in (16, 48))
    assert len(set(more.tolist())) == 48
    assert set(few) <= set(more)
    assert np.array_equal(few, prune(molecules, 16, by, seed=3))


def test_a_molecule_without_a_readable_smiles_comes_last(molecules: pa.Table) -> None:
    smiles = molecules["smiles"].to_pylist()
    smiles[0], smiles[1] = None, "C(C"
    at = molecules.schema.get_field_index("smiles")
    table = molecules.set_column(at, molecules.schema.field(at), pa.array(smiles))
    for by in ("coverage", "k-centre"):
        assert not {0, 1} & set(prune(table, 158, by))
        assert sorted(prune(table, 160, by)) == list(range(160))


def test_what_cannot_be_pruned_is_refused(molecules: pa.Table) -> None:
    with pytest.raises(CallError, match="no such rule"):
        prune(molecules, 5, "best")
    for number in (0, 161):
        with pytest.raises(CallError, match="cannot be kept"):
            prune(molecules, number, "random")
    with pytest.raises(CallError, match="known energies"):
        prune(molecules, 5, "influence", group=["C"])
    at = molecules.schema.get_field_index("atomization_energy_kcal_mol")
    without = molecules.set_column(at, molecules.schema.field(at), pa.array([None] * 160, pa.float64()))
    with pytest.raises(DataError, match="160 of 160 molecules without"):
        prune(without, 5, "influence")


@pytest.mark.parametrize(("wrong", "said"), [
    ({"keep": 0}, "greater than 0"),
    ({"keep": [0.2, 0.2]}, "must rise by 5 %"),
    ({"keep": [0.2, 0.4], "molecules": [50, 100]}, "has one size"),
    ({"keep": 0.2, "by": "influence", "group": "azoxy"}, "know no group"),
    ({"by": "coverage"}, "a share below 1"),
    ({"keep": 0.5, "by": "best"}, "coverage"),
])  # fmt: skip
def test_a_card_that_prunes_wrongly_is_refused(wrong: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        TrainingSet.model_validate({"dataset": "qm9", "molecules": 100} | wrong)


def test_a_study_keeps_the_share_of_the_training_side(molecules: pa.Table, tmp_path: Path) -> None:
    wanted = TrainingSet(dataset="qm9", molecules=100, keep=[0.1, 0.5], by="coverage", group="azoxy")
    assert [its.share for its in wanted.sizes] == [0.1, 0.5]
    tests = {"azoxy": molecules.slice(0, 45)}
    found = [set(kept(its, molecules, tests, 0)["id"].to_pylist()) for its in wanted.sizes]
    assert [len(each) for each in found] == [16, 80]
    assert found[0] <= found[1]
