"""Composition: the part of a group's errors that is linear in the element counts, which references of it would cure."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hemdata.analysis import statistics
from hemdata.analysis.reasons.errors import (
    ERROR,
    MODEL,
    composition_matrix,
    drawn,
    ends,
    left_out_residuals,
    mean_over_seeds,
)

LEAST_JUDGED = 5  # molecules that must be left for an error to be told


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

    Where a group does not tell elements apart the shortest solution is taken. A group of so few molecules that the fit
    has as many numbers is left out.
    """
    lines = []
    for key, piece in mean_over_seeds(errors).groupby([*MODEL, "group"], sort=True):
        elements, counts = composition_matrix(piece["smiles"].tolist())
        known = ~np.isnan(counts).any(-1)
        if np.linalg.matrix_rank(counts[known]) >= known.sum():
            continue
        fitted = np.linalg.lstsq(counts[known], piece[ERROR].to_numpy()[known], rcond=None)[0]
        lines += [(*key, element, float(value)) for element, value in zip(elements, fitted, strict=True)]
    return pd.DataFrame(lines, columns=[*MODEL, "group", "element", ERROR])


def cured_by(
    errors: pd.DataFrame, references: Sequence[int] = (5, 10, 20), *, picks: int = 200, seed: int = 0
) -> pd.DataFrame:
    """What is left of a group's error when dressed atoms are fitted to so many of its molecules, drawn at random.

    The fitted molecules are those for which reference calculations would be made; the error is that on the others.
    Where they do not tell elements apart the shortest solution is taken. Numbers that leave fewer than five molecules
    to be judged are left out.

    Args:
        errors: of `signed_errors`.
        references: numbers of molecules.
        picks: random draws of each.

    Returns:
        network, training_set, group, n_references, mae_kcal_mol (of the mean of seeds, without a fit), after_kcal_mol
        (mean over the draws, with the _low and _high ends of the middle 95 % of them).
    """
    lines = []
    for group, part in mean_over_seeds(errors).groupby("group", sort=True):
        wide = part.pivot(index="molecule_id", columns=MODEL, values=ERROR)  # models of a group share its molecules
        smiles = part.drop_duplicates("molecule_id").set_index("molecule_id")["smiles"]
        _, counts = composition_matrix(smiles.loc[wide.index].tolist())
        known = ~np.isnan(counts).any(-1)
        x, y = counts[known], wide.to_numpy(np.float64)[known]  # (n_molecules, n_elements), (n_molecules, n_models)
        rng = np.random.default_rng(seed)
        for n in references:
            if len(y) - n < LEAST_JUDGED:
                continue
            left = np.empty((picks, y.shape[1]))
            for i in range(picks):
                order = rng.permutation(len(y))
                fitted = np.linalg.lstsq(x[order[:n]], y[order[:n]], rcond=None)[0]
                left[i] = np.abs(y[order[n:]] - x[order[n:]] @ fitted).mean(0)
            ends_of = np.quantile(left, [0.025, 0.975], axis=0).T
            measured = zip(wide.columns, np.abs(y).mean(0), left.mean(0), ends_of, strict=True)
            for model, mae, after, span in measured:
                lines.append((*model, group, n, float(mae), float(after), *map(float, span)))
    columns = ["n_references", "mae_kcal_mol", "after_kcal_mol", "after_kcal_mol_low", "after_kcal_mol_high"]
    keys = [*MODEL, "group"]
    return pd.DataFrame(lines, columns=[*keys, *columns]).sort_values([*keys, "n_references"], ignore_index=True)
