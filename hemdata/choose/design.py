"""Which molecules to label so that a linear model of bond types and environments is known best for a whole set.

Bayesian I-optimal design (Chaloner and Verdinelli, Statist. Sci. 1995, 10, 273): each choice is the molecule that takes
most off the mean variance of the model's answers over the molecules it is for.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hemdata.bridges.linear import matrix
from hemdata.identity.bond_types import kind_of

Floats = npt.NDArray[np.float64]

PRIOR = {"bond": 5.0, "ring": 3.0, "environment": 0.5}
"""How far a term may lie from nought before anything is known, kcal/mol."""
NOISE = 0.3
"""What the terms together leave of a molecule, kcal/mol."""
LEAST_SHARE = 0.05
"""A bond or ring counts as if at least so many of the molecules had one: a rare one is to be known too."""
LEAST_MOLECULES = 3
"""Surroundings that fewer of the molecules show are left out: nobody asks for them."""


def design(
    wanted: Sequence[Counter[str]],
    candidates: Sequence[Counter[str]],
    budget: int,
    cost: Sequence[float] | None = None,
    given: Sequence[Counter[str]] = (),
) -> list[int]:
    """The places of the candidates to label, in the order of choice.

    Args:
        wanted: terms of the molecules that the model is for, a sample of them at least.
        candidates: terms of those that may be chosen.
        budget: how many.
        cost: of each candidate; what a choice gains is judged by its cost's square root.
        given: terms of molecules that are labelled already.
    """
    shown = Counter(term for each in wanted for term in each)
    names = [term for term in sorted(shown) if kind_of(term) != "environment" or shown[term] >= LEAST_MOLECULES]
    place = {term: number for number, term in enumerate(names)}
    target, pool, known = (matrix(each, place) for each in (wanted, candidates, given))
    moment = target.T @ target / len(target)  # (terms, terms)
    floor = np.array([0.0 if kind_of(term) == "environment" else LEAST_SHARE for term in names])
    moment += np.diag(np.maximum(floor - np.diag(moment), 0.0))
    covariance = np.diag([PRIOR[kind_of(term)] ** 2 for term in names])
    for row in known:
        covariance = _after(covariance, row)
    weight = np.sqrt(np.asarray(cost if cost is not None else np.ones(len(pool)), dtype=np.float64))
    free = np.ones(len(pool), dtype=bool)
    chosen: list[int] = []
    while len(chosen) < min(budget, len(pool)):
        spread = pool @ covariance  # (candidates, terms)
        gain = np.einsum("ij,jk,ik->i", spread, moment, spread, optimize=True)
        gain /= (NOISE**2 + np.einsum("ij,ij->i", spread, pool)) * weight
        best = int(np.where(free, gain, -np.inf).argmax())
        free[best] = False
        chosen.append(best)
        covariance = _after(covariance, pool[best])
    return chosen


def _after(covariance: Floats, row: Floats) -> Floats:
    """The covariance once a molecule is labelled."""
    spread = covariance @ row
    return covariance - np.outer(spread, spread) / (NOISE**2 + row @ spread)
