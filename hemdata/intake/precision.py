"""How finely a file's energies are written: few decimals or single precision round them, and no fit shows it."""

import numpy as np
import numpy.typing as npt

from hemdata.units import HARTREE_KCAL_MOL, OF_ENERGY

COARSE_KCAL_MOL = 0.01
DECIMALS = 8
FEW = 5


def rounding_kcal_mol(energies: npt.NDArray[np.float64], unit: str) -> float:
    """The step between the numbers that the energies could be, kcal/mol; 0 where they have all digits.

    Args:
        energies: as the file has them, NaN where there is none.
        unit: of theirs.
    """
    there = energies[np.isfinite(energies)]
    if len(there) < FEW:
        return 0.0
    step = 0.0
    if (there == there.astype(np.float32)).all():
        step = float(np.spacing(np.float32(np.abs(there).max())))
    for decimals in range(DECIMALS):
        if (there == np.round(there, decimals)).all():
            step = max(step, 10.0**-decimals)
            break
    return step * OF_ENERGY[unit] * HARTREE_KCAL_MOL


def told(energies: npt.NDArray[np.float64], unit: str) -> list[str]:
    """A sentence for the user, where the energies are rounded coarsely."""
    step = rounding_kcal_mol(energies, unit)
    return [f"the energies are rounded in the file, in steps of {step:.1g} kcal/mol"] if step > COARSE_KCAL_MOL else []
