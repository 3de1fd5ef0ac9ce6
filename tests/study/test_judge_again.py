"""Cells judged anew when the test groups change: the models stand, the answers are those of a run from the start."""

import shutil
from pathlib import Path

import pytest

from hemdata.catalog import StudyCard
from hemdata.errors import DataError
from hemdata.label.workers.where import HERE
from hemdata.study.judge_again import judge_again
from hemdata.study.on import On
from hemdata.study.rows import cell_row, read_rows
from hemdata.study.run import train_eval

CARD = {
    "name": "again", "title": "Again", "question": "Does a new group need new models?", "level": "gfn2-xtb",
    "sets": {"neuro": {"dataset": "neuro", "molecules": 30}}, "groups": ["azoxy"],
    "networks": [{"network": "dressed-atoms"}, {"network": "painn", "configuration": "small", "epochs": 1}],
    "seeds": [0],
}  # fmt: skip
CELLS = ["painn-neuro-24-s0", "dressed-atoms-neuro-24-s0"]


def study(**changes: object) -> StudyCard:
    return StudyCard.model_validate(CARD | changes)


@pytest.fixture(scope="module")
def finished(labelled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    assert train_eval(study(), labelled, out, on=On(HERE)).failed == {}
    return out


@pytest.fixture
def ran(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "run"))


def test_a_further_group_is_judged_by_the_models_that_stand(ran: Path, labelled: Path, tmp_path: Path) -> None:
    wider = study(groups=["azoxy", "saccharides"])
    models = {path: path.read_bytes() for path in ran.rglob("model/*")}
    took = [cell_row(ran, cell)["seconds"] for cell in CELLS]
    assert judge_again(wider, labelled, ran) == CELLS
    assert {path: path.read_bytes() for path in ran.rglob("model/*")} == models
    assert [cell_row(ran, cell)["seconds"] for cell in CELLS] == took
    train_eval(wider, labelled, tmp_path / "anew", on=On(HERE))
    assert read_rows(ran).predictions == read_rows(tmp_path / "anew").predictions
    assert judge_again(wider, labelled, ran) == []
    assert train_eval(wider, labelled, ran, on=On(HERE)).skipped == CELLS


def test_without_being_asked_nothing_is_replaced_and_the_way_is_told(ran: Path, labelled: Path) -> None:
    before = {path: path.read_bytes() for path in ran.rglob("*") if path.is_file()}
    with pytest.raises(DataError, match=r"other groups in .* and 1 more") as refused:
        train_eval(study(groups=["saccharides"]), labelled, ran, on=On(HERE))
    assert "--judge-again" in str(refused.value)
    assert before == {path: path.read_bytes() for path in ran.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"split": [0.8, 0.15, 0.05]}, "split"), ({"networks": [{"network": "painn", "epochs": 2}]}, "configuration")],
)
def test_a_cell_that_differs_in_more_than_its_groups_is_left_and_refused(
    ran: Path, labelled: Path, changes: dict[str, object], named: str
) -> None:
    other = study(groups=["saccharides"], **changes)
    before = read_rows(ran).predictions
    assert judge_again(other, labelled, ran) == []
    assert read_rows(ran).predictions == before
    with pytest.raises(DataError, match=rf"other .*{named}") as refused:
        train_eval(other, labelled, ran, on=On(HERE))
    assert "--judge-again" not in str(refused.value)


def test_a_cell_whose_model_is_gone_is_not_trained_in_silence(ran: Path, labelled: Path) -> None:
    shutil.rmtree(ran / "cells" / CELLS[0] / "model")
    before = read_rows(ran).predictions.filter(read_rows(ran).predictions["cell"].to_numpy() == CELLS[0])
    assert judge_again(study(groups=["saccharides"]), labelled, ran) == [CELLS[1]]
    after = read_rows(ran).predictions
    assert after.filter(after["cell"].to_numpy() == CELLS[0]) == before


def test_a_group_with_a_molecule_of_the_training_set_is_a_leak_and_needs_new_models(ran: Path, labelled: Path) -> None:
    with pytest.raises(DataError, match="Too few molecules"):
        judge_again(study(groups=["azoxy", "neuro"]), labelled, ran)
