"""A level of theory against nature: atomization energies of the Active Thermochemical Tables (`chemistry.atct`)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hemdata.chemistry.atct import Known, known_molecules
from hemdata.chemistry.frequencies import Frequencies
from hemdata.chemistry.thermo import formation, minimum
from hemdata.errors import DataError
from hemdata.label.calculation import Result, stages, vibration_stages
from hemdata.label.progress import Pace
from hemdata.label.run import label
from hemdata.label.store.database import LabelStore
from hemdata.label.workers.where import Where
from hemdata.levels import SYMBOLS, Level
from hemdata.molecules import Molecule
from hemdata.units import HARTREE_KCAL_MOL


@dataclass(frozen=True)
class Measured:
    """One molecule at a level beside the experiment; all kcal/mol."""

    known: Known
    de_kcal_mol: float
    zero_point_kcal_mol: float
    formation_0_kcal_mol: float
    formation_298_kcal_mol: float

    @property
    def d0_kcal_mol(self) -> float:
        """De less the zero-point energy."""
        return self.de_kcal_mol - self.zero_point_kcal_mol

    @property
    def error_kcal_mol(self) -> float:
        """D0 at the level less the experiment's."""
        return self.d0_kcal_mol - self.known.d0_kcal_mol

    @property
    def error_298_kcal_mol(self) -> float:
        """Enthalpy of formation at 298.15 K less the experiment's."""
        return self.formation_298_kcal_mol - self.known.at_298_kcal_mol


@dataclass(frozen=True)
class Experiment:
    """A level against the experiment.

    Attributes:
        level, geometry, frequency_level: names of the levels of energy, geometry and zero-point energy.
        rows: by size.
        left_out: molecules without a number, with the reason.
    """

    level: str
    geometry: str
    frequency_level: str
    rows: list[Measured]
    left_out: dict[str, str]

    def errors(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """(n,) errors of D0, kcal/mol."""
        return np.array([row.error_kcal_mol for row in self.rows])

    @property
    def signed_kcal_mol(self) -> float:
        """Mean signed error of D0."""
        return float(self.errors().mean())

    @property
    def absolute_kcal_mol(self) -> float:
        """Mean absolute error of D0."""
        return float(np.abs(self.errors()).mean())


@dataclass(frozen=True)
class AtomEquivalents:
    """A correction of a level by element, fitted on the experiment.

    Attributes:
        per_atom: to be taken off D0 for each atom, kcal/mol.
        absolute_kcal_mol: mean absolute error left, each molecule judged by a fit without it.
        left_kcal_mol: that error of each molecule.
    """

    per_atom: dict[str, float]
    absolute_kcal_mol: float
    left_kcal_mol: list[float]


def atom_equivalents(rows: Sequence[Measured]) -> AtomEquivalents:
    """Least squares of the errors of D0 on the element counts; judged by leaving each molecule out in turn.

    Raises:
        DataError: if there are not more molecules than elements.
    """
    symbols = sorted({z for row in rows for z in row.known.atomic_numbers})
    if len(rows) <= len(symbols):
        raise DataError("Too few molecules to fit a number per element.", expected=f"more than {len(symbols)}")
    counts = np.array([[row.known.atomic_numbers.count(z) for z in symbols] for row in rows], dtype=np.float64)
    errors = np.array([row.error_kcal_mol for row in rows])
    inverse = np.linalg.pinv(counts)
    fitted = inverse @ errors
    # Leaving one out of a linear fit needs no new fit: the residual over one minus its leverage. A molecule that alone
    # determines a number (leverage 1) cannot be judged and keeps its error.
    leverage = np.einsum("ij,ji->i", counts, inverse)
    alone = leverage > 1 - 1e-9
    left = np.where(alone, errors, (errors - counts @ fitted) / np.where(alone, 1.0, 1 - leverage))
    per_atom = {SYMBOLS[z]: float(v) for z, v in zip(symbols, fitted, strict=True)}
    return AtomEquivalents(per_atom, float(np.abs(left).mean()), left.tolist())


def compare(
    its_level: Level,
    geometry: Level,
    frequency_level: Level,
    store: Path,
    *,
    max_heavy: int | None = None,
    workers: int | None = None,
    progress: Callable[[Pace], None] | None = None,
) -> Experiment:
    """Atomization energies at 0 K and enthalpies of formation at a level, beside ATcT's.

    Args:
        its_level: of the energies, at the geometries of `geometry`.
        frequency_level: of the zero-point energies and thermal terms, at its own geometries.
        store: the label store that keeps what is computed.
        max_heavy: molecules of more heavy atoms are left out.

    Raises:
        CallError: for a store in use.
        DataError: if nothing could be compared.
    """
    known, left_out = known_molecules()
    known = [one for one in known if max_heavy is None or one.n_heavy <= max_heavy]
    asked = [_asked(one) for one in known]
    with LabelStore(store) as open_store:
        points, vibrated = (
            label(asked, chain, open_store, Where(workers), progress=progress)
            for chain in (stages(its_level, geometry), vibration_stages(frequency_level, relaxed=False))
        )
        energies, frequencies = (list(open_store.get(outcome.keys)) for outcome in (points, vibrated))
    rows = []
    for one, energy, vibration in zip(known, energies, frequencies, strict=True):
        failed = energy.reason or vibration.reason
        found = None if failed else minimum(vibration.frequencies)
        if found is None:
            why = failed.splitlines()[0] if failed else f"no minimum at {frequency_level.name}"
            left_out = left_out | {one.name: why}
        else:
            rows.append(_measured(one, energy, found, its_level))
    if not rows:
        raise DataError("No molecule could be compared with the experiment.", where=its_level.name, got=left_out)
    return Experiment(its_level.name, geometry.name, frequency_level.name, rows, left_out)


def _measured(one: Known, energy: Result, found: Frequencies, its: Level) -> Measured:
    assert energy.energy_hartree is not None
    of_atoms = float(its.atom_energies()[np.array(one.atomic_numbers)].sum())
    de = (of_atoms - energy.energy_hartree) * HARTREE_KCAL_MOL
    formed = formation(de, found, one.atomic_numbers)
    return Measured(one, de, found.zero_point_hartree * HARTREE_KCAL_MOL, formed.at_0_kcal_mol, formed.at_298_kcal_mol)


def _asked(one: Known) -> Molecule:
    return Molecule(
        id=f"atct:{one.cas}",
        smiles=one.smiles,
        canonical_smiles=one.canonical_smiles,
        inchikey=None,
        n_heavy=one.n_heavy,
        multiplicity=one.multiplicity,
    )
