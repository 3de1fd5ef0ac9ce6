"""Cards are found by name or path: a user's own first, then those that travel with the package."""

import os
import shutil
from pathlib import Path

import pytest

from hemdata import catalog
from hemdata.catalog import card_path, cards, roots
from hemdata.catalog.folders import PLACES
from hemdata.errors import CallError


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A user's own folder of cards, holding a copy of the QM9 level under two names."""
    levels = tmp_path / "own" / "pipelines" / "levels"
    levels.mkdir(parents=True)
    text = card_path("level", "qm9").read_text(encoding="utf-8")
    (levels / "qm9.yaml").write_text(text.replace("title: B3LYP", "title: my own B3LYP"), encoding="utf-8")
    (levels / "mine.yaml").write_text(text.replace("name: qm9\n", "name: mine\n"), encoding="utf-8")
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path / "own"))
    return tmp_path / "own"


@pytest.mark.parametrize("kind", PLACES)
def test_an_unknown_name_lists_the_known_ones_and_is_a_wrong_call(kind):
    with pytest.raises(CallError) as caught:
        card_path(kind, "no-such-thing")
    assert caught.value.exit_code == 2
    assert "no-such-thing" in str(caught.value)
    assert all(name in str(caught.value) for name in cards(kind))
    assert caught.value.fix


def test_names_are_sorted_and_are_those_of_the_files():
    found = cards("schema")
    assert list(found) == sorted(found)
    assert all(path.stem == name and path.is_file() for name, path in found.items())


def test_a_user_s_own_card_is_found_beside_the_shipped_ones(own):
    assert catalog.level_card("mine").name == "mine"
    assert {"mine", "pc9", "gfn2-xtb"} <= set(cards("level"))
    assert roots()[0] == own


def test_a_user_s_own_card_hides_a_shipped_one(own):
    assert catalog.level_card("qm9").title.startswith("my own")


def test_without_the_variable_the_shipped_card_is_back(own, monkeypatch):
    monkeypatch.delenv("HEMDATA_CARDS")
    assert catalog.level_card("qm9").title.startswith("B3LYP")
    assert "mine" not in cards("level")


def test_an_empty_variable_is_none(monkeypatch):
    monkeypatch.setenv("HEMDATA_CARDS", "")
    assert len(roots()) == 1


def test_a_folder_that_is_not_there_is_not_passed_over_in_silence(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path / "nowhere"))
    with pytest.raises(CallError, match="HEMDATA_CARDS") as caught:
        catalog.level_card("qm9")
    assert str(tmp_path / "nowhere") in str(caught.value)


@pytest.mark.parametrize("given", [str, Path], ids=["text", "path"])
def test_a_card_by_its_path(given, tmp_path):
    there = shutil.copy(card_path("level", "qm9"), tmp_path / "qm9.yaml")
    assert catalog.level_card(given(there)) == catalog.level_card("qm9")


def test_a_card_by_a_relative_path(tmp_path, monkeypatch):
    shutil.copy(card_path("level", "qm9"), tmp_path / "qm9.yaml")
    monkeypatch.chdir(tmp_path)
    assert card_path("level", "qm9.yaml") == Path("qm9.yaml")


def test_a_shipped_card_by_its_path_in_a_checkout_is_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert catalog.level_card("pipelines/levels/qm9.yaml").name == "qm9"


@pytest.mark.parametrize("name", ["nowhere.yaml", "pipelines/levels/nowhere.yaml", os.sep + "nowhere.yml"])
def test_a_path_without_a_file(name):
    with pytest.raises(CallError, match="no level card at") as caught:
        card_path("level", name)
    assert name in str(caught.value)
