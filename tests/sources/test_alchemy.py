"""Alchemy, in the form that its description and its generator's code give; the energies are at Alchemy's level."""

import csv
import zipfile
from pathlib import Path

import numpy as np
import pytest
from published_forms import FIXTURES, alchemy_zip

from hemdata.catalog import dataset
from hemdata.chemistry.engines.pyscf import single_point
from hemdata.curate.build import build
from hemdata.errors import DataError
from hemdata.levels import level
from hemdata.shards import read, verify
from hemdata.sources import open_source


def rewritten(tmp_path: Path, edit: dict[str, str]) -> Path:
    """The folder with words of its table replaced."""
    folder = tmp_path / "altered"
    for member in (FIXTURES / "alchemy").rglob("*.*"):
        target = folder / member.relative_to(FIXTURES / "alchemy")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(member.read_bytes())
    text = (folder / "final_version.csv").read_text(encoding="utf-8")
    for old, new in edit.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "final_version.csv").write_text(text, encoding="utf-8")
    return folder


def test_energy_is_u0_less_zero_point_energy_at_alchemys_own_level(tmp_path: Path) -> None:
    """Recomputed by PySCF at the SDF's geometry: sulfur and chlorine are there, the atoms in the SDF's own order."""
    build("alchemy", alchemy_zip(tmp_path), tmp_path / "out")
    verify(tmp_path / "out")
    rows = {row["id"]: row for row in read(tmp_path / "out").to_pylist()}
    assert len(rows) == 5
    row = rows["alchemy:1000004"]
    assert row["atomic_numbers"] == [1, 1, 8, 6]
    assert row["canonical_smiles"] == "C=O"
    z, x = np.array(row["atomic_numbers"]), np.array(row["positions"]).reshape(-1, 3)
    assert abs(single_point(z, x, 0, 1, level("alchemy")).energy_hartree - row["energy_hartree"]) < 1e-7
    assert abs(row["energy_hartree"] - (row["u0_hartree"] - row["zpve_hartree"])) < 1e-12
    assert {16, 17} <= {n for its in rows.values() for n in its["atomic_numbers"]}
    assert all(0 < its["atomization_energy_kcal_mol"] < 800 for its in rows.values())
    assert all("level_unaudited" in its["flags"] for its in rows.values())


def test_the_contests_files_are_refused_for_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "dev_v20190730.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("dev/dev_target.csv", "gdb_idx,property_0\n1,0.3\n")
        archive.writestr("dev/sdf/atom_9/1.sdf", "x")
    with pytest.raises(DataError, match="normalised and permuted"):
        open_source(dataset("alchemy"), path)
    renamed = path.rename(tmp_path / "alchemy.zip")
    with pytest.raises(DataError, match="normalised and permuted"):
        open_source(dataset("alchemy"), renamed)


def test_a_missing_column_or_another_unit_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no column 'zpve'"):
        open_source(dataset("alchemy"), rewritten(tmp_path / "a", {"zpve\n": "zero\n"}))
    with pytest.raises(DataError, match="'U0' is not in the unit") as refused:
        open_source(dataset("alchemy"), rewritten(tmp_path / "b", {"U0\n(Ha": "U0\n(eV"}))
    assert "Ha" in str(refused.value)


def test_lines_and_files_that_miss_each_other_are_counted(tmp_path: Path) -> None:
    folder = rewritten(tmp_path, {"1000001,": "1000009,", "1000002,2,0.03650938": "1000002,2,"})
    (folder / "atom_9").mkdir()
    (folder / "atom_2" / "1000003.sdf").rename(folder / "atom_9" / "1000003.sdf")
    (folder / "atom_2" / "1000001.sdf").write_text("nothing\n")
    with (folder / "final_version.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(["1000004", "2", "0.1", "", "", "-1", ""])
    counts = build("alchemy", folder, tmp_path / "out").manifest.counts
    assert (counts.read, counts.accepted) == (7, 2)
    assert counts.rejected == {
        "no line in the table": 1,
        "no SDF": 1,
        "no energy": 1,
        "wrong heavy atom count": 1,
        "no new id": 1,
    }


def test_the_two_levels_of_one_name_are_two() -> None:
    """Alchemy's totals with QM9's atoms would be 2 to 33 millihartree an atom off."""
    ours, qm9 = level("alchemy"), level("qm9")
    assert ours.hash != qm9.hash
    assert all(1e-3 < abs(ours.atoms[z] - qm9.atoms[z]) < 0.04 for z in (1, 6, 7, 8, 9))
