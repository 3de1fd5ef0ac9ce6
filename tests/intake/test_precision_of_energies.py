"""Energies that a file has rounded are told, with the step; those with all digits are not."""

import numpy as np
import pytest

from hemdata.intake.precision import rounding_kcal_mol, told

EXACT = -76.0 - np.random.default_rng(0).random(50)


@pytest.mark.parametrize(
    ("energies", "unit", "step"),
    [
        (np.round(EXACT, 2), "hartree", 6.27509),
        (np.round(EXACT, 4), "hartree", 0.0627509),
        (np.round(EXACT * 627.509474, 1), "kcal/mol", 0.1),
        (EXACT.astype(np.float32).astype(np.float64), "hartree", 2.0**-17 * 627.509474),
        ((1000 * EXACT).astype(np.float32).astype(np.float64), "hartree", 2.0**-7 * 627.509474),
        (np.append(np.round(EXACT, 2), np.nan), "hartree", 6.27509),
        (EXACT, "hartree", 0.0),
    ],
)
def test_the_step_is_that_of_the_last_digit(energies: np.ndarray, unit: str, step: float) -> None:
    assert rounding_kcal_mol(energies, unit) == pytest.approx(step, rel=1e-5)


def test_only_what_matters_is_told() -> None:
    assert told(np.round(EXACT, 2), "hartree") == ["the energies are rounded in the file, in steps of 6 kcal/mol"]
    assert told(np.round(EXACT, 6), "hartree") == []
    assert told(np.array([-76.1, -76.2]), "hartree") == []
