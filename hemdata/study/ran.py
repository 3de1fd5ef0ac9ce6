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
    """When cells may begin (`ready`), and whether all is to end (`look` then raises)."""

    ready: Callable[[Cell], bool]
    look: Callable[[], object]


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
