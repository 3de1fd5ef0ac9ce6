"""Runs every cell of a study in worker processes: skips finished ones, goes on past a failed one."""

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

from hemdata.catalog import StudyCard
from hemdata.curate import cores, interrupts_held, one_thread
from hemdata.errors import HemdataError
from hemdata.study.cells import Cell, cells, run_cell
from hemdata.study.rows import finished

Event = Callable[[str, int, int], None]  # cell, epochs done, epochs in all


@dataclass
class Ran:
    """What a run of a study did: names of cells, and the reasons of those that failed."""

    done: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def train_eval(
    card: StudyCard,
    data: Path,
    out: Path,
    *,
    workers: int | None = None,
    device: str = "auto",
    progress: Event | None = None,
) -> Ran:
    """Fit and judge all cells of a study.

    Args:
        card: the study.
        data: folder of the labelled shards.
        out: folder of the study's rows; finished cells there are checked and kept.
        workers: cells at a time, one thread each; by default one a core.
        device: auto, cpu or cuda.
        progress: called with a cell's name, its epochs done and in all; also with (name, n, n) when it ends.
    """
    ran = Ran()
    matrix = cells(card)
    before = {cell.name for cell in matrix if finished(out, cell.name)}
    context = multiprocessing.get_context("spawn")
    events = context.Queue()
    listener = Thread(target=_pass_on, args=(events, progress), daemon=True)
    listener.start()
    with one_thread():
        pool = ProcessPoolExecutor(
            min(workers or cores(), len(matrix)), mp_context=context, initializer=_begin, initargs=(events,)
        )
        try:
            with interrupts_held():
                futures = {pool.submit(_run, cell, data, out, device): cell for cell in matrix}
            for future in as_completed(futures):
                cell = futures[future]
                try:
                    future.result()
                except HemdataError as error:
                    ran.failed[cell.name] = str(error)
                except Exception as error:  # one broken cell must not stop the others
                    ran.failed[cell.name] = f"{type(error).__name__}: {error}"
                else:
                    (ran.skipped if cell.name in before else ran.done).append(cell.name)
                events.put((cell.name, cell.epochs or 1, cell.epochs or 1))
        except BaseException:  # Ctrl-C: a cell may have hours to go, and goes on from its checkpoint another time
            for process in multiprocessing.active_children():
                process.terminate()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            events.put(None)
            listener.join()
    return ran


_events: Any = None


def _begin(events: Any) -> None:
    """A worker's start: the driver's queue for its progress."""
    global _events
    _events = events


def _run(cell: Cell, data: Path, out: Path, device: str) -> None:
    def told(done: int, total: int) -> None:
        driver = multiprocessing.parent_process()
        if driver is not None and not driver.is_alive():
            os._exit(1)  # the driver was killed: whoever starts it again must not find its cells still in work
        _events.put((cell.name, done, total))

    run_cell(cell, data, out, device, told)


def _pass_on(events: Any, progress: Event | None) -> None:
    while (event := events.get()) is not None:
        if progress:
            progress(*event)
