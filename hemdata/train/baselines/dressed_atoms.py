"""Dressed atoms: what each element contributes to the atomization energy in the mean. The linear baseline."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hemdata.levels import ATOMIC_NUMBERS, SYMBOLS
from hemdata.train.data.molecules import Molecules
from hemdata.train.fitted import Fitted, mean_absolute_error, same_level
from hemdata.train.package import provenance, shown, versions, write_package
from hemdata.train.training_run import TrainingRun


@dataclass(frozen=True)
class DressedAtoms:
    """Energies per element, fitted by least squares to the atomization energies of training molecules."""

    kcal_mol: dict[int, float]
    """Atomic number: energy."""
    rank: int
    """Rank of the composition matrix; less than the number of elements if not all of them can be told apart."""

    @classmethod
    def fit(cls, molecules: Molecules) -> DressedAtoms:
        """Fits the energies of the elements; where they are not determined, the shortest solution is taken."""
        elements, done = molecules.elements, 0
        small: list[NDArray[np.float64]] = []  # of all parts but the last, what least squares need: R of QR
        for counts in molecules.counts_in_parts(elements):
            part = np.column_stack([counts, molecules.energies[done : done + len(counts)]])
            done += len(counts)
            small.append(part if done == len(molecules) else np.linalg.qr(part, mode="r"))
        system = np.concatenate(small)
        solution, _, rank, _ = np.linalg.lstsq(system[:, :-1], system[:, -1], rcond=None)
        return cls(dict(zip(elements, map(float, solution), strict=True)), int(rank))

    def predict(self, molecules: Molecules) -> NDArray[np.float64]:
        """Sum over the atoms (M,), kcal/mol; an element without an energy counts as zero."""
        energies = np.fromiter(self.kcal_mol.values(), np.float64)
        return np.concatenate([part @ energies for part in molecules.counts_in_parts(tuple(self.kcal_mol))])

    def of_atoms(self, molecules: Molecules) -> NDArray[np.float64]:
        """The energy of each atom's element, (atoms,) kcal/mol."""
        table = np.zeros(256)
        table[list(self.kcal_mol)] = list(self.kcal_mol.values())
        return np.asarray(table[molecules.atomic_numbers])

    def unseen(self, molecules: Molecules) -> tuple[str, ...]:
        """The elements of these molecules that have no energy here."""
        return tuple(SYMBOLS[z] for z in molecules.elements if z not in self.kcal_mol)

    def to_json(self) -> dict[str, Any]:
        """As written into a model's package."""
        return {"kcal_mol": {SYMBOLS[z]: e for z, e in self.kcal_mol.items()}, "rank": self.rank}

    @classmethod
    def from_json(cls, written: dict[str, Any]) -> DressedAtoms:
        """From a model's package."""
        return cls({ATOMIC_NUMBERS[s]: float(e) for s, e in written["kcal_mol"].items()}, int(written["rank"]))


class FittedDressedAtoms(Fitted):
    """The dressed atoms as a model of their own."""

    def predict(self, molecules: pa.Table | Molecules) -> NDArray[np.float64]:
        """Atomization energies (M,), kcal/mol."""
        dressed = DressedAtoms.from_json(self.about["dressed_atoms"])
        return dressed.predict(Molecules.of(molecules, energies=False))

    def atom_energies(self, molecules: pa.Table | Molecules) -> NDArray[np.float64]:
        """The energy of each atom's element (atoms,), kcal/mol."""
        return DressedAtoms.from_json(self.about["dressed_atoms"]).of_atoms(Molecules.of(molecules, energies=False))

    def features(self, molecules: pa.Table | Molecules, by_atom: bool = False) -> NDArray[np.float64]:
        """None beside the dressed atoms."""
        read = Molecules.of(molecules, energies=False)
        return np.zeros((len(read.atomic_numbers) if by_atom else len(read), 0))


def fit(training: Molecules, validation: Molecules, run: TrainingRun) -> Fitted:
    """Fits the baseline and writes its package into the run's folder; nothing else of the run plays a part."""
    same_level(training, validation)
    dressed = DressedAtoms.fit(training)
    about = {
        "network": "dressed-atoms",
        "seed": run.seed,
        **provenance(training, validation),
        **shown(training),
        "dressed_atoms": dressed.to_json(),
        "validation_mae_kcal_mol": mean_absolute_error(dressed.predict(validation), validation.energies),
        "curve": [],
        "device": "cpu",
        "versions": versions("numpy"),
    }
    return FittedDressedAtoms({**about, "sha256": write_package(Path(run.folder), about, {})})


def load(about: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Fitted:
    """The model of a package."""
    return FittedDressedAtoms(about)
