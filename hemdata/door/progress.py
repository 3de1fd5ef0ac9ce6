"""Progress bars on standard error or in a notebook's cell; where neither can show one, a line now and then."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from importlib.util import find_spec
from threading import Event
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from hemdata.console import err

if TYPE_CHECKING:
    from hemdata.label.progress import Pace

SECONDS_BETWEEN_LINES = 15.0
Step = Callable[[int, str], None]


class Stopped(BaseException):
    """Jobs that run side by side are to stop; like Ctrl-C, it is no error of theirs."""


@dataclass
class Together:
    """What jobs side by side share: one display, where there is one, and whether they are to stop."""

    display: Progress | None
    stop: Event = field(default_factory=Event)

    def look(self) -> None:
        """Called by each job now and then.

        Raises:
            Stopped: if it is to stop.
        """
        if self.stop.is_set():
            raise Stopped


_together: ContextVar[Together | None] = ContextVar("together", default=None)


@contextmanager
def together(shown: bool = True) -> Iterator[Together]:
    """A block in whose threads (run in a copy of its context) all bars share one display."""
    display = _display() if shown and _can_show() else None
    with ExitStack() as stack:
        if display is not None:
            stack.enter_context(display)
        its = Together(display)
        before = _together.set(its)
        try:
            yield its
        finally:
            _together.reset(before)


@contextmanager
def bar(what: str, total: int | None, shown: bool = True) -> Iterator[Step]:
    """A bar for one job: call it with the number of things done since the last call, and a note.

    Args:
        what: the job, in front of the bar.
        total: how many things there are, where it is known.
        shown: False shows nothing.
    """
    side = _together.get()
    with _bar(what, total, shown, side.display if side else None) as step:
        if side is None:
            yield step
            return

        def watched(done: int, note: str = "") -> None:
            side.look()
            step(done, note)

        yield watched


@contextmanager
def _bar(what: str, total: int | None, shown: bool, display: Progress | None) -> Iterator[Step]:
    if not shown:
        yield _nothing
        return
    if not _can_show():
        yield _lines(what, total)
        return
    with ExitStack() as stack:
        progress = display or stack.enter_context(_display())
        task = progress.add_task(what, total=total, note="")

        def step(done: int, note: str = "") -> None:
            progress.update(task, advance=done, note=note)

        yield step
        if display is not None:
            display.remove_task(task)  # the others go on; what is done has been said


def _can_show() -> bool:
    return err.is_terminal or bool(err.is_jupyter and find_spec("ipywidgets"))


def _display() -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        console=err,
    )


def _nothing(done: int, note: str = "") -> None:
    pass


def _lines(what: str, total: int | None) -> Step:
    done, told = 0, time.monotonic()

    def step(more: int, note: str = "") -> None:
        nonlocal done, told
        done += more
        if time.monotonic() - told > SECONDS_BETWEEN_LINES or done == total:
            told = time.monotonic()
            err.print(f"{what}: {done}{f' of {total}' if total else ''}{f', {note}' if note else ''}")

    return step


@contextmanager
def stages(what: str, shown: bool = True) -> Iterator[Callable[["Pace"], None] | None]:
    """A bar for each stage of a labelling run: rate, failures, workers, and when it will end; None if not `shown`."""
    side = _together.get()
    if not shown:
        yield None if side is None else lambda _: side.look()
        return
    with ExitStack() as stack:
        stage, done, address = 0, 0, ""
        step: Step = _lines(what, None)

        def told(pace: "Pace") -> None:
            nonlocal stage, done, address, step
            if side is not None:
                side.look()
            if pace.dashboard and pace.dashboard != address:
                address = pace.dashboard
                err.print(f"Dask's dashboard: {address}")
            if pace.stage != stage:
                stack.close()
                stage, done = pace.stage, 0
                place = f" ({stage} of {pace.stages})" if pace.stages > 1 else ""
                step = stack.enter_context(bar(f"{what}, {pace.what}{place}", pace.total))
            step(pace.done - done, _note(pace))
            done = pace.done

        yield told


def _note(pace: "Pace") -> str:
    parts = [f"{pace.failed:,} failed"] if pace.failed else []
    if pace.rate is not None:
        parts.append(f"{pace.rate:.1f}/s" if pace.rate >= 1 else f"{60 * pace.rate:.1f}/min")
    if pace.seconds_left is not None:
        ends = time.strftime(
            "%H:%M" if pace.seconds_left < 43200 else "%a %H:%M", time.localtime(time.time() + pace.seconds_left)
        )
        parts.append(f"{duration(pace.seconds_left)} left, ends {ends}")
    if pace.dashboard is not None or pace.workers:
        parts.append(f"{pace.workers} workers" if pace.workers != 1 else "1 worker")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """A time in words, as coarse as it is long."""
    if seconds < 100:
        return f"{seconds:.0f} s" if seconds >= 1 or seconds == 0 else "less than 1 s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{seconds / 3600:.1f} h"
