"""Relaxes in internal coordinates by geomeTRIC (Wang and Song 2016, 10.1063/1.4952956), where Cartesian steps get lost.

A torsion in a flat valley, as of hydrogen peroxide, is a curve in Cartesian coordinates and a line in these.
"""

import logging
import tempfile
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import numpy as np
import numpy.typing as npt

from hemdata.errors import DataError
from hemdata.levels import SYMBOLS
from hemdata.units import BOHR_ANGSTROM

ANYTHING = 1e3  # a criterion that is always met: forces alone decide


def descend_internally(
    surface: Any,
    atomic_numbers: npt.NDArray[np.integer],
    positions: npt.NDArray[np.float64],
    limit: float,
    max_steps: int,
) -> tuple[npt.NDArray[np.float64], Any, int]:
    """The nearest minimum of a surface.

    Args:
        surface: as `descend` takes it.
        atomic_numbers: (N,).
        positions: (N, 3) angstrom.
        limit: the largest gradient left on any atom, hartree/bohr.
        max_steps: gradients at most.

    Returns:
        positions (N, 3) angstrom, the surface's point there, and how many gradients were computed.

    Raises:
        DataError: if it does not converge in max_steps, or the SCF fails.
    """
    logging.getLogger("geometric").setLevel(logging.ERROR)
    logging.getLogger("geometric.nifty").setLevel(logging.ERROR)
    from geometric.engine import Engine
    from geometric.errors import Error, GeomOptNotConvergedError
    from geometric.internal import DelocalizedInternalCoordinates
    from geometric.molecule import Molecule
    from geometric.optimize import Optimize
    from geometric.params import OptParams

    class OfSurface(Engine):  # type: ignore[misc]
        points: list[tuple[npt.NDArray[np.float64], Any]] = []

        def calc_new(self, coords: npt.NDArray[np.float64], dirname: str) -> dict[str, Any]:
            place = np.reshape(coords, (-1, 3)) * BOHR_ANGSTROM
            before = self.points[-1][1].state if self.points else None
            self.points = [*self.points, (place, surface(place, 1.0, before))]
            point = self.points[-1][1]
            return {"energy": point.energy_hartree, "gradient": point.gradient.ravel()}

    molecule = Molecule()
    molecule.elem = [SYMBOLS[int(z)] for z in atomic_numbers]
    molecule.xyzs = [np.asarray(positions, dtype=np.float64)]
    engine = OfSurface(molecule)
    settings = OptParams(
        maxiter=max_steps, convergence_energy=ANYTHING, convergence_grms=limit, convergence_gmax=limit,
        convergence_drms=ANYTHING, convergence_dmax=ANYTHING, tmin=1e-4,
    )  # fmt: skip
    try:
        with tempfile.TemporaryDirectory() as scratch, redirect_stdout(StringIO()):
            coordinates = DelocalizedInternalCoordinates(molecule, build=True, connect=False, addcart=False)
            start = molecule.xyzs[0].ravel() / BOHR_ANGSTROM
            Optimize(start, molecule, coordinates, engine, scratch, settings, print_info=False)
    except GeomOptNotConvergedError:
        raise DataError("The geometry did not converge.", expected=f"within {max_steps} steps") from None
    except Error as error:
        raise DataError("The geometry did not converge.", got=f"{type(error).__name__}: {error}") from None
    place, point = engine.points[-1]
    return place, point, len(engine.points)
