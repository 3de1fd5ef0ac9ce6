"""What people type: names of cards, which the shell completes; times and sizes as 90s, 20m, 6h; 500MB, 4GB."""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hemdata.study.on import On


def named(*kinds: str) -> Callable[[], list[str]]:
    """What typer asks for the words that may stand in a place: the names of every card of these kinds."""

    def names() -> list[str]:
        from hemdata.catalog import cards

        return sorted({name for kind in kinds for name in cards(kind)})

    return names


def seconds(text: str | None, option: str) -> float | None:
    """The seconds of a time such as 90s, 20m, 6h or 2d; CallError that names the option where it does not read."""
    from dask.utils import parse_timedelta

    return _measured(text, parse_timedelta, option, "a time such as 90s, 20m or 6h")


def gigabytes(text: str | None, option: str) -> float | None:
    """The gigabytes of a size such as 500MB or 4GB; CallError as `seconds`."""
    from dask.utils import parse_bytes

    found = _measured(text, parse_bytes, option, "a size such as 500MB or 4GB")
    return None if found is None else found / 1e9


def _measured(text: str | None, read: Callable[[str], float], option: str, expected: str) -> float | None:
    from hemdata.errors import CallError

    if text is None:
        return None
    with suppress(ValueError, KeyError):
        if text[:1].isdigit() and text[-1:].isalpha() and (number := float(read(text))) > 0:
            return number
    raise CallError(f"{option} does not read.", expected=expected, got=text)


def on_what(workers: int | None, on: str | None, device: str) -> "On":
    """Where the work is done, by the options of the call."""
    from hemdata.errors import CallError
    from hemdata.label.workers.where import Where
    from hemdata.study.on import On

    if workers is not None and on is not None:
        raise CallError("--on says where already.", fix="Leave --workers out.")
    return On(Where(workers) if on is None else Where.read(on), device)
