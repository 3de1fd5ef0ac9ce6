"""What coordinates are none of a molecule in angstrom."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from ase.data import covalent_radii

from hemdata.errors import DataError
from hemdata.levels import SYMBOLS
from hemdata.schema.rules import CLOSEST_ANGSTROM
from hemdata.units import BOHR_ANGSTROM

SHORTEST, LONGEST, UNBONDED = 0.7, 1.4, 1.4  # in sums of covalent radii
_NOBLE = (2, 10, 18, 36, 54, 86)


def refuse_geometry(atomic_numbers: Sequence[int], positions: Sequence[float], in_angstrom: bool = False) -> None:
    """Refuse coordinates of two atoms in one place, and such as are a molecule only if they are in bohr.

    Args:
        atomic_numbers: (N,).
        positions: (3N,) angstrom.
        in_angstrom: whether it was said that they are.

    Raises:
        DataError: names the atoms, or the doubt.
    """
    z, x = np.array(atomic_numbers, dtype=np.int64), np.array(positions, dtype=np.float64).reshape(-1, 3)
    if len(z) < 2:
        return
    distance = np.linalg.norm(x[:, None] - x, axis=-1) + np.diag(np.full(len(z), np.inf))  # (N, N)
    if distance.min() < CLOSEST_ANGSTROM:
        i, j = np.unravel_index(int(distance.argmin()), distance.shape)
        raise DataError(
            "Two atoms lie on top of each other.",
            expected=f"at least {CLOSEST_ANGSTROM} angstrom apart",
            got=f"{SYMBOLS[z[i]]}{i + 1} and {SYMBOLS[z[j]]}{j + 1}, {distance[i, j]:.3f} angstrom",
            fix="Correct the coordinates; they are in angstrom.",
        )
    if not in_angstrom and seems_bohr(z, x):
        raise DataError(
            "The coordinates seem to be in bohr.",
            expected="angstrom",
            got=f"no two atoms are bonded, the nearest are {distance.min():.2f} angstrom apart",
            fix="Write them in angstrom (times 0.529177210903); or say units=angstrom in the comment if they are.",
        )


def seems_bohr(z: npt.NDArray[np.int64], x: npt.NDArray[np.float64]) -> bool:
    """Whether no two atoms are bonded as the coordinates (N, 3) stand, and every one is if they are bohr.

    By each atom's nearest neighbour, in sums of covalent radii: bonds have 0.77 (N2) to 1.25 (F2) of them. A noble gas
    bonds to nothing and tells nothing.
    """
    if len(z) < 2 or np.isin(z, _NOBLE).any():
        return False
    distance = np.linalg.norm(x[:, None] - x, axis=-1) + np.diag(np.full(len(z), np.inf))
    radii = covalent_radii[z]
    nearest = (distance / (radii[:, None] + radii)).min(axis=1)
    in_bohr = nearest * BOHR_ANGSTROM
    return bool((nearest > UNBONDED).all() and (in_bohr > SHORTEST).all() and (in_bohr < LONGEST).all())
