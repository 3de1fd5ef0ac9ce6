"""What a run of a study's cells did, and when each may begin."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from hemdata.errors import HemdataError
from hemdata.study.cells import Cell
from hemdata.study.lock import InWork


class TimeUp(Exception):
    """The time that was given is over; the cell goes on from its checkpoint another time."""


@dataclass
class Ran:
    """What a run of a study did: names of cells.

    Attributes:
        done: finished in this run; `skipped` were before.
        failed: with the reason.
        in_work: another process is at work on them, and which.
        left: not finished, or not begun, when the time was over.
    """

    done: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    in_work: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class When:
    """When cells may begin, and when all is to end.

    Attributes:
        ready: whether a cell's molecules are there; one begins as soon as they are.
        look: called about once a second; what it raises ends the run, and cells go on from their checkpoints.
        max_seconds: no epoch is begun that would end later than this; what is not finished by then is left.
    """

    ready: Callable[[Cell], bool] = lambda _: True
    look: Callable[[], object] = lambda: None
    max_seconds: float | None = None


AT_ONCE = When()


def note(ran: Ran, name: str, future: "Future[bool]") -> None:
    """Note what became of a cell."""
    try:
        trained = future.result()
    except TimeUp:
        ran.left.append(name)
    except InWork as error:
        ran.in_work[name] = str(error.got)
    except HemdataError as error:
        ran.failed[name] = str(error)
    except Exception as error:  # one broken cell must not stop the others
        ran.failed[name] = f"{type(error).__name__}: {error}"
    else:
        (ran.done if trained else ran.skipped).append(name)
