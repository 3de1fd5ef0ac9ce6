"""A name that is not there, of a set, model, group or card, is told with what was meant, by every command alike."""

import json
from pathlib import Path

import pytest
from command_line import hemdata

GROUPS = "test-groups@gfn2-xtb"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HEMDATA_CARDS", raising=False)
    return tmp_path


@pytest.mark.parametrize("words", [("predict", "nowhere", "CC"), ("evaluate", "nowhere"), ("explain", "nowhere", "CC")])
def test_a_model_that_is_not_there_is_named(here: Path, words: tuple[str, ...]) -> None:
    """`hemdata predict nowhere CC` said that no model was given."""
    told = hemdata(*words)
    assert told.returncode == 2
    assert "There is no fitted model 'nowhere'." in (told.stdout + told.stderr)
    assert "what to do: Correct the path." in (told.stdout + told.stderr)


@pytest.mark.parametrize("words", [("verify",), ("browse",), ("overlap", GROUPS)])
def test_a_mistyped_set_is_told_with_the_one_that_is_like_it(here: Path, words: tuple[str, ...]) -> None:
    """Labels that travel with hemdata are sets that may be meant too."""
    told = hemdata(*words, "test-group@gfn2-xtb")
    assert told.returncode == 2
    assert f"Did you mean '{GROUPS}'?" in (told.stdout + told.stderr)


def test_labels_that_travel_with_hemdata_are_looked_at_by_their_name(here: Path) -> None:
    assert "160 molecules, every check passed" in hemdata("verify", GROUPS).stdout
    assert json.loads(hemdata("info", GROUPS, "--json").stdout)["built"]["accepted"] == 160
    assert hemdata("browse", GROUPS, "--out", "page.html").returncode == 0
    assert (here / "page.html").is_file()


def test_a_set_in_place_of_a_molecule_is_told(here: Path) -> None:
    assert hemdata("build", "azoxy", "--workers", 1).returncode == 0
    told = hemdata("show", "azoxy")
    assert told.returncode == 2
    assert "'azoxy' is a set, not a molecule." in (told.stdout + told.stderr)


def test_a_group_that_is_the_name_of_a_file_is_told_with_the_file(here: Path) -> None:
    Path("mine.smi").write_text("CCO\n")
    told = hemdata("amons", "mine", "--max-heavy", 3)
    assert told.returncode == 2
    assert "Did you mean 'mine.smi'?" in (told.stdout + told.stderr)


def test_a_broken_level_of_ones_own_hides_no_other(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = here / "mine/pipelines/levels"
    places.mkdir(parents=True)
    (places / "wrong.yaml").write_text("name: wrong\ntitle: t\nmethod GFN2\n")
    monkeypatch.setenv("HEMDATA_CARDS", str(here / "mine"))
    told = hemdata("levels", "list")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "gfn2-xtb" in (told.stdout + told.stderr)
    assert "broken: The card is not valid YAML." in (told.stdout + told.stderr)
    assert {"name", "broken"} in [set(each) for each in json.loads(hemdata("levels", "list", "--json").stdout)]
    assert hemdata("levels", "gap", "qm9", "pc9", "test-groups").returncode == 0
    told = hemdata("levels", "show", "wrong")
    assert told.returncode == 1
    assert "got: line 4, column 1: could not find expected ':'" in (told.stdout + told.stderr)
    assert "unicode string" not in (told.stdout + told.stderr)


def test_a_card_of_another_name_is_told_with_the_name_to_write(here: Path) -> None:
    Path("mine.yaml").write_text(
        "{name: own, title: t, question: q, level: gfn2-xtb, sets: {a: {dataset: qm9, molecules: 20}}, groups: [azoxy],"
        " networks: [{network: dressed-atoms}], seeds: [0]}"
    )
    told = hemdata("run", "mine.yaml", "--dry-run")
    assert told.returncode == 1
    assert "what to do: Write `name: mine`, or rename the file." in (told.stdout + told.stderr)


def test_a_file_that_was_labelled_is_told_with_the_name_of_its_labels(here: Path) -> None:
    Path("mine.smi").write_text("C\nN\n")
    assert hemdata("label", "mine.smi", "--on", 0).returncode == 0
    told = hemdata("lint", "mine")
    assert told.returncode == 2
    assert "Did you mean 'mine@gfn2-xtb'?" in (told.stdout + told.stderr)
