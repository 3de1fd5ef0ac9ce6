"""What no engine can compute is refused before one is asked: one sentence for all engines."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hemdata.catalog import LevelCard
from hemdata.errors import DataError, did_you_mean
from hemdata.levels import SYMBOLS
from hemdata.schema.rules import CLOSEST_ANGSTROM


def possible(
    atomic_numbers: npt.NDArray[np.integer],
    positions: npt.NDArray[np.float64],
    charge: int,
    multiplicity: int,
) -> None:
    """Refuse what is no molecule.

    Args:
        atomic_numbers: (N,).
        positions: (N, 3) angstrom.

    Raises:
        DataError: if there is no such element, the coordinates are not three finite numbers an atom, two atoms lie on
            top of each other, or charge and multiplicity do not go together.
    """
    z, x = np.asarray(atomic_numbers, dtype=np.int64), np.asarray(positions, dtype=np.float64)
    foreign = sorted(set(z[(z < 1) | (z >= len(SYMBOLS))].tolist()))
    if foreign or not z.size:
        got = f"atomic number {', '.join(map(str, foreign))}" if foreign else "no atoms"
        raise DataError("There is no such element.", expected=f"H to {SYMBOLS[-1]}", got=got)
    if x.shape != (len(z), 3) or not np.isfinite(x).all():
        raise DataError(
            "The coordinates are not those of the atoms.", expected=f"{len(z)} times three finite numbers", got=x.shape
        )
    distance = np.linalg.norm(x[:, None] - x, axis=-1) + np.diag(np.full(len(z), np.inf))  # (N, N) angstrom
    if distance.min() < CLOSEST_ANGSTROM:
        i, j = np.unravel_index(int(distance.argmin()), distance.shape)
        raise DataError(
            "Two atoms lie on top of each other.",
            expected=f"at least {CLOSEST_ANGSTROM} angstrom apart",
            got=f"{SYMBOLS[z[i]]}{i + 1} and {SYMBOLS[z[j]]}{j + 1}, {distance[i, j]:.3f} angstrom",
        )
    electrons, unpaired = int(z.sum()) - charge, multiplicity - 1
    if multiplicity < 1 or unpaired > electrons or (electrons - unpaired) % 2:
        raise DataError(
            "Charge and multiplicity do not go together.",
            expected="an even number of paired electrons",
            got=f"{electrons} electrons, multiplicity {multiplicity}",
        )


def refuse_method(card: LevelCard, methods: Sequence[str]) -> None:
    """Refuse a level whose method its engine does not have.

    Raises:
        DataError: names those that it has.
    """
    if card.method not in methods:
        raise DataError(
            "The level's method is not known.",
            where=f"level {card.name}, method",
            expected=", ".join(methods),
            got=card.method,
            fix=f"{did_you_mean(card.method, methods)}Correct the card.",
        )
