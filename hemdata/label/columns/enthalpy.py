"""Enthalpies of formation of labelled molecules: frequencies from the store, through atomization, as columns."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa

from hemdata.catalog import Column
from hemdata.chemistry.thermo import formation, minimum, thermal_enthalpy
from hemdata.errors import CallError, DataError
from hemdata.identity import isotopologue
from hemdata.label.calculation import Result, vibration_stages
from hemdata.label.columns.added import Added, at_their_labels
from hemdata.label.run import Outcome
from hemdata.label.store.database import LabelStore
from hemdata.levels import SYMBOLS, Level, level
from hemdata.molecules import Molecule
from hemdata.schema import table_schema
from hemdata.units import HARTREE_KCAL_MOL

KCAL = "kcal/mol"
COLUMNS = [
    Column(name="frequency_level", type="string", nullable=True, meaning="level of theory of the harmonic frequencies"),
    Column(name="imaginary_frequencies", type="int32", nullable=True, minimum=0, meaning="0 of a minimum"),
    Column(name="zero_point_kcal_mol", type="double", nullable=True, unit=KCAL, minimum=0,
           meaning="zero-point energy, harmonic"),
    Column(name="thermal_enthalpy_kcal_mol", type="double", nullable=True, unit=KCAL, minimum=0,
           meaning="H(298.15 K) - H(0) of the ideal gas, rigid rotor and harmonic oscillator"),
    Column(name="formation_enthalpy_0_kcal_mol", type="double", nullable=True, unit=KCAL,
           meaning="enthalpy of formation of the gas at 0 K, through atomization with ATcT's atoms"),
    Column(name="formation_enthalpy_298_kcal_mol", type="double", nullable=True, unit=KCAL,
           meaning="enthalpy of formation of the gas at 298.15 K"),
]  # fmt: skip
CORRECTED = [
    Column(name="formation_enthalpy_0_corrected_kcal_mol", type="double", nullable=True, unit=KCAL,
           meaning="the same at 0 K, less the level's atom equivalents fitted on ATcT"),
    Column(name="formation_enthalpy_298_corrected_kcal_mol", type="double", nullable=True, unit=KCAL,
           meaning="the same at 298.15 K, less the level's atom equivalents fitted on ATcT"),
]  # fmt: skip
CHARGED = "An ion has no enthalpy of formation here."
ISOTOPES = "An isotopologue has no enthalpy of formation here."


@dataclass(frozen=True)
class Enthalpy:
    """How enthalpies of formation are to be made.

    Attributes:
        frequencies: level of the harmonic frequencies, at its own geometry.
        per_atom: correction of the level by element, to be taken off D0, kcal/mol; None for no correction.
        stated: what the manifest says of it.
    """

    frequencies: Level
    per_atom: dict[str, float] | None
    stated: dict[str, Any]

    @property
    def columns(self) -> list[Column]:
        """The columns that labelled rows get."""
        return COLUMNS + (CORRECTED if self.per_atom is not None else [])


def enthalpy(its: Level, frequencies: str | None = None, corrected: bool = False) -> Enthalpy:
    """What a level's card says of its frequencies and of its distance from the experiment.

    Args:
        frequencies: another level of frequencies than the card's.
        corrected: by the card's atom equivalents.

    Raises:
        CallError: if a correction is asked for and the card has none.
    """
    of = level(frequencies or its.card.frequencies or its.name)
    known = its.card.against_experiment
    if corrected and known is None:
        raise CallError(
            f"The card of '{its.name}' has no correction by the experiment.",
            fix=f"`hemdata levels experiment --level {its.name}` computes it; write it into the card "
            "(against_experiment), or leave --corrected out.",
        )
    stated: dict[str, Any] = {"frequencies": of.name, "frequencies_hash": of.hash}
    if not corrected or known is None:
        return Enthalpy(of, None, stated)
    return Enthalpy(of, dict(known.per_atom_kcal_mol), stated | {"corrected": known.model_dump(mode="json")})


def vibrations(
    asked: Sequence[Molecule],
    labels: Sequence[str],
    geometry: str | None,
    how: Enthalpy,
    store: LabelStore,
    run: Callable[..., Outcome],
    conformers: int = 1,
) -> Added:
    """Compute the harmonic frequencies of labelled molecules.

    Args:
        asked, labels: molecules, and the keys of their labels.
        geometry: name of the level that the labels' geometries were relaxed at; None where each had its own.
        how: names the level of the frequencies. Where it is the geometries' level they serve; else each molecule is
            relaxed at it, from its SMILES, or from its own geometry where it had one.
        run: `label` with all that does not concern the molecules.
        conformers: of the labels.
    """
    same = geometry is not None and level(geometry).hash == how.frequencies.hash
    places, molecules = [], []
    for place, molecule, there in at_their_labels(asked, labels, store):
        own = same or geometry is None or molecule.canonical_smiles is None
        places.append(place)
        molecules.append(there if own else molecule)
    outcome = run(molecules, vibration_stages(how.frequencies, same, conformers), store)
    keys: list[str | None] = [None] * len(asked)
    for place, found in zip(places, outcome.keys, strict=True):
        keys[place] = found
    return Added("enthalpy", keys, how.columns, partial(with_enthalpies, how=how), how.stated)


def with_enthalpies(table: pa.Table, vibrated: Sequence[Result | None], how: Enthalpy) -> tuple[pa.Table, Counter[str]]:
    """A table of labelled rows with the columns of their enthalpies; and how many lack one, by reason.

    Args:
        vibrated: for each row, what the store holds of its frequencies.
    """
    without: Counter[str] = Counter()
    columns: dict[str, list[Any]] = {column.name: [] for column in how.columns}
    rows = table.select(["smiles", "atomic_numbers", "charge", "atomization_energy_kcal_mol"]).to_pylist()
    for row, result in zip(rows, vibrated, strict=True):
        told, reason = _of_row(row, result, how)
        without.update([reason] if reason else [])
        for name, values in columns.items():
            values.append(told.get(name))
    for column in how.columns:
        field = table_schema("molecule", how.columns).arrow.field(column.name)
        table = table.append_column(field, pa.array(columns[column.name], field.type))
    return table, without


def _of_row(row: dict[str, Any], result: Result | None, how: Enthalpy) -> tuple[dict[str, Any], str | None]:
    """The columns of one row, and why its enthalpy is missing where it is."""
    if result is None:
        return {}, "Its frequencies are not computed yet."
    if result.reason is not None:
        return {}, result.reason.splitlines()[0]
    found = result.frequencies
    told: dict[str, Any] = {"frequency_level": how.frequencies.name, "imaginary_frequencies": found.imaginary}
    lowest = minimum(found)
    if lowest is None:
        return told, f"No minimum at {how.frequencies.name}."
    told["zero_point_kcal_mol"] = lowest.zero_point_hartree * HARTREE_KCAL_MOL
    told["thermal_enthalpy_kcal_mol"] = thermal_enthalpy(lowest) * HARTREE_KCAL_MOL
    if row["charge"]:
        return told, CHARGED
    if isotopologue(row["smiles"]):  # ATcT's atoms are of natural isotopes
        return told, ISOTOPES
    z = row["atomic_numbers"]
    try:
        formed = formation(row["atomization_energy_kcal_mol"], lowest, z)
    except DataError as error:
        return told, error.what
    told["formation_enthalpy_0_kcal_mol"] = formed.at_0_kcal_mol
    told["formation_enthalpy_298_kcal_mol"] = formed.at_298_kcal_mol
    if how.per_atom is None:
        return told, None
    if not {SYMBOLS[n] for n in z} <= set(how.per_atom):
        return told, "The level's correction lacks an element."
    shift = sum(how.per_atom[SYMBOLS[n]] for n in z)
    told["formation_enthalpy_0_corrected_kcal_mol"] = formed.at_0_kcal_mol + shift
    told["formation_enthalpy_298_corrected_kcal_mol"] = formed.at_298_kcal_mol + shift
    return told, None
