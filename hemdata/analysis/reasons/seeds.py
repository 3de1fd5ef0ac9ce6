"""Seed noise: the spread over seeds, and what averaging their predictions takes off the error."""

import pandas as pd

from hemdata.analysis import statistics
from hemdata.analysis.reasons.errors import ERROR, MODEL, drawn, ends


def seed_noise(errors: pd.DataFrame, *, resamples: int = statistics.RESAMPLES, seed: int = 0) -> pd.DataFrame:
    """The spread over the seeds of every model and group; models of one seed are left out.

    Args:
        errors: of `signed_errors`.

    Returns:
        network, training_set, group, n_seeds, mae_kcal_mol (mean over seeds), mae_spread_kcal_mol (standard deviation
        of the seeds' MAEs), prediction_spread_kcal_mol (of the predictions of a molecule, root mean square over
        molecules), after_kcal_mol (MAE of the mean of the seeds' predictions), part_kcal_mol (what the averaging takes
        off, with _low and _high over molecules).
    """
    keys = [*MODEL, "group"]
    means = errors.groupby([*keys, "molecule_id"])[ERROR].transform("mean")
    frame = errors.assign(before=errors[ERROR].abs(), after=means.abs())
    pieces = dict(list(frame.groupby(keys)))
    lines = []
    sizes = frame.groupby([*keys, "molecule_id"], as_index=False)[["before", "after"]].mean()
    for one in drawn(sizes, ["before", "after"], keys, resamples=resamples, seed=seed):
        part = pieces[one.key]
        n = part["seed"].nunique()
        if n < 2:
            continue
        spread = part.groupby("seed")["before"].mean().std(ddof=1)
        of_molecules = (part.groupby("molecule_id")[ERROR].var(ddof=1).mean()) ** 0.5
        before, after = map(float, one.estimate)
        lines.append((*one.key, n, before, float(spread), float(of_molecules), after, before - after,
                      *ends(one.draws[:, 0] - one.draws[:, 1])))  # fmt: skip
    columns = ["n_seeds", "mae_kcal_mol", "mae_spread_kcal_mol", "prediction_spread_kcal_mol", "after_kcal_mol",
               "part_kcal_mol", "part_kcal_mol_low", "part_kcal_mol_high"]  # fmt: skip
    return pd.DataFrame(lines, columns=[*keys, *columns])
