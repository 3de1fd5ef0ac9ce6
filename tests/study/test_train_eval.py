"""A small study run for real: two sets, two baselines and PaiNN on molecules that hemdata labelled."""

import json
from pathlib import Path

import numpy as np
import pytest

from hemdata.analysis.results import Results
from hemdata.catalog import StudyCard
from hemdata.errors import CallError, DataError
from hemdata.identity import flat_graph
from hemdata.label.workers.where import HERE, Where
from hemdata.report.page.page import write_report
from hemdata.shards import read
from hemdata.study.cells import cells
from hemdata.study.data import flat_graphs, groups, training_molecules
from hemdata.study.fit_and_judge import run_cell
from hemdata.study.on import On
from hemdata.study.rows import read_rows
from hemdata.study.run import train_eval

CARD = {
    "name": "small",
    "title": "A small study",
    "question": "Do sugars or messengers teach more about explosives?",
    "level": "gfn2-xtb",
    "sets": {
        "neuro": {"dataset": "neuro", "molecules": 30},
        "saccharides": {"dataset": "saccharides", "molecules": 30},
    },
    "groups": ["azoxy", "explosives"],
    "networks": [
        {"network": "dressed-atoms"},
        {"network": "pair-distance-ridge"},
        {"network": "painn", "configuration": "small", "epochs": 2},
    ],
    "seeds": [0, 1],
}


def study(**changes: object) -> StudyCard:
    return StudyCard.model_validate(CARD | changes)


@pytest.fixture(scope="module")
def ran(labelled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    done = train_eval(study(), labelled, out, on=On(HERE))
    assert done.failed == {}
    assert len(done.done) == 12
    return out


def test_every_cell_has_its_rows_and_they_are_what_they_say(ran: Path, labelled: Path) -> None:
    rows = read_rows(ran)
    assert rows.cells.num_rows == 12
    assert rows.curves.num_rows == 4 * 2  # PaiNN alone has epochs: two sets, two seeds
    assert rows.predictions.num_rows == 12 * (45 + 40)
    reference = read(labelled / "test-groups@gfn2-xtb", ["id", "atomization_energy_kcal_mol"])
    known = dict(zip(*(reference[name].to_pylist() for name in reference.schema.names), strict=True))
    for row in rows.predictions.to_pylist():
        assert row["reference_kcal_mol"] == known[row["molecule_id"]]
        assert not row["in_training"]
    assert set(rows.predictions["level"].to_pylist()) == {"gfn2-xtb"}


def test_dressed_atoms_are_the_least_squares_of_the_training_molecules_alone(ran: Path, labelled: Path) -> None:
    """Oracle: numpy's lstsq over the element counts of the very molecules of the split."""
    from hemdata.train.data.splits import split

    card = study()
    tests = groups(card, labelled)
    table = training_molecules(card, card.sets["neuro"], labelled, flat_graphs(tests))
    rows = split(table["id"].to_pylist(), table["inchikey"].to_pylist(), 0, card.split).train
    training = table.take(rows)
    counts = np.array([[z.count(n) for n in (1, 6, 7, 8)] for z in training["atomic_numbers"].to_pylist()], float)
    fitted = np.linalg.lstsq(counts, training["atomization_energy_kcal_mol"].to_numpy(), rcond=None)[0]
    asked = tests["explosives"]
    expected = (
        np.array([[z.count(n) for n in (1, 6, 7, 8)] for z in asked["atomic_numbers"].to_pylist()], float) @ fitted
    )
    got = [
        row["predicted_kcal_mol"]
        for row in read_rows(ran).predictions.to_pylist()
        if row["cell"] == "dressed-atoms-neuro-24-s0" and row["group"] == "explosives"
    ]
    assert np.allclose(got, expected, atol=1e-4)


def test_a_second_run_skips_every_cell_and_changes_no_byte(ran: Path, labelled: Path) -> None:
    before = {path: path.read_bytes() for path in ran.rglob("*.parquet")}
    again = train_eval(study(), labelled, ran, on=On(HERE))
    assert len(again.skipped) == 12
    assert again.done == []
    assert {path: path.read_bytes() for path in ran.rglob("*.parquet")} == before


def test_the_rows_of_a_worker_process_are_those_of_this_one(ran: Path, labelled: Path, tmp_path: Path) -> None:
    """Of the baselines; tests/train/test_resuming.py holds the bits of a network trained in another process."""
    told: list[tuple[str, int, int]] = []
    only = ["dressed-atoms-neuro-*-s0", "pair-*-neuro-*-s0"]
    there = train_eval(
        study(), labelled, tmp_path, only=only, on=On(Where(1)), progress=lambda *each: told.append(each)
    )
    assert there.failed == {}
    assert sorted(there.done) == [f"{name}-neuro-24-s0" for name in ("dressed-atoms", "pair-distance-ridge")]
    assert {cell for cell, done, total in told if done == total} == set(there.done)
    whole = read_rows(ran).predictions.to_pylist()
    assert read_rows(tmp_path).predictions.to_pylist() == [row for row in whole if row["cell"] in there.done]


def test_a_finished_cell_with_other_settings_is_refused_not_overwritten(ran: Path, labelled: Path) -> None:
    other = study(groups=["azoxy"])
    with pytest.raises(DataError, match="other settings or data") as refused:
        run_cell(cells(other)[0], labelled, ran)
    assert "groups" in str(refused.value)


def test_molecules_of_the_groups_are_left_out_of_a_training_set(labelled: Path) -> None:
    card = study(groups=["neuro"])
    with pytest.raises(DataError, match="Too few molecules") as refused:
        training_molecules(card, card.sets["neuro"], labelled, flat_graphs(groups(card, labelled)))
    assert "got: 0" in str(refused.value)
    kept = training_molecules(card, card.sets["saccharides"], labelled, flat_graphs(groups(card, labelled)))
    assert not {flat_graph(key) for key in kept["inchikey"].to_pylist()} & flat_graphs(groups(card, labelled))


def test_what_is_not_labelled_names_the_command_that_labels_it(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="not there at the level") as refused:
        groups(study(), tmp_path, "gfn1-xtb")
    assert "hemdata label test-groups --level gfn1-xtb" in str(refused.value)


def test_labels_that_travel_with_hemdata_are_found_where_the_data_folder_has_none(tmp_path: Path) -> None:
    (only,) = groups(study(groups=["azoxy"]), tmp_path, "pc9").values()
    assert only.num_rows == 45
    assert set(only["level"].to_pylist()) == {"pc9"}


def test_a_failed_cell_does_not_stop_the_others(labelled: Path, tmp_path: Path) -> None:
    card = study(
        sets={"neuro": CARD["sets"]["neuro"], "saccharides": {"dataset": "saccharides", "molecules": 500}},  # type: ignore[index]
        networks=[{"network": "dressed-atoms"}],
    )
    ran = train_eval(card, labelled, tmp_path, on=On(HERE))
    assert sorted(ran.done) == ["dressed-atoms-neuro-24-s0", "dressed-atoms-neuro-24-s1"]
    assert all("Too few molecules" in reason for reason in ran.failed.values())
    assert len(ran.failed) == 2


def test_the_report_is_written_from_these_rows(ran: Path, tmp_path: Path) -> None:
    answer = write_report(Results.of(ran, resamples=500), tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "neuro" in answer.sentence
    assert "explosives" in page
    assert (
        json.loads((ran / "cells" / "painn-neuro-24-s0" / "settings.json").read_text())["level"]["name"] == "gfn2-xtb"
    )
