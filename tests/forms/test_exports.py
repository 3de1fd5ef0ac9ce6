"""Every form opens in the library that it is made for, and gives back every value of every row."""

import json
import sqlite3
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from command_line import hemdata

from hemdata.catalog import Column
from hemdata.errors import CallError
from hemdata.forms.export import export, forms
from hemdata.forms.shared.built import BuiltSet
from hemdata.levels import SYMBOLS, level, with_atomization
from hemdata.schema import table_schema
from hemdata.shards import LevelName, ShardWriter, SourceFile, read

GFN2 = level("gfn2-xtb")
PROPERTIES = [
    Column(name="frequencies_cm1", type="list<double>", unit="1/cm", meaning="harmonic frequencies"),
    Column(name="words", type="list<string>", meaning="words"),
    Column(name="cid", type="int64", meaning="a number that may be missing", nullable=True),
    Column(name="cyclic", type="bool", meaning="a truth value"),
    Column(name="name", type="string", meaning="a name", nullable=True),
    Column(name="dipole_debye", type="double", unit="debye", meaning="dipole moment", nullable=True),
]
TRICKY = ["F", "1,2", "inf", "a\nb", 'say "x"', "C/C=C\\C", "käse = 3", "True", "", None, "_JSON [1]", "n'a", "7"]
IN_ATOMS = ("atomic_numbers", "positions", "n_atoms")
STRUCTURES = ["xyz", "extxyz", "ase-db", "pyg", "schnetpack-db"]


@pytest.fixture(scope="module")
def tricky(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Diatomics and atoms in three shards: names that readers misread, missing values, lists of every length."""
    schema = table_schema("molecule", PROPERTIES)
    rows = []
    for i, name in enumerate(TRICKY):
        z = [9, 1] if i % 3 else [7]
        rows.append(
            {
                "id": f"tricky:{i}", "smiles": "F" if i % 3 else "N", "canonical_smiles": None, "inchikey": None,
                "atomic_numbers": z, "positions": [0.1 + i / 3, 1e-17, -0.0, 0.9, 1 / 7, 1e5 / 3][: 3 * len(z)],
                "n_atoms": len(z), "n_heavy": 1, "charge": 0, "multiplicity": 1 if i % 3 else 4,
                "energy_hartree": sum(GFN2.atoms[n] for n in z) - 0.1 - i / 70, "level": "gfn2-xtb",
                "geometry_level": "gfn2-xtb", "flags": ["one", "two, too"][: i % 3],
                "frequencies_cm1": [4138.3 / k for k in range(1, 1 + i % 4)], "words": ["7", name or ""][: i % 3],
                "cid": None if i % 2 else 14917 + i, "cyclic": bool(i % 2), "name": name,
                "dipole_debye": None if i == 5 else i / 3,
            }
        )  # fmt: skip
    table = with_atomization(pa.Table.from_pylist(rows, schema=schema.arrow), GFN2)
    folder = tmp_path_factory.mktemp("tricky") / "tricky"
    with ShardWriter(folder, schema, rows_per_shard=5) as writer:
        writer.add(table)
        writer.reject("raw, line 3", "atom count", "got 2", "2\n")
        writer.finish(
            "tricky", len(rows) + 1, [SourceFile(name="raw", bytes=1, sha256="0" * 64)],
            [LevelName(name="gfn2-xtb", hash=GFN2.hash)],
        )  # fmt: skip
    return folder


@pytest.fixture(params=["tricky", "neuro@gfn2-xtb"])
def folder(request: pytest.FixtureRequest, tricky: Path, labelled: Path) -> Path:
    """The made-up set, and real labelled molecules."""
    return tricky if request.param == "tricky" else labelled / str(request.param)


def rows_of(folder: Path) -> list[dict[str, Any]]:
    return list(read(folder).to_pylist())


def same(found: Any, wanted: Any) -> bool:
    """Equal to the last bit; a list is an array, a missing number NaN."""
    if wanted is None:
        return found is None or found == "" or (isinstance(found, float) and np.isnan(found))
    if isinstance(wanted, list):
        return np.array_equal(
            np.atleast_1d(np.asarray(found)).reshape(-1), np.asarray(wanted, dtype=np.asarray(found).dtype)
        )
    return bool(found == wanted)


def assert_same(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    off = {name: (found.get(name), value) for name, value in wanted.items() if not same(found.get(name), value)}
    assert not off, off


def test_csv_opens_in_pandas_and_polars(folder: Path, tmp_path: Path) -> None:
    import pandas as pd
    import polars as pl

    path = export(folder, "csv", tmp_path / "set.csv")
    wanted = rows_of(folder)
    frame = pd.read_csv(
        path, float_precision="round_trip", keep_default_na=False, na_values={"cid": "", "dipole_debye": ""}
    )
    assert len(frame) == len(wanted)
    for found, row in zip(frame.to_dict("records"), wanted, strict=True):
        listed = {name for name, value in row.items() if isinstance(value, list)}
        assert_same(found, {name: value for name, value in row.items() if name not in listed})
        for name in listed:
            assert found[name] == " ".join(str(int(v)) if name == "atomic_numbers" else _word(v) for v in row[name])
    assert pl.read_csv(path, infer_schema_length=None).height == len(wanted)


def _word(value: object) -> str:
    return str(pa.scalar(value).cast(pa.string())) if isinstance(value, float) else str(value)


@pytest.mark.parametrize("form", ["xyz", "extxyz"])
def test_xyz_opens_in_ase(folder: Path, tmp_path: Path, form: str) -> None:
    from ase.io import iread

    path = export(folder, form, tmp_path / f"set.{form}")
    frames = list(iread(path, index=":", format=form))
    for atoms, row in zip(frames, rows_of(folder), strict=True):
        assert atoms.numbers.tolist() == row["atomic_numbers"]
        assert np.array_equal(atoms.positions.reshape(-1), row["positions"])
        if form == "extxyz":
            assert not atoms.pbc.any()
            assert atoms.calc is None
            named = {name: value for name, value in row.items() if name not in IN_ATOMS}
            assert {n for n, value in named.items() if value is not None} == set(atoms.info)
            assert_same(atoms.info, named)


def test_plain_xyz_names_each_molecule_and_what_is_no_neutral_singlet(tricky: Path, tmp_path: Path) -> None:
    lines = export(tricky, "xyz", tmp_path / "set.xyz").read_text().splitlines()
    assert [line for line in lines if line.startswith("tricky:")] == [
        row["id"] + (f" charge=0 multiplicity={row['multiplicity']}" if row["multiplicity"] > 1 else "")
        for row in rows_of(tricky)
    ]


def test_ase_database_opens_in_ase(folder: Path, tmp_path: Path) -> None:
    from ase.db import connect

    database = connect(export(folder, "ase-db", tmp_path / "set.db"))
    wanted = rows_of(folder)
    assert len(database) == len(wanted)
    for row in wanted:
        found = database.get(hemdata_id=row["id"])
        atoms = found.toatoms()
        assert atoms.numbers.tolist() == row["atomic_numbers"]
        assert np.array_equal(atoms.positions.reshape(-1), row["positions"])
        told = {**found.data, **found.key_value_pairs}
        told = {**told, "id": told["hemdata_id"], "charge": told["total_charge"]}
        assert_same(told, {n: v for n, v in row.items() if n not in ("atomic_numbers", "positions")})
    assert database.metadata["key_descriptions"]["energy_hartree"][2] == "hartree"


def test_pyg_opens_in_pytorch_geometric(folder: Path, tmp_path: Path) -> None:
    from torch_geometric.data import InMemoryDataset
    from torch_geometric.loader import DataLoader

    class Part(InMemoryDataset):
        def __init__(self, path: Path) -> None:
            super().__init__()
            self.load(str(path))

    parts = [Part(path) for path in sorted(export(folder, "pyg", tmp_path / "pyg").iterdir())]
    found = [data for part in parts for data in part]
    assert len(parts) == len(BuiltSet.at(folder).manifest.shards)
    for data, row in zip(found, rows_of(folder), strict=True):
        values = {name: value.reshape(-1).tolist() if hasattr(value, "tolist") else value for name, value in data}
        for name, value in row.items():
            got = values.get({"atomic_numbers": "z", "positions": "pos"}.get(name, name))
            if value is None:
                assert got is None or np.isnan(got[0]), name
            else:
                assert got == (value if isinstance(value, list | str) else [value]), name
    batch = next(iter(DataLoader(parts[0], batch_size=len(parts[0]))))
    assert batch.pos.shape == (sum(row["n_atoms"] for row in rows_of(folder)[: len(parts[0])]), 3)


def test_schnetpack_database_opens_in_schnetpack(folder: Path, tmp_path: Path) -> None:
    from schnetpack.data import ASEAtomsData

    data = ASEAtomsData(str(export(folder, "schnetpack-db", tmp_path / "set.db")))
    wanted = rows_of(folder)
    assert len(data) == len(wanted)
    assert "dipole_debye" not in data.available_properties  # one row of the made-up set has none
    assert data.units["energy_hartree"] == "Ha"
    for properties, row in zip((data[i] for i in range(len(data))), wanted, strict=True):
        assert properties["_atomic_numbers"].tolist() == row["atomic_numbers"]
        assert properties["_positions"].reshape(-1).tolist() == row["positions"]
        for name in ("energy_hartree", "atomization_energy_kcal_mol"):
            assert properties[name].tolist() == [row[name]]
        states = [properties[name].item() for name in ("charge", "multiplicity") if name in properties]
        assert states in ([], [row["charge"], row["multiplicity"]])
        assert states or (row["charge"], row["multiplicity"]) == (0, 1)
        atoms = data.atomrefs["energy_hartree"][properties["_atomic_numbers"]].sum()
        gap = float(atoms - properties["energy_hartree"]) * 627.5094740631
        # SchNetPack keeps atomrefs in float32
        assert gap == pytest.approx(row["atomization_energy_kcal_mol"], abs=0.01)


def test_hdf5_opens_in_h5py(folder: Path, tmp_path: Path) -> None:
    import h5py

    with h5py.File(export(folder, "hdf5", tmp_path / "set.h5")) as file:
        wanted = rows_of(folder)
        built = BuiltSet.at(folder)
        assert json.loads(file.attrs["manifest"])["dataset"] == built.manifest.dataset
        for column in built.columns:
            name, stored = column.name, file[column.name]
            assert stored.attrs["unit"] == (column.unit or "")
            values = stored.asstr()[:] if h5py.check_string_dtype(stored.dtype) else stored[:]
            if column.type.startswith("list"):
                ends = file[f"{name}_offsets"][:]
                if name == "positions":
                    ends = file["atomic_numbers_offsets"][:]
                    assert (ends * 3 == file["positions_offsets"][:]).all()
                values = [values[a:b] for a, b in pairwise(ends)]
            for found, row in zip(values, wanted, strict=True):
                assert same(found, row[name]), (name, row["id"])


def test_hugging_face_folder_opens_in_datasets(folder: Path, tmp_path: Path) -> None:
    from datasets import load_dataset

    out = export(folder, "huggingface", tmp_path / "hub")
    loaded = load_dataset(str(out), split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded.to_list() == rows_of(folder)


def test_croissant_is_valid_and_gives_the_rows(folder: Path, tmp_path: Path) -> None:
    import mlcroissant

    out = export(folder, "huggingface", tmp_path / "hub")
    described = mlcroissant.Dataset(jsonld=str(out / "croissant.json"))
    assert not described.metadata.ctx.issues.errors
    # no date stands in data that come out the same every day; whom to cite stands in the cards of the published sets
    missing = {"datePublished", "citeAs", *(["license"] if folder.name == "tricky" else [])}
    assert all(any(name in told for name in missing) for told in described.metadata.ctx.issues.warnings)
    found = []
    for number in range(len(BuiltSet.at(folder).manifest.shards)):
        records = f"molecules-{number:05d}"
        for row in described.records(records):
            found.append({name.removeprefix(f"{records}/"): value for name, value in row.items()})
    for got, row in zip(found, rows_of(folder), strict=True):
        assert got["id"].decode() == row["id"]
        assert got["energy_hartree"] == row["energy_hartree"]
        assert list(got["positions"]) == row["positions"]


def test_the_data_card_says_what_the_set_is(folder: Path, tmp_path: Path) -> None:
    text = export(folder, "card", tmp_path / "README.md").read_text()
    built = BuiltSet.at(folder)
    assert f"{built.manifest.counts.accepted:,} molecules" in text
    assert all(f"`{column.name}` |" in text for column in built.columns)
    assert f"`gfn2-xtb` (definition {GFN2.hash})" in text
    for reason, number in built.manifest.counts.rejected.items():
        assert f"| {reason} | {number} |" in text
    assert "\n\n\n" not in text


@pytest.mark.parametrize("form", sorted(forms()))
def test_the_same_set_gives_the_same_bytes(tricky: Path, tmp_path: Path, form: str) -> None:
    if form in ("ase-db", "schnetpack-db"):
        pytest.skip("ASE's databases hold the time of writing and random ids")
    first, second = (export(tricky, form, tmp_path / k / f"set{forms()[form].suffix}") for k in "ab")
    for one in [first] if first.is_file() else sorted(path for path in first.rglob("*") if path.is_file()):
        other = second if first.is_file() else second / one.relative_to(first)
        assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("form", STRUCTURES)
def test_molecules_without_a_geometry_are_refused_by_forms_of_structures(
    form: str, labelled: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(CallError) as refused:
        export(Path("made"), form, out)
    assert "not a folder of shards" in str(refused.value)
    if not (labelled / "bare").exists():
        from hemdata.curate.build import build

        build("neuro", None, labelled / "bare")
    with pytest.raises(CallError) as refused:
        export(labelled / "bare", form, tmp_path / f"set{forms()[form].suffix}")
    assert "geometry" in str(refused.value) or "no energy" in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", ["csv", "hdf5", "huggingface"])
def test_molecules_without_a_geometry_keep_every_value_in_the_other_forms(form: str, tmp_path: Path) -> None:
    import h5py
    import pandas as pd
    import pyarrow.parquet as pq

    from hemdata.curate.build import build

    build("neuro", None, tmp_path / "bare")
    wanted = rows_of(tmp_path / "bare")
    assert all(row["positions"] is None for row in wanted)
    out = export(tmp_path / "bare", form, tmp_path / f"set{forms()[form].suffix}")
    if form == "csv":
        frame = pd.read_csv(out)
        assert frame["inchikey"].tolist() == [row["inchikey"] for row in wanted]
        assert frame["positions"].isna().all()
    elif form == "hdf5":
        with h5py.File(out) as file:
            assert not file["positions_offsets"][:].any()
            assert file["atomic_numbers"][:].tolist() == [z for row in wanted for z in row["atomic_numbers"]]
            assert np.isnan(file["energy_hartree"][:]).all()
    else:
        assert pq.read_table(out / "data").to_pylist() == wanted


def test_what_stands_there_is_replaced_only_when_asked(tricky: Path, tmp_path: Path) -> None:
    for form in ("csv", "pyg"):
        out = tmp_path / f"set{forms()[form].suffix}"
        export(tricky, form, out)
        with pytest.raises(CallError, match="stands there already"):
            export(tricky, form, out)
        export(tricky, form, out, force=True)
    with pytest.raises(CallError, match=r"ends in \.csv"):
        export(tricky, "csv", tmp_path / "set.txt")
    with pytest.raises(CallError, match="no export to 'word'"):
        export(tricky, "word")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["set", "set.csv"]


def test_the_command_lists_writes_and_refuses(tricky: Path, tmp_path: Path) -> None:
    listed = hemdata("export", "--list")
    assert listed.returncode == 0
    assert all(name in listed.stdout for name in forms())
    out = tmp_path / "set.csv"
    done = hemdata("export", tricky, "--to", "csv", "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["bytes"] == out.stat().st_size
    named = hemdata("export", "tricky", "--data", tricky.parent, "--to", "xyz")
    assert named.returncode == 0, named.stderr
    assert tricky.with_name("tricky.xyz").is_file()
    refused = hemdata("export", tricky)
    assert refused.returncode == 2
    assert "to which form?" in refused.stderr


def test_a_database_of_ase_stays_open_to_sql(tricky: Path, tmp_path: Path) -> None:
    out = export(tricky, "ase-db", tmp_path / "set.db")
    (rows,) = sqlite3.connect(out).execute("SELECT count(*) FROM systems").fetchone()
    assert rows == len(TRICKY)
    assert SYMBOLS[9] == "F"


def test_labels_that_travel_are_exported_to_where_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their own folder is the package's: nothing is written beside them."""
    monkeypatch.chdir(tmp_path)
    done = hemdata("export", "duals-qm9@qm9@given", "--to", "csv")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["duals-qm9@qm9@given.csv"]
