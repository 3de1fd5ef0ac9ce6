"""What a bridge counts of a geometry: pairs of atoms, by their elements and how far apart they are."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from hemdata.levels import SYMBOLS

CUTOFF = 5.0
"""Angstrom; pairs further apart count as nothing, and less and less on the way there."""
CENTRES = np.arange(1.0, CUTOFF, 0.25)
WIDTH = 0.25
DECAY = 1.0
"""Angstrom, over which a pair's weight falls to 1/e: what two basis sets differ by lies where atoms overlap."""


def distances(numbers: Sequence[int], positions: Sequence[float] | npt.NDArray[np.float64]) -> dict[str, float]:
    """Pairs of atoms as `distance C-O 1.25`: each pair is spread over the distances near its own.

    A pair at distance r adds to the centre c of its elements the number exp(-(r - c)^2 / 2 w^2) exp(-(r - 1) / d),
    times a cosine that falls from one to nought at the cutoff (the radial part of Behler and Parrinello's symmetry
    functions, 10.1103/PhysRevLett.98.146401).

    Args:
        numbers: atomic numbers, (n,).
        positions: (n, 3) or flat, angstrom.
    """
    z, xyz = np.asarray(numbers), np.asarray(positions, dtype=np.float64).reshape(-1, 3)
    one, other = np.triu_indices(len(z), 1)
    apart = np.linalg.norm(xyz[one] - xyz[other], axis=1)
    near = apart < CUTOFF
    one, other, apart = one[near], other[near], apart[near]
    weight = 0.5 * (1 + np.cos(np.pi * apart / CUTOFF)) * np.exp(-(apart - 1.0) / DECAY)
    spread = weight[:, None] * np.exp(-0.5 * ((apart[:, None] - CENTRES) / WIDTH) ** 2)
    kinds, which = np.unique(np.minimum(z[one], z[other]) * 1000 + np.maximum(z[one], z[other]), return_inverse=True)
    totals = (which == np.arange(len(kinds))[:, None]).astype(np.float64) @ spread
    found: dict[str, float] = {}
    for kind, total in zip(kinds.tolist(), totals.tolist(), strict=True):
        name = "-".join(sorted((SYMBOLS[kind // 1000], SYMBOLS[kind % 1000])))
        found.update(zip(_names(name), total, strict=True))
    return found


@cache
def _names(pair: str) -> list[str]:
    return [f"distance {pair} {centre:.2f}" for centre in CENTRES]
