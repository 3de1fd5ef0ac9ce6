"""Real labelled molecules, written as users write their own files, by the libraries that own the forms."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ase
import numpy as np
import pyarrow.compute as pc

from hemdata.catalog import label_places
from hemdata.shards import read

Row = dict[str, Any]


def molecules(name: str, n: int | None = None) -> list[Row]:
    """Rows of labels that travel with the package, which have an energy and a geometry."""
    table = read(label_places()[-1] / name)
    table = table.filter(pc.and_(pc.is_valid(table["energy_hartree"]), pc.is_valid(table["positions"])))
    rows: list[Row] = table.slice(0, n or table.num_rows).to_pylist()
    return rows


def atoms_of(row: Row) -> ase.Atoms:
    """A row as ASE has it."""
    return ase.Atoms(numbers=row["atomic_numbers"], positions=np.reshape(row["positions"], (-1, 3)))


def written(rows: Sequence[Row], path: Path, *, energy: str, unit: float, smiles: bool = True) -> None:
    """Rows as extended XYZ by ASE: the energy under a key, in a unit (so many to a hartree)."""
    from ase.io import write

    frames = []
    for row in rows:
        atoms = atoms_of(row)
        atoms.info = {energy: row["energy_hartree"] * unit, "id": row["id"]}
        if smiles:
            atoms.info["smiles"] = row["smiles"]
        frames.append(atoms)
    write(path, frames, format="extxyz")
