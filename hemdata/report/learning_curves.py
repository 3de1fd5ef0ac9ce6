"""Error on molecules like those trained on against their number: the figure of a study without test groups."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hemdata.analysis.learning_curve import Point
from hemdata.report.figures.panel import blank, log_limits, log_ticks, place, title_of
from hemdata.report.figures.size_curves import size_ticks
from hemdata.report.figures.style import INK, PAPER, drawing, paper_colours, set_colour
from hemdata.report.paper import FORMATS, save_figure

WIDTH, HEIGHT, LEGEND = 360.0, 280.0, 96.0


def write_learning_curves(points: Sequence[Point], folder: Path, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Draw each network's errors by training size, one line a set, with their standard deviation over seeds.

    A set at one size is a point with a dashed line across, such as the whole set that others are parts of.

    Args:
        points: of `learning_curve`.
        folder: where the figures go, `learning-curve-<network>`.
        formats: of the files.
    """
    saved = []
    sets = sorted({point.training_set for point in points})
    with drawing(paper_colours()):
        for network in dict.fromkeys(point.network for point in points):
            own = [point for point in points if point.network == network]
            figure, axes = blank(WIDTH, HEIGHT)
            place(axes, WIDTH, HEIGHT, 44, 12 + LEGEND, 28, 40)
            title_of(figure, network)
            sizes = sorted({point.training_size for point in own})
            ends = [point.mae_kcal_mol + sign * (point.deviation_kcal_mol or 0) for point in own for sign in (-1, 1)]
            limits = log_limits(ends)
            axes.set(xscale="log", yscale="log", xlim=(sizes[0] / 1.15, sizes[-1] * 1.15), ylim=limits,
                     xlabel="molecules trained on", ylabel="MAE on the own test, kcal/mol")  # fmt: skip
            _ticks(axes.yaxis, *limits)
            size_ticks(axes.xaxis, sizes, WIDTH - 56 - LEGEND)
            for i, name in enumerate(sets):
                line = [point for point in own if point.training_set == name]
                if not line:
                    continue
                x = np.array([point.training_size for point in line]) * np.exp(0.02 * (i - (len(sets) - 1) / 2))
                y = [point.mae_kcal_mol for point in line]
                if len(line) == 1:
                    axes.axhline(y[0], color=set_colour(i), lw=1, ls=(0, (4, 3)))
                wide = [point.deviation_kcal_mol or 0.0 for point in line]
                axes.errorbar(x, y, wide, fmt="-o", color=set_colour(i), lw=2, elinewidth=1.2, ms=6, mec=PAPER)
                figure.text(1 - (LEGEND - 6) / WIDTH, 1 - (40 + 18 * i) / HEIGHT, "●", color=set_colour(i), va="center")
                figure.text(1 - (LEGEND - 20) / WIDTH, 1 - (40 + 18 * i) / HEIGHT, name, color=INK, va="center")
            saved += save_figure(figure, folder, f"learning-curve-{network}", formats)
    return saved


def _ticks(axis: Any, low: float, high: float) -> None:
    """As on other figures; an axis shorter than a decade has more of them."""
    from matplotlib.ticker import FixedLocator

    log_ticks(axis, low, high)
    if high / low < 10:
        steps = [step * 10.0**power for power in range(-4, 6) for step in (1, 2, 3, 4, 5, 6, 8)]
        axis.set_major_locator(FixedLocator([tick for tick in steps if low <= tick <= high]))
