"""One calculation in a process of its own beside its worker: limits of time and memory hold, a crash is a result.

The Dask worker stays alive and answers while the engine computes; a molecule that ends its process ends nothing else.
"""

import contextlib
import os
import pickle
import platform
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from hemdata.errors import CallError
from hemdata.label.calculation import Calculation, Result, installed
from hemdata.processes import THREADS
from hemdata.shield import environment as shielded

DEATHS_ALLOWED = 1
"""A molecule whose process dies once more is quarantined: stored as failed."""
STARTS_WITHIN_SECONDS = 300.0
_SERVE = "from hemdata.label.workers.isolated import serve; serve()"


@dataclass(frozen=True)
class Limits:
    """What one calculation may take.

    Attributes:
        seconds: wall time.
        memory_gb: beyond what its process takes when it starts.
        engine_gb: memory that an engine which can do with less plans for.
    """

    seconds: float | None = None
    memory_gb: float | None = None
    engine_gb: float | None = None


class Died(Exception):
    """The process ended before it answered."""


class TooLong(Exception):
    """The time limit was reached."""


_of_this_thread = threading.local()


def apart(function: Callable[[Calculation], Result], task: Calculation, limits: Limits) -> Result:
    """Run a calculation in this thread's process; what ends it, or takes too long, is a failed result.

    Args:
        function: importable by its name.

    Raises:
        CallError: if this worker has other versions of engine or RDKit than the calculation is for.
    """
    _agrees(task.versions)
    started = time.perf_counter()
    death = ""
    for _ in range(DEATHS_ALLOWED + 1):
        process = process_of_this_thread(limits)
        try:
            return process(function, task)
        except TooLong:
            reason = f"It took longer than the time limit of {limits.seconds:g} s."
            break
        except Died as died:
            death = str(died)
    else:
        memory = f", or more memory than {limits.memory_gb:g} GB" if limits.memory_gb else ""
        reason = f"It killed its worker process twice (a crash of the engine{memory}).\n  got: {death}"
    told = {"host": platform.node(), "seconds": time.perf_counter() - started}
    return Result(task.key, reason, provenance=task.described | told)


@cache
def _agrees(wanted: tuple[tuple[str, str], ...]) -> None:
    """The engines' versions are part of what a result is stored under: those here must be those of the run."""
    try:
        here = installed(tuple(name for name, _ in wanted))
    except PackageNotFoundError as error:
        here = ((str(error.name), "not installed"),)
    if here != wanted:
        raise CallError(
            "A worker has other versions than this run.",
            where=platform.node(),
            expected=_listed(wanted),
            got=_listed(here),
            fix="Install the same versions there, and start its workers again.",
        )


def process_of_this_thread(limits: Limits) -> "Process":
    """This thread's process, a new one where the last has ended or had other limits."""
    process: Process | None = getattr(_of_this_thread, "process", None)
    if process is None or process.limits != limits or not process.lives():
        if process is not None:
            process.end()
        process = _of_this_thread.process = Process(limits)
    return process


class Process:
    """A Python process that computes one calculation after another.

    Raises:
        RuntimeError: if it does not start.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        paths = [os.path.abspath(path) for path in sys.path]  # noqa: PTH100  "" is the current folder
        environment = shielded(os.environ) | dict.fromkeys(THREADS, "1") | {"PYTHONPATH": os.pathsep.join(paths)}
        if limits.engine_gb or limits.memory_gb:
            planned = min(filter(None, (limits.engine_gb, limits.memory_gb)))
            environment["PYSCF_MAX_MEMORY"] = str(int(planned * 1000))
        self._python = subprocess.Popen(
            [sys.executable, "-c", _SERVE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd="/",  # engines read files of the current folder: parameters, a basis, a configuration
        )
        try:
            self._send(limits)
            self._answer(STARTS_WITHIN_SECONDS)
        except (Died, TooLong) as error:
            self.end()
            raise RuntimeError(f"A process for calculations did not start on {platform.node()}: {error}") from None

    def __call__[T, R](self, function: Callable[[T], R], task: T) -> R:
        """What a function makes of a task; it is importable by its name, and raises nothing.

        Raises:
            Died: if the process ended before.
            TooLong: if it was ended at the time limit.
        """
        try:
            self._send((function, task))
            result: R
            result, fit = self._answer(self.limits.seconds)
        except (Died, TooLong):
            self.end()
            raise
        if not fit:
            self.end()
        return result

    def lives(self) -> bool:
        """Whether it can compute."""
        return self._python.poll() is None

    def end(self) -> None:
        """Kill it."""
        self._python.kill()
        self._python.wait()
        for pipe in (self._python.stdin, self._python.stdout):
            with contextlib.suppress(OSError):
                assert pipe is not None
                pipe.close()

    def _send(self, what: object) -> None:
        assert self._python.stdin is not None
        try:
            pickle.dump(what, self._python.stdin)
            self._python.stdin.flush()
        except OSError:
            raise Died(self._last_words()) from None

    def _answer(self, seconds: float | None) -> Any:
        assert self._python.stdout is not None
        if not select.select([self._python.stdout], [], [], seconds)[0]:
            raise TooLong
        try:
            return pickle.load(self._python.stdout)
        except (EOFError, pickle.UnpicklingError, OSError):
            raise Died(self._last_words()) from None

    def _last_words(self) -> str:
        code = self._python.wait()
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def serve() -> None:
    """The process's own part: read limits, then one calculation after another, until the worker is gone."""
    asked, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what an engine prints is no answer
    limits: Limits = pickle.load(asked)
    if limits.memory_gb:
        _limit_memory(limits.memory_gb)
    _send_back(answers, True)
    waiting: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_read, args=(asked, waiting), daemon=True).start()
    while True:
        function, task = waiting.get()
        fit = True
        try:
            result = function(task)
        except MemoryError:
            fit = False
            reason = f"It needed more memory than the limit of {limits.memory_gb or float('nan'):g} GB."
            result = Result(task.key, reason, provenance=task.described | {"host": platform.node()})
        except Exception as error:
            result = stopped(task, error)
        _send_back(answers, (result, fit))


def stopped(task: Calculation, error: Exception) -> Result:
    """The failed result of a calculation that ended with an error of a program's own."""
    reason = f"The calculation stopped with {type(error).__name__}: {error}"
    return Result(task.key, reason, provenance=task.described | {"host": platform.node()})


def _read(asked: Any, waiting: SimpleQueue[Any]) -> None:
    """Hand on what is asked; without the worker that would hear the answer, end in the midst of a calculation."""
    try:
        while True:
            waiting.put(pickle.load(asked))
    finally:
        os._exit(0)


def _send_back(answers: Any, what: object) -> None:
    pickle.dump(what, answers)
    answers.flush()


def _limit_memory(gigabytes: float) -> None:
    import resource

    taken = 0
    with contextlib.suppress(OSError):  # Linux tells how much address space it has now
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limit = taken + int(gigabytes * 1e9)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _listed(versions: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions)
