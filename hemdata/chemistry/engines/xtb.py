"""GFN2-xTB and its kin by the xtb program's library (xtb-python): a second engine for what tblite computes.

Optional: it has no wheel for Python 3.12 and is built by `make xtb`.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hemdata.catalog import LevelCard
from hemdata.chemistry.engines.refuse_impossible import possible, refuse_method
from hemdata.chemistry.engines.tblite import Point
from hemdata.errors import CallError, DataError
from hemdata.levels import Level
from hemdata.shield import variables
from hemdata.units import BOHR_ANGSTROM

TAKES_SECONDS = True
SURFACE_IS_LEVEL = False
METHODS = {"GFN2-xTB": "GFN2xTB", "GFN1-xTB": "GFN1xTB", "GFN0-xTB": "GFN0xTB", "IPEA1-xTB": "IPEAxTB"}
MAX_CYCLES = 250


class Engine:
    """One molecule under one method; its geometry may change from call to call.

    Args:
        atomic_numbers: (N,).
        positions: (N, 3) angstrom.
        charge, multiplicity: of the molecule.
        method: as tblite calls it, such as GFN2-xTB.

    Raises:
        CallError: if xtb-python is not installed, or has no such method.
        DataError: if the molecule cannot be set up.
    """

    def __init__(
        self,
        atomic_numbers: npt.NDArray[np.integer],
        positions: npt.NDArray[np.float64],
        charge: int,
        multiplicity: int,
        method: str,
    ) -> None:
        try:
            from xtb.interface import Calculator, Param, XTBException
            from xtb.libxtb import VERBOSITY_MUTED
        except ImportError as error:
            raise CallError(
                "xtb-python is not installed.",
                got=error,
                fix="`make xtb` builds it, or take a level whose engine is tblite.",
            ) from None
        if method not in METHODS:
            raise CallError("xtb-python has no such method.", expected=", ".join(METHODS), got=method)
        no_parameters_here()
        possible(atomic_numbers, positions, charge, multiplicity)  # of parity xtb itself says nothing
        self.method, self._failure = method, XTBException
        z, x = np.asarray(atomic_numbers, dtype=np.int64), np.asarray(positions, dtype=np.float64) / BOHR_ANGSTROM
        try:
            with variables({"XTBPATH": str(Path(__file__).parent)}):  # where no parameters lie; else it is the home
                self._calculator = Calculator(getattr(Param, METHODS[method]), z, x, float(charge), multiplicity - 1)
            self._calculator.set_verbosity(VERBOSITY_MUTED)
            self._calculator.set_max_iterations(MAX_CYCLES)
        except XTBException as error:
            raise DataError("The molecule cannot be set up.", where=method, got=error) from None

    def __call__(self, positions: npt.NDArray[np.float64], accuracy: float = 1.0, state: Any = None) -> Point:
        """Energy and gradient at (N, 3) angstrom; a looser accuracy is a larger number.

        Raises:
            DataError: if the SCF fails.
        """
        try:
            self._calculator.set_accuracy(accuracy)
            self._calculator.update(np.asarray(positions, dtype=np.float64) / BOHR_ANGSTROM)
            result = self._calculator.singlepoint(state, copy=state is not None)
            return Point(float(result.get_energy()), np.array(result.get_gradient()), result)
        except self._failure as error:
            raise DataError("The SCF did not converge.", where=self.method, got=error) from None


def no_parameters_here() -> None:
    """Refuse a current folder with a file that xtb would read in the place of a method's own parameters.

    Raises:
        CallError: names the file.
    """
    for path in sorted(Path().glob("param_*-xtb.txt")):
        raise CallError(
            "A file of the current folder would change the method's parameters.",
            where=path.absolute(),
            fix="Rename it, or work in another folder.",
        )


def refuse_unknown(card: LevelCard) -> None:
    """Refuse a method that xtb-python does not have.

    Raises:
        DataError: names those that it has.
    """
    refuse_method(card, tuple(METHODS))


def surface(
    atomic_numbers: npt.NDArray[np.integer],
    positions: npt.NDArray[np.float64],
    charge: int,
    multiplicity: int,
    level: Level,
) -> Engine:
    """The energy surface of one molecule at a level whose engine is xtb."""
    return Engine(atomic_numbers, positions, charge, multiplicity, level.card.method)


def single_point(
    atomic_numbers: npt.NDArray[np.integer],
    positions: npt.NDArray[np.float64],
    charge: int,
    multiplicity: int,
    level: Level,
    accuracy: str = "reference",
) -> Point:
    """Energy and gradient at (N, 3) angstrom; both accuracies are xtb's default one.

    Raises:
        CallError: if xtb-python is not installed, or has no such method.
        DataError: if the molecule cannot be set up or the SCF fails.
    """
    return surface(atomic_numbers, positions, charge, multiplicity, level)(positions)
