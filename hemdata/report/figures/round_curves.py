"""Error against the labels bought: the figure of an improvement, chosen beside random."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from hemdata.report.figures.figures import slug
from hemdata.report.figures.panel import blank, interval_limits, log_ticks, place, title_of
from hemdata.report.figures.style import PAPER, set_colour
from hemdata.report.figures.svg import to_svg
from hemdata.report.words import number

ARMS = {"chosen": "chosen", "control": "at random"}
WIDTH, HEIGHT = 300.0, 250.0


def round_curve(rows: Sequence[Mapping[str, Any]], group: str) -> str | None:
    """MAE of the validation part, or the models' spread, by the labels bought; None where neither is known."""
    own = [row for row in rows if row["group"] == group]
    key = "mae_kcal_mol" if any(row["mae_kcal_mol"] is not None for row in own) else "spread_kcal_mol"
    own = [row for row in own if row[key] is not None]
    if not own:
        return None
    figure, axes = blank(WIDTH, HEIGHT)
    place(axes, WIDTH, HEIGHT, 44, 14, 28, 40)
    title_of(figure, group)
    limits = interval_limits(pd.DataFrame.from_records(own), key)
    most = max(row["bought"] for row in own) or 1
    what = "MAE" if key == "mae_kcal_mol" else "spread of models"
    axes.set(yscale="log", ylim=limits, xlim=(-0.04 * most, 1.06 * most), xlabel="labels bought",
             ylabel=f"{what}, kcal/mol")  # fmt: skip
    log_ticks(axes.yaxis, *limits)
    said = []
    arms = [arm for arm in ARMS if any(row["arm"] == arm for row in own)]
    for i, arm in enumerate(arms):
        line = [row for row in own if row["arm"] == arm]
        x = np.array([row["bought"] for row in line]) + 0.012 * most * (i - (len(arms) - 1) / 2)
        colour = set_colour(1 if arm == "chosen" else 0)
        known = np.array([row.get(f"{key}_low") is not None for row in line])
        if known.any():
            low, high = ([row[f"{key}{end}"] for row in line if row[f"{key}{end}"] is not None]
                         for end in ("_low", "_high"))  # fmt: skip
            axes.vlines(x[known], low, high, color=colour, lw=1.4, alpha=0.55, zorder=2)
        axes.plot(x, [row[key] for row in line], "-o", color=colour, lw=2, ms=6, mec=PAPER, mew=1.2, zorder=3)
        axes.annotate(ARMS[arm], (x[-1], line[-1][key]), xytext=(-6, 8), textcoords="offset points", ha="right",
                      color=colour, size=9.5)  # fmt: skip
        said.append(f"{ARMS[arm]} " + ", ".join(f"{number(row[key])} at {row['bought']:,}" for row in line))
    title = f"{group}: {what} by labels bought"
    return to_svg(figure, f"rounds-{slug(group)}", title, f"kcal/mol: {'; '.join(said)}.")
