"""GFN2-xTB and its kin by tblite: energy and gradient of one geometry."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hemdata.catalog import LevelCard
from hemdata.chemistry.engines.refuse_impossible import possible, refuse_method
from hemdata.errors import DataError
from hemdata.levels import Level
from hemdata.units import BOHR_ANGSTROM

TAKES_SECONDS = True
SURFACE_IS_LEVEL = True
METHODS = ("GFN2-xTB", "GFN1-xTB", "IPEA1-xTB")


@dataclass(frozen=True)
class Point:
    """A single point: energy in hartree, gradient (N, 3) in hartree/bohr, and the wave function to start the next."""

    energy_hartree: float
    gradient: npt.NDArray[np.float64]
    state: Any
    cycles: int = 0  # tblite does not tell
    rungs: tuple[str, ...] = ()


class Engine:
    """One molecule under one method; its geometry may change from call to call.

    Args:
        atomic_numbers: (N,).
        positions: (N, 3) angstrom.
        charge, multiplicity: of the molecule.
        method: in tblite's words, such as GFN2-xTB.

    Raises:
        DataError: if it is no molecule, or the method has no such element.
    """

    def __init__(
        self,
        atomic_numbers: npt.NDArray[np.integer],
        positions: npt.NDArray[np.float64],
        charge: int,
        multiplicity: int,
        method: str,
    ) -> None:
        from tblite.interface import Calculator

        possible(atomic_numbers, positions, charge, multiplicity)
        self.method = method
        z = np.asarray(atomic_numbers, dtype=np.int64)
        try:
            self._calculator = Calculator(
                method, z, np.asarray(positions) / BOHR_ANGSTROM, float(charge), multiplicity - 1
            )
        except (RuntimeError, ValueError) as error:
            raise DataError("The molecule cannot be set up.", where=method, got=error) from None
        self._calculator.set("verbosity", 0)

    def __call__(self, positions: npt.NDArray[np.float64], accuracy: float = 1.0, state: Any = None) -> Point:
        """Energy and gradient at (N, 3) angstrom; a looser accuracy is a larger number.

        Raises:
            DataError: if the SCF fails.
        """
        try:
            self._calculator.set("accuracy", accuracy)
            self._calculator.update(positions=np.asarray(positions) / BOHR_ANGSTROM)
            result = self._calculator.singlepoint(state)
            return Point(float(result.get("energy")), np.asarray(result.get("gradient")), result)
        except RuntimeError as error:
            raise DataError("The SCF did not converge.", where=self.method, got=error) from None


def refuse_unknown(card: LevelCard) -> None:
    """Refuse a method that tblite does not have.

    Raises:
        DataError: names those that it has.
    """
    refuse_method(card, METHODS)


def surface(
    atomic_numbers: npt.NDArray[np.integer],
    positions: npt.NDArray[np.float64],
    charge: int,
    multiplicity: int,
    level: Level,
) -> Engine:
    """The energy surface of one molecule at a level whose engine is tblite."""
    return Engine(atomic_numbers, positions, charge, multiplicity, level.card.method)


def single_point(
    atomic_numbers: npt.NDArray[np.integer],
    positions: npt.NDArray[np.float64],
    charge: int,
    multiplicity: int,
    level: Level,
    accuracy: str = "reference",
) -> Point:
    """Energy and gradient at (N, 3) angstrom; both accuracies are tblite's default one.

    Raises:
        DataError: if the molecule cannot be set up or the SCF fails.
    """
    return surface(atomic_numbers, positions, charge, multiplicity, level)(positions)
