"""What a linear model of the difference of two levels counts in a molecule: surroundings, bonds, rings, distances."""

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from hemdata.identity.bond_types import bond_types
from hemdata.identity.environments import counted_environments
from hemdata.identity.molecule import parsed

RADIUS = 1  # bonds
SEEN = 3  # rows that show a count, before it has a coefficient of its own
GRID_ANGSTROM = np.linspace(0.9, 4.5, 25)
WIDTH_ANGSTROM, CUTOFF_ANGSTROM = 0.12, 5.0
BOND_OF_HYDROGEN_ANGSTROM = 1.65
Floats = npt.NDArray[np.float64]


def features(
    smiles: Sequence[str | None], atomic_numbers: Sequence[list[int]], positions: Sequence[list[float]]
) -> Any:
    """Counts of each molecule, (n, p) float32: how often it shows each surroundings, bond and ring (by its SMILES,
    where RDKit reads it), and smooth histograms of the distances of every pair of elements.

    Args:
        atomic_numbers, positions: (N,), (3N,) angstrom of each.
    """
    counted = [_counted(text) for text in smiles]
    rows = Counter(key for one in counted for key in one)
    least = max(SEEN, len(counted) // 10_000)
    place = {key: number for number, key in enumerate(sorted((k for k, n in rows.items() if n >= least), key=repr))}
    counts = np.zeros((len(counted), len(place)), dtype=np.float32)
    for row, one in enumerate(counted):
        for key, n in one.items():
            if key in place:
                counts[row, place[key]] = n
    return np.concatenate([counts, _distances(atomic_numbers, positions)], axis=1)


def composition(atomic_numbers: Sequence[list[int]]) -> Floats:
    """(n, elements + 1) atoms of each element, and ones."""
    elements = sorted({z for one in atomic_numbers for z in one})
    counts = [[one.count(z) for z in elements] + [1] for one in atomic_numbers]
    return np.array(counts, dtype=np.float64)


def _counted(smiles: str | None) -> dict[Hashable, int]:
    molecule = parsed(smiles) if smiles else None
    if molecule is None:
        return {}
    found: Counter[Hashable] = Counter(counted_environments(molecule, RADIUS))
    found.update(bond_types(molecule))
    found.update(f"ring of {len(ring)}" for ring in molecule.GetRingInfo().AtomRings())
    return dict(found)


def _distances(atomic_numbers: Sequence[list[int]], positions: Sequence[list[float]]) -> npt.NDArray[np.float32]:
    """(n, pairs * grid) every pair of atoms as a Gaussian at its distance, by its two elements."""
    elements = sorted({z for one in atomic_numbers for z in one})
    kind = np.zeros(256, dtype=np.int64)
    kind[elements] = np.arange(len(elements))
    pairs, grid = len(elements) * (len(elements) + 1) // 2, len(GRID_ANGSTROM)
    found = np.zeros((len(atomic_numbers), pairs, grid), dtype=np.float32)
    for row, (numbers, flat) in enumerate(zip(atomic_numbers, positions, strict=True)):
        x, kinds = np.reshape(flat, (-1, 3)), kind[numbers]
        first, second = np.triu_indices(len(kinds), 1)
        apart = np.linalg.norm(x[first] - x[second], axis=1)
        near = apart < CUTOFF_ANGSTROM
        low, high = np.minimum(kinds[first], kinds[second])[near], np.maximum(kinds[first], kinds[second])[near]
        shape = np.exp(-(((apart[near][:, None] - GRID_ANGSTROM) / WIDTH_ANGSTROM) ** 2))
        np.add.at(found[row], high * (high + 1) // 2 + low, shape.astype(np.float32))
    # A bond of hydrogen has one length: a stretched one shall stand out, and not be learnt from others like it.
    if 1 in elements:  # the first element: its pair with the k-th stands at k (k + 1) / 2
        its = [k * (k + 1) // 2 for k in range(len(elements))]
        found[np.ix_(range(len(found)), its, np.flatnonzero(GRID_ANGSTROM < BOND_OF_HYDROGEN_ANGSTROM))] = 0.0
    flat_found = found.reshape(len(found), -1)
    return flat_found[:, flat_found.any(axis=0)]
