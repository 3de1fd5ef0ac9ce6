"""What a bridge errs on molecules that it has not seen: by the labels that it was fitted on, whatever came later."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from command_line import hemdata

from hemdata.analysis.reasons.labels.bridge import bridge_errors
from hemdata.assess.bridge import bridge
from hemdata.assess.duals import Dual, duals
from hemdata.bridges.bridge import Bridge
from hemdata.bridges.card import read_bridge, write_bridge
from hemdata.bridges.labels import labels_file, read_labels
from hemdata.bridges.linear import fit
from hemdata.catalog import bridge_card, card_path, cards, label_places
from hemdata.curate.bridging import card_hash
from hemdata.levels import level
from hemdata.report.tables.bridge import bridge_section
from hemdata.schema import table_schema
from hemdata.shards import LevelName, ShardWriter, read

Row = dict[str, Any]
Changed = Callable[[Row], Row]
SHIFT = 0.08  # hartree, 50 kcal/mol: no label is so wrong
NAMES = table_schema("molecule").arrow.names


def _rows(name: str) -> list[Row]:
    folder = next(place / name for place in label_places() if (place / name).is_dir())
    rows: list[Row] = read(folder).select(NAMES).to_pylist()
    return rows


def _written(folder: Path, its_level: str, rows: list[Row]) -> None:
    with ShardWriter(folder, table_schema("molecule")) as writer:
        writer.add(pa.Table.from_pylist(rows, table_schema("molecule").arrow))
        names = [LevelName(name=its_level, hash=level(its_level).hash)]
        writer.finish(folder.name, len(rows), [], names, {})


@pytest.fixture(scope="module")
def errors() -> pd.DataFrame:
    """A model's errors on the saccharides, 1 kcal/mol each."""
    rows = [row for row in _rows("test-groups@pc9") if row["id"].startswith("saccharides:")]
    return pd.DataFrame({
        "network": "net", "training_set": "qm9", "seed": 0, "group": "saccharides",
        "molecule_id": [row["id"] for row in rows], "smiles": [row["smiles"] for row in rows],
        "n_atoms": [row["n_atoms"] for row in rows], "error_kcal_mol": 1.0,
    })  # fmt: skip


def _told(errors: pd.DataFrame, by: Bridge, data: Path) -> Row:
    """The row of the saccharides."""
    sets = {"qm9": {"by": {f"{by.a}-{by.b}": card_hash(by)}}}
    (row,) = bridge_errors(errors, sets, data, resamples=50).to_dict("records")
    return {str(key): value for key, value in row.items()}


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's own cards: pipelines/bridges of this folder."""
    cards = tmp_path / "cards"
    (cards / "pipelines/bridges").mkdir(parents=True)
    monkeypatch.setenv("HEMDATA_CARDS", str(cards))
    return cards / "pipelines/bridges"


def test_every_bridge_that_ships_tells_its_labels() -> None:
    for name in cards("bridge"):
        card = bridge_card(name)
        labels = read_labels(card_path("bridge", name), card.labels)
        assert labels is not None
        assert len(labels) == card.molecules


def test_a_written_bridge_tells_its_labels_and_no_other_ones(tmp_path: Path) -> None:
    words = ("levels", "bridge", "qm9", "pc9", "--max-heavy", 4, "--data", "none", "--write", tmp_path)
    told = json.loads(hemdata(*words, "--json").stdout)
    path = tmp_path / "qm9-pc9.yaml"
    labels = bridge_card(path).labels
    there = read_labels(path, labels)
    assert there is not None
    assert len(there) == told["labels"]
    assert read_labels(path, "0" * 64) is None
    write_bridge(read_bridge(path), tmp_path, ["mine"], 0.1, 0.95)
    assert not labels_file(path).exists()
    assert read_labels(path, labels) is None


def _added(data: Path) -> None:
    """Wrong labels of molecules of the explosives, as further ones of QM9's, which the card of the bridge names."""
    for its_level, shift in (("qm9", 0.0), ("pc9", SHIFT)):
        rows = [row for row in _rows(f"test-groups@{its_level}") if row["id"].startswith("explosives:")]
        rows = [row for row in rows if row["n_heavy"] <= 8]
        for row in rows:
            row["id"] = row["id"].replace("explosives:", "qm9:later_")
            row["energy_hartree"] -= shift
        _written(data / f"more@{its_level}", its_level, rows)


def test_labels_that_came_after_the_fit_have_no_part_in_it(errors: pd.DataFrame, tmp_path: Path) -> None:
    """They were taken for the bridge's own: it was judged by fits on labels that it has never seen."""
    by = read_bridge("qm9-pc9")
    before = _told(errors, by, tmp_path)
    _added(tmp_path)
    after = _told(errors, by, tmp_path)
    assert len(duals("qm9", "pc9", ["more"], tmp_path)[0]) > 2
    assert after == pytest.approx(before, nan_ok=True)
    assert (after["n_labels"], after["n_labels_gone"]) == (267, 0)


def test_a_set_of_the_same_molecules_is_not_taken_for_the_bridges(errors: pd.DataFrame, tmp_path: Path) -> None:
    """Its labels, a little other ones, come first by its name: the bridge's own count all the same."""
    for its_level, shift in (("qm9", 0.0), ("pc9", 1e-4)):
        rows = _rows(f"duals-qm9@{its_level}@given")
        for row in rows:
            row["energy_hartree"] -= shift
        _written(tmp_path / f"also@{its_level}@given", its_level, rows)
    by = read_bridge("qm9-pc9")
    assert _told(errors, by, tmp_path) == pytest.approx(_told(errors, by, tmp_path / "none"), nan_ok=True)


def test_ones_own_labels_of_a_set_do_not_hide_those_of_the_bridge(errors: pd.DataFrame, tmp_path: Path) -> None:
    for its_level in ("qm9", "pc9"):
        _written(tmp_path / f"test-groups@{its_level}", its_level, _rows(f"test-groups@{its_level}")[-40:])
    by = read_bridge("qm9-pc9")
    told = _told(errors, by, tmp_path)
    assert told["n_labels_gone"] == 0
    assert told["part_kcal_mol"] == pytest.approx(_told(errors, by, tmp_path / "none")["part_kcal_mol"])


def _with_more(data: Path) -> tuple[Bridge, list[Dual]]:
    """A bridge of labels that ship, and of some of a user's own."""
    for its_level in ("qm9", "pc9"):
        rows = [row for row in _rows(f"test-groups@{its_level}") if row["id"].startswith("neuro:")][:9]
        for row in rows:
            row["id"] = row["id"].replace("neuro:", "mine:")
        _written(data / f"mine@{its_level}", its_level, rows)
    found = duals("qm9", "pc9", ["mine", "duals-qm9"], data)[0]
    return bridge("qm9", "pc9", found).bridge, found


def _remove(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def test_labels_that_are_gone_are_told_and_the_fits_are_on_those_left(
    errors: pd.DataFrame, tmp_path: Path, own: Path
) -> None:
    """Oracle: fits anew. The molecules of the gone labels stand among the test groups still: none is told as unseen."""
    by, found = _with_more(tmp_path / "data")
    write_bridge(by, own, ["mine", "qm9"], 0.2, 0.95, found)
    whole = _told(errors, by, tmp_path / "data")
    assert whole["n_labels_gone"] == 0
    _remove(tmp_path / "data/mine@pc9")
    neuro = _rows("test-groups@pc9")
    ids = [one.id.replace("mine:", "neuro:") for one in found if one.group == "mine"]
    rows = [row for row in neuro if row["id"] in ids]
    of_gone = errors.iloc[: len(rows)].assign(
        molecule_id=[row["id"] for row in rows], smiles=[row["smiles"] for row in rows], group="neuro"
    )
    told = _told(of_gone, by, tmp_path / "data")
    assert (told["n_labels"], told["n_labels_gone"]) == (len(found), 9)
    left = [one for one in found if one.group == "qm9"]
    residual = []
    for dual in duals("qm9", "pc9", ["neuro"], tmp_path)[0]:
        if dual.id in ids and dual.id not in {id for id, _ in residual}:
            rest = [one for one in left if one.graph != dual.graph]
            differences = np.array([one.difference for one in rest])
            linear = fit([one.counted for one in rest], differences, by.linear.scales, by.linear.noise)[0]
            residual.append((dual.id, dual.difference - float(linear.predict([dual.counted])[0][0])))
    converted = [error for _, error in residual]
    assert told["n_molecules"] == len(converted) == 9
    assert told["mean_kcal_mol"] == pytest.approx(np.mean(converted), abs=1e-5)
    section = bridge_section(pd.DataFrame([told]), str)
    assert section is not None
    assert f"Of the {len(found)} labels that it was fitted on, 9 are no longer there" in section.said[0]


def test_groups_without_labels_at_both_levels_are_named_and_not_in_the_most_that_the_bridge_can_be(
    errors: pd.DataFrame, tmp_path: Path
) -> None:
    """It said "at most so much of an error" of groups, too, on which it was not judged."""
    alone = errors.iloc[:1].assign(molecule_id="mine:1", smiles="CC", n_atoms=8, group="mine")
    both = pd.concat([errors, alone], ignore_index=True)
    by = read_bridge("qm9-pc9")
    table = bridge_errors(both, {"qm9": {"by": {f"{by.a}-{by.b}": card_hash(by)}}}, tmp_path, resamples=50)
    section = bridge_section(table, lambda name: {"mine": "My molecules"}.get(name, str(name)))
    assert section is not None
    assert "There the bridge is at most " in section.said[0]
    assert (
        "That does not hold of My molecules: no molecule of it that the bridge converts is labelled" in section.said[0]
    )
    section = bridge_section(table[table["group"] != "mine"], str)
    assert section is not None
    assert "The bridge is at most " in section.said[0]
    assert "does not hold" not in section.said[0]


def test_where_nobody_knows_the_labels_nothing_is_made_up(errors: pd.DataFrame, tmp_path: Path, own: Path) -> None:
    """A bridge that was written before its labels were, and whose sets have others today."""
    by, _ = _with_more(tmp_path / "data")
    write_bridge(by, own, ["mine", "qm9"], 0.2, 0.95)
    assert _told(errors, by, tmp_path / "data")["n_labels_gone"] == 0  # all that the sets have, by their hash
    _added(tmp_path / "data")
    told = _told(errors, by, tmp_path / "data")
    assert told["n_labels"] == by.molecules
    assert np.isnan(told["part_kcal_mol"])
    assert told["n_group_refused"] == 0
    section = bridge_section(pd.DataFrame([told]), str)
    assert section is not None
    assert "is not written beside its card" in section.said[0]


@pytest.mark.parametrize(
    ("its_level", "change"),
    [
        ("pc9", {"flags": ["geometry_other_graph"]}),
        ("qm9", {"flags": ["smiles_other_formula"]}),
        ("pc9", {"charge": 2}),
        ("pc9", {"multiplicity": 3}),
    ],
)
def test_molecules_of_a_group_are_refused_as_rows_of_a_set_are(
    errors: pd.DataFrame, tmp_path: Path, its_level: str, change: Row
) -> None:
    """Rows of doubted bonds are refused of a training set, and were not counted among a group's."""
    rows = _rows(f"test-groups@{its_level}")
    changed = next(row for row in rows if row["id"] == errors["molecule_id"][0])
    changed |= change
    _written(tmp_path / f"test-groups@{its_level}", its_level, rows)
    by = read_bridge("qm9-pc9")
    told = _told(errors, by, tmp_path)
    assert (told["n_group"], told["n_group_refused"], told["n_molecules"]) == (40, 1, 39)
