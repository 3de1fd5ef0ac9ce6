"""Unseen chemistry: error against the share of a molecule's atom environments that the training set never shows."""

from itertools import combinations

import numpy as np
import pandas as pd

from hemdata.analysis import statistics
from hemdata.analysis.reasons.errors import ERROR, MODEL, ends, mean_over_seeds
from hemdata.analysis.reasons.tables import by_class

CLASSES = {"none": (-1.0, 0.0), "up to a quarter": (0.0, 0.25), "up to a half": (0.25, 0.5), "more": (0.5, 1.0)}


def unseen_environments(errors: pd.DataFrame, *, resamples: int = statistics.RESAMPLES, seed: int = 0) -> pd.DataFrame:
    """Errors by the share of unseen environments.

    Args:
        errors: of `signed_errors`; rows without a share take no part.

    Returns:
        network, training_set, unseen (a class of CLASSES), n_molecules, mae_kcal_mol and mae_kcal_mol_heavy_atom with
        _low and _high, and rank_correlation of absolute error per heavy atom and share over all molecules of the model,
        with _low and _high (per heavy atom, since large molecules err more whatever they are made of).
    """
    frame = errors.dropna(subset="environments_unseen")
    share = frame.groupby([*MODEL, "molecule_id"])["environments_unseen"].transform("mean")  # splits differ by seed
    bounds = [-1.0, *(high for _, high in CLASSES.values())]
    frame = frame.assign(unseen=pd.cut(share, bounds, labels=list(CLASSES)).astype(str))
    table = by_class(frame, "unseen", "of_heavy_atom", "environments_unseen", resamples=resamples, seed=seed)
    order = {name: i for i, name in enumerate(CLASSES)}
    return table.sort_values([*MODEL, "unseen"], key=lambda c: c.map(order) if c.name == "unseen" else c,
                             ignore_index=True)  # fmt: skip


def set_against_set(errors: pd.DataFrame, *, resamples: int = statistics.RESAMPLES, seed: int = 0) -> pd.DataFrame:
    """How much of one set's advantage over another goes with what each has not shown, molecule by molecule.

    For each pair of sets of a network the logarithm of the ratio of their errors on a molecule is fitted by a line in
    the difference of their unseen shares; the constant is the ratio where both have shown equally much.

    Returns:
        network, training_set, against, n_molecules, ratio (geometric mean of |error| of `training_set` over that of
        `against`), ratio_at_equal (the same where both have shown equally much), slope (of the logarithm, for a whole
        share), each with _low and _high over molecules; these are NaN for fewer than `statistics.FEW` molecules,
        of which resamples would make them too short.
    """
    means = mean_over_seeds(errors).dropna(subset="environments_unseen")
    means["log"] = np.log(np.maximum(means[ERROR].abs(), 1e-3))
    lines = []
    for network, part in means.groupby("network", sort=True):
        wide = part.pivot(index=["group", "molecule_id"], columns="training_set", values=["log", "environments_unseen"])
        wide = wide.dropna()
        for one, other in combinations(sorted(part["training_set"].unique()), 2):
            x = (wide["environments_unseen"][one] - wide["environments_unseen"][other]).to_numpy()
            y = (wide["log"][one] - wide["log"][other]).to_numpy()
            n = len(x)
            if n < 3 or np.ptp(x) < 1e-9:
                continue
            counts = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), resamples)
            weights = np.concatenate([np.ones((1, n)), counts]) / n
            mx, my = weights @ x, weights @ y
            slope = (weights @ (x * y) - mx * my) / np.maximum(weights @ (x * x) - mx**2, 1e-12)
            line: list[object] = [network, one, other, n]
            for values in (np.exp(my), np.exp(my - slope * mx), slope):
                found = ends(values[1:]) if n >= statistics.FEW else (float("nan"), float("nan"))
                line += [float(values[0]), *found]
            lines.append(line)
    columns = ["network", "training_set", "against", "n_molecules"]
    for name in ("ratio", "ratio_at_equal", "slope"):
        columns += [name, f"{name}_low", f"{name}_high"]
    return pd.DataFrame(lines, columns=columns)
