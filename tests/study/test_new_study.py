"""A user's own molecules: a study written for them, trained on sets of several datasets, run to its report."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from command_line import hemdata

from hemdata.analysis.results import Results
from hemdata.catalog import StudyCard, study
from hemdata.errors import CallError, DataError
from hemdata.identity import flat_graph
from hemdata.label.dataset import label_dataset
from hemdata.label.workers.where import HERE
from hemdata.report.page.page import write_report
from hemdata.study.cells import cells
from hemdata.study.data import flat_graphs, groups, training_molecules
from hemdata.study.new import new_study
from hemdata.study.on import On
from hemdata.study.rows import read_rows
from hemdata.study.run import train_eval

NETWORKS = {"dressed-atoms": None, "pair-distance-ridge": None}
MINE = "C/N=[N+](/C)[O-] azoxymethane\nO=[N+]([O-])CCO nitroethanol\nCCN ethylamine\nCCOC=O\n"
AMONS = "CCO\nCN\nC=N\nNCC(=O)O glycine\nCNC\nC=O\nCC\n"


@pytest.fixture(scope="module")
def data(labelled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The labelled groups, and two files of a user's labelled beside them."""
    folder = tmp_path_factory.mktemp("mine") / "data"
    folder.mkdir()
    for each in labelled.glob("*@*"):
        (folder / each.name).symlink_to(each)
    for name, text in (("my-molecules.smi", MINE), ("my-amons.smi", AMONS)):
        path = folder.parent / name
        path.write_text(text)
        label_dataset(path, data=folder, workers=0)
    return folder


def written(data: Path, *sets: str, **how) -> StudyCard:
    made = new_study("mine", data.parent / "my-molecules.smi", sets, networks=NETWORKS, seeds=2, data=data, **how)
    path = data.parent / "mine.yaml"
    path.write_text(made.text)
    card = study(path)
    assert card == made.card
    return card


def test_a_users_file_runs_from_study_new_to_the_report(data: Path, tmp_path: Path) -> None:
    card = written(data, "saccharides=30", "saccharides+my-amons=25+5")
    card = card.model_copy(update={"groups": ["azoxy", "my-molecules"]})  # saccharides are a set here
    ran = train_eval(card, data, tmp_path / "run", on=On(HERE))
    assert ran.failed == {}
    assert len(ran.done) == 8
    rows = read_rows(tmp_path / "run").predictions.to_pylist()
    own = {row["molecule_id"] for row in rows if row["group"] == "my-molecules"}
    assert own == {f"my-molecules:{name}" for name in ("azoxymethane", "nitroethanol", "ethylamine", "4")}
    write_report(Results.of(tmp_path / "run", resamples=200), tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "my-molecules" in page
    assert "saccharides-my-amons" in page


def test_a_set_of_several_datasets_has_so_many_of_each_and_nothing_twice(data: Path) -> None:
    card = written(data, "neuro+my-amons=25+6", "neuro=31")
    card = card.model_copy(update={"groups": ["my-molecules"]})
    without = flat_graphs(groups(card, data))
    merged = training_molecules(card, card.sets["neuro-my-amons"], data, without)
    ids, keys = merged["id"].to_pylist(), merged["inchikey"].to_pylist()
    assert [sum(id.startswith(name) for id in ids) for name in ("neuro:", "my-amons:")] == [25, 6]
    assert merged["smiles"].to_pylist()[-6:] == ["CCO", "CN", "C=N", "NCC(=O)O", "CNC", "C=O"]  # the file's first
    assert len(set(keys)) == 31
    assert not {flat_graph(key) for key in keys} & without
    more = card.sets["neuro-my-amons"].model_copy(update={"plus": {"my-amons": 8}})
    with pytest.raises(DataError, match="Too few molecules of 'my-amons'") as refused:
        training_molecules(card, more, data, without)
    assert "got: 7" in str(refused.value)
    everything = card.sets["neuro-my-amons"].model_copy(update={"plus": {"my-amons": 7}, "molecules": 35})
    with pytest.raises(DataError, match="Too few molecules of 'neuro'") as twice:
        training_molecules(card, everything, data, without)  # glycine stands in both, and came with the amons
    assert "got: 34" in str(twice.value)


def test_sets_of_one_total_have_one_training_size(data: Path) -> None:
    card = written(data, "neuro=31", "neuro+my-amons=25+6")
    assert {cell.training_size for cell in cells(card)} == {25}


def test_a_set_at_several_sizes_is_written_as_one_and_labelled_once(data: Path) -> None:
    card = written(data, "neuro=21,31", "neuro+my-amons=25+2,6")
    assert {(cell.set_name, cell.training_set.size) for cell in cells(card)} == {
        ("neuro", 21), ("neuro", 31), ("neuro-my-amons", 27), ("neuro-my-amons", 31),
    }  # fmt: skip


def test_a_users_molecules_are_taken_out_of_the_training_set(data: Path) -> None:
    card = written(data, "my-molecules=20").model_copy(update={"groups": ["my-molecules"]})
    with pytest.raises(DataError, match="Too few molecules") as refused:
        training_molecules(card, card.sets["my-molecules"], data, flat_graphs(groups(card, data)))
    assert "got: 0" in str(refused.value)


def test_the_steps_are_those_still_to_be_done(data: Path, tmp_path: Path) -> None:
    (tmp_path / "fresh.smi").write_text("CCO\n")
    sets = ["qm9=800", "pubchem9+fresh-amons=600+200", "pubchem9=800"]
    made = new_study("fresh", tmp_path / "fresh.smi", sets, networks=NETWORKS, data=tmp_path)
    assert made.steps(Path("fresh.yaml")) == [
        f"hemdata label {tmp_path / 'fresh.smi'} --data {tmp_path}",
        f"hemdata label qm9 -n 840 --without test-groups --data {tmp_path}",
        f"hemdata label pubchem9 -n 840 --without test-groups --data {tmp_path}",
        f"hemdata label fresh-amons.smi --data {tmp_path}",
        f"hemdata train-eval fresh.yaml --data {tmp_path}",
        "hemdata report runs/fresh",
    ]
    again = new_study("mine", data.parent / "my-molecules.smi", ["neuro=30"], networks=NETWORKS, data=data)
    assert again.steps(Path("mine.yaml")) == [f"hemdata train-eval mine.yaml --data {data}", "hemdata report runs/mine"]
    published = new_study("at", tmp_path / "fresh.smi", ["qm9=800"], networks=NETWORKS, level_name="qm9")
    steps = published.steps(Path("at.yaml"))
    assert "hemdata build qm9" in steps
    assert "hemdata label test-groups --level qm9" not in steps  # they travel with hemdata
    for number, due in ((2000, []), (3000, ["hemdata label pubchem9 -n 3150 --without test-groups --level pc9"])):
        its = new_study("of", tmp_path / "fresh.smi", [f"pubchem9={number}"], networks=NETWORKS, level_name="pc9")
        assert [step for step in its.steps(Path("of.yaml")) if "pubchem9" in step] == due


@pytest.mark.parametrize(
    ("text", "sets", "networks", "sentence"),
    [
        ("CCO\n", ["qm9"], NETWORKS, "A training set does not read"),
        ("CCO\n", ["qm9=5"], NETWORKS, "20 at least"),
        ("CCO\n", ["qm9=800,400"], NETWORKS, "the smallest first"),
        ("CCO\n", ["qm9+my=600+50,100,"], NETWORKS, "A training set does not read"),
        ("CCO\n", ["qm9+my=100"], NETWORKS, "A training set does not read"),
        ("CCO\n", ["qm9=50", "qm9=60"], NETWORKS, "given twice"),
        ("CCO\n", ["qm9=50"], {"gnn": None}, "no network 'gnn'"),
        ("\n", ["qm9=50"], NETWORKS, "holds no molecule"),
        ("CCO\nC1CC\n", ["qm9=50"], NETWORKS, "line 2"),
        ("CCO\nC[Au]\n", ["qm9=50"], NETWORKS, "no atom of element 79"),
    ],
)
def test_what_is_wrong_is_a_sentence(tmp_path: Path, text, sets, networks, sentence) -> None:
    path = tmp_path / "own.smi"
    path.write_text(text)
    with pytest.raises((CallError, DataError)) as refused:
        new_study("own", path, sets, networks=networks)
    assert sentence in str(refused.value)


def test_a_file_may_not_bear_the_name_of_a_dataset_nor_a_set_name_itself_twice(tmp_path: Path) -> None:
    (tmp_path / "azoxy.smi").write_text("CCO\n")
    with pytest.raises(CallError, match="bears the name of a dataset"):
        new_study("own", tmp_path / "azoxy.smi", ["qm9=50"], networks=NETWORKS)
    (tmp_path / "own.smi").write_text("CCO\n")
    with pytest.raises(CallError, match="A training set does not read"):
        new_study("own", tmp_path / "own.smi", ["qm9+qm9=50+50"], networks=NETWORKS)


def test_a_set_that_nobody_labelled_names_its_command(data: Path) -> None:
    card = written(data, "neuro+other-amons=20+5")
    with pytest.raises(CallError, match="'other-amons' is not there") as refused:
        training_molecules(card, card.sets["neuro-other-amons"], data, set())
    assert "hemdata label other-amons.smi --level gfn2-xtb" in str(refused.value)
    with pytest.raises(CallError, match="'others' is not there"):
        groups(card.model_copy(update={"groups": ["others"]}), data)


def at_a_terminal(terminal: int, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hemdata.cli", *words],
        cwd=cwd, stdin=terminal, capture_output=True, text=True, timeout=900, check=False,
        env=os.environ | {"COLUMNS": "200", "TERM": "dumb"},
    )  # fmt: skip


def test_at_a_terminal_it_asks_for_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "own.smi").write_text("CCO\n")
    ours, theirs = pty.openpty()
    os.write(ours, b"mine\nown.smi\nqm9=100 pubchem9=100\n")
    ended = at_a_terminal(theirs, "study", "new", cwd=tmp_path)
    os.close(ours)
    os.close(theirs)
    assert ended.returncode == 0, ended.stderr
    card = yaml.safe_load((tmp_path / "mine.yaml").read_text())
    assert card["groups"][-1] == "own"
    assert set(card["sets"]) == {"qm9", "pubchem9"}
    again = hemdata("study", "new", "mine", "--molecules", "own.smi", "--set", "qm9=100", cwd=tmp_path)
    assert again.returncode == 2
    assert "There is a card already" in again.stderr


def test_without_a_terminal_it_says_what_is_missing(tmp_path: Path) -> None:
    ended = hemdata("study", "new", "mine", "--set", "qm9=100", cwd=tmp_path)
    assert ended.returncode == 2
    assert "no --molecules" in ended.stderr
    assert list(tmp_path.iterdir()) == []
