"""Paired bootstrap over molecules and seeds: intervals, differences, ratios, and the odds of being best.

Each resample draws the molecules of a group once for all models, and the seeds once for all models and groups,
so that models are compared on the same molecules. Molecules are drawn with replacement, n - 1 of n, which gives
the mean of a draw the unbiased variance s^2 / n (Hesterberg, Am. Stat. 69, 371, 2015, 10.1080/00031305.2015.1089789).
Seeds are few (two to five): drawing them with replacement would make intervals that hold the truth far less often
than they say. Their part is drawn as a Student t of n - 1 degrees of freedom on the logarithm of a seed's MAE, so
that for seed noise alone the interval is that of the paired t test, and no resampled MAE is negative.

A group of fewer than FEW molecules is drawn as the seeds are, as a Student t on the logarithms of its errors, the same
for all models. Drawn with replacement its intervals would hold the truth 46 to 52 times in 100 with two molecules, 72
to 77 with three, 75 to 80 with four, 81 to 89 with five and six; so they hold it 90 to 98 times. A group of one
molecule says nothing of the spread over molecules: its draws, and those of a mean that it is part of, are NaN.

Known weakness: with one seed, FEW molecules or little more, and errors that differ tenfold between them, a percentile
interval of the mean covers 81 to 91 times in 100 instead of 95 (tests/analysis/test_statistics.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
CONFIDENCE = 0.95
RESAMPLES = 10_000
FEW = 8  # molecules: of fewer, the intervals are those of a Student t
_LEAST = 1e-3  # of the mean error: a smaller error counts as that, since its logarithm would be all that counts
NOT_KNOWN = "not known"


@dataclass(frozen=True)
class Resampled:
    """MAE of every model on every group.

    Attributes:
        estimate: (n_models, n_groups), the mean over seeds and molecules; NaN where a model was not tested.
        draws: (n_resamples, n_models, n_groups), the same of every resample; NaN too for a group of one molecule.
    """

    estimate: FloatArray
    draws: FloatArray

    def accuracy(self) -> "Resampled":
        """Mean over groups, (n_models, 1)."""
        return Resampled(self.estimate.mean(-1, keepdims=True), self.draws.mean(-1, keepdims=True))

    def with_accuracy(self) -> "Resampled":
        """The groups and, as one more, the mean over them."""
        mean = self.accuracy()
        return Resampled(
            np.concatenate([self.estimate, mean.estimate], -1), np.concatenate([self.draws, mean.draws], -1)
        )

    def generalizability(self) -> "Resampled":
        """Standard deviation over the groups as a whole population (ddof 0), (n_models, 1); NaN of one group."""
        if self.estimate.shape[-1] < 2:
            return Resampled(np.full_like(self.estimate, np.nan), np.full_like(self.draws, np.nan))
        return Resampled(self.estimate.std(-1, keepdims=True), self.draws.std(-1, keepdims=True))


@dataclass(frozen=True)
class Comparison:
    """One model against another on the same molecules: `difference` = first - second, `ratio` = first / second.

    On one molecule, or a mean over groups of which one has one molecule, intervals and p are NaN.
    """

    difference: float
    difference_interval: tuple[float, float]
    ratio: float
    ratio_interval: tuple[float, float]
    p: float
    verdict: str  # of the first: "smaller", "larger", "no difference", or NOT_KNOWN without an interval


def resample(errors: Sequence[FloatArray], *, resamples: int = RESAMPLES, seed: int = 0) -> Resampled:
    """Resample molecules and seeds of a whole study at once.

    Args:
        errors: per group the absolute errors, (n_models, n_seeds, n_molecules), molecules in one order for all models;
            a model that lacks a seed holds NaN in that whole row.
        resamples: number of bootstrap resamples.
        seed: of the random numbers; the same seed and shapes draw the same molecules and seeds.

    Raises:
        ValueError: a row that is NaN in part, or groups of different models or seeds.
    """
    n_models, n_seeds = errors[0].shape[:2]
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((resamples, n_seeds))
    uniform = rng.random(resamples)
    estimate = np.full((n_models, len(errors)), np.nan)
    draws = np.full((resamples, n_models, len(errors)), np.nan)
    for g, group in enumerate(errors):
        if group.shape[:2] != (n_models, n_seeds):
            raise ValueError(f"group {g} has shape {group.shape}, expected ({n_models}, {n_seeds}, n_molecules)")
        present = ~np.isnan(group).any(-1)  # (n_models, n_seeds)
        if not (present | np.isnan(group).all(-1)).all():
            raise ValueError(f"group {g}: a model lacks some of the molecules; give molecules that all models share")
        tested = present.any(-1)
        if not group.shape[-1] or not tested.any():
            continue
        by_molecule = np.nanmean(group[tested], axis=1)  # (n_tested, n_molecules)
        estimate[tested, g] = by_molecule.mean(-1)
        drawn = _molecules(by_molecule, resamples, rng)
        by_seed = group.mean(-1)  # (n_models, n_seeds), NaN where missing
        draws[:, tested, g] = drawn * _seed_factors(by_seed[tested], noise, uniform)
    return Resampled(estimate, draws)


def _molecules(errors: FloatArray, resamples: int, rng: np.random.Generator) -> FloatArray:
    """Mean over the molecules of every resample, (n_resamples, n_models); errors are (n_models, n_molecules)."""
    n = errors.shape[-1]
    if n < 2:
        return np.full((resamples, len(errors)), np.nan)
    if n >= FEW:
        counts = rng.multinomial(n - 1, np.full(n, 1 / n), resamples)
        return (counts @ errors.T) / counts.sum(-1, keepdims=True)
    mean = errors.mean(-1)
    z = rng.standard_normal((resamples, n))
    tails = np.sqrt((n - 1) / rng.chisquare(n - 1, resamples))
    return np.asarray(mean * np.exp(_exponents(np.maximum(errors, _LEAST * mean[:, None]), z, tails)))


def _exponents(values: FloatArray, z: FloatArray, tails: FloatArray) -> FloatArray:
    """A t draw on the mean logarithm of a few values of every model, (n_resamples, n_models).

    Args:
        values: (n_models, n), positive, paired: the n-th of every model share their draws.
        z: (n_resamples, n), normal numbers.
        tails: (n_resamples,), what makes normal numbers those of a t of n - 1 degrees of freedom.
    """
    n = values.shape[-1]
    weights = (z - z.mean(-1, keepdims=True)) * tails[:, None] / np.sqrt(n * (n - 1))
    return np.asarray(np.clip(weights @ np.log(np.maximum(values, np.finfo(float).tiny)).T, -20.0, 20.0))


def _seed_factors(by_seed: FloatArray, noise: FloatArray, uniform: FloatArray) -> FloatArray:
    """Factor of every resample and model, (n_resamples, n_models): exp of a t draw on the log MAE of its seeds."""
    from scipy.stats import chi2

    present = ~np.isnan(by_seed)
    exponents = np.zeros((len(noise), len(by_seed)))
    for pattern in np.unique(present, axis=0):  # models with the same seeds share their draws: they are paired
        n = int(pattern.sum())
        if n < 2:
            continue  # one seed says nothing of the spread over seeds
        models = (present == pattern).all(-1)
        tails = np.sqrt((n - 1) / chi2.ppf(uniform, n - 1))
        exponents[:, models] = _exponents(by_seed[models][:, pattern], noise[:, pattern], tails)
    return np.exp(exponents)


def interval(draws: FloatArray, confidence: float = CONFIDENCE) -> tuple[FloatArray, FloatArray]:
    """Percentile interval over the first axis: arrays of lower and upper ends; NaN where any draw is.

    The ends are draws, not numbers between two of them: so the intervals of a difference and of a ratio hold equality
    together or not at all.
    """
    low = np.quantile(draws, (1 - confidence) / 2, axis=0, method="lower")
    high = np.quantile(draws, (1 + confidence) / 2, axis=0, method="higher")
    return low, high


def probability_best(draws: FloatArray) -> FloatArray:
    """Share of resamples in which each model has the smallest value.

    Args:
        draws: (n_resamples, n_models, ...); NaN never wins, a tie is shared.

    Returns:
        (n_models, ...), summing to 1 over models; NaN where no model has draws.
    """
    filled = np.where(np.isnan(draws), np.inf, draws)
    best = filled == filled.min(axis=1, keepdims=True)
    share = np.where(np.isnan(draws).all(axis=1, keepdims=True), np.nan, best / best.sum(axis=1, keepdims=True))
    return np.asarray(share.mean(axis=0), dtype=np.float64)


def compare(
    first: ArrayLike, second: ArrayLike, estimates: tuple[float, float], confidence: float = CONFIDENCE
) -> Comparison:
    """Compare two models by their paired draws (n_resamples,) and estimates.

    The two-sided p value counts the resamples on the far side of equality. The verdict is "no difference" when the
    interval of the difference contains 0, which is when that of the ratio contains 1. Draws that are NaN give no
    interval, no p and the verdict NOT_KNOWN.
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    difference = a - b
    low, high = (float(end) for end in interval(difference, confidence))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio_low, ratio_high = (float(end) for end in interval(a / b, confidence))
        ratio = float(np.float64(estimates[0]) / np.float64(estimates[1]))
    tail = min((difference <= 0).sum(), (difference >= 0).sum())
    p = min(1.0, 2.0 * float(tail + 1) / (len(difference) + 1))
    verdict = "smaller" if high < 0 else "larger" if low > 0 else "no difference"
    if np.isnan(difference).any():
        p, verdict = float("nan"), NOT_KNOWN
    return Comparison(estimates[0] - estimates[1], (low, high), ratio, (ratio_low, ratio_high), p, verdict)


def holm(p: ArrayLike) -> FloatArray:
    """Adjusted p values over all comparisons of one table (Holm, Scand. J. Stat. 6, 65, 1979).

    A p that is NaN, of a comparison without an interval, stays so and is none of the comparisons.
    """
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, kind="stable")[: np.isfinite(values).sum()]  # NaN comes last
    stepped = np.maximum.accumulate(values[order] * (len(order) - np.arange(len(order))))
    adjusted = np.full_like(values, np.nan)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def t_interval(values: ArrayLike, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Interval of the mean of a few positive values (one per seed), Student t on their logarithms.

    NaN for fewer than two values.
    """
    from scipy.stats import t

    x = np.asarray(values, dtype=np.float64)
    if len(x) < 2:
        return float("nan"), float("nan")
    logs = np.log(np.maximum(x, np.finfo(float).tiny))
    half = float(t.ppf((1 + confidence) / 2, len(x) - 1) * logs.std(ddof=1) / np.sqrt(len(x)))
    mean = float(x.mean())
    return mean * float(np.exp(-half)), mean * float(np.exp(half))
