"""Where a set stands: names there and back, the command that makes what is missing, labels by level and geometry."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hemdata.errors import CallError
from hemdata.shards import SetName, find, named_at, sets_in
from hemdata.shards.sets import geometries_of, labelled_in

words = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,8}", fullmatch=True)


def stand(data: Path, *names: str) -> None:
    for name in names:
        (data / name).mkdir(parents=True)
        (data / name / "manifest.json").touch()


@given(words, st.none() | words, st.none() | words)
def test_a_name_is_read_as_it_is_written(dataset: str, level: str | None, geometry: str | None) -> None:
    name = SetName(dataset, level, geometry if level else None)
    assert SetName.of(str(name)) == name


def test_the_usual_geometry_is_not_written() -> None:
    assert str(SetName("qm9", "pc9", "gfn2-xtb")) == "qm9@pc9"
    assert SetName("qm9", "pc9", "gfn2-xtb") == SetName("qm9", "pc9")


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("qm9", "hemdata build qm9"),
        ("qm9@pc9", "hemdata label qm9 --level pc9"),
        ("od9-1@pc9", "hemdata label od9-1 --level pc9"),
        ("qm9@alchemy@pc9", "hemdata label qm9 --level alchemy --geometry pc9"),
        ("mine@pc9", "hemdata label mine.smi --level pc9"),
    ],
)
def test_what_is_missing_is_told_with_the_command_that_makes_it(name: str, command: str, tmp_path: Path) -> None:
    with pytest.raises(CallError) as error:
        find(name, tmp_path)
    assert f"`{command}`" in str(error.value.fix)
    assert error.value.where == tmp_path / name


def test_the_command_names_the_file_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.extxyz").write_text("")
    (tmp_path / "mine.log").write_text("")
    assert SetName("mine", "pc9").command == "hemdata label mine.extxyz --level pc9"


@pytest.mark.parametrize("file", ["mine.smi", "folder/mine.xyz", "mine.smi.gz", "Mine.SDF"])
def test_a_file_in_place_of_a_sets_name_is_the_one_to_label(file: str) -> None:
    """The command was `hemdata label mine.smi.smi`."""
    assert SetName(file, "pc9").command == f"hemdata label {file} --level pc9"


def test_a_compressed_file_is_named_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.smi.gz").write_text("")
    assert SetName("mine", "pc9").command == "hemdata label mine.smi.gz --level pc9"


@pytest.mark.parametrize("name", ["azoxy", "pubchem9", "duals-qm9"])
def test_a_set_that_is_not_built_is_not_taken_for_a_mistyped_one(name: str, tmp_path: Path) -> None:
    """Of azoxy it was asked whether 'azoxy' was meant."""
    with pytest.raises(CallError) as error:
        find(name, tmp_path)
    assert error.value.fix == f"Run `hemdata build {name}`, or give its folder."


def test_no_command_is_told_that_cannot_work(tmp_path: Path) -> None:
    """No level of that name, and no card by which the set could be built."""
    with pytest.raises(CallError, match="no level named 'gfn3'") as error:
        find("mine@gfn3", tmp_path)
    assert "hemdata label" not in str(error.value)
    with pytest.raises(CallError) as error:
        find("mine", tmp_path)
    assert "hemdata build mine" not in str(error.value)
    assert "hemdata list" in str(error.value.fix)


def test_a_set_is_found_by_its_name_its_parts_and_its_folder(tmp_path: Path) -> None:
    stand(tmp_path, "qm9", "qm9@pc9", "qm9@pc9@given")
    assert find("qm9", tmp_path).name == "qm9"
    assert find("qm9", tmp_path, "pc9") == find("qm9@pc9", tmp_path) == find(tmp_path / "qm9@pc9")
    assert find("qm9", tmp_path, "pc9", "given").name == "qm9@pc9@given"


@pytest.mark.parametrize(
    ("name", "level", "stands_at"),
    [
        ("qm9", "qm9", "qm9"),
        ("qm9", "gfn2-xtb", "qm9@gfn2-xtb"),
        ("od9-1", "od9", "od9-1"),
        ("test-groups", "pc9", "test-groups@pc9"),
        ("mine", "pc9", "mine@pc9"),
    ],
)
def test_a_published_level_needs_no_labels(name: str, level: str, stands_at: str) -> None:
    assert str(named_at(name, level)) == stands_at


def test_labels_are_found_by_geometry_and_one_level_of_two_names_is_one(tmp_path: Path) -> None:
    stand(tmp_path, "mine@pc9", "mine@od9@pc9", "mine@qm9", "minerals@pc9", ".mine@pc9.partial")
    assert {at: folder.name for at, folder in labelled_in(tmp_path, "mine", "pc9").items()} == {
        "gfn2-xtb": "mine@pc9",
        "pc9": "mine@od9@pc9",
    }
    assert [str(name) for name, _ in sets_in(tmp_path)] == ["mine@od9@pc9", "mine@pc9", "mine@qm9", "minerals@pc9"]


def test_labels_that_travel_with_the_package_come_last(tmp_path: Path) -> None:
    shipped = geometries_of(tmp_path, "test-groups", "pc9")
    assert {"gfn2-xtb", "pc9"} <= set(shipped)
    stand(tmp_path, "test-groups@pc9")
    assert geometries_of(tmp_path, "test-groups", "pc9")["gfn2-xtb"].parent == tmp_path
