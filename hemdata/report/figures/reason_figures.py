"""The figures of what decides the error and why: shares of variance, stacked parts, error against unseen chemistry."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from hemdata.analysis.reasons.every import Reasons
from hemdata.analysis.reasons.molecules.environments import CLASSES
from hemdata.analysis.reasons.parts import COMPOSITION, REMAINDER, SEEDS, SIZE, UNSEEN
from hemdata.analysis.tables import Tables
from hemdata.analysis.variance import Variance
from hemdata.report.factors import factor_word
from hemdata.report.figures.figures import Figures, slug
from hemdata.report.figures.panel import blank, dots, interval_limits, log_ticks, margin_for, place, shortened, title_of
from hemdata.report.figures.style import INK, LINE, MUTED, PAPER, PARTS, part_colour
from hemdata.report.figures.svg import to_svg
from hemdata.report.words import number, share_span

COLOURS = {"level": 0, "atoms": 1, "geometry": 2, SEEDS: 3, SIZE: 4, COMPOSITION: 5, UNSEEN: 6, REMAINDER: PARTS - 1}

LEVEL_BARS = (  # what the bars of published errors beside the level are, and the numbers of their colours
    ("published MAE", PARTS - 1), ("level part, measured", 0), ("level part, extrapolated to the whole group", 1),
)  # fmt: skip
LONGEST = 4.0  # how far beyond the values the axis of published errors follows their intervals, as a factor


class ReasonFigures(Figures):
    """Draws them.

    Args:
        tables: of the study.
        reasons: of the same.
        variance: of the same; None where the study has no cross of sets and networks.
        labels: words shown for networks, sets and groups.
        finish, dots: as those of `Figures`.
    """

    def __init__(
        self,
        tables: Tables,
        reasons: Reasons,
        variance: Variance | None,
        labels: Mapping[str, str],
        finish: Callable[..., str] = to_svg,
        dots: Callable[..., None] = dots,
    ) -> None:
        super().__init__(tables, labels, finish, dots)
        self.reasons, self.variance = reasons, variance

    def drivers(self) -> str | None:
        """What the training set decides of that which the choice of a model decides, what the network, and both."""
        if self.variance is None or self.variance.drivers.empty:
            return None
        table = self._named(self.variance.drivers.rename(columns={"driver": "name"}))
        return self._shares(table, "drivers", "Of what the choice of a model decides", 110)

    def effects(self) -> str | None:
        """The share of the whole variance of every factor and interaction."""
        if self.variance is None:
            return None
        table = self._named(self.variance.effects.rename(columns={"effect": "name"}))
        table = table[table["share"].notna()]
        return self._shares(table, "effects", "Of all variance between cells", 205) if len(table) else None

    def _named(self, table: pd.DataFrame) -> pd.DataFrame:
        assert self.variance is not None
        return table.assign(name=[factor_word(str(name), self.variance) for name in table["name"]])

    def _shares(self, table: pd.DataFrame, name: str, title: str, left: float) -> str:
        """A bar, its interval and its point a row, on an axis from 0 to 100 %."""
        width, top, bottom, step = left + 290.0, 30, 40, 26
        height = float(top + bottom + step * len(table))
        figure, axes = blank(width, height)
        place(axes, width, height, left, 50, top, bottom)
        title_of(figure, title)
        axes.set(xlim=(0, 100), ylim=(len(table) - 0.5, -0.5), xlabel="share, %")
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_visible(False)
        axes.set_yticks(range(len(table)), list(table["name"]), color=INK)
        axes.tick_params(axis="y", pad=9)  # a point at zero must not touch its name
        for y, row in enumerate(table.to_dict("records")):
            axes.barh(y, 100 * row["share"], height=0.56, color=LINE, zorder=1)
            axes.plot([100 * row["share_low"], 100 * row["share_high"]], [y, y], color=MUTED, lw=3, zorder=2)
            axes.plot(100 * row["share"], y, "o", ms=8, mfc=INK, mec=PAPER, mew=1.4, zorder=3, clip_on=False)
            axes.annotate(share_span(row["share"]), (100, y), (8, 0), textcoords="offset points", va="center",
                          annotation_clip=False)  # fmt: skip
        words = "; ".join(
            f"{row['name']} {share_span(row['share'])} ({share_span(row['share_low'], row['share_high'])})"
            for row in table.to_dict("records")
        )
        return self.finish(figure, f"variance-{name}", title, f"Shares with 95 % intervals: {words}.")

    def parts(self, network: str, group: str) -> str | None:
        """The error of each set as a bar of its parts; what is negative stands left of zero."""
        table = self.reasons.parts
        own = table[(table["network"] == network) & (table["group"] == group)]
        if own.empty:
            return None
        wide = own.pivot(index="training_set", columns="reason", values="part_kcal_mol")
        reasons = [name for name in COLOURS if name in wide]
        names = [self.label(str(name)) for name in wide.index]
        width, left, top, bottom, step = 270.0, margin_for(names, 66, 120), 28, 40, 34
        height = float(top + bottom + step * len(wide))
        figure, axes = blank(width, height)
        place(axes, width, height, left, 34, top, bottom)
        title_of(figure, self.label(group))
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_visible(False)
        longest = float(wide.clip(lower=0).sum(axis=1).max())
        for y, (_, row) in enumerate(wide.iterrows()):
            right, lower = 0.0, 0.0
            for reason in (name for name in reasons if row[name] == row[name]):
                value = float(row[reason])
                start = right if value >= 0 else lower
                axes.barh(y, value, left=start, height=0.62, color=part_colour(COLOURS[reason]), ec=PAPER, lw=0.8)
                right, lower = right + max(value, 0.0), lower + min(value, 0.0)
            axes.annotate(number(float(row.sum())), (right, y), (5, 0), textcoords="offset points", va="center",
                          annotation_clip=False)  # fmt: skip
        lowest = float(wide.clip(upper=0).sum(axis=1).min())
        axes.set(xlim=(lowest, max(longest, 1e-6)), ylim=(len(wide) - 0.5, -0.5), xlabel="kcal/mol")
        axes.locator_params(axis="x", nbins=5)
        axes.axvline(0, color=MUTED, lw=0.8)
        axes.set_yticks(range(len(wide)), [shortened(name, left - 8) for name in names], color=INK)
        words = "; ".join(
            f"{self.label(str(name))}: " + ", ".join(f"{reason} {number(float(row[reason]))}" for reason in reasons)
            for name, row in wide.iterrows()
        )
        title = f"{self.label(network)} on {self.label(group)}: parts of the error"
        described = f"Parts that add up to the MAE, kcal/mol. {words}."
        return self.finish(figure, f"parts-{slug(network)}-{slug(group)}", title, described)

    def published_level(self, network: str, group: str) -> str:
        """Published errors of a network's sets and the level part of every two of their levels, a bar each."""
        own = self.reasons.published_level
        table = own[own["network"] == network]
        here = table[table["group"] == group]
        names = [("training_set", "mae_kcal_mol"), ("against_set", "mae_against_kcal_mol")]
        published = {row[name]: row[value] for name, value in names for row in here.to_dict("records")}
        bars = [(name, mae, np.nan, np.nan, 0) for name, mae in published.items()]
        for row in here.drop_duplicates(["level", "against"]).to_dict("records"):
            for kind, name in enumerate(("part", "extrapolated"), start=1):
                ends = [row[f"{name}_kcal_mol_{end}"] for end in ("low", "high")]
                words = f"{row['level']}, {row['against']}" if kind == 1 else "whole group"
                bars.append((words, row[f"{name}_kcal_mol"], *ends, kind))
        width, left, right, top, bottom, step = 270.0, 84, 34, 28, 40, 24
        height = float(top + bottom + step * len(bars))
        figure, axes = blank(width, height)
        place(axes, width, height, left, right, top, bottom)
        title_of(figure, self.label(group))
        values = table[["mae_kcal_mol", "mae_against_kcal_mol", "part_kcal_mol", "extrapolated_kcal_mol"]]
        highs = table[["part_kcal_mol_high", "extrapolated_kcal_mol_high"]].max().max()
        most = float(values.max().max())
        most = max(most, min(float(highs), LONGEST * most)) if np.isfinite(highs) else most
        axes.set(xlim=(0, most), ylim=(len(bars) - 0.5, -0.5), xlabel="kcal/mol")
        axes.locator_params(axis="x", nbins=5)
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_visible(False)
        axes.set_yticks(range(len(bars)), [shortened(bar[0], left - 8) for bar in bars], color=INK)
        for y, (_, value, low, high, kind) in enumerate(bars):
            axes.barh(y, value, height=0.62, color=part_colour(LEVEL_BARS[kind][1]), zorder=1)
            if np.isfinite([low, high]).all():
                axes.plot([low, high], [y, y], color=PAPER, lw=4, zorder=2)
                axes.plot([low, high], [y, y], color=INK, lw=2, zorder=3)
            end = min(np.nanmax([value, high]), most)
            axes.annotate(number(value), (end, y), (5, 0), textcoords="offset points", va="center",
                          annotation_clip=False)  # fmt: skip
        said = "; ".join(f"{words} ({LEVEL_BARS[kind][0]}) {number(value)}" for words, value, _, _, kind in bars)
        title = f"{self.label(network)} on {self.label(group)}: published errors and the level of theory"
        described = f"kcal/mol, intervals of 95 % on the level parts: {said}."
        return self.finish(figure, f"published-level-{slug(network)}-{slug(group)}", title, described)

    def part_legend(self) -> list[tuple[str, int]]:
        """Reasons and the numbers of their colours."""
        shown = set(self.reasons.parts["reason"])
        return [(name, colour) for name, colour in COLOURS.items() if name in shown]

    def unseen(self, network: str) -> str | None:
        """Error per heavy atom by the share of environments not seen in training; None where no share is known."""
        table = self.reasons.environments[self.reasons.environments["network"] == network]
        if table.empty:
            return None
        width, height = 460.0, 320.0
        figure, axes = blank(width, height)
        place(axes, width, height, 52, 12, 14, 40)
        measure = "mae_kcal_mol_heavy_atom"
        limits = interval_limits(table, measure)
        axes.set(yscale="log", ylim=limits, xlim=(-0.5, len(CLASSES) - 0.5))
        axes.set(
            xlabel="environments not seen in training, share of heavy atoms", ylabel="MAE, kcal/mol per heavy atom"
        )
        log_ticks(axes.yaxis, *limits)
        axes.set_xticks(range(len(CLASSES)), list(CLASSES))
        axes.grid(axis="x", visible=False)
        sets = sorted(table["training_set"].unique())
        for i, name in enumerate(sets):
            part = table[table["training_set"] == name]
            at = [
                list(CLASSES).index(each) + 0.5 * (i - (len(sets) - 1) / 2) / max(len(sets), 2)
                for each in part["unseen"]
            ]
            self._set_line(axes, at, part, measure, self.colour[str(name)])
        words = "; ".join(
            f"{self.label(str(row['training_set']))}, {row['unseen']}: {number(float(row[measure]))}"
            for row in table.to_dict("records")
        )
        title = f"Errors of {self.label(network)} against unseen chemistry"
        return self.finish(figure, f"unseen-{slug(network)}", title, f"kcal/mol per heavy atom: {words}.")

    def _set_line(self, axes: Any, at: list[float], part: pd.DataFrame, measure: str, colour: str) -> None:
        axes.plot(at, part[measure], color=colour, lw=1, alpha=0.6, zorder=1)
        ends = part[[f"{measure}_low", f"{measure}_high"]].to_numpy(np.float64)
        for x, (low, high), value in zip(at, ends, part[measure], strict=True):
            if np.isfinite([low, high]).all():
                axes.plot([x, x], [low, high], color=colour, lw=3, zorder=2)
            axes.plot(x, value, "o", ms=8, mfc=colour, mec=PAPER, mew=1.4, zorder=3)
