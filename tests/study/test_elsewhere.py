"""Cells on a Dask cluster: rows as here; a cell in work elsewhere is waited for; a disk that is not shared is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from test_train_eval import study

from hemdata.label.workers.where import Where
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
