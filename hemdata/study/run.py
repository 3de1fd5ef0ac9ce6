"""Runs the cells of a study in worker processes: skips finished ones, goes on past a failed one, stops in time."""

import multiprocessing
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

import yaml

from hemdata.catalog import StudyCard
from hemdata.errors import CallError
from hemdata.files import write_whole
from hemdata.processes import cores, end_with_parent, interrupts_held, one_thread, script_run_once
from hemdata.study.cells import Cell, cells, chosen
from hemdata.study.data import hiding
from hemdata.study.fit_and_judge import run_cell
from hemdata.study.held import refuse_others
from hemdata.study.lock import claimed
from hemdata.study.on import THIS_MACHINE, On
from hemdata.study.ran import AT_ONCE, Ran, TimeUp, When, note
from hemdata.study.rows import finished

LOOK_SECONDS = 0.5
Event = Callable[[str, int, int], None]  # cell, epochs done, epochs in all
DIED = "Its process died, most often since memory ran out: give it more, or take a smaller configuration."


def epochs_told(step: Callable[[int, str], object]) -> Event:
    """The `progress` of `train_eval` for one bar over all cells.

    Args:
        step: called with the epochs done since the last call, and the cell; those of a cell that is begun again, as
            where its worker died, count once.
    """
    reached: dict[str, int] = {}

    def told(cell: str, done: int, _: int) -> None:
        before = reached.get(cell, 0)
        reached[cell] = max(done, before)
        step(reached[cell] - before, cell)

    return told


def train_eval(
    card: StudyCard,
    data: Path,
    out: Path,
    *,
    only: Sequence[str] = (),
    on: On = THIS_MACHINE,
    when: When = AT_ONCE,
    progress: Event | None = None,
    tell: Callable[[str], object] | None = None,
) -> Ran:
    """Fit and judge the cells of a study. Several processes may do so in one folder: each cell is one's at a time.

    Args:
        card: the study.
        data: folder of the labelled shards.
        out: folder of the study's rows; finished cells there are checked and kept.
        only: patterns of the names of the cells that are to be run; by default all are.
        on: processes here, each with one cell at a time on one thread; by default one a core, on a GPU one; 0 is this
            process itself. Or a running Dask cluster or jobs of SLURM, which see the folders under the same paths.
        when: cells may begin, and all is to end.
        progress: called with a cell's name, its epochs done and in all; also with (name, n, n) when it ends.
        tell: called with a sentence about what had to be changed in a cell, or about labels that hide others.

    Raises:
        CallError: for a pattern that fits no cell, or a time limit elsewhere than here.
        DataError: if the folder holds cells of another card, or of other data.
    """
    matrix = chosen(cells(card), only)
    refuse_others(matrix, data, out, card.name)
    if tell:
        for sentence in hiding(card, data):
            tell(sentence)
    return run_cells(matrix, data, out, on=on, when=when, progress=progress, tell=tell)


def run_cells(
    matrix: Sequence[Cell],
    data: Path,
    out: Path,
    *,
    on: On = THIS_MACHINE,
    when: When = AT_ONCE,
    progress: Event | None = None,
    tell: Callable[[str], object] | None = None,
) -> Ran:
    """Fit and judge cells of one study that were held against its card; args and answer as `train_eval`.

    Each is held against card and data once more as it begins, and fails by itself if it was trained otherwise.

    Where a worker process dies, the others with it, they go on with half as many at a time, so that the cell that does
    it is found and told, and stops no other.
    """
    if on.where.elsewhere and when.max_seconds is not None:
        raise CallError(
            "A cluster's workers keep no time limit.",
            expected="--max-time with processes here",
            got=on.where.scheduler or on.where.cluster,
            fix="Leave --max-time out, or hand the cells to SLURM, whose jobs end in time (train-eval --submit).",
        )
    workers, device = on.where.workers, on.device
    ran = Ran()
    keep(matrix[0].study, out)
    deadline = None if when.max_seconds is None else time.time() + when.max_seconds
    context = multiprocessing.get_context("spawn")
    events: Any = SimpleQueue() if workers == 0 else context.Queue()
    listener = Thread(target=_pass_on, args=(events, progress, tell), daemon=True)
    listener.start()
    due, at_once = list(matrix), min(workers or places(device), len(matrix))
    try:
        if on.where.elsewhere:
            from hemdata.study.elsewhere import train_elsewhere

            train_elsewhere(ran, due, on.where, (data, out, device), events.put, when)
            due = []
        elif workers == 0:
            _here(ran, due, (data, out, device, deadline), events, when)
            due = []
        while due:
            with ProcessPoolExecutor(at_once, context, _begin, (events,)) as pool:
                broken = _round(ran, pool, due, (data, out, device, deadline), events, when)
            if broken and at_once == 1:  # cells were begun in their order, so that it was the first that died
                ran.failed[broken[0].name] = DIED
                broken = broken[1:]
            due, at_once = broken, max(1, at_once // 2)
    finally:
        events.put(None)
        listener.join()
    for name in list(ran.in_work):  # the other process may have finished it meanwhile
        if finished(out, name):
            del ran.in_work[name]
            ran.skipped.append(name)
    return ran


def _here(ran: Ran, due: list[Cell], how: tuple[Any, ...], events: Any, when: When) -> None:
    """Run cells in this process, one after the other."""
    global _events
    _events = events
    for cell in due:
        while not when.ready(cell):
            time.sleep(LOOK_SECONDS)
            when.look()
        future: Future[bool] = Future()
        try:
            future.set_result(_run(cell, *how))
        except Exception as error:
            future.set_exception(error)
        note(ran, cell.name, future)
        events.put((cell.name, cell.epochs or 1, cell.epochs or 1))


def keep(card: StudyCard, out: Path) -> None:
    """The card stands with the rows, so that the report says its title and its question."""
    told = card.model_dump(mode="json", exclude_defaults=True)
    write_whole(out / f"{card.name}.yaml", yaml.safe_dump(told, sort_keys=False, allow_unicode=True))


def _round(
    ran: Ran, pool: ProcessPoolExecutor, due: list[Cell], how: tuple[Any, ...], events: Any, when: When
) -> list[Cell]:
    """Run cells in a pool; those are returned that it did not come to, or not to the end of, since a worker died.

    Those that it had begun come first, in that order.
    """
    waiting, begun, broken = list(due), list[Cell](), list[Cell]()
    futures: dict[Future[bool], Cell] = {}
    try:
        while futures or (waiting and not broken):
            for cell in [] if broken else [each for each in waiting if when.ready(each)]:
                with one_thread(), interrupts_held(), script_run_once(), suppress(BrokenProcessPool):
                    futures[pool.submit(_run, cell, *how)] = cell
                    waiting.remove(cell)
                    begun.append(cell)
            for future in wait(futures, LOOK_SECONDS, FIRST_COMPLETED).done:
                cell = futures.pop(future)
                if isinstance(future.exception(), BrokenProcessPool):
                    broken.append(cell)
                    continue
                note(ran, cell.name, future)
                events.put((cell.name, cell.epochs or 1, cell.epochs or 1))
            if not futures and waiting:
                time.sleep(LOOK_SECONDS)
            when.look()
    except BaseException:  # Ctrl-C: a cell may have hours to go, and goes on from its checkpoint another time
        for process in multiprocessing.active_children():
            process.kill()  # Lightning takes SIGTERM for the end of one fit, after which the next cell would begin
        pool.shutdown(wait=True, cancel_futures=True)
        raise
    return [cell for cell in begun if cell in broken] + waiting


def places(device: str) -> int:
    """Cells at a time: one a core; where the work is a GPU's, one."""
    if device == "cuda" or (device == "auto" and shutil.which("nvidia-smi") is not None):
        return 1
    return cores()


_events: Any = None


def _begin(events: Any) -> None:
    """A worker's start: the driver's queue for its progress; and it ends with its driver, however that ends.

    Who starts a killed run again at once must not find its cells still in work.
    """
    global _events
    _events = events
    end_with_parent()


def _run(cell: Cell, data: Path, out: Path, device: str, deadline: float | None) -> bool:
    """A worker's part; whether there was anything to do."""
    began = time.time()

    def told(done: int, total: int) -> None:
        nonlocal began
        _events.put((cell.name, done, total))
        now, last = time.time(), began
        began = now
        if deadline is not None and done < total and now + (now - last) > deadline:
            raise TimeUp

    if finished(out, cell.name):  # only looked at, so that it may stand where nothing can be written
        run_cell(cell, data, out, device)
        return False
    if deadline is not None and time.time() > deadline:
        raise TimeUp
    with claimed(out / "cells" / cell.name):
        due = not finished(out, cell.name)  # another process may just have done it
        run_cell(cell, data, out, device, told, lambda said: _events.put(f"{cell.name}: {said}"))
    return due


def _pass_on(events: Any, progress: Event | None, tell: Callable[[str], object] | None) -> None:
    while (event := events.get()) is not None:
        if isinstance(event, str):
            if tell:
                tell(event)
        elif progress:
            progress(*event)
