"""Edges between atoms within a cutoff, for many molecules at once from flat arrays (no periodic images)."""

import numba
import numpy as np
from numpy.typing import NDArray


def neighbours(positions: NDArray[np.float64], offsets: NDArray[np.int64], cutoff: float) -> NDArray[np.int64]:
    """All ordered pairs of different atoms of one molecule that are closer than the cutoff.

    Args:
        positions: (atoms, 3) angstrom, molecules laid end to end.
        offsets: (molecules + 1,), molecule m owns the atoms offsets[m] to offsets[m + 1].
        cutoff: angstrom; a pair at exactly this distance is none.

    Returns:
        (2, edges): idx_i (the centre) and idx_j, sorted by i, then j; every edge is there both ways.
    """
    edges: NDArray[np.int64] = _edges(positions, offsets, cutoff * cutoff)
    return edges


def gather(
    atomic_numbers: NDArray[np.uint8],
    positions: NDArray[np.float64],
    offsets: NDArray[np.int64],
    chosen: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Lays the chosen molecules end to end.

    Returns:
        atomic numbers (n,) int64, positions (n, 3), the molecule of every atom (n,) counted from 0 in the order
        chosen, and the new offsets (len(chosen) + 1,).
    """
    gathered: tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]
    gathered = _gather(atomic_numbers, positions, offsets, chosen)
    return gathered


@numba.njit(cache=True)
def _edges(positions, offsets, cutoff2):  # type: ignore[no-untyped-def]
    n_edges = 0
    for m in range(len(offsets) - 1):
        for i in range(offsets[m], offsets[m + 1]):
            for j in range(offsets[m], i):
                x = positions[i, 0] - positions[j, 0]
                y = positions[i, 1] - positions[j, 1]
                z = positions[i, 2] - positions[j, 2]
                n_edges += 2 if x * x + y * y + z * z < cutoff2 else 0
    edges = np.empty((2, n_edges), np.int64)
    e = 0
    for m in range(len(offsets) - 1):
        for i in range(offsets[m], offsets[m + 1]):
            for j in range(offsets[m], offsets[m + 1]):
                x = positions[i, 0] - positions[j, 0]
                y = positions[i, 1] - positions[j, 1]
                z = positions[i, 2] - positions[j, 2]
                if i != j and x * x + y * y + z * z < cutoff2:
                    edges[0, e] = i
                    edges[1, e] = j
                    e += 1
    return edges


@numba.njit(cache=True)
def _gather(atomic_numbers, positions, offsets, chosen):  # type: ignore[no-untyped-def]
    new = np.zeros(len(chosen) + 1, np.int64)
    for k in range(len(chosen)):
        new[k + 1] = new[k] + offsets[chosen[k] + 1] - offsets[chosen[k]]
    numbers = np.empty(new[-1], np.int64)
    places = np.empty((new[-1], 3), positions.dtype)
    molecule = np.empty(new[-1], np.int64)
    for k in range(len(chosen)):
        start = offsets[chosen[k]]
        for a in range(new[k], new[k + 1]):
            old = start + a - new[k]
            numbers[a] = atomic_numbers[old]
            places[a, 0] = positions[old, 0]
            places[a, 1] = positions[old, 1]
            places[a, 2] = positions[old, 2]
            molecule[a] = k
    return numbers, places, molecule, new
