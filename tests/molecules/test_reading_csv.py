"""Tables: columns by name, whatever parts them; charge and multiplicity beside a SMILES or a geometry."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from hemdata.errors import DataError
from hemdata.forms.export import export
from hemdata.levels import level, with_atomization
from hemdata.molecules import Molecule, Unread, entries, read_molecules
from hemdata.schema import table_schema
from hemdata.shards import LevelName, ShardWriter

GFN2 = level("gfn2-xtb")


def read(tmp_path: Path, text: str, name: str = "mine.csv") -> list[tuple[str, str | None, int, int]]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return [(m.id[5:], m.canonical_smiles, m.charge, m.multiplicity) for m in read_molecules(path)]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_columns_are_read_by_name(tmp_path: Path, separator: str, mark: str) -> None:
    rows = [
        "Name,SMILES,Charge,multiplicity,q",
        "ethyl alcohol,CCO,,,0.3",
        "o2,O=O,0,3,",
        "amm,[NH4+],1,,x",
        "",
        ",C,,,",
    ]
    text = mark + "\r\n".join(rows).replace(",", separator)
    assert read(tmp_path, text) == [
        ("ethyl_alcohol", "CCO", 0, 1), ("o2", "O=O", 0, 3), ("amm", "[NH4+]", 1, 1), ("6", "C", 0, 1),
    ]  # fmt: skip


def test_every_row_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        "id,smiles,charge,atomic_numbers,positions\na,C1CC,,,\nb,O,1,,\nc,O,,,,\nd,,,,\ne,O,,8 1,0 0 0 0 0 1\n"
        'f,,0,"[8, 1, 1]","[0, 0, 0.1173, 0, 0.7572, -0.4692, 0, -0.7572]"\ng,,x,8,0 0 0\nh,[O],,8,0 0 0\n'
    )
    found = list(entries(path))
    assert [each.reason if isinstance(each, Unread) else "read" for each in found] == [
        "A SMILES does not parse.", "The SMILES has another charge.", "The row has 6 cells, the first line 5.",
        "The row has neither a SMILES nor a geometry.", "The SMILES has other atoms than the geometry.",
        "Atoms and positions are not as many.", "The charge is no whole number.", "read",
    ]  # fmt: skip
    assert [str(each.where)[-6:] for each in found] == [f"line {number}" for number in range(2, 10)]
    for text, words in (("id,energy\na,1\n", "no molecules"), ("smiles,smiles\nC,C\n", "twice: smiles"), ("", "empty")):
        path.write_text(text)
        with pytest.raises(DataError) as refused:
            read_molecules(path)
        assert words in str(refused.value)


STATES: list[tuple[str | None, list[int], int, int]] = [
    ("[OH-]", [8, 1], -1, 1), ("[OH]", [8, 1], 0, 2), (None, [8, 1], 1, 3), ("O=O", [8, 8], 0, 3), (None, [2], 2, 1),
]  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "extxyz", "xyz"])
def test_ions_and_radicals_come_back_from_every_export_that_is_read(tmp_path: Path, form: str) -> None:
    schema = table_schema("molecule")
    rows: list[dict[str, Any]] = []
    for number, (smiles, z, charge, multiplicity) in enumerate(STATES):
        rows.append(
            {
                "id": f"odd:{['a,charge=5', 'b|c', 'x[nh]', 'q=1', 'é'][number]}", "smiles": smiles,
                "canonical_smiles": smiles, "inchikey": None, "atomic_numbers": z,
                "positions": [1e-17, -1e-5, 0.0, 0.3, 1 / 3, 1.0][: 3 * len(z)],
                "n_atoms": len(z), "n_heavy": sum(n != 1 for n in z), "charge": charge, "multiplicity": multiplicity,
                "energy_hartree": None, "atomization_energy_kcal_mol": None, "level": None,
                "geometry_level": "gfn2-xtb", "flags": [],
            }
        )  # fmt: skip
    with ShardWriter(tmp_path / "odd", schema) as writer:
        writer.add(with_atomization(pa.Table.from_pylist(rows, schema=schema.arrow), GFN2))
        writer.finish("odd", len(rows), [], [LevelName(name="gfn2-xtb", hash=GFN2.hash)])
    back = read_molecules(export(tmp_path / "odd", form, tmp_path / f"back.{form}"))
    for row, found in zip(rows, back, strict=True):
        assert (found.charge, found.multiplicity) == (row["charge"], row["multiplicity"])
        assert (found.atomic_numbers, found.positions) == (row["atomic_numbers"], row["positions"])
        if form == "csv":
            assert (found.smiles, found.geometry_level) == (row["smiles"], "gfn2-xtb")
        if form != "xyz":
            assert found.id == f"back:{row['id']}"


def test_a_charge_beside_a_smiles_and_a_geometry_is_that_of_the_smiles(tmp_path: Path) -> None:
    place = [0, 0, 0, 0.59, 0.59, 0.59, -0.59, -0.59, 0.59, -0.59, 0.59, -0.59, 0.59, -0.59, -0.59]
    row = {"name": "a", "smiles": "[NH4+]", "atomic_numbers": [7, 1, 1, 1, 1], "positions": place}
    path = tmp_path / "mine.jsonl"
    path.write_text("\n".join(json.dumps(row | {"charge": charge}) for charge in (1, 0)))
    right, wrong = entries(path)
    assert isinstance(right, Molecule)
    assert (right.charge, right.multiplicity) == (1, 1)
    assert isinstance(wrong, Unread)
