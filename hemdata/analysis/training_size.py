"""Errors on the test groups against the number of molecules trained on: the curve of error against a budget."""

import numpy as np
import pandas as pd
import pyarrow as pa

from hemdata.analysis import statistics
from hemdata.analysis.matrix import MEAN, error_matrix, same_sizes

COLUMNS = (
    "network", "training_set", "training_size", "group", "mae_kcal_mol", "mae_kcal_mol_low", "mae_kcal_mol_high",
    "n_seeds", "best", "ratio_to_best", "ratio_to_best_low", "ratio_to_best_high",
)  # fmt: skip


def by_training_size(
    predictions: pa.Table, *, with_overlap: bool = False, resamples: int = statistics.RESAMPLES, seed: int = 0
) -> pd.DataFrame:
    """MAE of every network and set at each of its training sizes, where a set stands at several; else no rows.

    Molecules are the same for every model and size. Beside each error stands the set of the same network and size with
    the smallest one, and the paired ratio to it.

    Args:
        predictions: of a study.
        with_overlap: whether molecules found in a training set count.
        resamples, seed: of the bootstrap.

    Returns:
        `COLUMNS`; the group `mean of groups` is the mean over all. Ends of 95 % intervals in `_low` and `_high`.
    """
    matrix = error_matrix(predictions, with_overlap=with_overlap, every_size=True)
    of: dict[tuple[str, str], list[int]] = {}
    for i, model in enumerate(matrix.models):
        of.setdefault(model[:2], []).append(i)
    if all(len(models) == 1 for models in of.values()):
        return pd.DataFrame(columns=list(COLUMNS))
    joined = statistics.resample(matrix.absolute, resamples=resamples, seed=seed).with_accuracy()
    low, high = statistics.interval(joined.draws)
    counts_as = same_sizes(model.training_size for model in matrix.models)
    at: dict[tuple[str, int], list[int]] = {}
    for i, model in enumerate(matrix.models):
        at.setdefault((model.network, counts_as[model.training_size]), []).append(i)
    lines = []
    for i, model in enumerate(matrix.models):
        rivals = at[model.network, counts_as[model.training_size]]
        for g, group in enumerate((*matrix.groups, MEAN)):
            errors = joined.estimate[:, g]
            if np.isnan(errors[i]):
                continue
            best = min((j for j in rivals if not np.isnan(errors[j])), key=lambda j: float(errors[j]))
            pair = statistics.compare(joined.draws[:, i, g], joined.draws[:, best, g], (errors[i], errors[best]))
            lines.append((
                *model, group, errors[i], low[i, g], high[i, g], matrix.seeds_of(i),
                matrix.models[best].training_set, pair.ratio, *pair.ratio_interval,
            ))  # fmt: skip
    return pd.DataFrame(lines, columns=list(COLUMNS))
