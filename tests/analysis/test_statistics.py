"""The paired bootstrap against scipy, against what is known in closed form, and by simulation."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from hemdata.analysis.statistics import (
    FloatArray,
    Resampled,
    compare,
    holm,
    interval,
    probability_best,
    resample,
    t_interval,
)

# Published PaiNN errors of the models trained on PC9 and QM9, kcal/mol (2024 study, RSF 23-71-00005).
PUBLISHED = np.array([[2.86, 3.03, 0.40, 0.29], [27.61, 20.8, 13.43, 7.61]])


def errors(shape: tuple[int, ...], seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).gamma(2.0, 3.0, shape)


def test_one_way_interval_is_that_of_scipy() -> None:
    sample = errors((1, 1, 300))
    low, high = interval(resample([sample]).draws[:, 0, 0])
    oracle = stats.bootstrap((sample[0, 0],), np.mean, method="percentile", n_resamples=10_000, rng=1)
    width = oracle.confidence_interval.high - oracle.confidence_interval.low
    assert low == pytest.approx(oracle.confidence_interval.low, abs=0.06 * width)
    assert high == pytest.approx(oracle.confidence_interval.high, abs=0.06 * width)


def test_paired_difference_is_that_of_scipy() -> None:
    sample = errors((1, 1, 300))
    sample = np.concatenate([sample, 1.3 * sample + errors((1, 1, 300), seed=5) / 8])
    r = resample([sample])
    c = compare(r.draws[:, 0, 0], r.draws[:, 1, 0], (r.estimate[0, 0], r.estimate[1, 0]))
    oracle = stats.bootstrap(
        (sample[0, 0], sample[1, 0]), lambda a, b, axis: (a - b).mean(axis=axis), paired=True, vectorized=True,
        method="percentile", n_resamples=10_000, rng=1,
    ).confidence_interval  # fmt: skip
    assert np.allclose(c.difference_interval, oracle, atol=0.06 * (oracle.high - oracle.low))
    unpaired = np.hypot(*[np.diff(interval(r.draws[:, i, 0]))[0] for i in (0, 1)])
    assert np.diff(c.difference_interval)[0] < unpaired / 3  # pairing is what the interval gains from


def test_interval_of_the_mean_of_many_normal_errors_is_the_normal_one() -> None:
    sample = np.random.default_rng(3).normal(10.0, 1.0, (1, 1, 400))
    low, high = interval(resample([sample], resamples=20_000).draws[:, 0, 0])
    half = 1.96 * sample.std(ddof=1) / np.sqrt(400)
    assert (low, high) == pytest.approx((sample.mean() - half, sample.mean() + half), abs=0.03 * half)


@pytest.mark.parametrize("n_seeds", [2, 3, 5])
def test_seed_noise_alone_gives_the_t_interval_of_the_logarithms(n_seeds: int) -> None:
    by_seed = np.random.default_rng(n_seeds).lognormal(1.0, 0.1, n_seeds)
    sample = np.repeat(by_seed[None, :, None], 20, axis=2)  # every molecule the same
    low, high = interval(resample([sample], resamples=40_000).draws[:, 0, 0])
    assert (np.log(low), np.log(high)) == pytest.approx(np.log(t_interval(by_seed)), abs=0.06 * np.log(high / low))


def test_ratio_of_models_of_the_same_seeds_is_the_paired_t_interval() -> None:
    rng = np.random.default_rng(4)
    common = rng.normal(0, 0.5, 4)  # seeds that are bad for both models do not blur their ratio
    by_seed = np.exp(np.stack([common, 0.4 + common + rng.normal(0, 0.03, 4)]))
    r = resample([np.repeat(by_seed[:, :, None], 20, axis=2)], resamples=40_000)
    c = compare(r.draws[:, 0, 0], r.draws[:, 1, 0], (r.estimate[0, 0], r.estimate[1, 0]))
    logs = np.log(by_seed[0] / by_seed[1])
    half = stats.t.ppf(0.975, 3) * logs.std(ddof=1) / 2
    low, high = np.log(c.ratio_interval)
    assert (high - low) / 2 == pytest.approx(half, rel=0.08)
    assert c.verdict == "smaller"


def simulated(rng: np.random.Generator, n_seeds: int, seed_noise: float, spread: float) -> FloatArray:
    """Errors of two models, the second twice the first: molecules, seeds and both interact."""
    n = 40
    logs = rng.normal(0, spread, (1, 1, n)) + rng.normal(0, 0.4, (2, 1, n)) + rng.normal(0, 0.3, (2, n_seeds, n))
    logs += rng.normal(0, seed_noise, (2, n_seeds, 1))
    return np.array([1.0, 2.0])[:, None, None] * np.exp(logs)


# One seed and errors that differ tenfold between molecules (spread 0.8) is the known weak spot of a percentile
# interval: 88 to 92 in 100 there. Errors that differ threefold, or several seeds, are covered as they should be.
@pytest.mark.parametrize(
    ("n_seeds", "seed_noise", "spread"), [(1, 0.0, 0.5), (2, 0.1, 0.5), (3, 0.05, 0.8), (3, 0.3, 0.8), (5, 0.2, 0.8)]
)
def test_intervals_cover_a_known_effect_95_times_in_100(n_seeds: int, seed_noise: float, spread: float) -> None:
    rng, trials = np.random.default_rng(11), 300
    truth = np.array([1.0, 2.0]) * np.exp((spread**2 + 0.4**2 + 0.3**2 + seed_noise**2) / 2)
    hits = np.zeros(3)
    for trial in range(trials):
        r = resample([simulated(rng, n_seeds, seed_noise, spread)], resamples=600, seed=trial)
        c = compare(r.draws[:, 0, 0], r.draws[:, 1, 0], (r.estimate[0, 0], r.estimate[1, 0]))
        low, high = interval(r.draws[:, 0, 0])
        hits += [
            low <= truth[0] <= high,
            c.difference_interval[0] <= truth[0] - truth[1] <= c.difference_interval[1],
            c.ratio_interval[0] <= 0.5 <= c.ratio_interval[1],
        ]
    covered = hits / trials  # 300 trials: a true 95 % shows as 92.5 to 97.5
    assert covered[0] >= 0.895, covered  # the mean of skewed errors itself; what is compared is covered better
    assert (covered[1:] >= 0.915).all(), covered
    assert (covered <= 0.99).all(), covered


def test_probability_of_being_best_is_the_normal_one() -> None:
    rng = np.random.default_rng(5)
    sample = np.stack([rng.normal(10.0, 1.0, (1, 400)), rng.normal(10.0, 1.0, (1, 400))])
    sample[1] += 10.05 - sample[1].mean()
    sample[0] += 10.0 - sample[0].mean()
    difference = sample[1, 0] - sample[0, 0]
    expected = stats.norm.cdf(0.05 / (difference.std(ddof=1) / np.sqrt(400)))
    best = probability_best(resample([sample], resamples=40_000).draws[:, :, 0])
    assert best[0] == pytest.approx(expected, abs=0.01)
    assert best.sum() == pytest.approx(1.0)


def test_twins_share_the_probability_and_a_missing_model_never_wins() -> None:
    sample = errors((1, 2, 30))
    twins = np.concatenate([sample, sample, np.full_like(sample, np.nan)])
    assert probability_best(resample([twins]).draws[:, :, 0]) == pytest.approx([0.5, 0.5, 0.0])
    r = resample([twins])
    assert np.isnan(r.estimate[2, 0])
    c = compare(r.draws[:, 0, 0], r.draws[:, 1, 0], (r.estimate[0, 0], r.estimate[1, 0]))
    assert (c.verdict, c.p, c.difference) == ("no difference", 1.0, 0.0)


def test_accuracy_and_generalizability_of_published_errors() -> None:
    """Mean and standard deviation of the published PaiNN rows; np.std with ddof 0 by hand for PC9."""
    r = Resampled(PUBLISHED, PUBLISHED[None])
    assert r.accuracy().estimate[:, 0] == pytest.approx([1.645, 17.3625])
    squares = (2.86 - 1.645) ** 2 + (3.03 - 1.645) ** 2 + (0.40 - 1.645) ** 2 + (0.29 - 1.645) ** 2
    assert r.generalizability().estimate[0, 0] == pytest.approx((squares / 4) ** 0.5)


def test_mean_over_groups_uses_one_draw_of_seeds() -> None:
    """Seeds that are bad everywhere make the mean of groups as uncertain as one group, not half as uncertain."""
    by_seed = np.array([0.8, 1.0, 1.25])
    group = np.repeat(by_seed[None, :, None], 10, axis=2)
    r = resample([group] * 4)
    one, mean = r.draws[:, 0, 0], r.accuracy().draws[:, 0, 0]
    assert np.ptp(interval(mean)) == pytest.approx(np.ptp(interval(one)), rel=1e-9)


def test_a_missing_seed_is_as_if_it_were_not_there() -> None:
    sample = errors((2, 3, 25))
    sample[:, 2] = np.nan
    whole, less = resample([sample]), resample([sample[:, :2]])
    assert whole.estimate == pytest.approx(less.estimate)
    assert np.allclose(interval(whole.draws), interval(less.draws), rtol=0.25)  # t with one degree of freedom


def test_a_model_that_lacks_a_molecule_is_refused() -> None:
    sample = errors((2, 1, 10))
    sample[0, 0, 3] = np.nan
    with pytest.raises(ValueError, match="molecules that all models share"):
        resample([sample])
    with pytest.raises(ValueError, match="expected"):
        resample([errors((2, 1, 10)), errors((3, 1, 10))])


def test_the_same_seed_draws_the_same_and_scaling_scales() -> None:
    sample = errors((3, 2, 12))
    assert np.array_equal(resample([sample], seed=7).draws, resample([sample], seed=7).draws)
    assert not np.array_equal(resample([sample], seed=7).draws, resample([sample], seed=8).draws)
    assert np.allclose(resample([3 * sample]).draws, 3 * resample([sample]).draws)


@settings(deadline=None, max_examples=40)
@example(1.625, 115)  # once the interval of the ratio held equality and that of the difference did not
@given(st.floats(0.5, 2.0), st.integers(0, 1000))
def test_no_difference_exactly_when_the_intervals_hold_equality(factor: float, seed: int) -> None:
    sample = errors((1, 2, 15), seed)
    both = np.concatenate([sample, factor * errors((1, 2, 15), seed + 1)])
    r = resample([both], resamples=400)
    c = compare(r.draws[:, 0, 0], r.draws[:, 1, 0], (r.estimate[0, 0], r.estimate[1, 0]))
    holds_zero = c.difference_interval[0] <= 0 <= c.difference_interval[1]
    assert (c.verdict == "no difference") == holds_zero
    assert holds_zero == (c.ratio_interval[0] <= 1 <= c.ratio_interval[1])
    if c.p > 0.06:
        assert holds_zero


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_holm_is_the_closed_test_of_bonferronis(p: list[float]) -> None:
    """Marcus, Peritz and Gabriel 1976: one falls where all sets that hold it fall; here every set is tried."""
    sets = [each for size in range(1, len(p) + 1) for each in combinations(range(len(p)), size)]
    fallen = {each: min(1.0, len(each) * min(p[i] for i in each)) for each in sets}
    assert np.allclose(holm(p), [max(fallen[each] for each in sets if i in each) for i in range(len(p))])


@pytest.mark.slow  # for the import of statsmodels
@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_is_that_of_statsmodels(p: list[float]) -> None:
    from statsmodels.stats.multitest import multipletests

    assert np.allclose(holm(p), multipletests(p, method="holm")[1])


def test_t_interval_is_that_of_scipy() -> None:
    values = np.array([22.0, 30.0, 27.0])
    logs = stats.ttest_1samp(np.log(values), 0).confidence_interval()
    half = (logs.high - logs.low) / 2
    assert t_interval(values) == pytest.approx((values.mean() * np.exp(-half), values.mean() * np.exp(half)))
    assert np.isnan(t_interval([3.0])).all()


@pytest.mark.parametrize("n", [2, 3, 4, 5, 7])
def test_intervals_of_few_molecules_cover_a_known_mean_and_ratio(n: int) -> None:
    """Drawn with replacement, two molecules would cover both 50 times in 100, four 80 times."""
    rng, trials = np.random.default_rng(n), 300
    hits = np.zeros(2)
    for trial in range(trials):
        common = np.exp(rng.normal(0, 0.5, (1, 1, n)))
        both = np.concatenate([common, 2 * common * np.exp(rng.normal(-0.045, 0.3, (1, 1, n)))])
        r = resample([both], resamples=600, seed=trial)
        low, high = interval(r.draws[:, 0, 0])
        ratio_low, ratio_high = interval(r.draws[:, 0, 0] / r.draws[:, 1, 0])
        hits += [low <= np.exp(0.125) <= high, ratio_low <= 0.5 <= ratio_high]
    assert (hits / trials >= 0.9).all(), hits / trials


def test_two_molecules_have_the_t_interval_of_their_logarithms() -> None:
    sample = np.array([[[2.0, 3.0]]])
    low, high = interval(resample([sample], resamples=100_000).draws[:, 0, 0])
    assert (low, high) == pytest.approx(t_interval([2.0, 3.0]), rel=0.1)


def test_molecules_that_are_hard_for_both_models_do_not_blur_their_ratio() -> None:
    sample = np.array([[[1.0, 4.0, 9.0]], [[2.0, 8.0, 18.0]]])
    r = resample([sample])
    assert np.allclose(r.draws[:, 0, 0] / r.draws[:, 1, 0], 0.5)
    assert np.ptp(interval(r.draws[:, 0, 0])) > 9


def test_one_molecule_has_an_error_and_no_interval_nor_has_a_mean_with_it() -> None:
    """Its interval had no width before: a certainty that nobody has."""
    r = resample([np.array([[[52.8]], [[10.0]]]), errors((2, 1, 40))])
    assert r.estimate[:, 0] == pytest.approx([52.8, 10.0])
    joined = r.with_accuracy()
    assert joined.estimate[:, 2] == pytest.approx(r.estimate.mean(-1))
    for g in (0, 2):
        assert np.isnan(interval(joined.draws[:, :, g])).all()
        assert np.isnan(probability_best(joined.draws)[:, g]).all()
        c = compare(joined.draws[:, 0, g], joined.draws[:, 1, g], (joined.estimate[0, g], joined.estimate[1, g]))
        assert c.difference == pytest.approx(joined.estimate[0, g] - joined.estimate[1, g])
        assert c.verdict == "not known"
        assert np.isnan([c.p, *c.difference_interval, *c.ratio_interval]).all()
    assert np.isnan(interval(r.generalizability().draws)).all()
    assert np.isfinite(interval(joined.draws[:, :, 1])).all()
    assert probability_best(joined.draws)[:, 1].sum() == pytest.approx(1)


def test_a_comparison_without_p_is_none_of_those_that_holm_corrects_for() -> None:
    nan = float("nan")
    assert holm([0.01, nan, 0.04]) == pytest.approx([0.02, nan, 0.04], nan_ok=True)
    assert np.isnan(holm([nan])).all()
