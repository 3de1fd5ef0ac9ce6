"""Energies in another unit than the card declares: the build names the unit and keeps none; a few are rejected rows."""

import csv
import json
from pathlib import Path

import pytest
import yaml

from hemdata.catalog import dataset
from hemdata.curate.build import build
from hemdata.errors import DataError
from hemdata.shards import read, rejected, verify
from hemdata.units import HARTREE_EV, IN_HARTREE

IN_EV = Path(__file__).parents[1] / "fixtures" / "cases" / "energies-in-ev.csv"  # water, HCN, methanol, ammonia
UNITS = ["eV", "kcal/mol", "kJ/mol", "rydberg"]


def rows() -> list[dict[str, str]]:
    with IN_EV.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def written(folder: Path, energies: list[float]) -> Path:
    path = folder / "mine.jsonl"
    lines = [json.dumps(row | {"energy": energy}) for row, energy in zip(rows(), energies, strict=True)]
    path.write_text("\n".join(lines) + "\n")
    return path


def hartree() -> list[float]:
    return [float(row["energy"]) / HARTREE_EV for row in rows()]


def own_card(folder: Path, unit: str) -> Path:
    card = dataset("od9").model_dump(mode="json", exclude_none=True)
    card["columns"]["energy_hartree"]["unit"] = unit
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump(card | {"name": "mine", "columns": card["columns"]}))
    return path


def test_a_table_in_electronvolt_names_the_unit_and_keeps_no_row(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Most energies are not what the card says") as refused:
        build("od9", IN_EV, tmp_path / "out")
    assert "4 of 4 rows are not; 4 would be right in eV, not in hartree" in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_is_named_and_a_card_that_says_it_builds(unit: str, tmp_path: Path) -> None:
    path = written(tmp_path, [energy / IN_HARTREE[unit] for energy in hartree()])
    with pytest.raises(DataError) as refused:
        build("od9", path, tmp_path / "out")
    assert f"in {unit}, not in hartree" in str(refused.value)
    right = build(own_card(tmp_path, unit), path, tmp_path / "out")
    verify(right.folder)
    found = read(right.folder)["atomization_energy_kcal_mol"].to_pylist()
    # ATcT's with zero-point energy, to what B3LYP/6-31G* errs: water 232, HCN 311, methanol 512, ammonia 298.
    assert found == pytest.approx([232.0, 311.0, 512.0, 298.0], abs=20)


def test_hartree_where_electronvolt_is_declared(tmp_path: Path) -> None:
    with pytest.raises(DataError) as refused:
        build(own_card(tmp_path, "eV"), written(tmp_path, hartree()), tmp_path / "out")
    assert "in hartree, not in eV" in str(refused.value)


def test_one_row_in_another_unit_is_a_rejected_row_that_says_so(tmp_path: Path) -> None:
    energies = hartree()
    energies[3] *= HARTREE_EV
    built = build("od9", written(tmp_path, energies), tmp_path / "out")
    assert built.manifest.counts.accepted == 3
    assert built.manifest.counts.rejected == {"schema: bond_energies": 1}
    assert rejected(built.folder)["detail"][0].as_py().endswith("energy_hartree would be right in eV, not in hartree")


def test_energies_of_another_kind_are_no_matter_of_units(tmp_path: Path) -> None:
    """Valence electrons alone, as tight binding has them, at the level of a density functional."""
    path = written(tmp_path, [-5.07, -5.5, -8.1, -4.4])
    with pytest.raises(DataError, match="Most energies") as refused:
        build("od9", path, tmp_path / "out")
    assert "no other unit would make them right" in str(refused.value)
