"""The analysis of variance against textbooks and statsmodels, and its shares by simulation."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from hemdata.analysis.matrix import ErrorMatrix, Model
from hemdata.analysis.statistics import FloatArray
from hemdata.analysis.variance import anova, explained, factors_of
from hemdata.errors import DataError

FACTORS = ("training set", "network", "group")
# Montgomery, Design and Analysis of Experiments, 8th ed., table 5.1: life of a battery in hours, by plate material and
# temperature (15, 70, 125 F), four repeats; analysis in table 5.5.
BATTERY = np.array([
    [[130, 155, 74, 180], [34, 40, 80, 75], [20, 70, 82, 58]],
    [[150, 188, 159, 126], [136, 122, 106, 115], [25, 70, 58, 45]],
    [[138, 110, 168, 160], [174, 120, 150, 139], [96, 104, 82, 60]],
], dtype=np.float64)  # fmt: skip
# The same book, table 5.13: deviation of the fill height of bottles, by carbonation (10, 12, 14 %), pressure (25, 30
# psi) and line speed (200, 250 bottles a minute), two repeats; analysis in table 5.14.
BOTTLES = np.array([
    [[[-3, -1], [-1, 0]], [[-1, 0], [1, 1]]],
    [[[0, 1], [2, 1]], [[2, 3], [6, 5]]],
    [[[5, 4], [7, 6]], [[7, 9], [10, 11]]],
], dtype=np.float64)  # fmt: skip


def test_two_factors_are_those_of_the_textbook() -> None:
    found = anova(BATTERY, ["material", "temperature"]).set_index("effect")
    assert found["sum_of_squares"].round(2).to_dict() == {
        "material": 10683.72, "temperature": 39118.72, "material × temperature": 9613.78, "seed": 18230.75
    }  # fmt: skip
    assert found["degrees_of_freedom"].to_dict() == {
        "material": 2, "temperature": 2, "material × temperature": 4, "seed": 27
    }  # fmt: skip
    assert found["f"].iloc[:3].round(2).tolist() == [7.91, 28.97, 3.56]
    assert found.loc["material", "p"] == pytest.approx(0.0020, abs=5e-5)
    assert found.loc["material × temperature", "p"] == pytest.approx(0.0186, abs=5e-5)


def test_three_factors_are_those_of_the_textbook() -> None:
    found = anova(BOTTLES, ["A", "B", "C"]).set_index("effect")["sum_of_squares"]
    assert found.round(3).to_dict() == {
        "A": 252.75, "B": 45.375, "C": 22.042, "A × B": 5.25, "A × C": 0.583, "B × C": 1.042, "A × B × C": 1.083,
        "seed": 8.5,
    }  # fmt: skip


def test_made_up_cells_are_those_of_regressions_with_and_without_each_effect() -> None:
    """Numpy's least squares: by how much the residual falls that all effects leave which do not hold this one."""
    y = np.random.default_rng(1).normal(size=(3, 2, 4, 2, 3)) + np.arange(4)[:, None, None]
    codes = np.indices(y.shape).reshape(y.ndim, -1)[:4]
    names = "abcd"
    effects = [set(each) for size in range(5) for each in combinations(range(4), size)]

    def left(kept: list[set[int]]) -> float:
        columns = []
        for effect in kept:
            columns.append(np.ones((y.size, 1)))
            for factor in effect:
                levels = np.eye(y.shape[factor])[codes[factor]]
                columns[-1] = (columns[-1][:, :, None] * levels[:, None, :]).reshape(y.size, -1)
        design = np.hstack(columns)
        rest = y.ravel() - design @ np.linalg.lstsq(design, y.ravel(), rcond=None)[0]
        return float(rest @ rest)

    squares = {"seed": left(effects)}
    for effect in effects[1:]:
        without = [other for other in effects if not other >= effect]
        squares[" × ".join(names[f] for f in sorted(effect))] = left(without) - left([*without, effect])
    found = anova(y, list(names)).set_index("effect")
    assert set(found.index) == set(squares)
    assert np.allclose(found["sum_of_squares"], [squares[name] for name in found.index])


@pytest.mark.slow  # for the import of statsmodels
def test_made_up_cells_are_those_of_statsmodels() -> None:
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    y = np.random.default_rng(1).normal(size=(3, 2, 4, 2, 3)) + np.arange(4)[:, None, None]
    rows = [(*map(str, place), value) for place, value in np.ndenumerate(y) for place in [place[:4]]]
    frame = pd.DataFrame(rows, columns=["a", "b", "c", "d", "y"])
    oracle = anova_lm(ols("y ~ C(a) * C(b) * C(c) * C(d)", frame).fit(), typ=2)
    oracle.index = [name.replace("C(", "").replace(")", "").replace(":", " × ") for name in oracle.index]
    found = anova(y, ["a", "b", "c", "d"])
    oracle = oracle.loc[[*found["effect"].iloc[:-1], "Residual"]]
    assert np.allclose(found["sum_of_squares"], oracle["sum_sq"])
    assert np.allclose(found["degrees_of_freedom"], oracle["df"])
    assert np.allclose(found["f"].iloc[:-1], oracle["F"].iloc[:-1])
    assert np.allclose(found["p"].iloc[:-1], oracle["PR(>F)"].iloc[:-1])


def matrix_of(groups: list[FloatArray], networks: tuple[str, ...] = ("n0", "n1", "n2")) -> ErrorMatrix:
    """Of absolute errors (networks, sets, seeds, molecules) of each group."""
    n_sets = groups[0].shape[1]
    models = tuple(Model(network, f"t{t}", 100) for network in networks for t in range(n_sets))
    flat = tuple(group.reshape(-1, *group.shape[2:]) for group in groups)
    return ErrorMatrix(
        models, tuple(f"g{g}" for g in range(len(groups))), tuple(range(groups[0].shape[2])), flat,
        tuple(np.ones(group.shape[-1]) for group in groups), (0,) * len(groups), (0,) * len(groups),
    )  # fmt: skip


def study(rng: np.random.Generator, effects: dict[str, FloatArray], seed_noise: float, seeds: int = 3) -> ErrorMatrix:
    """Three networks, two sets, four groups of 40 molecules; effects are (sets, networks, groups) logarithms."""
    log_mae = np.broadcast_to(sum(effects.values(), np.zeros((1, 1, 1))), (2, 3, 4))
    luck = rng.normal(0, seed_noise, (3, 2, seeds, 1)) + rng.normal(0, 0.5 * seed_noise, (3, 2, seeds, 4))
    groups = []
    for g in range(4):
        hard = rng.normal(0, 0.6, 40)  # of a molecule, for every model
        own = rng.normal(0, 0.4, (3, 2, 1, 40)) + rng.normal(0, 0.3, (3, 2, seeds, 40))
        groups.append(np.exp(log_mae[:, :, g].T[:, :, None, None] + luck[..., g, None] + hard + own))
    return matrix_of(groups)


def known(effects: dict[str, FloatArray], seed_noise: float) -> dict[str, float]:
    """The share that each effect has, in words of FACTORS."""
    parts = {name: float((np.broadcast_to(e, (2, 3, 4)) ** 2).mean()) for name, e in effects.items()}
    parts |= {"seed": seed_noise**2 * 1.25}
    return {name: parts.get(name, 0.0) / sum(parts.values()) for name in (*factors_of(FACTORS), "seed")}


EFFECTS = {
    "training set": np.array([0.5, -0.5])[:, None, None],
    "network": np.array([0.15, -0.05, -0.1])[None, :, None],
    "group": np.array([0.8, 0.2, -0.4, -0.6])[None, None, :],
    "training set × group": 0.3 * np.array([1.0, -1.0])[:, None, None] * np.array([1.0, 1.0, -1.0, -1.0]),
}


def test_intervals_hold_the_known_shares_95_times_in_100() -> None:
    rng, trials = np.random.default_rng(4), 80
    truth = known(EFFECTS, 0.15)
    choice = 1 - truth["group"] - truth["seed"]
    of_set = (truth["training set"] + truth["training set × group"]) / choice
    hits = dict.fromkeys([*truth, "driver"], 0)
    for trial in range(trials):
        found = explained(study(rng, EFFECTS, 0.15), resamples=300, seed=trial)
        for effect, low, high in found.effects[["effect", "share_low", "share_high"]].itertuples(index=False):
            hits[effect] += low <= truth[effect] <= high
        driver = found.drivers.set_index("driver").loc["training set"]
        hits["driver"] += driver["share_low"] <= of_set <= driver["share_high"]
    covered = {name: count / trials for name, count in hits.items()}
    assert min(covered.values()) >= 0.9, covered


def test_the_choices_share_holds_though_networks_share_a_seeds_luck_and_that_is_told() -> None:
    """Splits are made by the seed, so the networks of a set may have good and bad luck together."""
    rng, trials = np.random.default_rng(9), 60
    truth = known(EFFECTS, 0.3)
    of_set = (truth["training set"] + truth["training set × group"]) / (1 - truth["group"] - truth["seed"])
    hits = told = told_apart = 0
    for trial in range(trials):
        together = study(rng, EFFECTS, 0.0)
        luck = np.exp(np.tile(rng.normal(0, 0.3, (1, 2, 3, 1)), (3, 1, 1, 1)).reshape(6, 3, 1))
        shared = replace(together, absolute=tuple(group * luck for group in together.absolute))
        found = explained(shared, resamples=300, seed=trial)
        driver = found.drivers.set_index("driver").loc["training set"]
        hits += driver["share_low"] <= of_set <= driver["share_high"]
        told += found.shared_luck_p < 0.05
        told_apart += explained(study(rng, EFFECTS, 0.3), resamples=2, seed=trial).shared_luck_p < 0.05
    assert hits / trials >= 0.9
    assert told / trials > 0.95
    assert told_apart / trials < 0.15  # 5 in 100 by chance


def test_an_effect_that_is_not_there_has_no_share_and_shares_sum_to_one() -> None:
    found = explained(study(np.random.default_rng(2), EFFECTS, 0.15), resamples=500)
    table = found.effects.set_index("effect")
    assert table["share"].sum() == pytest.approx(1.0)
    assert found.drivers["share"].sum() == pytest.approx(1.0)
    assert table.loc["network × group", "share_low"] == 0.0
    assert table.loc["network × group", "share"] < 0.02
    assert ((table["share_low"] <= table["share"]) & (table["share"] <= table["share_high"])).all()


def test_a_factor_of_one_level_is_no_factor_and_one_seed_no_repeat() -> None:
    rng = np.random.default_rng(3)
    whole = study(rng, EFFECTS, 0.1, seeds=1)
    one = matrix_of([group.reshape(3, 2, 1, -1)[:1] for group in whole.absolute], networks=("n0",))
    found = explained(one, resamples=200)
    assert list(found.effects["effect"]) == ["training set", "group", "training set × group", "seed"]
    assert found.drivers.empty
    assert found.seeds == 1
    assert found.effects.set_index("effect").loc["seed", "share"] == 0.0
    assert found.effects["f"].isna().all()


def test_models_that_do_not_fill_the_cross_are_left_out_and_named() -> None:
    whole = study(np.random.default_rng(5), EFFECTS, 0.1)
    short = ErrorMatrix(
        whole.models[:-1], whole.groups, whole.seeds, tuple(group[:-1] for group in whole.absolute), whole.atoms,
        whole.leaked, whole.incomplete,
    )  # fmt: skip
    found = explained(short, resamples=200)
    assert found.networks == ("n0", "n1")
    assert found.left_out == ("n2",)
    lonely = ErrorMatrix(
        whole.models[:1], whole.groups, whole.seeds, tuple(group[:1] for group in whole.absolute), whole.atoms,
        whole.leaked, whole.incomplete,
    )  # fmt: skip
    with pytest.raises(DataError, match="no cross of training sets and networks"):
        explained(lonely)


def test_baselines_are_no_networks() -> None:
    groups = [np.exp(np.random.default_rng(g).normal(size=(3, 2, 2, 20))) for g in range(2)]
    groups = [group * np.array([1.0, 1.0, 50.0])[:, None, None, None] for group in groups]
    found = explained(matrix_of(groups, networks=("n0", "n1", "dressed-atoms")), resamples=200)
    assert found.networks == ("n0", "n1")
    assert found.effects.set_index("effect").loc["network", "share"] < 0.5


def test_the_same_seed_gives_the_same_shares() -> None:
    made = study(np.random.default_rng(6), EFFECTS, 0.1)
    first, second = (explained(made, resamples=200, seed=3) for _ in range(2))
    pd.testing.assert_frame_equal(first.effects, second.effects)


def test_the_best_stays_the_best_as_often_as_the_resamples_say() -> None:
    from scipy.stats import kendalltau

    from hemdata.analysis.ranks import rank_stability
    from hemdata.analysis.statistics import resample
    from hemdata.analysis.tables import MEAN

    made = study(np.random.default_rng(7), {"training set": np.array([0.02, -0.02])[:, None, None]}, 0.05)
    mae = resample(made.absolute, resamples=400)
    found = rank_stability(made, mae).set_index(["ranked", "of", "group"])
    assert len(found) == (3 + 2) * 5
    for group in (0, 3):
        row = found.loc[("network", "t0", f"g{group}")]
        models = [0, 2, 4]  # n0, n1, n2 on t0
        order = mae.estimate[models, group].argsort()
        assert row["best"] == f"n{order[0]}"
        assert row["stays_best"] == pytest.approx((mae.draws[:, models, group].argmin(1) == order[0]).mean())
        assert row["order_stays"] == pytest.approx((mae.draws[:, models, group].argsort(1) == order).all(1).mean())
        taus = [kendalltau(mae.estimate[models, group], draw).statistic for draw in mae.draws[:, models, group]]
        assert row["kendall_tau"] == pytest.approx(np.mean(taus))
    sets = found.loc["training set"]
    assert sets["stays_best"].between(0.4, 1).all()
    assert (sets["order_stays"] == sets["stays_best"]).all()  # two sets: the best decides the order
    assert set(found.reset_index()["group"]) == {"g0", "g1", "g2", "g3", MEAN}


def test_a_group_of_one_molecule_takes_no_part_in_shares_and_ranks() -> None:
    from hemdata.analysis.ranks import rank_stability
    from hemdata.analysis.statistics import resample

    whole = study(np.random.default_rng(5), EFFECTS, 0.1)
    made = replace(
        whole,
        absolute=(*whole.absolute[:3], whole.absolute[3][..., :1]),
        atoms=(*whole.atoms[:3], whole.atoms[3][:1]),
    )
    found = explained(made, resamples=200)
    assert found.groups == whole.groups[:3]
    of_group = {name: getattr(whole, name)[:3] for name in ("groups", "absolute", "atoms", "leaked", "incomplete")}
    pd.testing.assert_frame_equal(found.effects, explained(replace(whole, **of_group), resamples=200).effects)
    ranks = rank_stability(made, resample(made.absolute, resamples=200))
    known = ranks[["stays_best", "order_stays", "kendall_tau"]].notna().all(axis=1)
    assert set(ranks[known]["group"]) == set(whole.groups[:3])
    assert ranks[~known][["stays_best", "order_stays", "kendall_tau"]].isna().all(axis=None)
    alone = replace(made, absolute=tuple(group[..., :1] for group in made.absolute))
    with pytest.raises(DataError, match="Every test group has one molecule"):
        explained(alone)
