"""Relaxes a geometry: Cartesian quasi-Newton steps from a model Hessian or GFN2-xTB's own, few gradients."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hemdata.chemistry.engines.tblite import Engine
from hemdata.chemistry.internal_coordinates import descend_internally
from hemdata.chemistry.model_hessian import model_hessian
from hemdata.errors import DataError
from hemdata.units import BOHR_ANGSTROM, HARTREE_EV

LEVEL_SHIFT = 0.003  # hartree/bohr^2; 0.01 stops early on soft modes, up to 2 kcal/mol above the minimum
LARGEST_STEP_BOHR = 0.5
UPHILL_HARTREE = 1e-4  # above the lowest so far: what a loosely converged SCF may be off
ACCURACY_ON_THE_WAY = 5.0
INTERNALLY = "internal coordinates"
DOWNWARDS = 1e-4  # hartree/bohr^2; less is the noise of a numerical Hessian's turning modes


@dataclass(frozen=True)
class Relaxed:
    """A relaxed geometry.

    Attributes:
        positions: (N, 3) angstrom.
        energy_hartree: total energy there.
        gradients: how many were computed.
        max_force: the largest force on an atom, eV/angstrom.
        rungs: what any of the SCFs on the way needed before it converged, in the order of first need.
    """

    positions: npt.NDArray[np.float64]
    energy_hartree: float
    gradients: int
    max_force: float
    rungs: tuple[str, ...] = ()


def relax(
    atomic_numbers: npt.NDArray[np.integer],
    positions: npt.NDArray[np.float64],
    charge: int,
    multiplicity: int,
    method: str = "GFN2-xTB",
    fmax: float = 0.01,
    max_steps: int = 300,
) -> Relaxed:
    """The nearest minimum of a tight-binding method's energy, from a model Hessian.

    Args:
        positions: (N, 3) angstrom.
        fmax: the largest force left on any atom, eV/angstrom.

    Raises:
        DataError: if it does not converge in max_steps, or the SCF fails.
    """
    engine = Engine(atomic_numbers, positions, charge, multiplicity, method)
    hessian = model_hessian(atomic_numbers, np.asarray(positions, dtype=np.float64) / BOHR_ANGSTROM)
    return minimum(engine, atomic_numbers, positions, hessian, fmax, max_steps, method)


class Lost(DataError):
    """A descent that took too many steps, with the lowest point that it found and what it took."""

    positions: npt.NDArray[np.float64]  # (N, 3) angstrom
    gradients: int
    rungs: dict[str, None]


def minimum(
    surface: Any,
    atomic_numbers: npt.NDArray[np.integer],
    positions: npt.NDArray[np.float64],
    hessian: npt.NDArray[np.float64],
    fmax: float = 0.01,
    max_steps: int = 300,
    where: str | None = None,
    cartesian: int = 60,
) -> Relaxed:
    """The nearest minimum of a surface: `descend`, and where that gets lost, on in internal coordinates.

    Args and errors as `descend`, but for

    Args:
        cartesian: steps after which it counts as lost; the rung `internal coordinates` tells of it.
    """
    try:
        return descend(surface, positions, hessian, fmax, min(max_steps, cartesian), where)
    except Lost as lost:
        if max_steps <= cartesian:
            raise
        found = lost
    limit = fmax / HARTREE_EV * BOHR_ANGSTROM
    left = max_steps - cartesian
    x, point, taken = descend_internally(surface, atomic_numbers, found.positions, limit, left)
    rungs = found.rungs | dict.fromkeys((INTERNALLY, *point.rungs))
    force = _largest(point.gradient) * HARTREE_EV / BOHR_ANGSTROM
    return Relaxed(x, point.energy_hartree, found.gradients + taken, force, tuple(rungs))


def descend(
    surface: Any,
    positions: npt.NDArray[np.float64],
    hessian: npt.NDArray[np.float64],
    fmax: float = 0.01,
    max_steps: int = 300,
    where: str | None = None,
) -> Relaxed:
    """The nearest minimum of any engine's surface, by damped BFGS steps from a starting Hessian.

    Args:
        surface: called with positions (N, 3) angstrom, an accuracy and an earlier point's state; gives a point with
            `energy_hartree`, `gradient` (N, 3) hartree/bohr, `state` and `rungs`.
        positions: (N, 3) angstrom.
        hessian: (3N, 3N) hartree/bohr^2; a direction that it has curved downwards is taken as curved upwards as much,
            so that a start on a saddle (a symmetric one, as of a nitro group halfway round) is left downhill.
        fmax: the largest force left on any atom, eV/angstrom.

    Raises:
        Lost: if it does not converge in max_steps.
        DataError: if the SCF fails.
    """
    x = np.asarray(positions, dtype=np.float64) / BOHR_ANGSTROM
    limit = fmax / HARTREE_EV * BOHR_ANGSTROM
    shift = LEVEL_SHIFT * np.eye(x.size)
    curvatures, modes = np.linalg.eigh(hessian)
    if curvatures[0] < -DOWNWARDS:
        hessian = (modes * np.abs(curvatures)) @ modes.T
    point = surface(x * BOHR_ANGSTROM, ACCURACY_ON_THE_WAY)
    rungs = dict.fromkeys(point.rungs)
    trust, lowest = LARGEST_STEP_BOHR, (x, point)
    for gradients in range(1, max_steps + 1):
        largest = _largest(point.gradient)
        if largest < limit:
            final = surface(x * BOHR_ANGSTROM, 1.0, point.state)
            force = _largest(final.gradient) * HARTREE_EV / BOHR_ANGSTROM
            climbed = tuple(rungs | dict.fromkeys(final.rungs))
            return Relaxed(x * BOHR_ANGSTROM, final.energy_hartree, gradients + 1, force, climbed)
        step = -np.linalg.solve(hessian + shift, point.gradient.ravel()).reshape(-1, 3)
        step *= min(1.0, trust / _largest(step))
        new = surface((x + step) * BOHR_ANGSTROM, ACCURACY_ON_THE_WAY, point.state)
        rungs |= dict.fromkeys(new.rungs)
        hessian = _updated(hessian, step.ravel(), (new.gradient - point.gradient).ravel())
        if new.energy_hartree < lowest[1].energy_hartree + UPHILL_HARTREE:
            x, point, trust = x + step, new, min(LARGEST_STEP_BOHR, 1.5 * trust)
            if point.energy_hartree < lowest[1].energy_hartree:
                lowest = (x, point)
        else:  # uphill (a model Hessian may lack a mode, as of planar CH2O): learn from it, and go less far from the
            x, point = lowest  # lowest point so far, since small steps uphill would add up, as in HOOH
            trust = _largest(step) / 4
    lost = Lost(
        "The geometry did not converge.",
        where=where,
        expected=f"forces below {fmax} eV/angstrom in {max_steps} steps",
        got=f"{_largest(point.gradient) * HARTREE_EV / BOHR_ANGSTROM:.3f}",
    )
    lost.positions, lost.gradients, lost.rungs = lowest[0] * BOHR_ANGSTROM, max_steps + 1, rungs
    raise lost


def _largest(vectors: npt.NDArray[np.float64]) -> float:
    return float(np.linalg.norm(vectors, axis=1).max())


def _updated(
    hessian: npt.NDArray[np.float64], s: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """BFGS, damped (Powell) so that it stays positive definite."""
    hs = hessian @ s
    shs, sy = s @ hs, s @ y
    if shs <= 0:
        return hessian
    if sy < 0.2 * shs:
        theta = 0.8 * shs / (shs - sy)
        y = theta * y + (1 - theta) * hs
        sy = s @ y
    return np.asarray(hessian + np.outer(y, y) / sy - np.outer(hs, hs) / shs)
