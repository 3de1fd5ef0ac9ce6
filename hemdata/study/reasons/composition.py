"""Composition: the part of a group's errors that is linear in the element counts, which a few references would cure."""

import numpy as np
import pandas as pd

from hemdata.study import statistics
from hemdata.study.reasons.errors import (
    ERROR,
    MODEL,
    composition_matrix,
    drawn,
    ends,
    left_out_residuals,
    mean_over_seeds,
)


def composition(errors: pd.DataFrame, *, resamples: int = statistics.RESAMPLES, seed: int = 0) -> pd.DataFrame:
    """What dressed atoms fitted to a group's own errors take off them, each molecule left out of its own fit.

    Args:
        errors: of `signed_errors`.

    Returns:
        network, training_set, group, n_molecules, mae_kcal_mol (of the mean of seeds), after_kcal_mol (left by the
        fit), part_kcal_mol (their difference, with _low and _high), mean_error_kcal_mol (signed). Molecules without a
        readable SMILES take no part.
    """
    means = mean_over_seeds(errors)
    pieces = []
    for _, piece in means.groupby([*MODEL, "group"], sort=True):
        _, counts = composition_matrix(piece["smiles"].tolist())
        known = ~np.isnan(counts).any(-1)
        error = piece[ERROR].to_numpy()[known]
        rest = left_out_residuals(counts[known], error)
        pieces.append(piece[known].assign(before=np.abs(error), after=np.abs(rest)))
    table = pd.concat(pieces)
    signed = table.groupby([*MODEL, "group"])[ERROR].mean()
    lines = []
    for one in drawn(table, ["before", "after"], [*MODEL, "group"], resamples=resamples, seed=seed):
        low, high = ends(one.draws[:, 0] - one.draws[:, 1])
        before, after = map(float, one.estimate)
        lines.append((*one.key, one.n_molecules, before, after, before - after, low, high, float(signed[one.key])))
    columns = ["n_molecules", "mae_kcal_mol", "after_kcal_mol", "part_kcal_mol", "part_kcal_mol_low",
               "part_kcal_mol_high", "mean_error_kcal_mol"]  # fmt: skip
    return pd.DataFrame(lines, columns=[*MODEL, "group", *columns])


def per_element(errors: pd.DataFrame) -> pd.DataFrame:
    """The dressed atoms of the errors themselves: network, training_set, group, element, error_kcal_mol for each atom.

    Where a group does not tell elements apart the shortest solution is taken.
    """
    lines = []
    for key, piece in mean_over_seeds(errors).groupby([*MODEL, "group"], sort=True):
        elements, counts = composition_matrix(piece["smiles"].tolist())
        known = ~np.isnan(counts).any(-1)
        fitted = np.linalg.lstsq(counts[known], piece[ERROR].to_numpy()[known], rcond=None)[0]
        lines += [(*key, element, float(value)) for element, value in zip(elements, fitted, strict=True)]
    return pd.DataFrame(lines, columns=[*MODEL, "group", "element", ERROR])
