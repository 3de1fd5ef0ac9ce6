"""Rank correlation of a molecule's error with something known of it, with an interval over molecules."""

import numpy as np
import pandas as pd

from hemdata.analysis import statistics
from hemdata.analysis.statistics import FloatArray


def rank_correlation(
    frame: pd.DataFrame, error: str, known: str, *, resamples: int = statistics.RESAMPLES, seed: int = 0
) -> tuple[float, float, float]:
    """Spearman's correlation over molecules (means over seeds) and its interval; NaN where nothing varies.

    Of fewer than `statistics.FEW` molecules no interval is told: resamples of so few would make it too short. The ranks
    are those of all molecules; resamples draw molecules.
    """
    means = frame.dropna(subset=known).groupby(["group", "molecule_id"])[[error, known]].mean()
    if len(means) < 3 or (means.nunique() < 2).any():
        return float("nan"), float("nan"), float("nan")
    ranks = means.rank().to_numpy(np.float64)
    n = len(ranks)
    rho = float(_correlation(ranks, np.ones((1, n)))[0])
    if n < statistics.FEW:
        return rho, float("nan"), float("nan")
    counts = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), resamples).astype(np.float64)
    low, high = statistics.interval(_correlation(ranks, counts))
    return rho, float(low), float(high)


def _correlation(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Pearson's correlation of two columns (n, 2) under each row of weights; 0 where a column does not vary."""
    x, y = (values - values.mean(0)).T
    total = weights.sum(-1)
    sums = {name: weights @ column / total for name, column in
            {"x": x, "y": y, "xx": x * x, "yy": y * y, "xy": x * y}.items()}  # fmt: skip
    spread = np.sqrt(np.maximum((sums["xx"] - sums["x"] ** 2) * (sums["yy"] - sums["y"] ** 2), 0.0))
    shared = sums["xy"] - sums["x"] * sums["y"]
    return np.asarray(np.divide(shared, spread, out=np.zeros_like(shared), where=spread > 1e-12))
