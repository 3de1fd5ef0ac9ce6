"""Chunks of work in processes of their own, answered in order; an item that ends its process ends nothing else."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from itertools import islice
from typing import Any, Self

from hemdata.errors import DataError
from hemdata.label.workers.isolated import Died, Limits, Process
from hemdata.processes import one_thread

AHEAD = 16
"""Chunks a worker that may be under way or finished while an earlier one is waited for."""


class Workers[T, R]:
    """Worker processes for one function, used as a context.

    Args:
        function: of a chunk, a list of items, to as many answers; importable by its name.
        ended: the answer of an item whose process ended twice, from the process's last words.
        number: of processes; 0 for this process itself.
    """

    def __init__(self, function: Callable[[Sequence[T]], list[R]], ended: Callable[[str], R], number: int) -> None:
        self._function, self._ended, self._number = function, ended, number
        self._idle: list[Process] = []
        self._all: list[Process] = []
        self._closing = False
        self._undo = ExitStack()
        self._threads = ThreadPoolExecutor(max(number, 1), initializer=_without_interrupts)

    def __enter__(self) -> Self:
        if not self._number:
            self._undo.enter_context(one_thread())
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes, whatever they are at."""
        self._closing = True
        self._undo.close()
        for process in self._all:
            process.end()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def answers(self, chunks: Iterable[Sequence[T]]) -> Iterator[list[R]]:
        """The answers to each chunk, in the chunks' order; the first chunks begin at once.

        Raises:
            DataError: if a process does not start.
        """
        if not self._number:
            return self._here(chunks)
        remaining = iter(chunks)
        begun = deque(self._begin(chunk) for chunk in islice(remaining, AHEAD * self._number))
        return self._rest(begun, remaining)

    def _here(self, chunks: Iterable[Sequence[T]]) -> Iterator[list[R]]:
        for chunk in chunks:
            yield self._function(chunk)

    def _rest(self, begun: deque[Future[list[R]]], remaining: Iterator[Sequence[T]]) -> Iterator[list[R]]:
        while begun:
            yield begun.popleft().result()
            begun.extend(self._begin(chunk) for chunk in islice(remaining, 1))

    def _begin(self, chunk: Sequence[T]) -> Future[list[R]]:
        return self._threads.submit(self._answered, list(chunk))

    def _answered(self, chunk: list[T], deaths: int = 0) -> list[R]:
        process = self._process()
        try:
            answered: list[R] = process(self._function, chunk)
        except Died as death:
            if self._closing:
                raise
            if len(chunk) > 1 or not deaths:
                return [answer for one in chunk for answer in self._answered([one], deaths + 1)]
            return [self._ended(str(death))]
        self._idle.append(process)
        return answered

    def _process(self) -> Process:
        while self._idle:
            process = self._idle.pop()
            if process.lives():
                return process
        try:
            process = Process(Limits())
        except RuntimeError as error:
            raise DataError(
                "A worker process does not start.", got=error, fix="Give --workers 0, which computes in this process."
            ) from None
        self._all.append(process)
        if self._closing:
            process.end()
        return process


def _without_interrupts(*_: Any) -> None:
    """Ctrl-C reaches this program alone, which ends its workers in order: they take this thread's mask over."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
