"""A sum over terms fitted with a prior: Bayesian linear regression, its leave-one-out residuals and its variances.

All in closed form (Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, chapters 2.1 and 5.4.2).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hemdata.identity.bond_types import Kind, kind_of

Floats = npt.NDArray[np.float64]
Terms = Mapping[str, float]
"""How often a molecule has each term; of distances a share for each pair."""
Scales = Mapping[Kind, float]
"""How far a term of each kind may lie from nought (standard deviation, kcal/mol); kinds that are not fitted lack."""
AT_ONCE = 4096
"""Molecules whose terms stand in memory as a matrix."""


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

    def predict(self, molecules: Sequence[Terms]) -> tuple[Floats, Floats]:
        """Mean and standard deviation (n,) of molecules' sums, kcal/mol; unseen terms add their whole variance."""
        place = {term: number for number, term in enumerate(self.terms)}
        mean, variance = np.empty(len(molecules)), np.empty(len(molecules))
        for start in range(0, len(molecules), AT_ONCE):
            some = molecules[start : start + AT_ONCE]
            counts = matrix(some, place)
            unseen = [
                sum((n * self.scales.get(kind_of(term), 0.0)) ** 2 for term, n in each.items() if term not in place)
                for each in some
            ]
            mean[start : start + AT_ONCE] = counts @ self.weights
            variance[start : start + AT_ONCE] = ((counts @ self.covariance) * counts).sum(axis=1) + unseen
        return mean, np.sqrt(variance + self.noise**2)


@dataclass(frozen=True)
class LeftOut:
    """What a fit without each molecule says of it: residual and standard deviation, (n,) kcal/mol."""

    residual: Floats
    deviation: Floats

    def error(self, at: npt.NDArray[np.bool_]) -> float:
        """Mean absolute residual of some of the molecules, kcal/mol."""
        return float(np.abs(self.residual[at]).mean())


def matrix(molecules: Sequence[Terms], place: Mapping[str, int]) -> Floats:
    """(molecules, terms) counts of the terms that have a place."""
    found = np.zeros((len(molecules), len(place)))
    for number, terms in enumerate(molecules):
        for term, count in terms.items():
            if term in place:
                found[number, place[term]] = count
    return found


def fit(
    molecules: Sequence[Terms],
    values: Floats,
    scales: Scales,
    noise: float,
    blocks: Sequence[str] | None = None,
) -> tuple[Linear, LeftOut]:
    """Fit values (n,) kcal/mol as sums over terms.

    Args:
        blocks: a name for each molecule; those of one name are left out together.

    Returns:
        The fit, and what it says of each molecule when that is left out.
    """
    terms = tuple(sorted({term for each in molecules for term in each if kind_of(term) in scales}))
    counts = matrix(molecules, {term: number for number, term in enumerate(terms)})
    prior = np.array([scales[kind_of(term)] ** 2 for term in terms])
    kernel = (counts * prior) @ counts.T + noise**2 * np.eye(len(values))
    inverse = np.linalg.inv(kernel)
    solved = inverse @ values
    gain = (counts * prior).T @ inverse  # (terms, molecules)
    covariance = np.diag(prior) - gain @ (counts * prior)
    named: dict[Kind, float] = {kind: float(scale) for kind, scale in scales.items()}
    linear = Linear(terms, gain @ values, (covariance + covariance.T) / 2, named, noise)
    return linear, _left_out(inverse, solved, blocks)


def kernels(molecules: Sequence[Terms], kinds: Sequence[Kind]) -> dict[Kind, Floats]:
    """How much alike the molecules (n,) are in the terms of each kind, (n, n)."""
    found: dict[Kind, Floats] = {}
    for kind in kinds:
        names = sorted({term for each in molecules for term in each if kind_of(term) == kind})
        counts = matrix(molecules, {term: number for number, term in enumerate(names)})
        found[kind] = counts @ counts.T
    return found


def likelihood(alike: Mapping[Kind, Floats], values: Floats, scales: Scales, noise: float) -> tuple[float, Floats]:
    """How likely values (n,) are under a prior, `alike` of `kernels`.

    Returns:
        The logarithm, all but a constant, and its slopes by the logarithms of the noise and of each scale.
    """
    parts = [noise**2 * np.eye(len(values)), *(scale**2 * alike[kind] for kind, scale in scales.items())]
    kernel = np.sum(parts, axis=0)
    inverse = np.linalg.inv(kernel)
    solved = inverse @ values
    told = -0.5 * float(values @ solved) - float(np.log(np.diag(np.linalg.cholesky(kernel))).sum())
    return told, np.array([solved @ part @ solved - (inverse * part).sum() for part in parts])


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
