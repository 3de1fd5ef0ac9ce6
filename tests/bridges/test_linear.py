"""A sum over terms with a prior: its closed forms against fits made anew, and its intervals by simulation."""

from collections import Counter

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from hemdata.bridges.linear import fit, kernels, likelihood, matrix

SCALES = {"bond": 2.0, "ring": 0.5}
NOISE = 0.3


def made_up(n: int, seed: int = 0) -> tuple[list[Counter[str]], np.ndarray]:
    """Molecules with counts of four bond types and small rings, and a difference that is their sum with noise."""
    random = np.random.default_rng(seed)
    weights = {"C-C": 0.9, "C-H": 0.8, "C-O": 1.7, "N=O": -2.0, "ring of 3": 0.4}
    molecules = [Counter({term: int(random.integers(0, 6)) for term in weights}) for _ in range(n)]
    sums = np.array([sum(weights[t] * c for t, c in each.items()) for each in molecules])
    return molecules, sums + NOISE * random.standard_normal(n)


def test_the_weights_are_those_of_ridge_regression() -> None:
    """Oracle: scikit-learn's Ridge on columns scaled by the prior; its penalty is the variance of the noise."""
    molecules, values = made_up(40)
    linear, _ = fit(molecules, values, SCALES, NOISE)
    scale = np.array([SCALES["ring" if term.startswith("ring") else "bond"] for term in linear.terms])
    counts = matrix(molecules, {term: n for n, term in enumerate(linear.terms)})
    ridge = Ridge(alpha=NOISE**2, fit_intercept=False, solver="svd").fit(counts * scale, values)
    assert linear.weights == pytest.approx(ridge.coef_ * scale, abs=1e-9)


@pytest.mark.parametrize("block", [1, 2, 3])
def test_what_is_left_out_is_what_a_fit_without_it_says(block: int) -> None:
    """Oracle: the fit made anew for every block, the molecules of one block left out together."""
    molecules, values = made_up(24)
    names = [str(n // block) for n in range(24)]
    _, left = fit(molecules, values, SCALES, NOISE, names)
    for name in sorted(set(names)):
        held = [n for n, each in enumerate(names) if each == name]
        rest = [n for n in range(24) if n not in held]
        without, _ = fit([molecules[n] for n in rest], values[rest], SCALES, NOISE)
        mean, deviation = without.predict([molecules[n] for n in held])
        assert left.residual[held] == pytest.approx(values[held] - mean, abs=1e-9)
        assert left.deviation[held] == pytest.approx(deviation, abs=1e-9)


def test_the_likelihood_is_that_of_a_normal_distribution() -> None:
    """Oracle: scipy's multivariate normal, up to the constant that no scale changes."""
    from scipy.stats import multivariate_normal

    molecules, values = made_up(15)
    counts = matrix(molecules, {term: n for n, term in enumerate(sorted(molecules[0]))})
    told = []
    for noise in (0.2, 0.5):
        prior = np.array([SCALES["ring" if t.startswith("ring") else "bond"] ** 2 for t in sorted(molecules[0])])
        exact = multivariate_normal(cov=(counts * prior) @ counts.T + noise**2 * np.eye(15)).logpdf(values)
        told.append(exact - likelihood(kernels(molecules, list(SCALES)), values, SCALES, noise)[0])
    assert told[0] == pytest.approx(told[1], abs=1e-6)


def test_the_slopes_of_the_likelihood_are_those_of_small_steps() -> None:
    molecules, values = made_up(15)
    alike, at = kernels(molecules, list(SCALES)), np.log([NOISE, *SCALES.values()])

    def told(logarithms: np.ndarray) -> tuple[float, np.ndarray]:
        noise, *scales = np.exp(logarithms)
        return likelihood(alike, values, dict(zip(SCALES, scales, strict=True)), noise)

    steps = np.eye(3) * 1e-5
    by_steps = [(told(at + step)[0] - told(at - step)[0]) / 2e-5 for step in steps]
    assert told(at)[1] == pytest.approx(by_steps, rel=1e-5)


def test_a_term_that_nobody_has_shown_adds_its_whole_variance() -> None:
    molecules, values = made_up(40)
    linear, _ = fit(molecules, values, SCALES, NOISE)
    mean, deviation = linear.predict([molecules[0], molecules[0] + Counter({"ring of 4": 2})])
    assert mean[0] == mean[1]
    assert deviation[1] ** 2 - deviation[0] ** 2 == pytest.approx((2 * SCALES["ring"]) ** 2)


def test_the_deviation_covers_what_it_says() -> None:
    """Simulation: of 2,000 new molecules 95 % lie within 1.96 deviations."""
    molecules, values = made_up(60)
    linear, _ = fit(molecules, values, SCALES, NOISE)
    others, truth = made_up(2000, seed=1)
    mean, deviation = linear.predict(others)
    assert np.mean(np.abs(mean - truth) < 1.96 * deviation) == pytest.approx(0.95, abs=0.03)
