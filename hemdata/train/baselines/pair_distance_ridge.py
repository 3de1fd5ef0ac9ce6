"""Ridge regression on pair-distance histograms: in effect a tabulated pair potential. The second baseline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hemdata.levels import ATOMIC_NUMBERS
from hemdata.train.baselines.dressed_atoms import DressedAtoms
from hemdata.train.data.molecules import Molecules
from hemdata.train.fitted import Fitted, mean_absolute_error, same_level
from hemdata.train.package import provenance, shown, versions, write_package
from hemdata.train.training_run import TrainingRun

SPACING, CUTOFF = 0.15, 4.0  # angstrom
ALPHAS = tuple(float(alpha) for alpha in np.logspace(-5, 3, 17))


def histograms(molecules: Molecules, elements: tuple[int, ...], by_atom: bool = False) -> NDArray[np.float64]:
    """Smooth histograms of the distances of every pair of elements, (M, pairs * bins).

    A pair of atoms counts 1 in all, shared linearly between the two grid points around its distance; beyond the
    cutoff it fades out with the last bin. So the features are continuous in the positions, and the sum of weights
    times features is a pair potential, linear between grid points, that grows with the molecule.

    Args:
        by_atom: rows of atoms, (atoms, pairs * bins), in which a pair counts a half for each of its atoms.
    """
    kind = np.full(256, -1)
    kind[list(elements)] = np.arange(len(elements))
    bins = int(np.ceil(CUTOFF / SPACING))
    found: NDArray[np.float64]
    atoms = (
        np.arange(len(molecules.atomic_numbers)) if by_atom else np.repeat(np.arange(len(molecules)), molecules.sizes)
    )
    found = _histograms(
        kind[molecules.atomic_numbers], molecules.positions, molecules.offsets, atoms, len(elements), bins
    )
    return found


class FittedRidge(Fitted):
    """Dressed atoms and a pair potential."""

    def __init__(self, about: dict[str, Any], weights: NDArray[np.float64]) -> None:
        super().__init__(about)
        self.weights = weights

    def predict(self, molecules: pa.Table | Molecules) -> NDArray[np.float64]:
        """Atomization energies (M,), kcal/mol."""
        read = Molecules.of(molecules, energies=False)
        dressed = DressedAtoms.from_json(self.about["dressed_atoms"])
        predicted: NDArray[np.float64] = dressed.predict(read) + self.features(read) @ self.weights
        return predicted

    def atom_energies(self, molecules: pa.Table | Molecules) -> NDArray[np.float64]:
        """The energy of each atom's element and half of that of each of its pairs, (atoms,) kcal/mol."""
        read = Molecules.of(molecules, energies=False)
        dressed = DressedAtoms.from_json(self.about["dressed_atoms"])
        parts: NDArray[np.float64] = dressed.of_atoms(read) + self.features(read, by_atom=True) @ self.weights
        return parts

    def features(self, molecules: pa.Table | Molecules, by_atom: bool = False) -> NDArray[np.float64]:
        """The histograms (M, p), or those of each atom (atoms, p)."""
        elements = tuple(ATOMIC_NUMBERS[symbol] for symbol in self.about["elements"])
        return histograms(Molecules.of(molecules, energies=False), elements, by_atom)


def fit(training: Molecules, validation: Molecules, run: TrainingRun) -> Fitted:
    """Fits the baseline and writes its package into the run's folder; nothing else of the run plays a part.

    What the dressed atoms of the training set leave is fitted by ridge regression without intercept; of the
    regularisations in ALPHAS the one with the smallest validation MAE is taken.
    """
    from sklearn.linear_model import Ridge

    same_level(training, validation)
    elements = training.elements
    dressed = DressedAtoms.fit(training)
    features, left = histograms(training, elements), training.energies - dressed.predict(training)
    seen, left_of_seen = histograms(validation, elements), validation.energies - dressed.predict(validation)
    tried = {}
    for alpha in ALPHAS:
        weights = Ridge(alpha=alpha, fit_intercept=False).fit(features, left).coef_
        tried[alpha] = mean_absolute_error(seen @ weights, left_of_seen), weights
    alpha = min(tried, key=lambda tried_alpha: tried[tried_alpha][0])
    error, weights = tried[alpha]
    about = {
        "network": "pair-distance-ridge",
        "seed": run.seed,
        **provenance(training, validation),
        **shown(training),
        "elements": list(training.symbols),
        "dressed_atoms": dressed.to_json(),
        "alpha": alpha,
        "validation_mae_kcal_mol": error,
        "curve": [],
        "device": "cpu",
        "versions": versions("numpy", "scikit-learn"),
    }
    return FittedRidge({**about, "sha256": write_package(Path(run.folder), about, {"weights": weights})}, weights)


def load(about: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Fitted:
    """The model of a package."""
    return FittedRidge(about, arrays["weights"])


@numba.njit(cache=True)
def _histograms(kind, positions, offsets, row, n_kinds, bins):  # type: ignore[no-untyped-def]
    found = np.zeros((row[-1] + 1, n_kinds * (n_kinds + 1) // 2 * bins))
    for m in range(len(offsets) - 1):
        for i in range(offsets[m], offsets[m + 1]):
            for j in range(offsets[m], i):
                if kind[i] < 0 or kind[j] < 0:
                    continue
                x = positions[i, 0] - positions[j, 0]
                y = positions[i, 1] - positions[j, 1]
                z = positions[i, 2] - positions[j, 2]
                place = np.sqrt(x * x + y * y + z * z) / SPACING
                low = int(place)
                if low >= bins:
                    continue
                a, b = max(kind[i], kind[j]), min(kind[i], kind[j])
                first = (a * (a + 1) // 2 + b) * bins
                share = 1.0 if row[i] == row[j] else 0.5  # of an atom's own row; a molecule's takes the pair once
                for atom in (i, j) if share == 0.5 else (i, i):
                    found[row[atom], first + low] += share * (1 - (place - low))
                    if low + 1 < bins:
                        found[row[atom], first + low + 1] += share * (place - low)
                    if share == 1.0:
                        break
    return found
