"""Feeds calculations to a cluster, some tens a worker at any time, and takes their results as they finish."""

import heapq
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from hemdata.errors import DataError, HemdataError
from hemdata.label.calculation import Calculation, Result
from hemdata.label.workers.cluster import LOST_WORKERS_ALLOWED, Cluster
from hemdata.label.workers.isolated import Limits, apart

TASKS_A_WORKER = 32
TICK_SECONDS = 1.0


@dataclass
class Flow:
    """Calculations on their way through a cluster.

    Attributes:
        cluster: where they are computed.
        function: what computes one; importable by its name on the workers.
        limits: of each calculation.
        memory_gb: what a calculation needs.
        tick: called about once a second with the number of workers.
    """

    cluster: Cluster
    function: Callable[[Calculation], Result]
    limits: Limits
    memory_gb: Callable[[Calculation], float]
    tick: Callable[[int], None]

    def results(self, tasks: Sequence[Calculation]) -> Iterator[list[Result]]:
        """All results, those that finished together in one list. The tasks begin in their order.

        Raises:
            DataError: if the cluster dies, or has no workers for long.
            HemdataError: whatever a worker has against computing at all.
        """
        self._finished: SimpleQueue[Any] = SimpleQueue()
        self._flying: dict[str, float] = {}
        self._futures: dict[str, Any] = {}
        self._workers, self._seen, self._told = self.cluster.workers, time.monotonic(), 0.0
        waiting = iter(tasks)
        following = next(waiting, None)
        while following is not None or self._flying:
            while following is not None and self._fits(following):
                self._start(following)
                following = next(waiting, None)
            batch = self._batch()
            self._look()
            if batch:
                yield self._taken(batch)

    def _fits(self, task: Calculation) -> bool:
        """Few enough are under way, and the largest that can run side by side have room in memory."""
        if not self._flying:
            return True
        workers = max(self._workers, self.cluster.most_workers, 1)
        if len(self._flying) >= TASKS_A_WORKER * workers:
            return False
        room = self.cluster.memory_gb
        return room is None or sum(heapq.nlargest(workers, [*self._flying.values(), self._need(task)])) <= room

    def _need(self, task: Calculation) -> float:
        """Memory in GB; an engine that would like more than there is does with less."""
        return min(self.memory_gb(task), self.cluster.memory_gb or float("inf"))

    def _start(self, task: Calculation) -> None:
        # All share one name: the scheduler then queues them in order, and keeps no record of each for ever.
        future = self.cluster.client.submit(apart, self.function, task, self.limits, key=("label", task.key))
        self._flying[task.key] = self._need(task)
        self._futures[task.key] = future
        future.add_done_callback(self._finished.put)

    def _batch(self) -> list[Any]:
        """Futures that have ended: wait for one, then take all there are."""
        batch: list[Any] = []
        with suppress(Empty):
            batch.append(self._finished.get(timeout=TICK_SECONDS))
            while True:
                batch.append(self._finished.get_nowait())
        return batch

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._told < TICK_SECONDS:
            return
        self._told = now
        self._workers = self.cluster.workers
        if self._workers:
            self._seen = now
        elif self.cluster.patience is not None and now - self._seen > self.cluster.patience:
            raise self.cluster.deserted(now - self._seen)
        self.tick(self._workers)

    def _taken(self, batch: list[Any]) -> list[Result]:
        good = [future for future in batch if future.status == "finished"]
        try:
            found: list[Result] = self.cluster.client.gather(good, errors="skip")
        except (OSError, RuntimeError):
            raise self.cluster.gone() from None
        taken = {result.key for result in found}
        for future in batch:
            key = future.key[1]
            if future.status == "error":
                found.append(Result(key, self._condemned(future)))
                taken.add(key)
            elif future.status in ("cancelled", "lost"):
                raise self.cluster.gone()
            if key in taken:
                del self._flying[key], self._futures[key]
                future.release()
            else:  # its worker went with the result: it is computed again
                future.add_done_callback(self._finished.put)
        return found

    def _condemned(self, future: Any) -> str:
        """Why a task has no result; all that a calculation can do is a result, so the cluster is at fault."""
        error = future.exception()
        if type(error).__name__ == "KilledWorker":
            return f"{LOST_WORKERS_ALLOWED + 1} workers were lost while they had it (ended jobs, or too little memory)."
        if isinstance(error, HemdataError):
            raise error
        raise DataError(
            "The cluster's workers cannot compute.",
            where=self.cluster.address,
            got=f"{type(error).__name__}: {error}",
            fix="Install the same hemdata there, and start its workers again. What was finished is kept.",
        ) from None
