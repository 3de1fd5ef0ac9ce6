"""Cells on a Dask cluster: rows as here; a cell in work elsewhere is waited for; a disk that is not shared is told."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from command_line import hemdata
from test_train_eval import study

from hemdata.errors import CallError
from hemdata.label.workers.where import HERE, Where
from hemdata.study import elsewhere
from hemdata.study.cells import cells
from hemdata.study.fit_and_judge import run_cell
from hemdata.study.lock import claimed
from hemdata.study.on import On
from hemdata.study.ran import AT_ONCE, Ran, When
from hemdata.study.run import train_eval

CARD = study(networks=[{"network": "dressed-atoms"}], seeds=[0], sets={"neuro": {"dataset": "neuro", "molecules": 30}})


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a Dask scheduler whose one worker is a thread of this process."""
    from distributed import LocalCluster

    with LocalCluster(1, threads_per_worker=1, processes=False, protocol="tcp", dashboard_address=None) as cluster:
        yield cluster.scheduler_address


def test_a_cell_comes_out_as_here_and_one_in_work_is_waited_for(
    scheduler: str, labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elsewhere, "AGAIN_SECONDS", 0.2)
    monkeypatch.setattr(elsewhere, "LOOK_SECONDS", 0.1)
    (one,) = cells(CARD)
    held = claimed(tmp_path / "there" / "cells" / one.name)
    held.__enter__()
    told: list[str] = []

    def look() -> None:  # the other process ends once the cluster has found it at work
        told.append("")
        if len(told) == 20:
            held.__exit__(None, None, None)

    ran = train_eval(CARD, labelled, tmp_path / "there", on=On(Where(scheduler=scheduler)), when=When(look=look))
    assert len(told) > 20
    assert (ran.done, ran.failed, ran.in_work) == ([one.name], {}, {})
    run_cell(one, labelled, tmp_path / "here")
    for table in ("predictions", "curves"):
        there, here = (tmp_path / at / "cells" / one.name / f"{table}.parquet" for at in ("there", "here"))
        assert there.read_bytes() == here.read_bytes()
    again = train_eval(CARD, labelled, tmp_path / "there", on=On(Where(scheduler=scheduler)))
    assert again.skipped == [one.name]
    missing = train_eval(CARD, tmp_path / "no-data", tmp_path / "run", on=On(Where(scheduler=scheduler)))
    assert "is not there at the level" in missing.failed[one.name]


def test_a_worker_that_does_not_see_the_folder_says_so(
    scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elsewhere, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(elsewhere, "SEEN_SECONDS", 0.1)
    ran = Ran()
    folders = (tmp_path, tmp_path / "nowhere", "cpu")
    elsewhere.train_elsewhere(ran, cells(CARD), Where(scheduler=scheduler), folders, lambda _: None, AT_ONCE)
    assert "does not see the study's folder" in ran.failed[cells(CARD)[0].name]


def test_the_command_takes_where_its_cells_are_trained_in_one_word(
    scheduler: str, labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elsewhere, "LOOK_SECONDS", 0.1)
    card = tmp_path / f"{CARD.name}.yaml"
    card.write_text(yaml.safe_dump(CARD.model_dump(mode="json", exclude_defaults=True)))
    words = ("train-eval", card, "--data", labelled, "--out", tmp_path / "run", "--json")

    def at_once(*more: object) -> tuple[object, bool]:
        told = json.loads(hemdata(*words, "--dry-run", *more).stdout)
        return told["at_once"], told["elapsed"] is not None

    assert at_once("--on", "0") == at_once("--on", "4") == at_once("--workers", "4") == (1, True)  # there is one cell
    assert at_once("--on", scheduler) == (None, False)
    for more, sentence in (
        (("--on", "2", "--workers", "2"), "--on says where already"),
        (("--on", "2", "--submit", "slurm"), "--submit leaves the cells to SLURM"),
        (("--on", scheduler, "--max-time", "1h"), "keep no time limit"),
        (("--on", "nocluster"), "nocluster"),
    ):
        refused = hemdata(*words, *more)
        assert refused.returncode == 2
        assert sentence in refused.stderr
    assert not (tmp_path / "run").exists()
    ended = hemdata(*words, "--on", scheduler)
    assert json.loads(ended.stdout)["done"] == [cells(CARD)[0].name]
    assert json.loads(hemdata(*words, "--on", "0").stdout)["skipped"] == [cells(CARD)[0].name]


def test_a_time_limit_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="keep no time limit"):
        train_eval(CARD, tmp_path, tmp_path / "run", on=On(Where(scheduler="tcp://x:1")), when=When(max_seconds=9.0))


def test_a_plan_knows_how_many_work_at_a_time_or_says_nothing(tmp_path: Path) -> None:
    assert (HERE.at_once, Where(workers=3).at_once, Where(scheduler="tcp://x:1").at_once) == (1, 3, None)
    (tmp_path / "own.yaml").write_text(
        "name: own\ntitle: Own\nabout: Own\nmemory: 8 GB\nprocesses: 4\nwalltime: '01:00:00'\n"
        f"minimum_jobs: 0\nmaximum_jobs: 3\nlogs: {tmp_path}\n"
    )
    assert Where(cluster=tmp_path / "own.yaml").at_once == 12
    (tmp_path / "few.smi").write_text("CO methanol\n")
    words = ("label", tmp_path / "few.smi", "--data", tmp_path / "data", "--dry-run")
    assert "with 12 workers" in hemdata(*words, "--on", tmp_path / "own.yaml").stdout
    assert "with 1 worker," in hemdata(*words, "--on", "0").stdout
    unknown = hemdata(*words, "--on", "tcp://x:1").stdout
    assert "of one core" in unknown.splitlines()[-1]
    assert "worker" not in unknown
    told = json.loads(hemdata(*words, "--on", "tcp://x:1", "--json").stdout)
    assert (told["workers"], told["wall_seconds"]) == (None, None)
