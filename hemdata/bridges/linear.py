"""A sum over terms fitted with a prior: Bayesian linear regression, its leave-one-out residuals and its variances.

All in closed form (Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, chapters 2.1 and 5.4.2).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hemdata.identity.bond_types import Kind, kind_of

Floats = npt.NDArray[np.float64]
Scales = Mapping[Kind, float]
"""How far a term of each kind may lie from nought (standard deviation, kcal/mol); kinds that are not fitted lack."""


@dataclass(frozen=True)
class Linear:
    """A fitted sum over terms.

    Attributes:
        terms: that the labelled molecules show and that are fitted, (t,).
        weights: of each, (t,) kcal/mol; `covariance` of them, (t, t).
        scales: by kind of term, for those that nobody has shown; `noise` of a molecule, kcal/mol.
    """

    terms: tuple[str, ...]
    weights: Floats
    covariance: Floats
    scales: dict[Kind, float]
    noise: float

    def predict(self, molecules: Sequence[Counter[str]]) -> tuple[Floats, Floats]:
        """Mean and standard deviation (n,) of molecules' sums, kcal/mol; unseen terms add their whole variance."""
        place = {term: number for number, term in enumerate(self.terms)}
        counts = matrix(molecules, place)
        unseen = [
            sum((n * self.scales.get(kind_of(term), 0.0)) ** 2 for term, n in each.items() if term not in place)
            for each in molecules
        ]
        variance = np.einsum("ij,jk,ik->i", counts, self.covariance, counts, optimize=True) + self.noise**2
        return counts @ self.weights, np.sqrt(variance + np.array(unseen))


@dataclass(frozen=True)
class LeftOut:
    """What a fit without each molecule says of it: residual and standard deviation, (n,) kcal/mol."""

    residual: Floats
    deviation: Floats

    @property
    def error(self) -> float:
        """Mean absolute residual, kcal/mol."""
        return float(np.abs(self.residual).mean())


def matrix(molecules: Sequence[Counter[str]], place: Mapping[str, int]) -> Floats:
    """(molecules, terms) counts of the terms that have a place."""
    found = np.zeros((len(molecules), len(place)))
    for number, terms in enumerate(molecules):
        for term, count in terms.items():
            if term in place:
                found[number, place[term]] = count
    return found


def fit(
    molecules: Sequence[Counter[str]],
    values: Floats,
    scales: Scales,
    noise: float,
    blocks: Sequence[str] | None = None,
) -> tuple[Linear, LeftOut, float]:
    """Fit values (n,) kcal/mol as sums over terms.

    Args:
        blocks: a name for each molecule; those of one name are left out together.

    Returns:
        The fit, what it says of each molecule when that is left out, and the logarithm of the marginal likelihood.
    """
    terms = tuple(sorted({term for each in molecules for term in each if kind_of(term) in scales}))
    counts = matrix(molecules, {term: number for number, term in enumerate(terms)})
    prior = np.array([scales[kind_of(term)] ** 2 for term in terms])
    kernel = (counts * prior) @ counts.T + noise**2 * np.eye(len(values))
    lower = np.linalg.cholesky(kernel)
    inverse = np.linalg.inv(kernel)
    solved = inverse @ values
    gain = (counts * prior).T @ inverse  # (terms, molecules)
    covariance = np.diag(prior) - gain @ (counts * prior)
    likelihood = -0.5 * float(values @ solved) - float(np.log(np.diag(lower)).sum())
    named: dict[Kind, float] = {kind: float(scale) for kind, scale in scales.items()}
    linear = Linear(terms, gain @ values, (covariance + covariance.T) / 2, named, noise)
    return linear, _left_out(inverse, solved, blocks), likelihood


def _left_out(inverse: Floats, solved: Floats, blocks: Sequence[str] | None) -> LeftOut:
    """Residuals and deviations of the molecules of a block by a fit without that block."""
    residual, deviation = np.empty(len(solved)), np.empty(len(solved))
    names = np.array(blocks if blocks is not None else range(len(solved)))
    for name in np.unique(names):
        at = np.flatnonzero(names == name)
        within = np.linalg.inv(inverse[np.ix_(at, at)])
        residual[at] = within @ solved[at]
        deviation[at] = np.sqrt(np.diag(within))
    return LeftOut(residual, deviation)
