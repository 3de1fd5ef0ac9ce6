"""The figures of the page, drawn from the tables; nothing is computed here but where ink goes."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from hemdata.analysis.tables import Tables
from hemdata.report.figures.panel import (
    blank,
    dots,
    interval_limits,
    limits_of,
    log_limits,
    log_ticks,
    margin_for,
    place,
    shortened,
    title_of,
)
from hemdata.report.figures.style import HEAT_STEPS, INK, LINE, MUTED, PAPER, heat_colour, set_colour
from hemdata.report.figures.svg import to_svg
from hemdata.report.words import number, span

END_ROOM = 82.0  # page units right of a plot, for the name at the end of a line
MARKERS = {"dressed-atoms": "D", "pair-distance-ridge": "^"}


class Figures:
    """Draws a study's figures.

    Args:
        tables: of the study.
        labels: words shown for networks, sets and groups.
        finish: makes of a matplotlib figure, its name, title, description and data what is returned.
        dots: draws points, as `panel.dots` does.
    """

    def __init__(
        self,
        tables: Tables,
        labels: Mapping[str, str],
        finish: Callable[..., str] = to_svg,
        dots: Callable[..., None] = dots,
    ) -> None:
        self.tables, self.labels, self.finish, self.dots = tables, labels, finish, dots
        self.sets = sorted(tables.mae["training_set"].unique())
        self.groups = sorted(tables.mae["group"].unique())
        self.colour = {name: set_colour(i) for i, name in enumerate(self.sets)}

    def label(self, name: str) -> str:
        """The words shown for a name of the rows."""
        return self.labels.get(name, name)

    def intervals(self, network: str, group: str) -> str:
        """MAE of each set with its interval on a log axis; the baselines trained on the same set beside it."""
        table = self.tables.mae[self.tables.mae["group"] == group]
        own = table[table["network"] == network].set_index("training_set")
        others = table[table["baseline"] & (table["network"] != network)]
        everything = self.tables.mae[(self.tables.mae["network"] == network) | self.tables.mae["baseline"]]
        limits = interval_limits(everything, "mae_kcal_mol")
        sets = [name for name in self.sets if name in own.index]
        n_lines = 1 + others["network"].nunique()
        step = 30 if n_lines == 1 else 16 * n_lines + 9
        names = [self.label(name) for name in sets]
        width, top, bottom, left = 270.0, 28, 40, margin_for(names, 66, 120)
        height = top + bottom + step * len(sets)
        figure, axes = blank(width, height)
        place(axes, width, height, left, 12, top, bottom)
        title_of(figure, self.label(group))
        axes.set(xscale="log", xlim=limits, ylim=(len(sets) - 0.5, -0.5))
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_visible(False)
        log_ticks(axes.xaxis, *limits)
        axes.set_xlabel("MAE, kcal/mol")
        shift = 16 / step  # from line to line of one set
        firsts = [y - shift * (n_lines - 1) / 2 for y in range(len(sets))]
        axes.set_yticks(firsts, [shortened(name, left - 8) for name in names], color=INK)
        for y, name in enumerate(sets):
            if y:
                axes.axhline(y - 0.5, color=LINE, lw=0.7)
            row = own.loc[name]
            lines = others[others["training_set"] == name]
            first = firsts[y]
            self._whisker(axes, row, first, self.colour[name], "o", strong=True)
            for k, (_, other) in enumerate(lines.iterrows(), start=1):
                self._whisker(axes, other, first + k * shift, MUTED, MARKERS.get(other["network"], "s"), strong=False)
        words = "; ".join(
            f"{self.label(name)} {number(own.loc[name, 'mae_kcal_mol'])} "
            f"({span(own.loc[name, 'mae_kcal_mol_low'], own.loc[name, 'mae_kcal_mol_high'])})"
            for name in sets
        )
        title = f"{self.label(network)} on {self.label(group)}: MAE by training set"
        return self.finish(
            figure, f"intervals-{slug(network)}-{slug(group)}", title, f"kcal/mol, 95 % intervals: {words}."
        )

    def _whisker(self, axes: Any, row: Any, y: float, colour: str, marker: str, *, strong: bool) -> None:
        ends = [row["mae_kcal_mol_low"], row["mae_kcal_mol_high"]]
        if np.isfinite(ends).all():
            axes.plot(ends, [y, y], color=colour, lw=3 if strong else 1, alpha=1 if strong else 0.7, zorder=2)
        axes.plot(
            row["mae_kcal_mol"], y, marker, ms=8 if strong else 5, mfc=colour if strong else PAPER,
            mec=PAPER if strong else colour, mew=1.4 if strong else 1, zorder=3,
        )  # fmt: skip

    def heat(self, network: str) -> str:
        """Set x group of one network; the scale is that of all networks."""
        mae, summary = self.tables.mae, self.tables.summary
        own = mae[mae["network"] == network].pivot(index="training_set", columns="group", values="mae_kcal_mol")
        own["mean"] = summary[summary["network"] == network].set_index("training_set")["accuracy_kcal_mol"]
        names = list(own.columns)
        labels = [self.label(name) for name in own.index]
        cell_height, left, top, width = 34, margin_for(labels, 66, 140), 50, 380.0
        cell_width = (width - left - 2) / (len(names) + 0.12)
        height = top + cell_height * len(own) + 4
        figure, axes = blank(width, height)
        place(axes, width, height, left, 2, top, 4)
        gap = 0.12  # before the mean
        axes.set(xlim=(-0.5, len(names) - 0.5 + gap), ylim=(len(own) - 0.5, -0.5))
        axes.axis("off")
        title_of(figure, self.label(network))
        from matplotlib.patches import Rectangle

        for x, column in enumerate(names):
            at = x + (gap if column == "mean" else 0)
            head = shortened(self.label(column), cell_width - 4)
            axes.text(at, -0.5 - 7 / cell_height, head, ha="center", size=9.5, color=MUTED)
            for y, value in enumerate(own[column]):
                if not np.isfinite(value):
                    axes.text(at, y, "–", ha="center", va="center", color=MUTED)
                    continue
                fill, ink = heat_colour(self.heat_step(value))
                axes.add_patch(Rectangle((at - 0.5, y - 0.5), 1, 1, fc=fill, ec=PAPER, lw=2))
                axes.text(at, y, number(value), ha="center", va="center", color=ink, size=10.5)
        for y, name in enumerate(labels):
            axes.text(-0.5 - 0.12, y, shortened(name, left - 0.12 * cell_width, 10), ha="right", va="center")
        words = "; ".join(
            f"{self.label(name)}: " + ", ".join(f"{self.label(c)} {number(own.loc[name, c])}" for c in names)
            for name in own.index
        )
        return self.finish(
            figure, f"heat-{slug(network)}", f"Heat map of {self.label(network)}", f"MAE, kcal/mol. {words}."
        )

    def heat_step(self, value: float) -> int:
        """Step of the heat scale, which is logarithmic over all networks of the study."""
        low, high = self.heat_range()
        position = (np.log10(max(value, low)) - np.log10(low)) / max(np.log10(high) - np.log10(low), 1e-9)
        return int(np.clip(position * HEAT_STEPS, 0, HEAT_STEPS - 1))

    def heat_range(self) -> tuple[float, float]:
        """Smallest and largest MAE of the study, kcal/mol."""
        values = self.tables.mae["mae_kcal_mol"]
        values = values[values > 0]
        return float(values.min()), float(values.max())

    def curves(self, network: str) -> str | None:
        """Validation MAE by epoch: each seed thin, their mean thick; None for a network without epochs."""
        table = self.tables.curves[self.tables.curves["network"] == network]
        if table.empty:
            return None
        width, height = 460.0, 320.0
        figure, axes = blank(width, height)
        place(axes, width, height, 44, 92, 14, 40)
        limits = log_limits(table["validation_mae_kcal_mol"].to_numpy())
        axes.set(yscale="log", ylim=limits, xlabel="epoch", ylabel="validation MAE, kcal/mol")
        log_ticks(axes.yaxis, *limits)
        ends = {}
        for name, part in table.groupby("training_set"):
            colour = self.colour[str(name)]
            for _, seed in part.groupby("seed"):
                axes.plot(seed["epoch"], seed["validation_mae_kcal_mol"], color=colour, lw=0.8, alpha=0.5)
            mean = part.groupby("epoch")["validation_mae_kcal_mol"].mean()
            axes.plot(mean.index, mean, color=colour, lw=2.4)
            ends[str(name)] = float(mean.iloc[-1])
        last = float(table["epoch"].max())
        axes.set_xlim(0, last)
        self._end_labels(axes, last, ends, limits)
        words = "; ".join(f"{self.label(name)} ends at {number(value)}" for name, value in ends.items())
        title = f"Learning curves of {self.label(network)}"
        return self.finish(figure, f"curves-{slug(network)}", title, f"Validation MAE by epoch, kcal/mol: {words}.")

    def _end_labels(self, axes: Any, x: float, ends: Mapping[str, float], limits: tuple[float, float]) -> None:
        """Names at the right ends of lines, pushed apart where they would touch."""
        low, high = np.log10(limits)
        least = (high - low) * 14 / 266  # a line of words, in the log scale of a 266 unit high panel
        at = -np.inf
        for name, value in sorted(ends.items(), key=lambda item: item[1]):
            at = max(float(np.log10(value)), at + least)
            words = shortened(self.label(name), END_ROOM, 10, "bold")
            axes.annotate(words, (x, 10**at), (7, 0), textcoords="offset points", va="center",
                          color=self.colour[name], weight="bold", annotation_clip=False)  # fmt: skip

    def scatter(self, network: str, group: str) -> str | None:
        """Predicted against reference, and under it what is left: predicted less reference; means over seeds.

        None for a group that the network was not tested on.
        """
        molecules = self.tables.molecules
        table = molecules[(molecules["network"] == network) & (molecules["group"] == group)]
        if table.empty:
            return None
        signed = table["predicted_kcal_mol"] - table["reference_kcal_mol"]
        x_limits = limits_of(table["reference_kcal_mol"])
        all_limits = limits_of(pd.concat([table["reference_kcal_mol"], table["predicted_kcal_mol"]]))
        signed_limits = limits_of(pd.concat([signed, pd.Series([0.0])]), 0.08)
        width, left, right, top = 270.0, 46, 8, 28
        upper, gap, lower, bottom = 150, 16, 120, 40
        height = float(top + upper + gap + lower + bottom)
        figure, axes = blank(width, height)
        title_of(figure, self.label(group))
        place(axes, width, height, left, right, top, gap + lower + bottom)
        below = figure.add_axes((0, 0, 1, 1))
        place(below, width, height, left, right, top + upper + gap, bottom)
        axes.set(xlim=x_limits, ylim=all_limits, ylabel="predicted")
        axes.tick_params(labelbottom=False, length=0)
        axes.plot(x_limits, x_limits, color=MUTED, lw=0.8, zorder=1)
        below.set(xlim=x_limits, ylim=signed_limits, xlabel="reference, kcal/mol", ylabel="less reference")
        below.axhline(0, color=MUTED, lw=0.8, zorder=1)
        for each in (axes, below):
            each.locator_params(nbins=4)
            each.yaxis.set_label_coords(-37 / (width - left - right), 0.5)
        for name, part in table.groupby("training_set"):
            self.dots(axes, part["reference_kcal_mol"], part["predicted_kcal_mol"], self.colour[str(name)], 5)
            self.dots(below, part["reference_kcal_mol"], signed[part.index], self.colour[str(name)], 5)
        across = width - left - right
        plots = [
            {"kind": "parity", "box": [left, top, across, upper], "x": x_limits, "y": all_limits},
            {"kind": "signed", "box": [left, top + upper + gap, across, lower], "x": x_limits, "y": signed_limits},
        ]
        panel = {"network": network, "group": group, "plots": plots}
        title = f"{self.label(network)} on {self.label(group)}: predicted against reference"
        words = (
            f"{table['molecule_id'].nunique()} molecules, atomization energy in kcal/mol. Above, predicted against "
            "reference, the line is equality; below, predicted less reference, the line is zero."
        )
        return self.finish(figure, f"scatter-{slug(network)}-{slug(group)}", title, words, {"panel": json.dumps(panel)})

    def size(self, network: str) -> str:
        """Error against heavy atoms: one point a molecule and set, lines for the means of classes of three."""
        molecules = self.tables.molecules[self.tables.molecules["network"] == network]
        width, height, left, right, top, bottom = 460.0, 320.0, 44, 92, 14, 40
        figure, axes = blank(width, height)
        place(axes, width, height, left, right, top, bottom)
        shown = molecules["mae_kcal_mol"].clip(lower=float(molecules["mae_kcal_mol"].quantile(0.005)))
        limits = log_limits(shown.to_numpy(), 0.05)
        x_limits = (float(molecules["n_heavy"].min()) - 1, float(molecules["n_heavy"].max()) + 1)
        axes.set(yscale="log", xlim=x_limits, ylim=limits, xlabel="heavy atoms", ylabel="absolute error, kcal/mol")
        log_ticks(axes.yaxis, *limits)
        ends, last = {}, 0.0
        for name, part in molecules.groupby("training_set"):
            self.dots(axes, part["n_heavy"], shown[part.index], self.colour[str(name)], 4, alpha=0.3)
            means = self.tables.by_size
            line = means[(means["network"] == network) & (means["training_set"] == name)].sort_values("n_heavy")
            axes.plot(line["n_heavy"], line["mae_kcal_mol"], color=self.colour[str(name)], lw=2.4, zorder=3)
            ends[str(name)] = float(line["mae_kcal_mol"].iloc[-1])
            last = max(last, float(line["n_heavy"].iloc[-1]))
        self._end_labels(axes, x_limits[1], ends, limits)
        box = [left, top, width - left - right, height - top - bottom]
        plot = {"kind": "size", "box": box, "x": x_limits, "y": [float(end) for end in np.log10(limits)]}
        panel = {"network": network, "group": None, "plots": [plot]}
        title = f"Errors of {self.label(network)} against size"
        words = "Absolute error of every test molecule, kcal/mol, against its heavy atoms; lines are means."
        return self.finish(figure, f"size-{slug(network)}", title, words, {"panel": json.dumps(panel)})


def slug(name: str) -> str:
    """A name as part of an element's id."""
    return "".join(letter if letter.isalnum() else "-" for letter in name)
