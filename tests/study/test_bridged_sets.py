"""A study of energies that a bridge gave says so: in the settings of its cells, and at the head of its page."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from hemdata.analysis.reasons.errors import signed_errors
from hemdata.analysis.reasons.labels.bridge import bridge_errors, bridged_sets
from hemdata.analysis.results import Results
from hemdata.assess.bridge import bridge
from hemdata.assess.duals import duals
from hemdata.bridges.bridge import Bridge
from hemdata.bridges.card import read_bridge, write_bridge
from hemdata.bridges.linear import fit
from hemdata.bridges.rows import HALF_WIDTH, bridged
from hemdata.catalog import StudyCard, label_places
from hemdata.curate.bridging import card_hash
from hemdata.door.run import Run, run
from hemdata.errors import DataError
from hemdata.label.workers.where import Where
from hemdata.levels import level
from hemdata.report.tables.bridge import bridge_section
from hemdata.report.words import number
from hemdata.schema import table_schema
from hemdata.shards import LevelName, ShardWriter, read
from hemdata.study.cells import cells
from hemdata.study.fit_and_judge import run_cell
from hemdata.study.on import On
from hemdata.study.rows import read_rows

CARD = StudyCard.model_validate({
    "name": "over", "title": "t", "question": "q", "level": "pc9", "groups": ["saccharides"], "seeds": [0],
    "sets": {"qm9": {"dataset": "qm9-at-pc9", "molecules": 90}}, "networks": [{"network": "dressed-atoms"}],
})  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The 110 molecules of QM9 that ship with labels, over the bridge that ships, as `qm9-at-pc9`; one is refused."""
    folder = tmp_path_factory.mktemp("data")
    shipped = next(found for place in label_places() if (found := place / "duals-qm9@qm9@given").is_dir())
    by = read_bridge("qm9-pc9")
    table, _, reasons = bridged(read(shipped), by)
    assert not any(reasons)
    schema = table_schema("molecule", [HALF_WIDTH])
    with ShardWriter(folder / "qm9-at-pc9", schema) as writer:
        writer.add(pa.table({name: table[name] for name in schema.arrow.names if name in table.column_names}))
        writer.reject("qm9:1", "bridge qm9-pc9", "bond type outside the bridge: F-N", "FN")
        names = [LevelName(name="pc9", hash=level("pc9").hash)]
        writer.finish("qm9-at-pc9", len(table) + 1, [], names, {"bridges": {"qm9-pc9": card_hash(by)}})
    return folder


@pytest.fixture(scope="module")
def ran(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    found = run(CARD, data, tmp_path_factory.mktemp("run"), on=On(Where(0)), tell=lambda _: None, shown=False)
    assert (found.failed, found.cannot) == ({}, [])
    return found


def test_cells_and_page_tell_of_the_bridge_and_what_it_errs(data: Path, ran: Run) -> None:
    assert ran.page is not None
    (settings,) = ran.page.parent.glob("cells/*/settings.json")
    told = json.loads(settings.read_text())["bridged"]
    widths = read(data / "qm9-at-pc9")[HALF_WIDTH.name].to_pylist()
    assert told == {
        "by": {"qm9-pc9": card_hash(read_bridge("qm9-pc9"))}, "half_width_kcal_mol": round(sum(widths) / 110, 6),
        "half_width_most_kcal_mol": round(max(widths), 6), "n_rows": 110, "n_bridged": 110, "n_refused": 1,
    }  # fmt: skip
    page = ran.page.read_text(encoding="utf-8")
    assert "Energies by a bridge, not computed" in page
    assert f"± {number(told['half_width_kcal_mol'])} kcal/mol" in page
    section = page[page.index('<h3 id="bridge">') :]
    assert page.index('<section id="level">') < page.index('<h3 id="bridge">')
    assert section[: section.index("</section>")].count("<table") == 2


def test_a_cell_begun_before_bridges_were_told_goes_on_and_tells_of_its_bridge(data: Path, ran: Run) -> None:
    """An earlier version wrote the same settings without `bridged`; energies over another bridge are other data."""
    assert ran.page is not None
    (path,) = ran.page.parent.glob("cells/*/settings.json")
    whole = path.read_text()
    told = json.loads(whole)
    path.write_text(json.dumps({key: told[key] for key in told if key != "bridged"}, indent=2, sort_keys=True) + "\n")
    (cell,) = cells(CARD)
    run_cell(cell, data, ran.page.parent)
    assert path.read_text() == whole
    del told["bridged"], told["data"]
    path.write_text(json.dumps(told))
    with pytest.raises(DataError, match="other data"):
        run_cell(cell, data, ran.page.parent)
    path.write_text(whole)


def test_the_bridges_error_on_a_group_is_that_of_fits_without_each_molecule(data: Path, ran: Run) -> None:
    """An oracle of another way: the bridge is fitted anew without one molecule after the other, on both geometries."""
    assert ran.page is not None
    (row,) = Results.of(ran.page.parent, data=data).reasons.bridge.to_dict("records")
    by = read_bridge("qm9-pc9")
    found, _ = duals("qm9", "pc9", [], data)
    seen: dict[str, float] = {}
    for dual in found:
        if dual.group == "saccharides" and dual.id not in seen:
            others = [one for one in found if one.graph != dual.graph and one.n_heavy <= 10]
            differences = np.array([one.difference for one in others])
            linear = fit([one.counted for one in others], differences, by.linear.scales, by.linear.noise)[0]
            seen[dual.id] = dual.difference - float(linear.predict([dual.counted])[0][0])
    assert by.largest == 10
    assert len(seen) == row["n_molecules"] == 40
    errs = np.array(list(seen.values()))  # its card rounds the scales, so that a fit anew differs by a little
    assert row["part_kcal_mol"] == pytest.approx(np.abs(errs).mean(), abs=1e-5)
    assert row["mean_kcal_mol"] == pytest.approx(errs.mean(), abs=1e-5)
    assert row["part_kcal_mol_low"] < row["part_kcal_mol"] < row["part_kcal_mol_high"]
    rows = read_rows(ran.page.parent).predictions.to_pandas()
    error = (rows["predicted_kcal_mol"] - rows["reference_kcal_mol"]).abs()
    assert row["mae_kcal_mol"] == pytest.approx(error.mean())
    same = error[rows["molecule_id"].isin(list(seen))].mean()
    assert row["mae_same_kcal_mol"] == pytest.approx(same)
    assert row["share"] == pytest.approx(row["part_kcal_mol"] / same)
    assert np.hypot(same - row["adds_kcal_mol"], row["part_kcal_mol"]) == pytest.approx(same)
    assert (row["n_group"], row["n_group_refused"]) == (len(rows), 0)


def test_another_bridge_at_hand_tells_nothing_of_the_groups(data: Path, ran: Run) -> None:
    assert ran.page is not None
    run_folder = ran.page.parent
    told = bridged_sets(run_folder, read_rows(run_folder).cells)
    errors = signed_errors(read_rows(run_folder).predictions)
    other = {"qm9": told["qm9"] | {"by": {"qm9-pc9": "0" * 64}}}
    table = bridge_errors(errors, other, data, resamples=50)
    assert table["part_kcal_mol"].isna().all()
    assert table["n_group_refused"].isna().all()
    assert table["half_width_kcal_mol"].tolist() == [told["qm9"]["half_width_kcal_mol"]]
    found = bridge_section(table, str)
    assert found is not None
    assert "is another than that one" in found.said[0]
    assert bridge_section(table.iloc[:0], str) is None


def test_labels_that_the_bridge_was_not_fitted_on_are_judged_by_it_and_what_it_refuses_is_not(
    data: Path, ran: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bridge of QM9's molecules alone: no saccharide is in its fit, and it was judged by a fit on all of them."""
    assert ran.page is not None
    found = [dual for dual in duals("qm9", "pc9", [], data)[0] if dual.group == "qm9"]
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path))
    made = bridge("qm9", "pc9", found).bridge
    run_folder = ran.page.parent
    told = bridged_sets(run_folder, read_rows(run_folder).cells)
    errors = signed_errors(read_rows(run_folder).predictions)

    def row(by: Bridge) -> dict[str, Any]:
        write_bridge(by, tmp_path / "pipelines/bridges", ["qm9"], 0.2, 0.95)
        sets = {"qm9": told["qm9"] | {"by": {"qm9-pc9": card_hash(by)}}}
        (only,) = bridge_errors(errors, sets, data, resamples=50).to_dict("records")
        return only

    own = {one.id: one for one in reversed(duals("qm9", "pc9", ["test-groups"], data)[0])}
    own = {id: own[id] for id in errors["molecule_id"].unique()}
    residual = [one.difference - made.linear.predict([one.counted])[0][0] for one in own.values()]
    whole = row(made)
    assert (whole["n_molecules"], whole["n_group_refused"]) == (40, 0)
    assert whole["mean_kcal_mol"] == pytest.approx(np.mean(residual), abs=1e-9)
    none = row(replace(made, shown={}))
    assert (none["n_molecules"], none["n_group_refused"]) == (0, 40)
    assert np.isnan(none["part_kcal_mol"])
    found_section = bridge_section(pd.DataFrame([none]), str)
    assert found_section is not None
    assert "converts no molecule of the groups" in found_section.said[0]


def test_of_computed_energies_nothing_is_said(tmp_path: Path) -> None:
    card = CARD.model_copy(update={"sets": {"own": CARD.sets["qm9"].model_copy(update={"dataset": "test-groups"})}})
    card = card.model_copy(update={"groups": ["saccharides"]})
    ran = run(card, tmp_path / "data", tmp_path / "run", on=On(Where(1)), tell=lambda _: None, shown=False)
    (settings,) = (tmp_path / "run" / "cells").glob("*/settings.json")
    assert "bridged" not in json.loads(settings.read_text())
    assert ran.page is not None
    assert "by a bridge" not in ran.page.read_text(encoding="utf-8")
