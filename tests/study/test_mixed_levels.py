"""A composed training set in a study, and one that mixes levels as published: told in every row of its cells."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from hemdata.catalog import StudyCard
from hemdata.errors import CallError, DataError
from hemdata.levels import level
from hemdata.schema import table_schema
from hemdata.shards import LevelName, ShardWriter, read
from hemdata.study.cells import cells
from hemdata.study.data import flat_graphs, groups, training_level, training_molecules
from hemdata.study.fit_and_judge import run_cell
from hemdata.study.rows import read_rows

STUDY = {
    "name": "mixed",
    "title": "A composed set",
    "question": "Does a mixed set say so?",
    "level": "gfn2-xtb",
    "sets": {"merged": {"dataset": "merged", "molecules": 30}},
    "groups": ["azoxy"],
    "networks": [{"network": "dressed-atoms"}],
    "seeds": [0],
}


def study(**changes: object) -> StudyCard:
    return StudyCard.model_validate(STUDY | changes)


@pytest.fixture
def data(labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The labelled groups, and a card of a set composed of them."""
    own = tmp_path / "cards" / "pipelines" / "sets"
    own.mkdir(parents=True)
    steps = [{"take": ["neuro"], "at": "gfn2-xtb"}]
    (own / "merged.yaml").write_text(json.dumps({"name": "merged", "title": "M", "about": "made", "steps": steps}))
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path / "cards"))
    folder = tmp_path / "data"
    folder.mkdir()
    for name in ("test-groups@gfn2-xtb", "neuro@gfn2-xtb"):
        (folder / name).symlink_to(labelled / name)
    return folder


def merged(data: Path, levels: list[str], made_from: dict[str, str]) -> None:
    """The neuro group's shards, the levels' names given out to its rows in turn."""
    table = read(data / "neuro@gfn2-xtb")
    names = [levels[row % len(levels)] for row in range(table.num_rows)]
    at = table.schema.get_field_index("level")
    table = table.set_column(at, table.schema.field(at), pa.array(names))
    with ShardWriter(data / "merged", table_schema("molecule")) as writer:
        writer.add(table.select(table_schema("molecule").arrow.names))
        named = [LevelName(name=name, hash=level(name).hash) for name in levels]
        writer.finish("merged", table.num_rows, [], named, made_from)


def test_a_composed_set_is_trained_on_where_it_was_built(data: Path, tmp_path: Path) -> None:
    with pytest.raises(CallError, match="not there") as missing:
        run_cell(cells(study())[0], data, tmp_path / "run")
    assert "hemdata build merged" in str(missing.value)
    merged(data, ["gfn2-xtb"], {})
    run_cell(cells(study())[0], data, tmp_path / "run")
    assert read_rows(tmp_path / "run").cells["level"].to_pylist() == ["gfn2-xtb"]


def test_levels_mixed_as_published_stand_in_every_row(data: Path, tmp_path: Path) -> None:
    merged(data, ["gfn2-xtb", "pc9"], {"mixed_levels": "as published: gfn2-xtb and pc9"})
    assert training_level(study(), study().sets["merged"], data) == "gfn2-xtb+pc9"
    folder = run_cell(cells(study())[0], data, tmp_path / "run")
    rows = read_rows(tmp_path / "run")
    assert set(rows.cells["level"].to_pylist()) == set(rows.predictions["level"].to_pylist()) == {"gfn2-xtb+pc9"}
    assert json.loads((folder / "model" / "model.json").read_text())["level"] == "gfn2-xtb+pc9"
    kept = json.loads((folder / "settings.json").read_text())["level"]
    assert kept == {"name": "gfn2-xtb+pc9", "hash": f"{level('gfn2-xtb').hash}+{level('pc9').hash}"}


def test_levels_mixed_without_being_asked_for_or_without_the_studys_are_refused(data: Path) -> None:
    merged(data, ["gfn2-xtb", "pc9"], {})
    tests = flat_graphs(groups(study(), data))
    with pytest.raises(DataError, match="different levels"):
        training_molecules(study(), study().sets["merged"], data, tests)
    merged(data, ["pc9", "qm9"], {"mixed_levels": "as published: pc9 and qm9"})
    with pytest.raises(DataError, match="different levels"):
        training_molecules(study(), study().sets["merged"], data, tests)


def test_a_set_at_a_level_of_its_own_is_judged_on_groups_at_that_level(labelled: Path, tmp_path: Path) -> None:
    """What is left of the error is then the set's, not the level's: the reference follows the training level."""
    data = tmp_path / "data"
    data.mkdir()
    for name in ("test-groups", "neuro"):
        (data / f"{name}@gfn2-xtb").symlink_to(labelled / f"{name}@gfn2-xtb")
        table = read(labelled / f"{name}@gfn2-xtb")
        for column, value in (("level", "gfn1-xtb"), ("energy_hartree", None), ("atomization_energy_kcal_mol", 2.0)):
            at = table.schema.get_field_index(column)
            old = table[column].to_pylist()
            new = (
                [value] * len(old) if isinstance(value, str) else [x - 0.1 if value is None else x + 62.75 for x in old]
            )
            table = table.set_column(at, table.schema.field(at), pa.array(new))
        folder = data / f"{name}@gfn1-xtb"
        with ShardWriter(folder, table_schema("molecule")) as writer:
            writer.add(table.select(table_schema("molecule").arrow.names))
            writer.finish(name, table.num_rows, [], [LevelName(name="gfn1-xtb", hash=level("gfn1-xtb").hash)], {})
    own = {
        "at-gfn2": {"dataset": "neuro", "molecules": 30},
        "at-gfn1": {"dataset": "neuro", "molecules": 30, "level": "gfn1-xtb"},
    }
    for cell in cells(study(sets=own)):
        run_cell(cell, data, tmp_path / "run")
    rows = {
        (row["training_set"], row["molecule_id"]): row for row in read_rows(tmp_path / "run").predictions.to_pylist()
    }
    for (name, molecule), row in rows.items():
        assert row["level"] == {"at-gfn2": "gfn2-xtb", "at-gfn1": "gfn1-xtb"}[name]
        other = rows["at-gfn2", molecule]["reference_kcal_mol"]
        assert row["reference_kcal_mol"] == pytest.approx(other + (62.75 if name == "at-gfn1" else 0.0))
