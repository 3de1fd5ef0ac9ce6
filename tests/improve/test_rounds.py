"""Rounds: what is counted, what is never chosen or fitted, errors as a plain mean, the same after a kill."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from improvements import ASKED, ON

from hemdata.choose.targets import targets
from hemdata.cli.app import commands
from hemdata.identity import flat_graph, identify
from hemdata.improve.asked import Asked, totals
from hemdata.improve.group import parted
from hemdata.improve.plan import plan
from hemdata.improve.rounds import ROWS, Improved, improve, kept_rows
from hemdata.report.page.improved import improved_page
from hemdata.report.rounds import sentence
from hemdata.schema import table_schema
from hemdata.shards import read
from hemdata.train.rate import measured_rate

COMMAND = (
    "improve azoxy --base neuro=30 --budget 8 --pool pool.smi --rounds 2 --control --max-heavy 4 --seeds 2 "
    "--network pair-distance-ridge --out run --on 0"
)
ONE_THREAD = {"OMP_NUM_THREADS": "1"}


def chosen(found: Improved, arm: str = "chosen") -> list[str]:
    lists = sorted((found.folder / "chosen").glob(f"run-{arm}-*.smi"))
    return [line.split()[0] for path in lists for line in path.read_text().splitlines()]


def graphs(smiles: list[str]) -> list[str]:
    return [flat_graph(identify(each).inchikey) for each in smiles]  # type: ignore[union-attr]


def test_the_rows_keep_their_schema_and_count_what_was_bought(whole: Improved) -> None:
    table_schema("round").check(whole.rows, "rows")
    assert kept_rows(whole.folder).equals(whole.rows)
    rows = whole.rows.to_pylist()
    told = [(row["arm"], row["round"], row["by"], row["added"], row["bought"]) for row in rows]
    assert told == [
        ("chosen", 0, "nothing", 0, 0), ("chosen", 1, "amons", 4, 4), ("chosen", 2, "amons", 4, 8),
        ("control", 0, "nothing", 0, 0), ("control", 1, "random", 4, 4), ("control", 2, "random", 4, 8),
    ]  # fmt: skip
    assert all(row["training_size"] == 30 + row["labelled"] for row in rows)
    assert whole.why == "the budget is spent"


def test_no_molecule_of_the_group_is_chosen_none_twice_and_none_of_the_base(whole: Improved) -> None:
    base = {flat_graph(key) for key in read(whole.folder.parent / "data" / "neuro@gfn2-xtb")["inchikey"].to_pylist()}
    tested = {flat_graph(target.inchikey) for target in targets(["test-groups"])}
    for arm in ("chosen", "control"):
        found = graphs(chosen(whole, arm))
        assert len(found) == len(set(found)) == 8
        assert not set(found) & (tested | base)


def test_nothing_is_chosen_for_the_validation_part_and_no_model_is_fitted_on_the_group(whole: Improved) -> None:
    """Amons are made of the other part; no prediction's molecule stood in a training set."""
    from hemdata.choose.amons import fragments

    kept, held = parted(targets(["azoxy"]), ASKED.validation, ASKED.seed)
    allowed = {smiles for target in kept for smiles in fragments(target.smiles, 4)}
    assert set(chosen(whole)) <= allowed
    assert len(held) == 14
    for path in (whole.folder / "cells").glob("*/predictions.parquet"):
        assert not any(pq.read_table(path)["in_training"].to_pylist())


def test_the_error_is_the_mean_over_the_validation_part_and_seeds(whole: Improved) -> None:
    """Computed anew from the predictions; the interval holds it, and round 0 is once down."""
    _, held = parted(targets(["azoxy"]), ASKED.validation, ASKED.seed)
    ids = {target.id for target in held}
    for row in whole.rows.to_pylist():
        errors = [
            abs(one["predicted_kcal_mol"] - one["reference_kcal_mol"])
            for path in (whole.folder / "cells").glob(f"*-{row['training_set']}-*/predictions.parquet")
            for one in pq.read_table(path).to_pylist()
            if one["molecule_id"] in ids
        ]
        assert len(errors) == 2 * row["n_validation"]
        assert row["mae_kcal_mol"] == pytest.approx(np.mean(errors))
        assert row["mae_kcal_mol_low"] < row["mae_kcal_mol"] < row["mae_kcal_mol_high"]
    first = whole.rows.to_pylist()[0]
    assert (first["times_down"], first["times_down_low"], first["times_down_high"]) == (1.0, 1.0, 1.0)


def test_a_killed_run_goes_on_and_ends_the_same(whole: Improved, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped after the choice, before the labels; after the labels; and after the rows: the same lists and rows."""
    monkeypatch.chdir(whole.folder.parent)
    again = Path("again") / "run"
    shutil.copytree(whole.folder, again)
    for name in ("cells/pair-distance-ridge-control-2-32-s1", "cells/pair-distance-ridge-chosen-2-32-s0"):
        shutil.rmtree(again / name)
    next(again.glob("chosen/run-control-2-*.smi")).unlink()
    (again / ROWS).unlink()
    found = improve(ASKED, Path("data"), again, on=ON)
    timed = ["training_seconds"]
    assert found.rows.drop_columns(timed).equals(whole.rows.drop_columns(timed))
    assert chosen(found, "control") == chosen(whole, "control")


@pytest.mark.slow
def test_a_run_killed_at_work_goes_on_and_ends_the_same(folder: Path, whole: Improved) -> None:
    """SIGKILL, to a process of its own, as soon as it has chosen the second round."""
    words = [*COMMAND.split(), "--data", str(folder / "data")]
    began = subprocess.Popen([sys.executable, "-m", "hemdata.cli", *words], cwd=folder, env=os.environ | ONE_THREAD)
    while began.poll() is None and not list(folder.glob("run/chosen/run-chosen-2-*.smi")):
        time.sleep(0.02)
    began.kill()
    assert began.wait() == -signal.SIGKILL
    rounds = pq.read_table(folder / "run" / ROWS)["round"].to_pylist()
    assert max(rounds) < 2
    found = improve(ASKED, Path("data"), Path("run"), on=ON)
    timed = ["training_seconds", "label_seconds"]
    assert found.rows.drop_columns(timed).equals(whole.rows.drop_columns(timed))
    for arm in ("chosen", "control"):
        assert chosen(found, arm) == chosen(whole, arm)


def test_a_plan_chooses_what_the_run_will_and_writes_nothing(whole: Improved, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store holds labels of what the run chose and of nothing else: a plan that chose otherwise had some to do."""
    monkeypatch.chdir(whole.folder.parent)
    before = sorted(Path().rglob("*"))
    found = plan(ASKED, Path("data"), Path("fresh"), ON)
    assert [(step.name, step.done) for step in found] == [
        ("start: train 2 on 30 molecules", False),
        ("round 1: label 4 by amons", True), ("round 1: label 4 at random", True),
        ("round 1: train 2 on 34 molecules", False), ("round 1: train 2 on 34 molecules (control)", False),
        ("round 2: label 4 by amons", True), ("round 2: label 4 at random", True),
        ("round 2: train 2 on 38 molecules", False), ("round 2: train 2 on 38 molecules (control)", False),
    ]  # fmt: skip
    assert all((step.cost.seconds == 0) == step.done for step in found)
    assert [(step.name, step.done) for step in plan(ASKED, Path("data"), Path("run"), ON)] == [
        (step.name, True) for step in found
    ]
    assert sorted(Path().rglob("*")) == before


def test_a_plan_tells_the_cost_of_labels_and_of_a_network_before_anything_is_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The labels that ship are looked at and not taken; a molecule more costs more."""
    monkeypatch.setattr("hemdata.train.rate.measured_rate", partial(measured_rate, seconds=0.1))
    (folder / "data" / "test-groups@gfn2-xtb").unlink()
    words = COMMAND.replace("pair-distance-ridge", "painn:small --epochs 3").replace("--control", "")
    commands(["improve"])([*words.split(), "--dry-run", "--json"], standalone_mode=False)
    steps = json.loads(capsys.readouterr().out)["steps"]
    assert {path.name for path in folder.iterdir()} == {"data", "pool.smi"}
    assert {path.name.partition("-")[0] for path in (folder / "data").iterdir()} == {"neuro@gfn2", "labels.sqlite"}
    labels = [step for step in steps if "label" in step["name"]]
    assert all(0 < step["low"] < step["seconds"] < step["high"] for step in labels)
    trained = [step["seconds"] for step in steps if "train" in step["name"]]
    assert len(trained) == 3
    assert 0 < trained[0] < trained[1] < trained[2]
    assert all(step["state"] == "to do" for step in steps)


def test_a_run_of_other_settings_is_not_gone_on_with(whole: Improved, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(whole.folder.parent)
    other = Asked(**(ASKED.settings() | {"budget": 9}))
    with pytest.raises(Exception, match="other settings") as refused:
        improve(other, Path("data"), whole.folder, on=ON)
    assert "other budget" in str(refused.value)


def test_the_target_ends_the_rounds(whole: Improved, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(whole.folder.parent)
    shutil.copytree(whole.folder, Path("reached") / "run")
    found = improve(Asked(**ASKED.settings(), target=5000.0), Path("data"), Path("reached") / "run", on=ON)
    assert found.why == "the interval of the error lies below 5000 kcal/mol"
    assert found.rows["bought"].to_pylist() == [0, 0]


def test_the_page_draws_the_curve_with_the_control_and_every_molecule_chosen(whole: Improved, tmp_path: Path) -> None:
    page = improved_page(whole, ASKED, tmp_path / "page.html").read_text()
    assert page == improved_page(whole, ASKED, tmp_path / "again.html").read_text()
    assert "at random" in page
    assert page.count("aria-label='2D structure'") == 8
    assert sentence(whole.rows.to_pylist(), whole.why) in page.replace("&#39;", "'")


def test_the_command_tells_the_rounds_the_answer_and_the_page(
    whole: Improved, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Called again on a finished run it makes nothing, and tells the same."""
    monkeypatch.chdir(whole.folder.parent)
    before = {path: path.stat().st_mtime_ns for path in whole.folder.glob("cells/*/*.parquet")}
    for more in ("", " --json"):
        commands(["improve"])(f"{COMMAND}{more}".split(), standalone_mode=False)
    text, _, rest = capsys.readouterr().out.partition("{")
    assert sentence(whole.rows.to_pylist(), whole.why) in text
    assert str(whole.folder / "report.html") in text
    assert text.count("at random (control)") == 2
    told = json.loads("{" + rest)
    assert told["rows"] == whole.rows.to_pylist()
    assert before == {path: path.stat().st_mtime_ns for path in whole.folder.glob("cells/*/*.parquet")}


def test_totals_double_and_end_at_the_budget() -> None:
    assert totals(500, 4) == [62, 125, 250, 500]
    assert totals(3, 4) == [1, 2, 3]
    assert totals(1, 4) == [1]
