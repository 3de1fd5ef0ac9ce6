"""Residuals of a ridge regression that never saw the row, divided by what it cannot know there."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from hemdata.assess.suspects.features import Floats

FOLDS = 10
RIDGE = 1.0  # on counts and histograms as they are: a coefficient of a count that one row shows is halved
NEIGHBOURS, DIRECTIONS = 30, 15
TRIM = 3.0  # scores beyond which a row does not teach the model; of sound rows that is one in some hundred
ROUNDS = 5
SPREAD = 1.4826  # of a normal distribution: standard deviation over median absolute deviation


@dataclass(frozen=True)
class Scores:
    """Of each row: `residual` (n,), and `score` (n,), the residual in units of what the model leaves such rows."""

    residual: Floats
    score: Floats


class Scorer(Protocol):
    """What scores rows: a ridge, or networks."""

    def scores(self, values: Floats) -> Scores:
        """Residuals and scores of (n,) differences, kcal/mol, each by what never saw the row."""


class OutOfFold:
    """A ridge regression in ten folds, factorised once: further values of the same rows cost little.

    Args:
        x: (n, p) features.
        linear: (n, q) what is fitted first without any penalty, as the composition.
        seed: decides the folds.
    """

    def __init__(self, x: npt.NDArray[np.float32], linear: Floats, seed: int = 0) -> None:
        from scipy.linalg import cho_factor, solve_triangular
        from scipy.spatial import cKDTree

        self.x, self.linear = x - x.mean(axis=0), linear
        n, p = self.x.shape
        order = np.random.default_rng(seed).permutation(n)
        self.folds = [np.sort(order[fold::FOLDS]) for fold in range(min(FOLDS, n))]
        grams = [self._gram(rows) for rows in self.folds]
        whole = np.sum(grams, axis=0)
        self.leverage = np.zeros(n)
        self._factors = []
        self._counts = [self.x[rows].sum(axis=0, dtype=np.float64) for rows in self.folds]
        for rows, gram in zip(self.folds, grams, strict=True):
            factor = cho_factor(whole - gram + RIDGE * np.eye(p), lower=True)
            half = solve_triangular(factor[0], self.x[rows].T.astype(np.float64), lower=True)
            self.leverage[rows] = np.einsum("pn,pn->n", half, half)
            self._factors.append(factor)
        vectors = np.linalg.eigh(whole)[1][:, -DIRECTIONS:]
        low = self.x @ vectors
        low = low / np.maximum(low.std(axis=0), 1e-9)
        _, near = cKDTree(low).query(low, min(NEIGHBOURS + 1, n))
        self.near = near[:, 1:] if near.ndim > 1 else np.zeros((n, 0), dtype=np.int64)

    def scores(self, values: Floats) -> Scores:
        """Residuals and scores of (n,) values; rows far off are left out of what the model learns, and of no score."""
        fitted, near = self._composition(values)
        taught = np.where(near, values, fitted)  # thousands of kcal/mol in one row would be learnt by many
        for _ in range(ROUNDS):
            predicted = self._predicted(taught)
            residual = values - predicted
            score = residual / self._spread(residual)
            far = np.abs(score) > TRIM
            taught = np.where(far, predicted, values)
        return Scores(residual, score)

    def _spread(self, residual: Floats) -> Floats:
        """What the model leaves such rows: more where few like it were seen, and where their like are ill described."""
        size = np.abs(residual)
        every = max(float(np.median(size)), 1e-9)
        local = np.median(size[self.near], axis=1) if self.near.shape[1] else np.full(len(size), every)
        return np.asarray(SPREAD * np.sqrt(every * np.maximum(local, 0.3 * every)) * np.sqrt(1 + self.leverage))

    def _predicted(self, values: Floats) -> Floats:
        from scipy.linalg import cho_solve

        left = values - self._composition(values)[0]
        found = values - left
        parts = [self.x[rows].T @ left[rows] for rows in self.folds]
        whole = np.sum(parts, axis=0)
        for rows, factor, part, counts in zip(self.folds, self._factors, parts, self._counts, strict=True):
            mean = (left.sum() - left[rows].sum()) / (len(values) - len(rows))
            # all columns of x add up to nothing, so that those of the others add up to less this fold's
            weights = cho_solve(factor, whole - part + mean * counts)
            found[rows] += mean + self.x[rows] @ weights
        return found

    def _composition(self, values: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """What the atoms alone give, fitted to the rows that it fits, and which rows those are."""
        keep = np.ones(len(values), dtype=bool)
        fitted = np.zeros(len(values))
        for _ in range(4):
            fitted = self.linear @ np.linalg.lstsq(self.linear[keep], values[keep], rcond=None)[0]
            off = np.abs(values - fitted)
            keep = off <= max(10.0 * float(np.median(off)), 1e-9)
        return fitted, keep

    def _gram(self, rows: npt.NDArray[np.int64]) -> Floats:
        part = self.x[rows].astype(np.float64)
        return np.asarray(part.T @ part)
