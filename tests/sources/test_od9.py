"""OD9, in the forms that its card declares."""

import gzip
import json
from pathlib import Path

import pytest
from published_forms import od9_records, od9_table, od9_zip

from hemdata.catalog import SourceColumn, dataset
from hemdata.curate.build import build
from hemdata.errors import DataError
from hemdata.shards import read, verify
from hemdata.sources import open_source


def test_every_form_gives_the_same_molecules(tmp_path: Path) -> None:
    energies = {}
    for form in ("csv", "jsonl"):
        build("od9", od9_table(tmp_path / form, form), tmp_path / f"out-{form}")
        verify(tmp_path / f"out-{form}")
        energies[form] = read(tmp_path / f"out-{form}").to_pylist()
    assert energies["csv"] == energies["jsonl"]
    build("od9", od9_zip(tmp_path / "zip"), tmp_path / "out-zip")
    rows = {row["smiles"]: row for row in read(tmp_path / "out-zip").to_pylist()}  # in their folders' order
    members = [rows[row["smiles"]] for row in energies["csv"][:-1]]
    for key in ("smiles", "energy_hartree", "atomization_energy_kcal_mol", "positions", "part"):
        assert [row[key] for row in members] == [row[key] for row in energies["csv"][:-1]], key
    graph = energies["csv"][-1]
    assert (graph["positions"], graph["energy_hartree"], graph["level"], graph["flags"]) == (None, None, None, [])
    assert all("level_unaudited" in row["flags"] for row in members)


def test_the_mapping_by_smiles_gives_graphs(tmp_path: Path) -> None:
    build("od9", od9_table(tmp_path, "json"), tmp_path / "out")
    table = read(tmp_path / "out")
    assert table.num_rows == len(od9_records())
    assert table["energy_hartree"].null_count == table.num_rows


def test_names_units_and_forms_that_are_not_declared_are_refused(tmp_path: Path) -> None:
    card = dataset("od9")
    path = tmp_path / "OD9.csv"
    path.write_text("SMILES,energy\nC,-40.5\n")
    with pytest.raises(DataError, match="no column 'smiles'"):
        list(open_source(card, path).raws())
    for column in (SourceColumn(column="energy"), SourceColumn(column="energy", unit="angstrom")):
        wrong = card.model_copy(update={"columns": card.columns | {"energy_hartree": column}})
        with pytest.raises(DataError, match="does not say how"):
            open_source(wrong, path)
    (tmp_path / "OD9.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match="form of the file is not known"):
        open_source(card, tmp_path / "OD9.parquet")
    with pytest.raises(DataError, match="knows no address") as missing:
        open_source(card)
    assert "--from" in str(missing.value)


def test_an_energy_in_electronvolt_is_converted(tmp_path: Path) -> None:
    card = dataset("od9")
    columns = card.columns | {"energy_hartree": SourceColumn(column="energy", unit="eV")}
    source = open_source(card.model_copy(update={"columns": columns}), od9_table(tmp_path, "jsonl"))
    molecule = source.parse(next(iter(source.raws())))
    assert molecule.energy_hartree == pytest.approx(od9_records()[0]["energy"] / 27.211386245988)  # type: ignore[operator]


def test_bad_records_are_counted_by_reason_and_not_as_progress(tmp_path: Path) -> None:
    """A card says how many molecules a build accepts, so a bar that counted records went beyond its end."""
    good = od9_records()[0]
    bad = [
        good | {"id": "a", "HAC": 99},
        good | {"id": "b", "positions": [[0.0, 0.0, 0.0]]},
        good | {"id": "c", "positions": None, "atomic_numbers": None},
        good | {"id": "d", "smiles": None},
        good | {"id": "e", "energy": "nan"},
    ]
    path = tmp_path / "OD9.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in [good, *bad]) + "not json\n")
    shown: list[int] = []
    counts = build("od9", path, tmp_path / "out", progress=shown.append).manifest.counts
    assert sum(shown) == counts.accepted == 1
    assert counts.rejected == {
        "n_heavy is not that of the SMILES": 1,
        "wrong atom count": 1,
        "an energy without a geometry": 1,
        "no SMILES": 1,
        "not a finite number": 1,
        "not a JSON record": 1,
    }


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "json"])
def test_a_table_that_is_cut_is_an_error_and_not_a_short_set(tmp_path: Path, suffix: str) -> None:
    whole = gzip.compress(od9_table(tmp_path, suffix).read_bytes())
    path = tmp_path / f"OD9.{suffix}.gz"
    path.write_bytes(whole[:-20])
    with pytest.raises(DataError, match=r"truncated or damaged[\s\S]*OD9"):
        list(open_source(dataset("od9"), path).raws())


def test_a_cell_without_end_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "OD9.csv"
    path.write_text('smiles,energy\n"' + "C" * 200_000)
    with pytest.raises(DataError, match="field larger than field limit"):
        list(open_source(dataset("od9"), path).raws())


def test_a_byte_order_mark_is_no_part_of_the_first_columns_name(tmp_path: Path) -> None:
    """Of a spreadsheet's CSV the ids were lost, or the column `smiles` was not seen."""
    _, path = dataset("od9"), od9_table(tmp_path, "csv")
    text = path.read_bytes()
    build("od9", path, tmp_path / "plain")
    header, *rows = text.decode().splitlines()
    assert header.split(",")[0] == "id"
    path.write_bytes(b"\xef\xbb\xbf" + text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    build("od9", path, tmp_path / "marked")
    assert read(tmp_path / "marked").equals(read(tmp_path / "plain"))
    path.write_text("\ufeffsmiles,id\nO,w\nC#N,hcn\n", encoding="utf-8")
    build("od9", path, tmp_path / "smiles-first")
    assert read(tmp_path / "smiles-first")["id"].to_pylist() == ["od9:w", "od9:hcn"]
    for encoding in ("utf-16", "utf-32"):
        path.write_text("smiles,id\nO,w\n", encoding=encoding)
        with pytest.raises(DataError, match="not UTF-8"):
            build("od9", path, tmp_path / "other")
    assert rows


def test_charge_and_multiplicity_are_the_columns_or_the_smiles(tmp_path: Path) -> None:
    """A doubly charged cation passed the parity of electrons as a neutral molecule."""
    path = tmp_path / "OD9.csv"
    path.write_text(
        "id,smiles,charge,multiplicity\n"
        "a,[NH3+]CC[NH3+],,\nb,[CH3],,\nc,[O][O],0,3\nd,O=O,,3\ne,[OH-],-1,1\n"
        "f,O,1,\ng,O,,2\nh,O,x,\ni,O,,,1\n"
    )
    built = build("od9", path, tmp_path / "out")
    rows = {row["id"][4:]: (row["charge"], row["multiplicity"]) for row in read(tmp_path / "out").to_pylist()}
    assert rows == {"a": (2, 1), "b": (0, 2), "c": (0, 3), "d": (0, 3), "e": (-1, 1)}
    assert built.manifest.counts.rejected == {
        "charge is not that of the SMILES": 1,
        "charge and multiplicity do not go together": 1,
        "the charge is no whole number": 1,
        "more cells than columns": 1,
    }
