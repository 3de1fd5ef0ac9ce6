"""The probability that a label is wrong, calibrated by planting errors of known size among the set's own labels."""

from dataclasses import dataclass

import numpy as np

from hemdata.assess.suspects.features import Floats
from hemdata.assess.suspects.out_of_fold import Scorer

SHARE = 0.01  # of labels that are wrong, before anything is known
SIZES_KCAL_MOL = (2.0, 50.0)  # planted, log-uniform
PLANTINGS = 4
FAR = 6.0  # scores that no sound row of 5,000 of QM9 has


@dataclass(frozen=True)
class Calibration:
    """A logistic curve over the logarithm of the score's size: `slope` and the score where the probability is half."""

    slope: float
    half: float

    def probability(self, score: Floats) -> Floats:
        """That the row is wrong; not more than its size tells."""
        size = np.maximum(np.abs(score), 1e-9)
        return np.asarray(1 / (1 + np.exp(np.clip(-self.slope * np.log(size / self.half), -50, 50))))


def calibrate(model: Scorer, values: Floats, share: float = SHARE, seed: int = 0) -> Calibration:
    """Plant errors in the given share of labels a few times, screen, and fit how often a row of a score is planted."""
    from scipy.optimize import minimize

    draw = np.random.default_rng(seed)
    known = np.abs(model.scores(values).score) < FAR
    size, wrong = [], []
    for _ in range(PLANTINGS):
        chosen = draw.choice(len(values), max(1, round(share * len(values))), replace=False)
        low, high = np.log(SIZES_KCAL_MOL)
        off = np.exp(draw.uniform(low, high, len(chosen))) * draw.choice([-1.0, 1.0], len(chosen))
        planted = values.copy()
        planted[chosen] += off
        size.append(np.abs(model.scores(planted).score)[known])
        wrong.append(np.isin(np.arange(len(values)), chosen)[known])
    log_size, is_wrong = np.log(np.maximum(np.concatenate(size), 1e-9)), np.concatenate(wrong)

    def loss(at: Floats) -> float:
        z = np.exp(at[0]) * (log_size - at[1])
        return float(np.sum(np.logaddexp(0, z)) - np.sum(z[is_wrong]))

    found = minimize(loss, np.array([1.0, np.log(4.0)]), method="Nelder-Mead").x
    return Calibration(float(np.exp(found[0])), float(np.exp(found[1])))
