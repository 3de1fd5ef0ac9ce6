"""A study's cells on a running Dask cluster, or in jobs of SLURM that hold its workers; the disk is a shared one."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hemdata.errors import CallError, HemdataError
from hemdata.label.workers.cluster import LOST_WORKERS_ALLOWED, Cluster, opened
from hemdata.label.workers.isolated import Died, Limits, process_of_this_thread
from hemdata.label.workers.where import Where
from hemdata.study.cells import Cell
from hemdata.study.fit_and_judge import run_cell
from hemdata.study.lock import InWork, claimed
from hemdata.study.planning.plan import epochs_done
from hemdata.study.ran import Ran, When
from hemdata.study.rows import finished

LOOK_SECONDS = 1.0
AGAIN_SECONDS = 10.0
"""Between two looks at a cell that a worker of a run before this one is still at work on."""
SEEN_SECONDS = 60.0
"""For a folder that was just written to be seen on another machine of a shared disk."""


def train_elsewhere(
    ran: Ran, due: list[Cell], where: Where, how: tuple[Path, Path, str], told: Callable[[Any], object], when: When
) -> None:
    """Run cells on the workers of a cluster, one a thread, each in a process of its own.

    A worker that ends leaves its cell to another, which goes on from the checkpoint. Cells that a worker of a killed
    run is still at work on are waited for.

    Args:
        ran: what becomes of the cells.
        where: a scheduler's address, or a cluster's card.
        how: folder of the labelled shards, folder of the study, device.
        told: called with (cell, epochs done, epochs).
        when: cells may begin, and all is to end.

    Raises:
        CallError, DataError: as `opened`; if the cluster is gone, or has no workers for long.
    """
    data, out, device = how
    folders = data.resolve(), out.resolve()
    with opened(len(due), where) as cluster:
        waiting, flying, not_before = list(due), dict[Any, Cell](), dict[str, float]()
        seen = time.monotonic()
        while waiting or flying:
            for cell in [each for each in waiting if not_before.get(each.name, 0.0) < time.monotonic()]:
                if when.ready(cell):
                    waiting.remove(cell)
                    flying[cluster.client.submit(train_there, cell, *folders, device, pure=False)] = cell
            for future in [each for each in flying if each.done()]:
                cell = flying.pop(future)
                if not _noted(ran, cell, future, cluster):
                    waiting.append(cell)
                    not_before[cell.name] = time.monotonic() + AGAIN_SECONDS
            for cell in flying.values():
                told((cell.name, epochs_done(out, cell.name), cell.epochs or 1))
            for name in ran.done:
                told((name, 1, 1))
            seen = _still_there(cluster, seen)
            when.look()
            time.sleep(LOOK_SECONDS)


def _noted(ran: Ran, cell: Cell, future: Any, cluster: Cluster) -> bool:
    """Note what became of a cell; whether that is all of it."""
    if future.status in ("cancelled", "lost"):
        raise cluster.gone()
    error = future.exception()
    if isinstance(error, InWork):
        return False
    if error is None:
        (ran.done if future.result() else ran.skipped).append(cell.name)
    elif isinstance(error, HemdataError):
        ran.failed[cell.name] = str(error)
    elif type(error).__name__ == "KilledWorker":
        ran.failed[cell.name] = f"{LOST_WORKERS_ALLOWED + 1} workers were lost while they had it."
    else:
        ran.failed[cell.name] = f"{type(error).__name__}: {error}"
    return True


def _still_there(cluster: Cluster, seen: float) -> float:
    """When the cluster was last seen with workers; what it raises where there is no sense in going on."""
    now = time.monotonic()
    if cluster.workers:
        return now
    if cluster.patience is not None and now - seen > cluster.patience:
        raise cluster.deserted(now - seen)
    return seen


def train_there(cell: Cell, data: Path, out: Path, device: str) -> bool:
    """A worker's part: one cell in a process of its own, so that the worker answers meanwhile.

    Raises:
        InWork: if another process is at work on the cell.
        CallError: if this machine does not see the study's folder.
        HemdataError: as `run_cell`.
    """
    _sees(out, cell)
    try:
        answer = process_of_this_thread(Limits())(_train, (cell, data, out, device))
    except Died as died:
        raise RuntimeError(f"Its process died ({died}), most often since memory ran out.") from None
    if isinstance(answer, Exception):
        raise answer
    return bool(answer)


def _train(task: tuple[Cell, Path, Path, str]) -> bool | Exception:
    cell, data, out, device = task
    try:
        with claimed(out / "cells" / cell.name):
            due = not finished(out, cell.name)
            run_cell(cell, data, out, device)
            return due
    except HemdataError as error:
        return error
    except Exception as error:  # what it is made of may not travel
        return RuntimeError(f"{type(error).__name__}: {error}")


def _sees(out: Path, cell: Cell) -> None:
    card, until = out / f"{cell.study.name}.yaml", time.monotonic() + SEEN_SECONDS
    while not card.is_file():
        if time.monotonic() > until:
            raise CallError(
                "A worker of the cluster does not see the study's folder.",
                where=card,
                fix="Give --data and --out folders on a disk that this machine and the workers share, under one path.",
            )
        time.sleep(LOOK_SECONDS)
