"""Rank stability: how often the best training set or network stays the best, and their whole order the same."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hemdata.analysis import statistics
from hemdata.analysis.matrix import MEAN, ErrorMatrix
from hemdata.analysis.statistics import FloatArray, Resampled

COLUMNS = ["ranked", "of", "group", "best", "stays_best", "order_stays", "kendall_tau", "n_ranked"]


def rank_stability(matrix: ErrorMatrix, mae: Resampled) -> pd.DataFrame:
    """Training sets ranked for each network, and networks for each training set, on every group and their mean.

    Args:
        matrix: of the study.
        mae: the same, resampled.

    Returns:
        ranked ("training set" or "network"), of (the network or set within which they are ranked), group, best (the
        one with the smallest MAE), stays_best and order_stays (shares of the resamples in which it stays so),
        kendall_tau (mean agreement of a resample's order with the observed one, -1 to 1), n_ranked. The shares and the
        agreement are NaN where a group of one molecule leaves no resamples.
    """
    groups = (*matrix.groups, MEAN)
    estimate = np.concatenate([mae.estimate, mae.accuracy().estimate], axis=-1)
    draws = np.concatenate([mae.draws, mae.accuracy().draws], axis=-1)
    networks = [i for i, model in enumerate(matrix.models) if not model.is_baseline] or range(len(matrix.models))
    lines = []
    for ranked, own, other in (("training set", "training_set", "network"), ("network", "network", "training_set")):
        families: dict[str, list[int]] = {}
        for i in networks:
            families.setdefault(getattr(matrix.models[i], other), []).append(i)
        for of, models in sorted(families.items()):
            for g, group in enumerate(groups):
                there = [i for i in models if np.isfinite(estimate[i, g])]
                if len(there) < 2:
                    continue
                names = [str(getattr(matrix.models[i], own)) for i in there]
                lines.append((ranked, of, group, *_stability(names, estimate[there, g], draws[:, there, g])))
    return pd.DataFrame(lines, columns=COLUMNS)


def _stability(names: Sequence[str], estimate: FloatArray, draws: FloatArray) -> tuple[str, float, float, float, int]:
    best = int(estimate.argmin())
    if np.isnan(draws).any():
        return names[best], float("nan"), float("nan"), float("nan"), len(names)
    first, second = np.triu_indices(len(names), 1)
    observed = np.sign(estimate[first] - estimate[second])
    agree = np.sign(draws[:, first] - draws[:, second]) * observed
    stays = float(statistics.probability_best(draws)[best])
    return names[best], stays, float((agree > 0).all(-1).mean()), float(agree.mean()), len(names)
