"""An ordered map over worker processes with a bounded window: constant memory, all cores, results in order."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from itertools import chain, islice
from multiprocessing import spawn
from multiprocessing.connection import wait
from pathlib import Path
from threading import Thread
from typing import Any

from threadpoolctl import threadpool_limits

from hemdata.errors import DataError
from hemdata.shield import variables


def chunked[T](items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of `size` items, the last one shorter."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine_gb() -> float:
    """Memory that this process may use, in GB: the machine's, or less where a container has a limit."""
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):
        there = min(there, int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="utf-8")))
    return there / 1e9


IMPORTED_ONCE = ["hemdata.schema", "pandera.pyarrow", "rdkit.Chem"]
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")


@contextmanager
def one_thread() -> Iterator[None]:
    """This process computes on one thread, and so do those started inside: sums over threads differ in the last bits.

    What is loaded already is told so; what is loaded inside, or by a process started there, reads its environment.
    """
    with threadpool_limits(1), variables(dict.fromkeys(THREADS, "1")):
        yield


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Ctrl-C waits until the end of the block; processes started inside never see it.

    A terminal sends it to the whole process group. A worker inherits the mask from its very first instruction, where a
    handler of its own would come too late; the parent ends its workers in order.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def script_run_once() -> Iterator[None]:
    """Processes started inside do not run the program's script again, as Python has them do.

    What they compute stands in modules. A script or a notebook may so call the library without a guard such as
    `if __name__ == "__main__"`.
    """
    before = spawn.get_preparation_data

    def told(name: str) -> dict[str, Any]:
        return {key: value for key, value in before(name).items() if not key.startswith("init_main")}

    spawn.get_preparation_data = told
    try:
        yield
    finally:
        spawn.get_preparation_data = before


def end_with_parent() -> None:
    """A worker's start: it ends with the process that started it, however that ends; else it would wait for ever."""
    Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def ordered_map[T, R](function: Callable[[T], R], items: Iterable[T], workers: int | None = None) -> Iterator[R]:
    """Apply a function of a module to each item in worker processes; yield the results in the items' order.

    At most three items a worker are under way. A single item, or one worker, stays in this process.

    Raises:
        DataError: if a worker process dies.
    """
    workers = workers or cores()
    iterator = iter(items)
    first = list(islice(iterator, 2))
    items = chain(first, iterator)
    if workers == 1 or len(first) < 2:
        yield from map(function, items)
        return
    # A plain fork would copy locks that Arrow's threads hold; the fork server has imported much and started nothing.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(IMPORTED_ONCE)
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=end_with_parent)
    window: deque[Future[R]] = deque()
    try:
        for item in items:
            with interrupts_held(), script_run_once():
                window.append(pool.submit(function, item))
            if len(window) >= 3 * workers:
                yield window.popleft().result()
        while window:
            yield window.popleft().result()
    except BrokenProcessPool:
        raise DataError(
            "A worker process died.",
            expected=f"{workers} workers to live to the end",
            fix="Most often memory ran out: give it fewer --workers, or close other programs, and run it again.",
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
