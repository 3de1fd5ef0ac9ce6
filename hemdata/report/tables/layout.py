"""The tables as the page lays them out: a row a training set, a column a group, words in every cell."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from hemdata.analysis.matrix import MEAN
from hemdata.analysis.published import published_table
from hemdata.analysis.statistics import NOT_KNOWN
from hemdata.analysis.tables import SIGNIFICANCE, Tables
from hemdata.catalog import BASELINES
from hemdata.report.words import number, p_value, percent, signed, signed_span, span


@dataclass(frozen=True)
class Cell:
    """A cell: the number it sorts by, the large word, and the lines under it."""

    value: float
    main: str
    lines: tuple[str, ...] = ()
    verdict: str | None = None  # better, worse, same
    word: str = ""  # the verdict in words
    remark: str = ""  # on the verdict


@dataclass(frozen=True)
class Row:
    """A row: its name, the words under the name, its cells."""

    name: str
    note: str
    cells: tuple[Cell, ...]
    kind: str = ""


@dataclass(frozen=True)
class Grid:
    """A table of the page, in one or more bodies of rows."""

    columns: tuple[str, ...]
    bodies: tuple[tuple[Row, ...], ...]


class Layout:
    """Lays out a study's tables.

    Args:
        tables: of the study.
        labels: words shown for networks, sets and groups.
    """

    def __init__(self, tables: Tables, labels: Mapping[str, str]) -> None:
        self.tables, self.labels = tables, labels
        self.groups = sorted(tables.mae["group"].unique())

    def label(self, name: Any) -> str:
        """The words shown for a name of the rows."""
        return self.labels.get(str(name), str(name))

    def errors(self, network: str) -> Grid:
        """MAE by set and group with accuracy and generalizability; the baselines in a body of their own."""
        others = [each for each in BASELINES if each != network and each in set(self.tables.mae["network"])]
        columns = (*map(self.label, self.groups), "accuracy", "generalizability")
        bodies = [tuple(self._error_row(row) for row in self._summary(network))]
        bodies += [tuple(self._error_row(row, baseline=True) for row in self._summary(each)) for each in others]
        return Grid(columns, tuple(bodies))

    def _summary(self, network: str) -> list[dict[str, Any]]:
        table = self.tables.summary[self.tables.summary["network"] == network]
        return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]

    def _error_row(self, summary: Mapping[str, Any], *, baseline: bool = False) -> Row:
        mae = self.tables.mae
        own = mae[(mae["network"] == summary["network"]) & (mae["training_set"] == summary["training_set"])]
        by_group = {row["group"]: row for row in own.to_dict("records")}
        cells = [self._error_cell(by_group[group]) for group in self.groups]
        cells.append(
            Cell(
                summary["accuracy_kcal_mol"],
                number(summary["accuracy_kcal_mol"]),
                (
                    span(summary["accuracy_kcal_mol_low"], summary["accuracy_kcal_mol_high"]),
                    f"{number(summary['accuracy_kcal_mol_atom'])} per atom",
                    f"best {percent(summary['probability_best'])}",
                ),
            )
        )
        cells.append(
            Cell(
                summary["generalizability_kcal_mol"],
                number(summary["generalizability_kcal_mol"]),
                (span(summary["generalizability_kcal_mol_low"], summary["generalizability_kcal_mol_high"]),),
            )
        )
        size = f"{summary['training_size']:,} molecules".replace(",", "\u202f")
        name = self.label(summary["training_set"])
        note = f"{self.label(summary['network'])}" if baseline else f"{size}, {_seeds(summary['n_seeds'])}"
        return Row(name, note, tuple(cells), "baseline" if baseline else "")

    def _error_cell(self, row: Mapping[Any, Any]) -> Cell:
        value = row["mae_kcal_mol"]
        lines = (
            span(row["mae_kcal_mol_low"], row["mae_kcal_mol_high"]),
            f"{number(row['mae_kcal_mol_atom'])} per atom",
            f"best {percent(row['probability_best'])}",
        )
        return Cell(value, number(value), lines)

    def against_best(self, network: str) -> tuple[str, Grid] | None:
        """The set with the smallest mean error, and how many times larger the error is with each other set."""
        c = self.tables.comparisons
        own = c[c["network"] == network]
        if own.empty:
            return None
        best = str(own["training_set"].iloc[0])
        rows = []
        for against, part in own[own["training_set"] == best].groupby("against", sort=False):
            by_group = {row["group"]: row for row in part.to_dict("records")}
            rows.append(Row(self.label(against), "", tuple(self._ratio(by_group.get(g)) for g in (*self.groups, MEAN))))
        return best, Grid((*map(self.label, self.groups), MEAN), (tuple(rows),))

    def _ratio(self, row: Mapping[Any, Any] | None) -> Cell:
        """Other set over best set."""
        if row is None:
            return Cell(float("nan"), "–")
        word = {"smaller": "larger error", "larger": "smaller error"}.get(row["verdict"], row["verdict"])
        low, high = -row["difference_kcal_mol_high"], -row["difference_kcal_mol_low"]
        lines = (
            span(1 / row["ratio_high"], 1 / row["ratio_low"]),
            f"{signed(-row['difference_kcal_mol'])} ({signed_span(low, high)})",
        )
        if row["verdict"] == NOT_KNOWN:
            lines = (span(low, high), signed(-row["difference_kcal_mol"]))
            return Cell(1 / row["ratio"], f"×{number(1 / row['ratio'])}", lines, None, NOT_KNOWN)
        verdict = {"smaller": "worse", "larger": "better"}.get(row["verdict"], "same")
        undone = verdict != "same" and row["p_holm"] >= SIGNIFICANCE
        remark = f"{'not after Holm, ' if undone else 'Holm’s '}p {p_value(row['p_holm'])}"
        return Cell(1 / row["ratio"], f"×{number(1 / row['ratio'])}", lines, verdict, word, remark)

    def against_baselines(self, network: str) -> Grid | None:
        """Error of the network over that of each baseline trained on the same molecules."""
        own = self.tables.baselines[self.tables.baselines["network"] == network]
        if own.empty:
            return None
        bodies = []
        for baseline, table in own.groupby("baseline", sort=True):
            rows = []
            for training_set, part in table.groupby("training_set", sort=True):
                by_group = {row["group"]: row for row in part.to_dict("records")}
                cells = tuple(self._against(by_group.get(g)) for g in (*self.groups, MEAN))
                rows.append(Row(self.label(training_set), f"against {self.label(baseline)}", cells))
            bodies.append(tuple(rows))
        return Grid((*map(self.label, self.groups), MEAN), tuple(bodies))

    def _against(self, row: Mapping[Any, Any] | None) -> Cell:
        if row is None:
            return Cell(float("nan"), "–")
        word = {"smaller": "beats it", "larger": "is worse"}.get(row["verdict"], row["verdict"])
        verdict = {"smaller": "better", "larger": "worse", NOT_KNOWN: None}.get(row["verdict"], "same")
        lines = (span(row["ratio_low"], row["ratio_high"]),)
        return Cell(row["ratio"], f"×{number(row['ratio'])}", lines, verdict, word)

    def in_distribution(self, network: str) -> list[dict[str, str]]:
        """Error on held-back molecules of the training set itself, of a network and the baselines."""
        table = self.tables.in_distribution
        return [
            {
                "network": self.label(row["network"]),
                "training_set": self.label(row["training_set"]),
                "value": f"{row['mae_kcal_mol']:.6g}",
                "mae": number(row["mae_kcal_mol"]),
                "span": span(row["mae_kcal_mol_low"], row["mae_kcal_mol_high"]) if row["n_seeds"] > 1 else "one seed",
                "epochs": str(row["epochs"] or "–"),
                "seconds": number(row["seconds"]),
            }
            for row in table[(table["network"] == network) | table["baseline"]].to_dict("records")
        ]

    def worst(self, network: str, most: int = 10) -> Grid:
        """The test molecules with the largest mean error over the training sets."""
        table = self.tables.molecules[self.tables.molecules["network"] == network]
        errors = table.pivot(index=["group", "molecule_id"], columns="training_set", values="mae_kcal_mol")
        order = errors.mean(axis=1).sort_values(ascending=False, kind="stable").index[:most]
        rows = [
            Row(
                str(molecule).removeprefix(f"{group}:"),
                self.label(group),
                tuple(Cell(value, number(value)) for value in errors.loc[(group, molecule)]),
            )
            for group, molecule in order
        ]
        return Grid(tuple(self.label(name) for name in errors.columns), (tuple(rows),))

    def leaks(self) -> list[dict[str, Any]]:
        """Test molecules found in each training set, by group."""
        rows = []
        for training_set, part in self.tables.leaks.groupby("training_set", sort=True):
            counts = {row["group"]: row for row in part.to_dict("records")}
            found = [counts.get(group) for group in self.groups]
            cells = [f"{one['n_in_training']} of {one['n_molecules']}" if one else "–" for one in found]
            rows.append({"name": self.label(training_set), "cells": cells})
        return rows

    def with_overlap(self, network: str, both: pd.DataFrame) -> Grid:
        """MAE without and with the molecules found in a training set."""
        rows = []
        for training_set, part in self.tables.mae[self.tables.mae["network"] == network].groupby("training_set"):
            other = both[(both["network"] == network) & (both["training_set"] == training_set)].set_index("group")
            own = part.set_index("group")
            cells = tuple(
                Cell(float(own.loc[g, "mae_kcal_mol"]), number(float(own.loc[g, "mae_kcal_mol"])),
                     (f"with overlap {number(float(other.loc[g, 'mae_kcal_mol']))}",))
                for g in self.groups
            )  # fmt: skip
            rows.append(Row(self.label(training_set), "", cells))
        return Grid(tuple(map(self.label, self.groups)), (tuple(rows),))

    def published(self) -> tuple[str, list[dict[str, Any]]] | None:
        """The published table of a network of this study beside its own; None where the study has none of them."""
        table = published_table()
        shared = [network for network in self.tables.mae["network"].unique() if network in set(table["network"])]
        if not shared:
            return None
        own = self.tables.mae[self.tables.mae["network"] == shared[0]]
        rows = []
        for source, part in (("here", own), ("published", table[table["network"] == shared[0]])):
            for training_set, lines in part.groupby("training_set", sort=False):
                values = dict(zip(lines["group"], lines["mae_kcal_mol"], strict=True))
                shown = [values.get(g, float("nan")) for g in self.groups]
                rows.append(
                    {"name": self.label(training_set), "here": source == "here",
                     "cells": [Cell(value, number(value)) for value in shown],
                     "mean": Cell(sum(shown) / len(shown), number(sum(shown) / len(shown)))}
                )  # fmt: skip
        return shared[0], rows


def _seeds(n: int) -> str:
    return f"{n} seed{'' if n == 1 else 's'}"
