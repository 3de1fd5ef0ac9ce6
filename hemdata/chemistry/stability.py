"""Whether the wave function of a label is stable: no solution of lower energy lies beside it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hemdata.errors import CallError
from hemdata.levels import Level


@dataclass(frozen=True)
class Stability:
    """Stability of a converged SCF.

    Attributes:
        internal: a minimum among solutions of its own kind.
        spin: of a closed shell, whether it is one among unrestricted solutions too; None of an open shell.
    """

    internal: bool
    spin: bool | None


def stability(
    atomic_numbers: npt.NDArray[np.integer],
    positions: npt.NDArray[np.float64],
    charge: int,
    multiplicity: int,
    level: Level,
) -> Stability:
    """The lowest eigenvalues of the second derivatives of the energy by orbital rotations, at a level's own SCF.

    Seeger and Pople, J. Chem. Phys. 1977, 66, 3045; by PySCF.

    Args:
        atomic_numbers: (N,).
        positions: (N, 3) angstrom.

    Raises:
        DataError: as the engine's single point.
    """
    from hemdata.chemistry.engines.mixed_functions import give_response
    from hemdata.chemistry.engines.pyscf import converged
    from hemdata.chemistry.engines.pyscf_set_up import mean_field, molecule

    built = molecule(atomic_numbers, positions, charge, multiplicity, level.card)
    field: Any = mean_field(built, level.card)
    if level.card.angular == "cartesian-d-spherical-f":
        give_response(field)
    converged(field, level.name)
    closed = built.spin == 0
    _, _, internal, spin = field.stability(internal=True, external=closed, return_status=True)
    return Stability(bool(internal), bool(spin) if closed else None)


def analysable(its: Level) -> None:
    """Refuse a level whose engine has no such analysis.

    Raises:
        CallError: for a level that is no density functional's.
    """
    if its.card.engine != "pyscf":
        raise CallError(
            f"The wave function of '{its.name}' cannot be analysed.",
            expected="a level whose engine is pyscf",
            got=its.card.engine,
            fix="Leave --stability out, or label at such a level.",
        )
