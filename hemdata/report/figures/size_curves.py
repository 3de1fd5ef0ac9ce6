"""Error against the number of molecules trained on: the figure and the table of a study with sets at several sizes."""

from typing import Any

import numpy as np

from hemdata.analysis.matrix import MEAN
from hemdata.analysis.statistics import NOT_KNOWN
from hemdata.report.figures.figures import Figures, slug
from hemdata.report.figures.panel import blank, interval_limits, log_ticks, place, title_of, width_of
from hemdata.report.figures.style import PAPER
from hemdata.report.tables.layout import Cell, Grid, Layout, Row
from hemdata.report.words import number, span


def size_curve(figures: Figures, network: str, group: str) -> str | None:
    """MAE of each set by its training size, both axes logarithmic, with 95 % intervals; None without several sizes."""
    table = figures.tables.by_training_size
    own = table[table["network"] == network]
    part = own[own["group"] == group]
    if part["training_size"].nunique() < 2:
        return None
    width, height = 270.0, 250.0
    figure, axes = blank(width, height)
    place(axes, width, height, 44, 12, 28, 40)
    title_of(figure, figures.label(group))
    sizes = sorted(int(size) for size in part["training_size"].unique())
    limits = interval_limits(own, "mae_kcal_mol")
    sets = sorted(part["training_set"].unique())
    axes.set(xscale="log", yscale="log", xlim=(sizes[0] / 1.08, sizes[-1] * 1.08), ylim=limits,
             xlabel="molecules trained on", ylabel="MAE, kcal/mol")  # fmt: skip
    log_ticks(axes.yaxis, *limits)
    size_ticks(axes.xaxis, sizes, width - 56)
    gap = float(np.diff(np.log(sizes)).min()) / (8 * len(sets))  # so that intervals stand side by side
    said = []
    for i, name in enumerate(sets):
        line = part[part["training_set"] == name].sort_values("training_size")
        colour = figures.colour[str(name)]
        x = line["training_size"] * np.exp(gap * (i - (len(sets) - 1) / 2))
        ends = line[["mae_kcal_mol_low", "mae_kcal_mol_high"]].to_numpy().T
        if np.isfinite(ends).all():  # not of a group of one molecule
            axes.vlines(x, *ends, color=colour, lw=1.4, alpha=0.55, zorder=2)
        axes.plot(x, line["mae_kcal_mol"], "-o", color=colour, lw=2, ms=6, mec=PAPER, mew=1.2, zorder=3)
        errors = ", ".join(f"{number(row['mae_kcal_mol'])} at {row['training_size']:,}" for _, row in line.iterrows())
        said.append(f"{figures.label(name)} {errors}")
    title = f"{figures.label(network)} on {figures.label(group)}: MAE by molecules trained on"
    return figures.finish(
        figure, f"training-size-{slug(network)}-{slug(group)}", title, f"kcal/mol: {'; '.join(said)}."
    )


def size_ticks(axis: Any, sizes: list[int], width: float) -> None:
    """A tick at each size; a number at the largest, and at each other that has room beside the next."""
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    axis.set_major_locator(FixedLocator(sizes))
    axis.set_minor_locator(NullLocator())
    words = [f"{size:,}".replace(",", "\u202f") for size in sizes]
    unit = width / np.log(sizes[-1] * 1.08 / (sizes[0] / 1.08))  # page units for a factor of e
    left_of_it = np.inf
    for i in range(len(sizes) - 1, -1, -1):
        at, half = unit * np.log(sizes[i]), width_of(words[i]) / 2 + 3
        if at + half > left_of_it:
            words[i] = ""
        else:
            left_of_it = at - half
    axis.set_major_formatter(FixedFormatter(words))


def size_grid(layout: Layout, network: str) -> Grid | None:
    """A body a training size, a row a set, a column a group: error, interval, and its ratio to the best set there."""
    table = layout.tables.by_training_size
    own = table[table["network"] == network]
    if own["training_size"].nunique() < 2:
        return None
    groups = (*layout.groups, MEAN)
    bodies = []
    for size, part in own.groupby("training_size", sort=True):
        rows = []
        for name, line in part.groupby("training_set", sort=True):
            by_group = {row["group"]: row for row in line.to_dict("records")}
            note = f"{size:,} molecules".replace(",", "\u202f")
            rows.append(Row(layout.label(name), note, tuple(_cell(by_group.get(group)) for group in groups)))
        bodies.append(tuple(rows))
    return Grid(tuple(map(layout.label, groups)), tuple(bodies))


def _cell(row: Any) -> Cell:
    if row is None:
        return Cell(float("nan"), "–")
    error, low, high = (row[f"mae_kcal_mol{end}"] for end in ("", "_low", "_high"))
    if row["training_set"] == row["best"]:
        return Cell(error, number(error), (span(low, high), "best of its size"))
    ends = row["ratio_to_best_low"], row["ratio_to_best_high"]
    lines = (span(low, high), f"×{number(row['ratio_to_best'])} ({span(*ends)})")
    if np.isnan(ends).any():
        return Cell(error, number(error), lines, None, NOT_KNOWN)
    verdict, word = ("worse", "larger error") if ends[0] > 1 else ("same", "no difference")
    return Cell(error, number(error), lines, verdict, word)
