"""The ordered map: order, bounded memory, deaths."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from hemdata.errors import DataError
from hemdata.processes import chunked, one_thread, ordered_map


def square(n: int) -> int:
    return n * n


def die_at_three(n: int) -> int:
    if n == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return n


def threads_seen(_: int) -> str | None:
    return os.environ.get("OMP_NUM_THREADS")


def test_results_come_in_the_items_order_whatever_the_number_of_workers() -> None:
    assert list(ordered_map(square, range(50), workers=2)) == [n * n for n in range(50)]
    assert list(ordered_map(square, range(50), workers=1)) == [n * n for n in range(50)]


def test_it_reads_no_more_items_ahead_than_its_window() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for n in range(100):
            taken.append(n)
            yield n

    results = ordered_map(square, items(), workers=2)
    next(results)
    assert len(taken) <= 7


def test_a_worker_that_dies_is_a_sentence_and_not_a_hang() -> None:
    with pytest.raises(DataError, match="worker process died"):
        list(ordered_map(die_at_three, range(20), workers=2))


def test_processes_started_inside_one_thread_have_one_and_the_parent_is_left_as_it_was() -> None:
    before = os.environ.get("OMP_NUM_THREADS")
    with one_thread(), ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(threads_seen, 0).result() == "1"
    assert os.environ.get("OMP_NUM_THREADS") == before


def test_chunks_hold_every_item_once() -> None:
    assert list(chunked(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(chunked([], 3)) == []


KILLED = """
import os, sys, time
from hemdata.processes import ordered_map

def told(path):
    open(path + str(os.getpid()), "w").close()
    time.sleep(600)

if __name__ == "__main__":
    import killed  # as a worker knows it
    list(ordered_map(killed.told, [sys.argv[1]] * 4, workers=2))
"""


def test_workers_end_with_a_driver_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "killed.py").write_text(KILLED)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    words = [sys.executable, str(tmp_path / "killed.py"), f"{tmp_path}/pid-"]
    driver = subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 300
    while len(workers := [int(path.name[4:]) for path in tmp_path.glob("pid-*")]) < 2:
        assert driver.poll() is None
        assert time.monotonic() < until
        time.sleep(0.05)
    driver.kill()
    driver.wait()
    while any(Path(f"/proc/{pid}").exists() for pid in workers):
        assert time.monotonic() < until, "a worker outlives its driver"
        time.sleep(0.05)
