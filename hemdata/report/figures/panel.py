"""A panel of a figure: its size in page units, margins, title, limits, ticks and points."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

WIDEST = 100.0  # how far beyond the values an axis follows their intervals, as a factor


def blank(width: float, height: float) -> tuple[Any, Any]:
    """One panel of so many page units (px at full size)."""
    from matplotlib.figure import Figure

    figure = Figure((width / 72, height / 72))
    return figure, figure.add_axes((0, 0, 1, 1))


def title_of(figure: Any, words: str) -> None:
    """At the upper left corner, so that panels in a row line up with the page."""
    words = shortened(words, 72 * figure.get_figwidth() - 4, 11.5, "bold")
    figure.text(0, 1 - 4 / (72 * figure.get_figheight()), words, weight="bold", size=11.5, va="top")


def place(axes: Any, width: float, height: float, left: float, right: float, top: float, bottom: float) -> None:
    """Margins in page units."""
    axes.set_position((left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height))


def limits_of(values: pd.Series, margin: float = 0.05) -> tuple[float, float]:
    """Ends of a linear axis that holds the values with a margin."""
    low, high = float(values.min()), float(values.max())
    extra = margin * max(high - low, 1e-6)
    return low - extra, high + extra


def log_limits(values: Sequence[float] | np.ndarray[Any, Any], margin: float = 0.08) -> tuple[float, float]:
    """Ends of a logarithmic axis that holds the positive values with a margin."""
    logs = np.log10([v for v in values if np.isfinite(v) and v > 0] or [1.0])
    low, high = float(logs.min()), float(logs.max())
    extra = margin * max(high - low, 0.5)
    return 10 ** (low - extra), 10 ** (high + extra)


def interval_limits(table: pd.DataFrame, name: str) -> tuple[float, float]:
    """Ends of a logarithmic axis for a column and its intervals in `_low` and `_high`, where there are any.

    The axis reaches a factor of WIDEST beyond the values; an interval that goes further is cut there.
    """
    values = table[name].to_numpy(np.float64)
    ends = table[[end for end in (f"{name}_low", f"{name}_high") if end in table]].to_numpy(np.float64).ravel()
    known = values[np.isfinite(values) & (values > 0)]
    if len(known):
        ends = np.clip(ends, known.min() / WIDEST, known.max() * WIDEST)
    return log_limits(np.concatenate([values, ends]))


def log_ticks(axis: Any, low: float, high: float) -> None:
    """Plain numbers at 1, 3, 10, 30 ...; at 1, 2, 5 where the axis is short, at 1, 10 where it is long."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    steps = (1, 2, 5) if high / low <= 30 else (1, 3) if high / low <= 1e4 else (1,)
    ticks = [s * 10.0**e for e in range(-4, 6) for s in steps if low <= s * 10.0**e <= high]
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def width_of(words: str, size: float = 9.5, weight: str = "normal") -> float:
    """How wide words are in page units, in the font that figures are laid out with."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    return float(text_to_path.get_text_width_height_descent(words, FontProperties(size=size, weight=weight), False)[0])


def shortened(words: str, room: float, size: float = 9.5, weight: str = "normal") -> str:
    """Words that fit into so many page units; of longer ones the beginning and the end, where names differ most."""
    kept = len(words)
    fitting = words
    while kept > 2 and width_of(fitting, size, weight) > room:
        kept -= 1
        fitting = f"{words[: (kept + 1) // 2]}…{words[len(words) - kept // 2 :]}"
    return fitting


def margin_for(names: Sequence[str], least: float, most: float) -> float:
    """The left margin that names beside an axis need, page units."""
    return min(most, max([least, *(width_of(name) + 12 for name in names)]))


def dots(axes: Any, x: pd.Series, y: pd.Series, colour: str, size: float, alpha: float = 0.62) -> None:
    """Points as one path of lines without length and with round ends: a tenth of the page's bytes."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    points = np.column_stack([x, y]).astype(float)
    codes = np.tile([Path.MOVETO, Path.LINETO], len(points))
    path = Path(np.repeat(points, 2, axis=0), codes)
    axes.add_patch(PathPatch(path, fill=False, ec=colour, lw=size, capstyle="round", alpha=alpha, zorder=2))


def round_marks(axes: Any, x: pd.Series, y: pd.Series, colour: str, size: float, alpha: float = 0.62) -> None:
    """The same points as marks, for formats that draw no line without length (PNG, PDF)."""
    axes.plot(x, y, "o", ms=size, mfc=colour, mec="none", alpha=alpha, zorder=2)
