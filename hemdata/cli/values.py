"""What people type: names of cards, which the shell completes; times and sizes as 90s, 20m, 6h; 500MB, 4GB."""

from collections.abc import Callable
from contextlib import suppress


def named(*kinds: str) -> Callable[[], list[str]]:
    """What typer asks for the words that may stand in a place: the names of every card of these kinds."""

    def names() -> list[str]:
        from hemdata.catalog import cards

        return sorted({name for kind in kinds for name in cards(kind)})

    return names


def seconds(text: str | None, option: str) -> float | None:
    """The seconds of a time such as 90s, 20m, 6h or 2d; CallError that names the option where it does not read."""
    return _measured(text, {"s": 1, "m": 60, "h": 3600, "d": 86400}, option, "a time such as 90s, 20m or 6h")


def gigabytes(text: str | None, option: str) -> float | None:
    """The gigabytes of a size such as 500MB or 4GB; CallError as `seconds`."""
    return _measured(text, {"MB": 1e-3, "GB": 1.0}, option, "a size such as 500MB or 4GB")


def _measured(text: str | None, units: dict[str, float], option: str, expected: str) -> float | None:
    from hemdata.errors import CallError

    if text is None:
        return None
    for unit, factor in units.items():
        with suppress(ValueError):
            if text.endswith(unit) and (number := float(text.removesuffix(unit))) > 0:
                return number * factor
    raise CallError(f"{option} does not read.", expected=expected, got=text)
