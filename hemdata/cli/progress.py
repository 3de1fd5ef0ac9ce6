"""Progress bars on standard error; where that is no terminal, a line now and then."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from hemdata.cli.app import err

SECONDS_BETWEEN_LINES = 15.0


@contextmanager
def bar(what: str, total: int | None) -> Iterator[Callable[[int, str], None]]:
    """A bar for one job: call it with the number of things done since the last call, and a note."""
    if not err.is_terminal:
        yield _lines(what, total)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=err) as progress:
        task = progress.add_task(what, total=total, note="")

        def step(done: int, note: str = "") -> None:
            progress.update(task, advance=done, note=note)

        yield step


def _lines(what: str, total: int | None) -> Callable[[int, str], None]:
    done, told = 0, time.monotonic()

    def step(more: int, note: str = "") -> None:
        nonlocal done, told
        done += more
        if time.monotonic() - told > SECONDS_BETWEEN_LINES or done == total:
            told = time.monotonic()
            err.print(f"{what}: {done}{f' of {total}' if total else ''}{f', {note}' if note else ''}")

    return step
