"""Which rows a ridge regression needs least: what its errors become without each, exactly and without fitting again.

The model is the baseline of pair distances in one step: atoms of each element and histograms of pair distances. The
deletion formulas are those of Cook and Weisberg, Residuals and Influence in Regression (1982), chapter 2.
"""

import numpy as np
import numpy.typing as npt

from hemdata.train.baselines.pair_distance_ridge import histograms
from hemdata.train.data.molecules import Molecules

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

ALPHAS = np.logspace(-3, 3, 13)
"""Regularisations that are tried."""
STEP = 0.1
"""The share of the rows left that is taken off before the influence of the others is computed again."""
PART = 2_000
"""Rows whose influence is computed at a time."""
LEAST_FREE = 1e-9
"""A row of larger leverage than one less this decides its own prediction alone."""


def features(molecules: Molecules) -> Floats:
    """Atoms of each element, then histograms of the distances of each pair of elements, (M, p)."""
    elements = molecules.elements
    counts = np.concatenate(list(molecules.counts_in_parts(elements)))
    return np.concatenate([counts, histograms(molecules, elements)], axis=1)


def by_influence(x: Floats, y: Floats, judges: Rows, least: int) -> Rows:
    """All rows, those first that the fit needs most.

    Again and again the tenth of the rows that are left without which the judges' mean absolute error is smallest is
    taken off, and the influence of the others computed anew: of two rows that say the same each can be spared, but
    not both. A judge that is itself among the rows left is judged by a fit without it.

    Args:
        x: features (n, p).
        y: energies (n,), kcal/mol.
        judges: rows whose errors count.
        least: rows among which no order is needed; they come first as they stand.
    """
    alpha = strength(x, y)
    kept, gone = np.arange(len(y)), []
    while len(kept) > least:
        order = np.argsort(errors_without(x, y, kept, judges, alpha), kind="stable")
        spared = order[: max(1, int(STEP * len(kept)))]
        gone.append(kept[spared[::-1]])
        kept = np.delete(kept, spared)
    return np.concatenate([kept, *gone[::-1]])


def errors_without(x: Floats, y: Floats, kept: Rows, judges: Rows, alpha: float) -> Floats:
    """The judges' mean absolute error, kcal/mol, when the ridge is fitted on the kept rows but one, for each of them.

    Args:
        x, y: as in `by_influence`.
        kept: rows that the ridge is fitted on.
        judges: rows that are judged; one of the kept rows by a fit without it.
        alpha: of the ridge, which has no intercept.
    """
    fitted = x[kept]
    inverse = np.linalg.inv(fitted.T @ fitted + alpha * np.eye(x.shape[1]))
    weights = inverse @ (fitted.T @ y[kept])
    spread = fitted @ inverse  # (kept, p)
    free = np.maximum(1 - np.einsum("ij,ij->i", spread, fitted), LEAST_FREE)  # 1 - leverage
    once = (y[kept] - fitted @ weights) / free  # errors of the kept rows, each left out of the fit
    place = np.full(len(y), -1)
    place[kept] = np.arange(len(kept))
    own = place[judges]  # where a judge stands among the kept rows, or -1
    left, leverage = y[judges] - x[judges] @ weights, np.where(own >= 0, 1 - free[own], 0.0)
    found = np.empty(len(kept))
    for first in range(0, len(kept), PART):
        part = slice(first, min(first + PART, len(kept)))
        hat = x[judges] @ spread[part].T  # (judges, part)
        errors = left[:, None] + hat * once[part]
        errors /= np.where(own[:, None] >= 0, np.maximum(1 - leverage[:, None] - hat**2 / free[part], LEAST_FREE), 1.0)
        itself = np.flatnonzero((own >= part.start) & (own < part.stop))
        errors[itself, own[itself] - first] = once[own[itself]]
        found[part] = np.abs(errors).mean(axis=0)
    return found


def strength(x: Floats, y: Floats) -> float:
    """The regularisation with the smallest mean absolute error over rows left out one by one."""
    squares, turn = np.linalg.eigh(x.T @ x)
    turned = x @ turn
    told = turned.T @ y

    def error(alpha: float) -> float:
        divided = turned / (np.clip(squares, 0, None) + alpha)
        free = np.maximum(1 - np.einsum("ij,ij->i", divided, turned), LEAST_FREE)
        return float(np.abs((y - divided @ told) / free).mean())

    return min(map(float, ALPHAS), key=error)
