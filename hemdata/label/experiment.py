"""A level of theory against nature: atomization energies of the Active Thermochemical Tables, ATcT 1.112.

The table travels in the distribution chemicals (`Reactions/ATcT 1.112 (g).tsv`); a molecule's SMILES is found by its
CAS number. ATcT: Ruscic and others, J. Phys. Chem. A 2004, 108, 9979; version 1.112 of 2013.
"""

import csv
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from hemdata.errors import DataError
from hemdata.identity import identify
from hemdata.label.asked import Asked
from hemdata.label.calculation import Result, stages, vibration_stages
from hemdata.label.frequencies import Frequencies, of_result
from hemdata.label.pace import Pace
from hemdata.label.run import label
from hemdata.label.store import LabelStore
from hemdata.label.thermo import formation, minimum
from hemdata.levels import HARTREE_KCAL_MOL, SYMBOLS, Level

TABLE = "Reactions/ATcT 1.112 (g).tsv"
JOULE_KCAL = 1 / 4184.0
ELEMENTS = ("H", "C", "N", "O", "F")
TRIPLETS = {"7782-44-7"}  # O2: its SMILES shows no unpaired electron


@dataclass(frozen=True)
class Known:
    """A molecule of the table; enthalpies of formation of the gas and their 95 % uncertainty, kcal/mol."""

    cas: str
    name: str
    smiles: str
    atomic_numbers: tuple[int, ...]
    multiplicity: int
    at_0_kcal_mol: float
    at_298_kcal_mol: float
    uncertainty_kcal_mol: float

    @property
    def d0_kcal_mol(self) -> float:
        """Atomization energy at 0 K."""
        return sum(atoms(0)[SYMBOLS[z]] for z in self.atomic_numbers) - self.at_0_kcal_mol


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


@cache
def _table() -> list[dict[str, str]]:
    from importlib.resources import files

    with (files("chemicals") / TABLE).open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@cache
def atoms(kelvin: int) -> dict[str, float]:
    """Experimental enthalpies of formation of the atoms H C N O F at 0 or 298 K, kcal/mol."""
    column = {0: "Hfg_0K", 298: "Hfg"}[kelvin]
    found = {row["Formula"]: float(row[column]) * JOULE_KCAL for row in _table()}
    return {symbol: found[f"{symbol} (g)"] for symbol in ELEMENTS}


@cache
def molecules() -> tuple[list[Known], dict[str, str]]:
    """The neutral molecules of H C N O F in the table, by size then name; and why others are left out, by name.

    A SMILES found by CAS number is taken only where it has the table's formula (that of a radical is often its
    parent's) and no unpaired electron; O2 is the one open shell.
    """
    from chemicals import search_chemical

    found: list[Known] = []
    left_out: dict[str, str] = {}
    for row in _table():
        formula = row["Formula"].removesuffix(" (g)")
        counts = _counts(formula)
        if counts is None or not set(counts) <= set(ELEMENTS) or sum(counts.values()) < 2:
            continue
        name = row["Chemical"]
        try:
            smiles = search_chemical(row["CAS"]).smiles
        except ValueError:
            left_out[name] = "no structure of this CAS number"
            continue
        identity = identify(smiles)
        if identity is None or Counter(SYMBOLS[z] for z in identity.atomic_numbers) != counts:
            left_out[name] = "the structure of this CAS number has another formula"
            continue
        if identity.radical_electrons or identity.fragments > 1:
            left_out[name] = "an open shell, or not one molecule"
            continue
        at_0, at_298, uncertainty = (float(row[c]) * JOULE_KCAL for c in ("Hfg_0K", "Hfg", "uncertainty"))
        multiplicity = 3 if row["CAS"] in TRIPLETS else 1
        z = tuple(identity.atomic_numbers)
        found.append(Known(row["CAS"], name, smiles, z, multiplicity, at_0, at_298, uncertainty))
    drawn = Counter(_canonical(known) for known in found)
    for known in list(found):  # fulminic acid, HCNO, and isofulminic acid, HONC, are given one structure
        if drawn[_canonical(known)] > 1:
            found.remove(known)
            left_out[known.name] = "another molecule of the table has the same structure"
    found.sort(key=lambda known: (_heavy(known), len(known.atomic_numbers), known.name))
    return found, left_out


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
    known, left_out = molecules()
    known = [one for one in known if max_heavy is None or _heavy(one) <= max_heavy]
    asked = [_asked(one) for one in known]
    with LabelStore(store) as open_store:
        points, vibrated = (
            label(asked, chain, open_store, workers=workers, progress=progress)
            for chain in (stages(its_level, geometry), vibration_stages(frequency_level, relaxed=False))
        )
        energies, frequencies = (list(open_store.get(outcome.keys)) for outcome in (points, vibrated))
    rows = []
    for one, energy, vibration in zip(known, energies, frequencies, strict=True):
        failed = energy.reason or vibration.reason
        found = None if failed else minimum(of_result(vibration))
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
    formed = formation(de, found, one.atomic_numbers, atoms(0), atoms(298))
    return Measured(one, de, found.zero_point_hartree * HARTREE_KCAL_MOL, formed.at_0_kcal_mol, formed.at_298_kcal_mol)


def _asked(one: Known) -> Asked:
    return Asked(
        id=f"atct:{one.cas}",
        smiles=one.smiles,
        canonical_smiles=_canonical(one),
        inchikey=None,
        n_heavy=_heavy(one),
        multiplicity=one.multiplicity,
    )


def _canonical(one: Known) -> str:
    identity = identify(one.smiles)
    assert identity is not None  # it was read before
    return identity.canonical_smiles


def _heavy(one: Known) -> int:
    return sum(z != 1 for z in one.atomic_numbers)


def _counts(formula: str) -> Counter[str] | None:
    """The atoms of a condensed formula such as (CH3)2CHCH2C(CH3)3; None for an ion or what is no plain formula."""
    if "[" in formula or "+" in formula or formula.endswith("-"):
        return None
    stack: list[Counter[str]] = [Counter()]
    for opening, closing, element, number in re.findall(r"(\()|(\))(?=\d*)|([A-Z][a-z]?)(?=\d*)|(\d+)", formula):
        if opening:
            stack.append(Counter())
        elif closing:
            last = stack.pop()
            stack[-1].update(last)
            latest = last
        elif element:
            latest = Counter({element: 1})
            stack[-1].update(latest)
        else:
            for symbol, count in latest.items():
                stack[-1][symbol] += count * (int(number) - 1)
    return stack[0] if len(stack) == 1 and re.fullmatch(r"[A-Za-z0-9()]+", formula) else None
