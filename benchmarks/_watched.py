"""Wall time, processor time and peak memory of this process and all that it starts, workers of workers too."""

import threading
import time
from typing import Self

import psutil

EVERY_SECONDS = 0.2


class Watched:
    """Measures what runs inside the block.

    Attributes:
        seconds: wall time.
        core_seconds: processor time of all processes; unlike the wall time it hardly knows what else the machine does.
        peak_mb: largest sum of memory of all processes at one time, pages that they share counted once (Linux: PSS).
    """

    seconds = core_seconds = peak_mb = _watching = 0.0

    def __enter__(self) -> Self:
        self._me, self._done, self._cpu = psutil.Process(), threading.Event(), {}
        self._mine = self._of(self._me)
        self._before = {child.pid: self._of(child) for child in self._me.children(recursive=True)}
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._started = time.perf_counter()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._started
        self._done.set()
        self._thread.join()
        own = self._of(self._me) - self._mine - self._watching
        self.core_seconds = own + sum(cpu - self._before.get(pid, 0.0) for pid, cpu in self._cpu.items())

    def _sample(self) -> None:
        while not self._done.wait(EVERY_SECONDS):
            used = 0
            for process in [self._me, *self._me.children(recursive=True)]:
                try:
                    memory = process.memory_full_info()
                    used += getattr(memory, "pss", memory.rss)
                    if process.pid != self._me.pid:
                        self._cpu[process.pid] = self._of(process)
                except psutil.Error:  # it has just ended
                    continue
            self.peak_mb = max(self.peak_mb, used / 1e6)
        self._watching = time.thread_time()  # adding up pages is work, too

    @staticmethod
    def _of(process: psutil.Process) -> float:
        times = process.cpu_times()
        return float(times.user + times.system)
