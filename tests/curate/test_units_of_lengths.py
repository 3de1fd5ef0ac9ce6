"""Coordinates in bohr where angstrom is declared: the build names it and keeps none; a few are rejected rows."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from hemdata.catalog import dataset
from hemdata.curate.build import build
from hemdata.errors import DataError
from hemdata.shards import read, rejected
from hemdata.units import BOHR_ANGSTROM, HARTREE_EV

CASE = Path(__file__).parents[1] / "fixtures" / "cases" / "energies-in-ev.csv"  # water, HCN, methanol, ammonia


def written(folder: Path, in_bohr: set[int], energies: bool = True) -> Path:
    with CASE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        factor = 1 / BOHR_ANGSTROM if number in in_bohr else 1.0
        row["positions"] = [value * factor for value in json.loads(row["positions"])]  # type: ignore[assignment]
        row["energy"] = float(row["energy"]) / HARTREE_EV if energies else None  # type: ignore[assignment]
    (folder / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / "mine.jsonl"


@pytest.mark.parametrize("energies", [True, False])
def test_a_whole_table_in_bohr_is_refused_with_the_way_out(energies: bool, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Most coordinates are in bohr") as refused:
        build("od9", written(tmp_path, {0, 1, 2, 3}, energies), tmp_path / "out", workers=1)
    assert "4 of 4 rows" in str(refused.value)
    assert "unit: bohr" in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_a_card_that_says_bohr_builds_the_same_geometries(tmp_path: Path) -> None:
    card = dataset("od9").model_dump(mode="json", exclude_none=True)
    card["columns"]["positions"]["unit"] = "bohr"
    (tmp_path / "od9.yaml").write_text(yaml.safe_dump(card))
    right = build("od9", written(tmp_path, set()), tmp_path / "right", workers=1)
    by_card = build(tmp_path / "od9.yaml", written(tmp_path, {0, 1, 2, 3}), tmp_path / "by-card", workers=1)
    for one, two in zip(read(right.folder).to_pylist(), read(by_card.folder).to_pylist(), strict=True):
        assert np.abs(np.subtract(one.pop("positions"), two.pop("positions"))).max() < 1e-12
        assert one == two


def test_one_row_in_bohr_is_a_rejected_row_that_says_so(tmp_path: Path) -> None:
    built = build("od9", written(tmp_path, {2}), tmp_path / "out", workers=1)
    assert read(built.folder)["id"].to_pylist() == ["od9:w", "od9:hcn", "od9:nh3"]
    assert built.manifest.counts.rejected == {"the coordinates seem to be in bohr": 1}
    assert rejected(built.folder)["where"].to_pylist() == ["mine.jsonl, line 3"]
