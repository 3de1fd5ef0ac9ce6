"""A few hundred of the looked-at molecules, with what their bonds say that their atomization energy must be."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hemdata.curate.complete.values import numbers
from hemdata.identity.from_geometry import smiles_of
from hemdata.intake.bond_energies import SURE, ZERO_POINT_KCAL_MOL, atomization_estimate
from hemdata.intake.look import SAMPLE, Looked
from hemdata.levels import ATOMIC_NUMBERS, SYMBOLS
from hemdata.schema.rules import HEAVIEST
from hemdata.units import OF_LENGTH

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """Neutral molecules with an energy and a graph.

    Attributes:
        counts: (m, 37) atoms of each atomic number.
        energy: (m,) as the file has it.
        estimate: (m,) atomization energy by bonds, kcal/mol.
        records: (m,) which of the looked-at records.
    """

    counts: Floats
    energy: Floats
    estimate: Floats
    records: list[int]

    def __len__(self) -> int:
        return len(self.energy)

    @property
    def atoms(self) -> Floats:
        """(m,) atoms of each molecule."""
        return np.asarray(self.counts.sum(axis=1))

    @property
    def zero_point(self) -> Floats:
        """(m,) zero-point energies by composition, kcal/mol."""
        return self.of_atoms({ATOMIC_NUMBERS[symbol]: value for symbol, value in ZERO_POINT_KCAL_MOL.items()})

    def of_atoms(self, each: dict[int, float]) -> Floats:
        """(m,) a sum over atoms; NaN where one has no value."""
        table = np.full(self.counts.shape[1], np.nan)
        table[list(each)] = list(each.values())
        lacks = (self.counts[:, np.isnan(table)] > 0).any(axis=1)
        return np.asarray(np.where(lacks, np.nan, self.counts @ np.nan_to_num(table)))

    def taken(self, rows: npt.NDArray[np.intp]) -> "Sample":
        """Some of them."""
        return Sample(
            self.counts[rows], self.energy[rows], self.estimate[rows], [self.records[i] for i in rows.tolist()]
        )


def length_unit(looked: Looked) -> tuple[str | None, float]:
    """The unit of length that the nearest neighbours speak for, and their median distance in it; None where none does.

    The nearest neighbour of an atom is at 1.0 to 1.6 angstrom in nearly every molecule (1.9 to 3.0 bohr).
    """
    nearest: list[float] = []
    for number, (z, xyz) in enumerate(looked.geometries()):
        if len(z) > 1 and np.isfinite(xyz).all():
            distance = np.linalg.norm(xyz[:, None] - xyz[None], axis=2) + np.diag(np.full(len(z), np.inf))
            nearest.append(float(np.median(distance.min(axis=1))))
        if number >= SAMPLE and len(nearest) > EVIDENT:
            break
    if not nearest:
        return None, float("nan")
    middle = float(np.median(nearest))
    fitting = [unit for unit, size in OF_LENGTH.items() if SHORT <= middle * size <= LONG]
    return (fitting[0] if len(fitting) == 1 else None), middle


SHORT, LONG, EVIDENT = 0.70, 1.65, 20


def sample(looked: Looked, energy_key: str, length: str) -> Sample:
    """Molecules of the looked-at records, evenly spread, whose graph is given or found from the geometry.

    Molecules of H, C, N, O and F alone are preferred; where there are few, the others are taken too.

    Args:
        looked: the files.
        energy_key: of the energies.
        length: unit of the coordinates.
    """
    smiles_key, charge_key = looked.key_of("smiles"), looked.key_of("charge")
    n = looked.records
    energies, _ = numbers(list(looked.values(energy_key)), n)
    smiles = list(looked.values(smiles_key.name)) if smiles_key else [None] * n
    charges = numbers(list(looked.values(charge_key.name)), n)[0] if charge_key else np.zeros(n)
    usable = [row for row in range(n) if not np.isnan(energies[row]) and energies[row] != 0 and not charges[row] > 0
              and not charges[row] < 0]  # fmt: skip
    wanted = set(usable[:: max(1, len(usable) // SAMPLE)])
    counts: list[Floats] = []
    estimates: list[float] = []
    records: list[int] = []
    for row, (z, xyz) in enumerate(looked.geometries()):
        if row not in wanted or (len(z) and not (z.min() > 0 and z.max() <= HEAVIEST)):
            continue
        its = str(smiles[row]) if smiles[row] else None
        if its is None and len(z):
            its = smiles_of(z, xyz * OF_LENGTH[length])
        estimate = atomization_estimate(its) if its else None
        if estimate is None or estimate <= 0:
            continue
        counts.append(_counts(str(its), z))
        estimates.append(estimate)
        records.append(row)
    found = Sample(
        np.array(counts).reshape(-1, len(SYMBOLS)), energies[records], np.array(estimates, dtype=np.float64), records
    )
    foreign = [z for z in range(len(SYMBOLS)) if z not in SURE]
    sure = np.flatnonzero((found.counts[:, foreign] == 0).all(axis=1))
    return found.taken(sure) if len(sure) >= EVIDENT else found


def charged(looked: Looked) -> str:
    """How many of the looked-at records are left out of a sample for their charge, in words."""
    key = looked.key_of("charge")
    found = numbers(list(looked.values(key.name)), looked.records)[0] if key else np.zeros(0)
    ions = int(np.count_nonzero(np.nan_to_num(found)))
    return f"; {ions:,} of {looked.records:,} records have a charge" if ions else ""


def _counts(smiles: str, z: npt.NDArray[np.int64]) -> Floats:
    if not len(z):
        from hemdata.identity import identify

        identity = identify(smiles, bonds=False)
        z = np.array(identity.atomic_numbers if identity else (), dtype=np.int64)
    return np.bincount(z, minlength=len(SYMBOLS)).astype(np.float64)
