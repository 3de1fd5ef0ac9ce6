"""Numbers and lists as people read them."""

import math
from collections.abc import Callable, Sequence

ENDLESS = 1e6  # of an interval: what lies beyond is told as that


def number(value: float) -> str:
    """Three digits at most: 0.37, 3.74, 22.1, 151; a dash for what is not known."""
    if not math.isfinite(value):
        return "–"
    if abs(value) < 5e-4:
        return "0"
    for limit, digits in ((0.0995, 3), (9.995, 2), (99.95, 1)):
        if abs(value) < limit:
            return f"{value:.{digits}f}".replace("-", "−")
    return f"{value:,.0f}".replace("-", "−").replace(",", "\u202f")


def whole(n: float) -> str:
    """A number of things: "96", "1 600" with a narrow space."""
    return f"{n:,.0f}".replace(",", "\u202f")


def span(low: float | None, high: float | None) -> str:
    """An interval: "18.0 to 27.3"; a dash for one that is not known, as on one molecule.

    An end beyond a million, as two very different molecules may give, is told as "over 1 000 000".
    """
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return "–"
    return f"{_end(low)} to {_end(high)}"


def signed(value: float) -> str:
    """A number with its sign: "+3.74", "−0.37", "0"."""
    return number(value) if value <= 0 else f"+{number(value)}"


def signed_span(low: float, high: float) -> str:
    """The interval of a difference: "−0.5 to +0.3", else as `span`."""
    if math.isnan(low) or math.isnan(high):
        return "–"
    return f"{_end(low, signed)} to {_end(high, signed)}"


def _end(value: float, words: Callable[[float], str] = number) -> str:
    if abs(value) <= ENDLESS or math.isinf(value):
        return words(value)
    return f"over {words(ENDLESS)}" if value > 0 else f"below {words(-ENDLESS)}"


def percent(share: float) -> str:
    """A probability, never rounded to certainty: "<1 %", "98 %", ">99 %"."""
    if not math.isfinite(share):
        return "–"
    return "<1 %" if share < 0.01 else ">99 %" if share > 0.99 else f"{100 * share:.0f} %"


def p_value(p: float) -> str:
    """A p value: "0.031", "<0.001"."""
    return "–" if not math.isfinite(p) else "<0.001" if p < 0.001 else f"{p:.3f}"


def listed(words: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def counted(n: int, noun: str) -> str:
    """ "1 seed", "3 seeds"."""
    return f"{number_word(n)} {noun}{'' if n == 1 else 's'}"


def number_word(n: int) -> str:
    """Small numbers in words."""
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[n] if n < len(words) else f"{n:,}".replace(",", "\u202f")


def share_span(low: float, high: float | None = None) -> str:
    """A share of variance in percent, or an interval of shares: "4 %", "<1 %", "86 to 99 %"."""
    if high is None:
        return "–" if not math.isfinite(low) else "<1 %" if 0 < low < 0.005 else f"{100 * low:.0f} %"
    return "–" if not (math.isfinite(low) and math.isfinite(high)) else f"{100 * low:.0f} to {100 * high:.0f} %"
