"""The molecules of a built dataset, streamed from its shards."""

from collections.abc import Iterator
from pathlib import Path

from hemdata.molecules.molecule import Molecule
from hemdata.shards import iterate

_COLUMNS = (
    "id", "smiles", "canonical_smiles", "inchikey", "n_heavy", "charge", "multiplicity", "atomic_numbers", "positions",
    "geometry_level",
)  # fmt: skip


def from_shards(folder: Path) -> Iterator[Molecule]:
    """Every row of a built dataset, streamed."""
    for batch in iterate(folder, _COLUMNS):
        for row in batch.to_pylist():
            row["atomic_numbers"], row["positions"] = row["atomic_numbers"] or [], row["positions"] or []
            yield Molecule(**row)
