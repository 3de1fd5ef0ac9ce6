"""What models say of molecules: a row each, with an energy or the reason why there is none."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hemdata.errors import DataError
from hemdata.molecules import Molecule
from hemdata.predict.asked import Asked
from hemdata.predict.geometry import Made
from hemdata.train.fitted import Fitted


@dataclass(frozen=True)
class Predicted:
    """What the models say of one molecule.

    Attributes:
        id: its name.
        smiles: as given, or read from the geometry; None where its bonds are not plain.
        atomic_numbers, positions: (N,), (3N,) angstrom, of the geometry that was judged.
        each_kcal_mol: atomization energy by model.
        formation_298_kcal_mol: enthalpy of formation of the gas at 298.15 K; None where `no_formation` says why.
        warnings: what the training set has not shown.
        reason: why there is no energy; None where there is one.
    """

    id: str
    smiles: str | None
    atomic_numbers: tuple[int, ...] = ()
    positions: tuple[float, ...] = ()
    each_kcal_mol: tuple[float, ...] = ()
    formation_298_kcal_mol: float | None = None
    no_formation: str | None = None
    warnings: tuple[str, ...] = ()
    reason: str | None = None

    @property
    def atomization_energy_kcal_mol(self) -> float | None:
        """Mean over the models; positive when bound."""
        return float(np.mean(self.each_kcal_mol)) if self.each_kcal_mol else None

    @property
    def spread_kcal_mol(self) -> float | None:
        """Standard deviation over the models; None for a single one."""
        return float(np.std(self.each_kcal_mol, ddof=1)) if len(self.each_kcal_mol) > 1 else None

    @property
    def n_heavy(self) -> int:
        """Atoms that are not hydrogen."""
        return sum(z != 1 for z in self.atomic_numbers)


def energies_or_reasons(models: Sequence[Fitted], ready: Sequence[tuple[Asked, Made]]) -> list[list[float] | str]:
    """The energies of each molecule by model, or why it has none; they are asked alone where one has none."""
    try:
        return list(_energies(models, ready).T.tolist())
    except DataError as error:
        if len(ready) == 1:
            return [str(error)]
        return [answer for one in ready for answer in energies_or_reasons(models, [one])]


def _energies(models: Sequence[Fitted], ready: Sequence[tuple[Asked, Made]]) -> NDArray[np.float64]:
    """(models, molecules) kcal/mol."""
    if not ready:
        return np.empty((len(models), 0))
    molecules = [one for one, _ in ready if isinstance(one, Molecule)]
    table = pa.table(
        {
            "id": [str(number) for number in range(len(ready))],
            "atomic_numbers": pa.array([each.z for _, each in ready], pa.list_(pa.uint8())),
            "positions": pa.array([each.x for _, each in ready], pa.list_(pa.float64())),
            "charge": pa.array([one.charge for one in molecules], pa.int64()),
            "multiplicity": pa.array([one.multiplicity for one in molecules], pa.int64()),
        }
    )
    return np.array([model.predict(table) for model in models])
