"""How a labelling run stands: finished, failed, the rate, and when it will end, by cost and not by number."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Pace:
    """One stage of a run; given to whoever watches it, each time that it changes.

    Attributes:
        what: the level and kind of the stage; `stage` of `stages`.
        total: molecules of the stage; `done` of them, `failed` among those.
        workers: how many compute now.
        dashboard: address of Dask's page, where there is one.
    """

    what: str
    stage: int
    stages: int
    total: int
    done: int = 0
    failed: int = 0
    workers: int = 0
    dashboard: str | None = None
    clock: Callable[[], float] = time.monotonic
    _started: float = 0.0
    _computed: int = 0
    _cost_done: float = 0.0
    _cost_left: float = 0.0
    _costs: dict[str, float] = field(default_factory=dict)

    def begin(self, costs: dict[str, float]) -> None:
        """Start the clock over what is to be computed: relative cost by key."""
        self._costs = costs
        self._cost_left = sum(costs.values())
        self._started = self.clock()

    def computed(self, key: str, reason: str | None = None) -> None:
        """One calculation has ended, with the reason where it failed."""
        cost = self._costs.get(key, 0.0)
        self.done += 1
        self.failed += reason is not None
        self._computed += 1
        self._cost_done += cost
        self._cost_left -= cost

    @property
    def rate(self) -> float | None:
        """Calculations a second since the stage began; None before the first has ended."""
        seconds = self.clock() - self._started
        return self._computed / seconds if self._computed and seconds > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """Until the stage ends, if cost goes on being worked off as fast; None before the first has ended."""
        if not self._cost_done:
            return None
        return (self.clock() - self._started) * max(self._cost_left, 0.0) / self._cost_done
