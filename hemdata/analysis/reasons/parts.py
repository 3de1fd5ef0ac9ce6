"""A model's error on a group as a sum of parts: each is what would go if its reason were cured; the rest is the rest.

Reasons are taken off one after the other, so that the parts add up to the MAE exactly; what a later reason shares with
an earlier one counts for the earlier. The order goes from what is measured to what is fitted:

- what is known of each molecule (level, atoms, geometry): the shift is subtracted;
- seeds: the mean of the seeds' predictions takes the place of each;
- size: a line through zero in heavy atoms;
- composition: the element counts beside it;
- unseen environments: the number of heavy atoms whose environment the set has not shown beside them.

The last three are fitted to the group's own errors, each molecule left out of its own fit. A part may be negative: the
fit then does more harm than good on molecules that it has not seen. Where a fit has as many numbers as there are
molecules, or more, its part and those after it are not known: they are NaN, and stand in the remainder.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hemdata.analysis import statistics
from hemdata.analysis.reasons.errors import ERROR, MODEL, composition_matrix, drawn, ends, left_out_residuals
from hemdata.analysis.statistics import FloatArray

SEEDS, SIZE, COMPOSITION, UNSEEN, REMAINDER = "seed noise", "size", "composition", "unseen environments", "remainder"


def parts(
    errors: pd.DataFrame,
    known: Mapping[str, Mapping[str, float]] | None = None,
    *,
    resamples: int = statistics.RESAMPLES,
    seed: int = 0,
) -> pd.DataFrame:
    """Split the MAE of every model and group.

    Args:
        errors: of `signed_errors`.
        known: measured reasons by name, in their order; of each, the shift of the error by molecule id, kcal/mol (for
            the level: reference at the model's level less the reference it was judged by). A molecule that one lacks
            takes no part.

    Returns:
        network, training_set, group, reason, part_kcal_mol (with _low and _high over molecules, for the seeds that
        ran), share of the MAE, alone_kcal_mol
        (what curing this reason and no other would take off; NaN for the remainder). The last reason of a model and
        group is the remainder, and its rows that are not NaN sum to the MAE on the molecules that take part.
    """
    known = known or {}
    for shifts in known.values():
        errors = errors[errors["molecule_id"].isin(list(shifts))]
    pieces, names = [], [*known, SEEDS, SIZE, COMPOSITION, UNSEEN]
    n = len(names) + 1
    columns = list(map(str, range(n + len(names))))
    for _, piece in errors.groupby([*MODEL, "group"], sort=True):
        steps, alone = _steps(piece, known)
        sizes = piece.assign(**{str(i): np.abs(step) for i, step in enumerate([*steps, *alone])})
        pieces.append(sizes.groupby([*MODEL, "group", "molecule_id"], as_index=False)[columns].mean())
    lines = []
    for one in drawn(pd.concat(pieces), columns, [*MODEL, "group"], resamples=resamples, seed=seed):
        whole, last = float(one.estimate[0]), int(np.flatnonzero(np.isfinite(one.estimate[:n]))[-1])
        values = np.append(-np.diff(one.estimate[:n]), one.estimate[last])
        draws = np.concatenate([-np.diff(one.draws[:, :n], axis=-1), one.draws[:, last : last + 1]], axis=-1)
        alone_values = [*(whole - one.estimate[n:]), float("nan")]
        for i, reason in enumerate([*names, REMAINDER]):
            share = float(values[i]) / whole if whole > 0 else float("nan")
            lines.append((*one.key, reason, float(values[i]), *ends(draws[:, i]), share, float(alone_values[i])))
    measures = ["part_kcal_mol", "part_kcal_mol_low", "part_kcal_mol_high", "share", "alone_kcal_mol"]
    return pd.DataFrame(lines, columns=[*MODEL, "group", "reason", *measures])


def _steps(piece: pd.DataFrame, known: Mapping[str, Mapping[str, float]]) -> tuple[list[FloatArray], list[FloatArray]]:
    """The errors of one model and group as judged and after each reason is taken off, and with each alone taken off."""
    code = pd.factorize(piece["molecule_id"])[0]
    judged = piece[ERROR].to_numpy(np.float64)
    steps: list[FloatArray] = [judged]
    alone: list[FloatArray] = []
    for shifts in known.values():
        shift = piece["molecule_id"].map(dict(shifts)).to_numpy(np.float64)
        steps.append(steps[-1] - shift)
        alone.append(judged - shift)
    before, mean = _mean(code, judged), _mean(code, steps[-1])  # (n_molecules,)
    steps.append(mean[code])
    alone.append(before[code])
    by_molecule = piece.groupby(code, sort=True)
    heavy = by_molecule["n_heavy"].first().to_numpy(np.float64)
    counts = composition_matrix(by_molecule["smiles"].first().tolist())[1]
    unseen = by_molecule["environments_unseen"].mean().to_numpy(np.float64) * heavy
    terms, left = np.empty((len(mean), 0)), mean
    for term in (heavy[:, None], counts, unseen[:, None]):
        terms = np.concatenate([terms, term], axis=1)
        left = _fitted_off(terms, mean, left)
        steps.append(left[code])
        alone.append(judged - (before - _fitted_off(term, before, before))[code])
    return steps, alone


def _fitted_off(terms: FloatArray, mean: FloatArray, otherwise: FloatArray) -> FloatArray:
    """What a fit leaves; a molecule whose terms are not known (its SMILES does not read) takes no part in it.

    NaN where it has as many numbers as molecules. Heavy atoms are the sum of their elements, no number beside these.
    """
    known = ~np.isnan(terms).any(-1)
    if known.any() and np.linalg.matrix_rank(terms[known]) >= known.sum():
        return np.full_like(otherwise, np.nan)
    left = otherwise.copy()
    left[known] = left_out_residuals(terms[known], mean[known])
    return left


def _mean(code: NDArray[np.intp], values: FloatArray) -> FloatArray:
    """Mean over the seeds of each molecule."""
    return np.asarray(np.bincount(code, values) / np.bincount(code), dtype=np.float64)
