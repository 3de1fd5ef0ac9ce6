"""Kills labelling drivers with SIGKILL at random moments over one store; counts what is lost and what is done twice.

Driver, Dask and store are the real ones; a calculation takes no time, so that many kills fall into writing.

A last driver, which does not ask the store what is finished, shows that the count would tell.

Usage: python benchmarks/kills.py [KILLS] [--seed S] [--json]    KILLS: how often (default 200)
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import warnings
from contextlib import contextmanager, suppress
from pathlib import Path

import distributed  # noqa: F401  before the drivers fork, not in each of them
from _quick import LOG, molecules, nothing

from hemdata.label.calculation import stages
from hemdata.label.run import label
from hemdata.label.store.database import LabelStore
from hemdata.label.workers.where import Where
from hemdata.levels import level

MOLECULES_A_KILL = 80
LONGEST_START_SECONDS = 0.6


@contextmanager
def scheduler(folder: Path, workers: int = 2):
    """The address of a Dask scheduler with workers, all processes of their own that outlive a driver."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", LOG: str(folder / "started")}
    environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    file = folder / "scheduler.json"
    quiet = {"cwd": folder, "env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    dask = [sys.executable, "-m", "dask"]
    words = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    processes = [subprocess.Popen([*dask, "scheduler", *words], **quiet)]
    worker = ["worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-dashboard", "--no-nanny"]
    processes += [subprocess.Popen([*dask, *worker], **quiet) for _ in range(workers)]
    try:
        while not file.is_file():
            time.sleep(0.05)
        yield json.loads(file.read_text())["address"]
    finally:
        for process in processes:
            process.kill()
            process.wait()


class Forgetful(LabelStore):
    """A store that does not say what it holds."""

    def known(self, keys):
        return {}


def driver(store: Path, kind: type[LabelStore], asked: list, address: str, told: Path) -> int:
    """Start one as a process of its own; it writes down how many results it has told its user to be finished."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the other threads are those of Arrow's memory
        pid = os.fork()
    if pid:
        return pid
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        file = os.open(told, os.O_WRONLY | os.O_CREAT)
        with kind(store) as opened:
            label(
                asked,
                stages(level("gfn2-xtb"), level("gfn2-xtb")),
                opened,
                Where(scheduler=address),
                calculation=nothing,
                progress=lambda pace: os.pwrite(file, f"{pace.done:<12}".encode(), 0),
            )
        os._exit(0)
    finally:
        os._exit(1)


def count(told: Path) -> int:
    with suppress(OSError, ValueError):
        return int(told.read_text())
    return 0


def rows(store: Path) -> dict[str, tuple]:
    """Everything that the store holds, as SQLite has it."""
    with suppress(sqlite3.OperationalError), sqlite3.connect(f"file:{store}?mode=ro", uri=True) as db:
        return {row[0]: row[1:] for row in db.execute("SELECT * FROM results")}
    return {}


def kills(number: int, seed: int, folder: Path) -> dict[str, int | float]:
    """The account of so many kills, and of a run that is left alone; then of one that is forgetful."""
    draw = random.Random(seed)
    asked = molecules(number * MOLECULES_A_KILL)
    store, told, started = folder / "labels.sqlite", folder / "told", folder / "started"
    started.touch()
    before: dict[str, tuple] = {}
    account = {"kills": 0, "while_work_was_left": 0, "while_results_came": 0, "lost": 0, "changed": 0, "twice": 0}
    begun = time.perf_counter()
    with scheduler(folder) as address:
        for last in [False] * number + [True]:
            offset = started.stat().st_size
            told.unlink(missing_ok=True)
            pid = driver(store, LabelStore, asked, address, told)
            if last:
                account["ended_well"] = int(os.waitpid(pid, 0)[1] == 0)
            else:
                wait_for_the_moment(draw, pid, told)
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                account["kills"] += os.WIFSIGNALED(os.waitpid(pid, 0)[1])
            after = rows(store)
            account["lost"] += len(before.keys() - after.keys()) + max(0, count(told) - len(after))
            account["changed"] += sum(after[key] != row for key, row in before.items() if key in after)
            account["twice"] += again(started, offset, before)
            account["while_work_was_left"] += not last and len(after) < len(asked)
            account["while_results_came"] += not last and len(after) > len(before)
            before = after
        calculations, offset = len(started.read_text().split()), started.stat().st_size
        pid = driver(store, Forgetful, asked, address, told)
        while not again(started, offset, before) and not os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            time.sleep(0.01)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        account["forgetful_found_out"] = int(again(started, offset, before) > 0)
    with sqlite3.connect(store) as db:
        account["sound"] = int(db.execute("PRAGMA integrity_check").fetchone() == ("ok",))
    account |= {"molecules": len(asked), "stored": len(before), "calculations": calculations}
    return account | {"seconds": round(time.perf_counter() - begun, 1)}


def again(started: Path, offset: int, finished: dict) -> int:
    """How many calculations have started, from that place of their log on, that were finished before."""
    with started.open() as log:
        log.seek(offset)
        return sum(line.strip() in finished for line in log)


def wait_for_the_moment(draw: random.Random, pid: int, told: Path) -> None:
    """While it starts, once in four times; else after some results, or a little later."""
    if draw.random() < 0.25:
        time.sleep(draw.uniform(0, LONGEST_START_SECONDS))
        return
    first, more, later = None, draw.randint(1, 40), draw.uniform(0, 0.02)
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        so_far = count(told)
        if first is None and so_far:
            first = so_far
        if first is not None and so_far >= first + more:
            break
        time.sleep(0.001)
    time.sleep(later)


def main() -> int:
    parser = argparse.ArgumentParser(usage=__doc__.partition("Usage: ")[2])
    parser.add_argument("kills", type=int, nargs="?", default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        account = kills(given.kills, given.seed, Path(folder))
    if given.json:
        print(json.dumps(account))
    else:
        print(
            f"{account['kills']} drivers killed in {account['seconds']:.0f} s, {account['while_results_came']} of them "
            f"while results came\n"
            f"{account['stored']:,} of {account['molecules']:,} molecules stored in the end\n"
            f"{account['lost']} finished results lost, {account['changed']} changed, "
            f"{account['twice']} computed again\n"
            f"{account['calculations'] - account['molecules']:,} calculations repeated that were under way at a kill"
        )
    return int(bool(account["lost"] or account["changed"] or account["twice"]) or not account["sound"])


if __name__ == "__main__":
    sys.exit(main())
