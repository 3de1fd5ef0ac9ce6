"""What leaving molecules out changes, against fitting again without them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemdata.explain.leave_out import STRENGTHS, LeaveOut
from hemdata.shards import read
from hemdata.train.baselines import pair_distance_ridge
from hemdata.train.data.molecules import Molecules
from hemdata.train.training_run import TrainingRun


def fit_again(counts: np.ndarray, features: np.ndarray, target: np.ndarray, alpha: float) -> tuple:
    """Oracle: numpy's least squares, then the normal equations of the ridge."""
    atoms = np.linalg.lstsq(counts, target, rcond=None)[0]
    inverse = np.linalg.inv(features.T @ features + alpha * np.eye(features.shape[1]))
    return atoms, inverse @ features.T @ (target - counts @ atoms)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), p=st.sampled_from([0, 3, 40]), alpha=st.sampled_from([1e-3, 1.0, 100.0]))
def test_leaving_out_is_fitting_again(seed: int, p: int, alpha: float) -> None:
    random = np.random.default_rng(seed)
    n = 20
    counts = random.integers(0, 5, (n, 3)).astype(float)
    counts[0] = [1, 1, 4]
    counts[1:, 2] = 0  # the first row alone has the third element
    features, target = random.normal(size=(n, p)), random.normal(size=n) * 100
    asked, shown = random.integers(0, 5, (4, 3)).astype(float), random.normal(size=(4, p))
    fitted = LeaveOut(counts, features, target, alpha)
    atoms, weights = fit_again(counts, features, target, alpha)
    before = asked @ atoms + shown @ weights
    assert np.allclose(fitted.predict(asked, shown), before, atol=1e-6)
    each = fitted.each(asked, shown)
    most = random.choice(np.arange(1, n), n - 12, replace=False)  # more than the ridge has features, or fewer
    for gone in (np.array([0]), np.array([5]), random.choice(n, 6, replace=False), most):
        kept = np.setdiff1d(np.arange(n), gone)
        atoms, weights = fit_again(counts[kept], features[kept], target[kept], alpha)
        change = asked @ atoms + shown @ weights - before
        assert np.allclose(fitted.without(gone, asked, shown), change, atol=1e-6)
        if len(gone) == 1:
            assert np.allclose(each[:, gone[0]], change, atol=1e-6)


def test_the_ridge_without_a_molecule_is_the_ridge_trained_without_it(
    labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: the baseline itself, trained again by scikit-learn with the same regularisation."""
    monkeypatch.setattr(pair_distance_ridge, "ALPHAS", (0.1,))
    table = read(labelled / "neuro@gfn2-xtb")
    learnt, judged = table.slice(0, 24), table.slice(24)
    whole = pair_distance_ridge.fit(Molecules.of(learnt), Molecules.of(judged), TrainingRun(tmp_path / "whole", seed=0))
    elements = Molecules.of(learnt).elements
    counts, asked = (Molecules.of(each).counts(elements) for each in (learnt, judged))
    target = learnt["atomization_energy_kcal_mol"].to_numpy()
    found = LeaveOut(counts, whole.features(learnt), target, float(whole.about["alpha"]))
    gone = np.array([3, 11])
    less = Molecules.of(learnt.take(np.setdiff1d(np.arange(24), gone)))
    again = pair_distance_ridge.fit(less, Molecules.of(judged), TrainingRun(tmp_path / "less", seed=0))
    change = again.predict(judged) - whole.predict(judged)
    assert np.abs(change).max() > 0.1
    assert np.allclose(found.without(gone, asked, whole.features(judged)), change, atol=1e-6)


def test_the_strength_is_the_largest_within_one_standard_error_of_the_smallest_error_left_out() -> None:
    random = np.random.default_rng(1)
    features = random.normal(size=(30, 5))
    target = features @ random.normal(size=5) + random.normal(size=30)
    found = LeaveOut(np.zeros((30, 1)), features, target, None)

    def squared(alpha: float) -> np.ndarray:
        errors = []
        for row in range(30):
            kept = np.setdiff1d(np.arange(30), [row])
            _, weights = fit_again(np.zeros((29, 1)), features[kept], target[kept], alpha)
            errors.append(target[row] - features[row] @ weights)
        return np.square(errors)

    every = {alpha: squared(alpha) for alpha in STRENGTHS * np.linalg.eigvalsh(features.T @ features).max()}
    best = min(every.values(), key=np.mean)
    allowed = best.mean() + best.std() / 30**0.5
    strong = [alpha for alpha in every if alpha > found.alpha * 1.01]
    assert squared(found.alpha).mean() <= allowed
    assert len(strong) > 1
    assert min(every[alpha].mean() for alpha in strong) > allowed
    assert found.alpha > 3 * min(every, key=lambda alpha: every[alpha].mean())


def test_the_shares_of_an_error_sum_to_one_and_fall_on_what_training_never_showed() -> None:
    """Half of the weights were never learnt; the atom that needs them has nearly all of the error."""
    random = np.random.default_rng(2)
    features = np.hstack([random.normal(size=(40, 3)), np.zeros((40, 3))])
    found = LeaveOut(np.ones((40, 1)), features, random.normal(size=40), 0.01)
    atoms = np.zeros((2, 6))
    atoms[0, 0], atoms[1, 5] = 1, 1
    shares = found.shares(np.ones((2, 1)), atoms)
    assert shares.sum() == pytest.approx(1)
    assert shares[1] > 0.99
