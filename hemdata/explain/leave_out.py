"""What leaving training molecules out changes: dressed atoms by least squares, then a ridge on what they leave.

Both steps are linear, so a fit without some rows follows from the fit with all of them, exactly and without fitting
again (the deletion formulas of Cook and Weisberg, Residuals and Influence in Regression, 1982, chapter 2). For the
baseline of pair distances that is the model itself. For a network it is the ridge on the gradients of its energies,
which stands in for training it again.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SOLE = 1 - 1e-9  # leverage of a row that alone decides an element's energy
STRENGTHS = np.logspace(-8, 2, 21)  # of regularisation, as shares of the largest eigenvalue


class LeaveOut:
    """A fit of n training molecules, and what it becomes without some of them.

    Args:
        counts: atoms of each element, (n, elements).
        features: that the ridge is fitted on, (n, p); p may be 0.
        target: energies (n,), kcal/mol.
        alpha: of the ridge; None takes the strongest whose squared error over rows left out one by one is within one
            standard error of the smallest.

    Attributes:
        alpha: of the ridge.
    """

    def __init__(self, counts: Floats, features: NDArray[np.floating], target: Floats, alpha: float | None) -> None:
        self._counts, self._target = counts, target
        self._inverse = np.linalg.pinv(counts.T @ counts, hermitian=True)
        self._atoms = self._inverse @ (counts.T @ target)
        self._left = target - counts @ self._atoms
        self._own_leverage = np.einsum("ne,ef,nf->n", counts, self._inverse, counts)
        self._squares, self._turn = _turned(np.asarray(features, dtype=np.float64))
        self._features = features @ self._turn  # (n, r), columns orthogonal
        self.alpha = _strength(self._features, self._squares, self._left) if alpha is None else alpha
        self._divided = self._features / (self._squares + self.alpha)  # (n, r)
        self._weights = self._divided.T @ self._left
        self._leverage = np.einsum("nr,nr->n", self._features, self._divided)

    def __len__(self) -> int:
        return len(self._target)

    def each(self, counts: Floats, features: NDArray[np.floating]) -> Floats:
        """How the predictions of some molecules change without each training molecule alone, (molecules, n) kcal/mol.

        Args:
            counts, features: of the molecules, (molecules, elements) and (molecules, p).
        """
        turned = features @ self._turn
        sole = self._own_leverage > SOLE
        once = np.where(sole, 0.0, self._left / np.where(sole, 1.0, 1 - self._own_leverage))
        atoms = -(self._inverse @ self._counts.T) * once  # (elements, n): change of the elements' energies
        weights = -(self._divided.T @ self._counts) @ atoms  # (r, n): what the ridge learns of it
        missed = self._left - np.einsum("ne,en->n", self._counts, atoms)
        missed -= np.einsum("nr,rn->n", self._features, self._weights[:, None] + weights)
        weights -= self._divided.T * (missed / (1 - self._leverage))
        changes: Floats = counts @ atoms + turned @ weights
        for row in np.flatnonzero(sole):
            changes[:, row] = self.without(np.array([row]), counts, features)
        return changes

    def without(self, rows: NDArray[np.int64], counts: Floats, features: NDArray[np.floating]) -> Floats:
        """How the predictions of some molecules change without all of these rows at once, (molecules,) kcal/mol."""
        return self.changed(self.refitted(rows), counts, self.turned(features))

    def turned(self, features: NDArray[np.floating]) -> Floats:
        """Features (molecules, p) of some molecules as `changed` takes them, (molecules, r)."""
        return np.asarray(features @ self._turn)

    def refitted(self, rows: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """How the elements' energies (elements,) and the ridge's weights (r,) change without these rows."""
        kept = np.setdiff1d(np.arange(len(self)), rows)
        atoms = np.linalg.lstsq(self._counts[kept], self._target[kept], rcond=None)[0]
        left = self._target - self._counts @ atoms
        gone, divided = self._features[rows], self._divided[rows]
        if len(rows) > len(self._squares):  # the ridge anew, whose matrix is the smaller one
            matrix = np.diag(self._squares + self.alpha) - gone.T @ gone
            weights = np.linalg.solve(matrix, self._features.T @ left - gone.T @ left[rows])
        else:
            weights = self._divided.T @ left
            block = np.eye(len(rows)) - gone @ divided.T
            weights = weights - divided.T @ np.linalg.solve(block, left[rows] - gone @ weights)
        return atoms - self._atoms, weights - self._weights

    def changed(self, change: tuple[Floats, Floats], counts: Floats, turned: Floats) -> Floats:
        """What a change of `refitted` does to the predictions of some molecules, (molecules,) kcal/mol."""
        atoms, weights = change
        return np.asarray(counts @ atoms + turned @ weights)

    def predict(self, counts: Floats, features: NDArray[np.floating]) -> Floats:
        """What the fit itself says of some molecules, (molecules,) kcal/mol."""
        return np.asarray(counts @ self._atoms + (features @ self._turn) @ self._weights)

    def shares(self, counts: Floats, features: NDArray[np.floating]) -> Floats:
        """Which part of a molecule's error each of its atoms most likely has, (atoms,) with sum 1.

        The expectation of each atom's error where that of their sum is known, for a ridge's weights with the spread
        that the training molecules leave them: an atom like many that were learnt from has little, and one unlike all
        has much. Without features it is that of the elements' energies.

        Args:
            counts, features: of the atoms of one molecule, (atoms, elements) and (atoms, p).
        """
        if self._turn.shape[1]:
            turned = features @ self._turn
            # what no training molecule shows has the spread of the start, 1 / alpha
            unseen = np.asarray(features, dtype=np.float64) - turned @ self._turn.T
            spread = turned @ (turned.sum(axis=0) / (self._squares + self.alpha)) + unseen @ (
                unseen.sum(axis=0) / self.alpha
            )
        else:
            spread = counts @ (self._inverse @ counts.sum(axis=0))
        total = float(spread.sum())
        return np.asarray(spread / total) if total > 0 else np.full(len(counts), 1 / len(counts))


def _turned(features: Floats) -> tuple[Floats, Floats]:
    """The squared singular values (r,) of features (n, p), and the turn (p, r) that makes their columns orthogonal."""
    n, p = features.shape
    if p <= n:
        squares, turn = np.linalg.eigh(features.T @ features)
        return np.clip(squares, 0, None), turn
    squares, rows = np.linalg.eigh(features @ features.T)
    kept = squares > squares.max(initial=0) * 1e-12
    return squares[kept], features.T @ (rows[:, kept] / np.sqrt(squares[kept]))


def _strength(features: Floats, squares: Floats, left: Floats) -> float:
    """The strongest regularisation whose error over rows left out one by one is no worse than the smallest can tell.

    That is within one standard error of the smallest mean square (Breiman and others, Classification and Regression
    Trees, 1984, section 3.4.3). The smallest itself is often far weaker, at an error that is hardly another.
    """
    largest = float(squares.max(initial=0)) or 1.0
    strengths = [float(share * largest) for share in STRENGTHS]

    def missed(alpha: float) -> Floats:
        divided = features / (squares + alpha)
        own = np.einsum("nr,nr->n", features, divided)
        return np.asarray(((left - features @ (divided.T @ left)) / (1 - own)) ** 2)

    squared = np.array([missed(alpha) for alpha in strengths])  # (strengths, n)
    error = squared.mean(axis=1)
    best = int(error.argmin())
    allowed = error[best] + squared[best].std() / len(left) ** 0.5
    return max(alpha for alpha, its in zip(strengths, error, strict=True) if its <= allowed)
