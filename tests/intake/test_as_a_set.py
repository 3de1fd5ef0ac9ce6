"""An imported set is a set like any other: trained on, a test group, its level named, its file read everywhere."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from own_files import molecules, written
from typer.testing import CliRunner

from hemdata.catalog import dataset
from hemdata.cli import commands
from hemdata.errors import CallError, DataError
from hemdata.molecules import read_molecules
from hemdata.shards import read
from hemdata.sources import open_any_source
from hemdata.units import HARTREE_EV


def hemdata(*words: object) -> str:
    done = CliRunner().invoke(commands(), [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HEMDATA_CARDS", raising=False)
    return tmp_path


def test_a_study_of_two_imported_sets_runs_from_a_clean_folder_to_its_report(here: Path, cells_here: None) -> None:
    rows = molecules("test-groups@gfn2-xtb")
    written(rows[:110], here / "train.extxyz", energy="energy", unit=HARTREE_EV)
    written(rows[110:], here / "test.extxyz", energy="energy", unit=HARTREE_EV)
    for name in ("train", "test"):
        hemdata("import", f"{name}.extxyz", "--name", f"my-{name}", "--level", "gfn2-xtb", "--yes", "--workers", 1)
    told = hemdata(
        "study",
        "new",
        "own",
        "--molecules",
        "my-test",
        "--set",
        "my-train=60",
        "--network",
        "dressed-atoms",
        "--seeds",
        1,
    )
    assert "hemdata label" not in told
    hemdata("train-eval", "own.yaml")
    hemdata("report", "runs/own")
    page = (here / "runs/own/report.html").read_text(encoding="utf-8")
    assert "my-train" in page
    assert "my-test" in page


def test_a_study_at_another_level_than_the_imported_group_is_refused(here: Path) -> None:
    from hemdata.study.new import new_study

    written(molecules("duals-qm9@qm9@given"), here / "a.extxyz", energy="energy", unit=1.0)
    hemdata("import", "a.extxyz", "--name", "mine", "--level", "qm9", "--yes", "--workers", 1)
    with pytest.raises(CallError, match="another level"):
        new_study("own", Path("mine"), ["mine=60"], level_name="gfn2-xtb", networks={"dressed-atoms": None})


def test_an_audit_names_an_unknown_level(here: Path) -> None:
    written(molecules("test-groups@gfn2-xtb", 80), here / "a.extxyz", energy="energy", unit=1.0)
    said = ["--unit", "hartree", "--kind", "total", "--level", "unknown:mine"]
    hemdata("import", "a.extxyz", "--name", "mine", *said, "--workers", 1)
    assert read(here / "data/mine")["level"].unique().to_pylist() == ["unknown-mine"]
    told = hemdata("levels", "audit", "mine", "-n", 2)
    assert "are of 'gfn2-xtb'" in told


def test_tables_and_sdf_go_in_wherever_a_file_of_molecules_goes(tmp_path: Path) -> None:
    from rdkit import Chem
    from rdkit.Chem import AllChem

    (tmp_path / "a.csv").write_text("name,smiles,charge\nethanol,CCO,\nacetate,CC(=O)[O-],-1\n")
    first, second = read_molecules(tmp_path / "a.csv")
    assert (first.id, first.canonical_smiles, first.charge) == ("a:ethanol", "CCO", 0)
    assert (second.id, second.charge) == ("a:acetate", -1)
    molecule = Chem.AddHs(Chem.MolFromSmiles("C[NH3+]"))
    AllChem.EmbedMolecule(molecule, randomSeed=1)
    with Chem.SDWriter(str(tmp_path / "b.sdf")) as file:
        file.write(molecule)
    (only,) = read_molecules(tmp_path / "b.sdf")
    assert (only.canonical_smiles, only.charge, only.multiplicity) == ("C[NH3+]", 1, 1)
    assert np.abs(np.reshape(only.positions, (-1, 3)) - molecule.GetConformer().GetPositions()).max() < 1e-4
    (tmp_path / "c.jsonl").write_text('{"name": "a", "smiles": "CCO"}\n{"name": "b", "smiles": "C1CC"}\n')
    with pytest.raises(DataError, match="line 2"):
        read_molecules(tmp_path / "c.jsonl")
    (tmp_path / "d.jsonl").write_text('{"name": "a", "structure": "CCO"}\n')
    with pytest.raises(DataError, match="No column holds SMILES"):
        read_molecules(tmp_path / "d.jsonl")


READER = """
from hemdata.shards import SourceFile
from hemdata.sources import Raw, Record

def open_dataset(card, given):
    return Two()

class Two:
    files = [SourceFile(name="two", bytes=0, sha256="0" * 64)]
    def raws(self):
        return iter([Raw("1", "C"), Raw("2", "CC")])
    def parse(self, raw):
        return Record(source_id=raw.where, smiles=raw.content)
"""


@pytest.mark.parametrize("named", ["my_package.reader", "two-carbons"])
def test_a_reader_of_an_installed_package_by_its_module_or_entry_point(
    named: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "my_package").mkdir()
    (here / "my_package/__init__.py").write_text("")
    (here / "my_package/reader.py").write_text(READER)
    (here / "my_package-1.dist-info").mkdir()
    (here / "my_package-1.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1\n")
    (here / "my_package-1.dist-info/entry_points.txt").write_text("[hemdata.sources]\ntwo-carbons=my_package.reader\n")
    monkeypatch.syspath_prepend(str(here))
    (here / "two.yaml").write_text(f"name: two\ntitle: t\nabout: a\nreader: {named}\nlicence: MIT\ncite: []\n")
    try:
        source: Any = open_any_source(dataset("two.yaml"))
        assert [source.parse(raw).smiles for raw in source.raws()] == ["C", "CC"]
        hemdata("build", "two.yaml", "--workers", 1)
        assert read(here / "data/two")["smiles"].to_pylist() == ["C", "CC"]
    finally:
        for name in [name for name in sys.modules if name.startswith("my_package")]:
            del sys.modules[name]


def test_a_reader_that_is_nowhere_is_refused_with_what_there_is(here: Path) -> None:
    (here / "two.yaml").write_text("name: two\ntitle: t\nabout: a\nreader: no.such\nlicence: MIT\ncite: []\n")
    with pytest.raises(DataError, match="no known reader"):
        open_any_source(dataset("two.yaml"))
