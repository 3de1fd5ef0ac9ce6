"""Every reader says that a file has energies of its own, which commands that compute do not take."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hemdata.molecules import Molecule, entries
from hemdata.molecules.read import remarks

XYZ = "3\nenergy=-76.4\nO 0 0 0.12\nH 0 0.76 -0.47\nH 0 -0.76 -0.47\n"
SDF = (
    "methane\n\n\n  1  0  0  0  0  0  0  0  0  0999 V2000\n    0.0000    0.0000    0.0000 C   0  0\n"
    "M  END\n> <Total_Energy>\n-40.5\n\n$$$$\n"
)
SQUARE = ["C", "O"]


def written(folder: Path, suffix: str) -> Path:
    path = folder / f"mine{suffix}"
    if suffix == ".parquet":
        pq.write_table(pa.table({"smiles": SQUARE, "energy": [-40.5, None]}), path)
        return path
    path.write_text(
        {
            ".xyz": XYZ,
            ".sdf": SDF,
            ".csv": "smiles,energy_hartree\nC,-40.5\nO,\n",
            ".tsv": "smiles\tE_tot\nC\t-40.5\nO\t-76.4\n",
            ".smi": "smiles energy\nC -40.5\nO -76.4\n",
            ".jsonl": "".join(json.dumps({"smiles": each, "energy": -40.5}) + "\n" for each in SQUARE),
        }[suffix]
    )
    return path


@pytest.mark.parametrize(
    ("suffix", "key", "number"),
    [(".xyz", "energy", 1), (".sdf", "total_energy", 1), (".csv", "energy_hartree", 1), (".tsv", "e_tot", 2),
     (".smi", "energy", 2), (".jsonl", "energy", 2), (".parquet", "energy", 1)],
)  # fmt: skip
def test_energies_that_are_not_taken_are_told_by_their_name(suffix: str, key: str, number: int, tmp_path: Path) -> None:
    path = written(tmp_path, suffix)
    found = [each for each in entries(path) if isinstance(each, Molecule)]
    assert [each.energy_key for each in found if each.energy_key] == [key] * number
    (told,) = remarks(found, [])
    assert told.startswith(f"{number} molecules of {path} have an energy there ({key}), which is not taken")
    assert "hemdata import" in told


@pytest.mark.parametrize("text", ["smiles,energy\nC,high\n", "smiles,price\nC,4.5\n", "smiles,energy\nC,nan\n"])
def test_what_is_no_energy_is_not_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text)
    assert [each.energy_key for each in entries(tmp_path / "a.csv") if isinstance(each, Molecule)] == [None]
