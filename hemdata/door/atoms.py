"""Rows of a set as ASE's atoms, and ASE's atoms as molecules."""

from collections.abc import Iterator
from pathlib import Path

from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator

from hemdata.forms.shared.built import BuiltSet
from hemdata.units import HARTREE_EV

INFO = ("id", "smiles", "charge", "multiplicity", "level", "atomization_energy_kcal_mol")


def atoms_of(folder: Path) -> Iterator[Atoms]:
    """The molecules of a folder of shards, streamed; errors as `BuiltSet.molecules`."""
    for row in BuiltSet.at(folder).molecules():
        atoms = Atoms(
            numbers=row["atomic_numbers"], positions=row["positions"], info={name: row[name] for name in INFO}
        )
        if row["energy_hartree"] is not None:
            atoms.calc = SinglePointCalculator(atoms, energy=row["energy_hartree"] * HARTREE_EV)
        yield atoms
