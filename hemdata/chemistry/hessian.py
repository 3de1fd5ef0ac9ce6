"""Second derivatives of an engine's energy, by differences of its gradients."""

from typing import Any

import numpy as np
import numpy.typing as npt

from hemdata.units import BOHR_ANGSTROM

STEP_BOHR = 0.01


def numerical_hessian(
    surface: Any, positions: npt.NDArray[np.float64], step: float = STEP_BOHR
) -> npt.NDArray[np.float64]:
    """Central differences of the gradient: 6N gradients for N atoms.

    Args:
        surface: called with positions (N, 3) angstrom, an accuracy and an earlier point's state; gives a point with
            `gradient` (N, 3) hartree/bohr and `state`.
        positions: (N, 3) angstrom.
        step: bohr.

    Returns:
        (3N, 3N) hartree/bohr^2, symmetric.
    """
    x = np.asarray(positions, dtype=np.float64)
    state = surface(x, 0.1).state
    rows = []
    for atom in range(len(x)):
        for axis in range(3):
            moved = np.zeros_like(x)
            moved[atom, axis] = step * BOHR_ANGSTROM
            ahead, behind = (surface(x + sign * moved, 0.1, state).gradient for sign in (1, -1))
            rows.append((ahead - behind).ravel() / (2 * step))
    hessian = np.array(rows)
    return np.asarray((hessian + hessian.T) / 2)
