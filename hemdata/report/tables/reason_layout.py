"""The tables of what decides the error and why, as the page lays them out."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from hemdata.analysis.matrix import MEAN
from hemdata.analysis.reasons.every import Reasons
from hemdata.analysis.reasons.molecules.carriers import KIND, MOLECULE
from hemdata.analysis.reasons.parts import REMAINDER
from hemdata.analysis.variance import Variance
from hemdata.report.factors import factor_word
from hemdata.report.tables.layout import Cell, Grid, Row
from hemdata.report.words import counted, listed, number, p_value, percent, share_span, signed, span

NOT_SPLIT = Cell(float("nan"), "–")
REFERENCES = 10  # molecules of a group that are labelled for its dressed atoms


class ReasonLayout:
    """Lays out the tables of the reasons.

    Args:
        reasons: of a study.
        variance: of the same, if there is one.
        ranks: of `rank_stability`.
        labels: words shown for networks, sets and groups.
    """

    def __init__(
        self, reasons: Reasons, variance: Variance | None, ranks: pd.DataFrame, labels: Mapping[str, str]
    ) -> None:
        self.reasons, self.variance, self.ranks, self.labels = reasons, variance, ranks, labels

    def label(self, name: Any) -> str:
        """The words shown for a name of the rows."""
        return self.labels.get(str(name), str(name))

    def effects(self) -> Grid | None:
        """The analysis of variance, classical and as shares."""
        if self.variance is None:
            return None
        rows = []
        for row in self.variance.effects.to_dict("records"):
            shares = share_span(row["share_low"], row["share_high"])
            f = row["f"]
            rows.append(Row(factor_word(str(row["effect"]), self.variance), "", (
                Cell(row["share"], share_span(row["share"]), (shares,)),
                Cell(row["degrees_of_freedom"], str(row["degrees_of_freedom"])),
                Cell(row["sum_of_squares"], number(row["sum_of_squares"])),
                Cell(f, number(f), (f"p {p_value(row['p'])}",) if f == f else ()),
            )))  # fmt: skip
        return Grid(("share", "degrees of freedom", "sum of squares", "F"), (tuple(rows),))

    def stability(self) -> Grid | None:
        """The best set of each network, and the best network of each set, with how often each stays the best."""
        if self.ranks.empty:
            return None
        groups = [*sorted(set(self.ranks["group"]) - {MEAN}), MEAN]
        bodies = []
        for ranked, table in _by(self.ranks):
            rows = []
            for of, part in table.groupby("of", sort=True):
                by_group = {row["group"]: row for row in part.to_dict("records")}
                note = f"best of {int(part['n_ranked'].max())} {ranked}s"
                rows.append(Row(self.label(of), note, tuple(self._best(by_group.get(group)) for group in groups)))
            bodies.append(tuple(rows))
        return Grid(tuple(map(self.label, groups)), tuple(bodies))

    def _best(self, row: Mapping[Any, Any] | None) -> Cell:
        if row is None:
            return Cell(float("nan"), "–")
        lines = [f"stays so in {percent(row['stays_best'])}"]
        if row["n_ranked"] > 2:
            lines.append(f"whole order in {percent(row['order_stays'])}")
        return Cell(row["stays_best"], self.label(row["best"]), tuple(lines))

    def parts(self, network: str) -> Grid:
        """A row a set, a body a group, a column a reason."""
        table = self.reasons.parts[self.reasons.parts["network"] == network]
        reasons = list(dict.fromkeys(table["reason"]))
        bodies = []
        for group, part in table.groupby("group", sort=True):
            rows = []
            for training_set, own in part.groupby("training_set", sort=True):
                by_reason = {row["reason"]: row for row in own.to_dict("records")}
                split = own["part_kcal_mol"].notna().all()
                cells = [
                    self._part(by_reason[reason]) if split or reason != REMAINDER else NOT_SPLIT for reason in reasons
                ]
                whole = float(own["part_kcal_mol"].sum())
                rows.append(Row(self.label(training_set), self.label(group), (*cells, Cell(whole, number(whole)))))
            bodies.append(tuple(rows))
        return Grid((*reasons, "MAE"), tuple(bodies))

    def too_few(self, network: str) -> str:
        """Which groups have too few molecules for which fits; empty where all have enough."""
        table = self.reasons.parts[self.reasons.parts["network"] == network]
        lacking = table[table["part_kcal_mol"].isna()]
        if lacking.empty:
            return ""
        groups = [
            f"{self.label(group)} ({listed(list(dict.fromkeys(part['reason'])))})"
            for group, part in lacking.groupby("group", sort=True)
        ]
        return (
            f"Too few molecules for a fit: {'; '.join(groups)}. A fit says something only of more molecules than it "
            "has numbers, so these parts are not known, and the remainder would hold them."
        )

    def _part(self, row: Mapping[Any, Any]) -> Cell:
        if row["part_kcal_mol"] != row["part_kcal_mol"]:
            return NOT_SPLIT
        lines = [span(row["part_kcal_mol_low"], row["part_kcal_mol_high"]), _percent(row["share"])]
        if row["alone_kcal_mol"] == row["alone_kcal_mol"]:
            lines.append(f"alone {number(row['alone_kcal_mol'])}")
        return Cell(row["part_kcal_mol"], number(row["part_kcal_mol"]), tuple(lines))

    def sizes(self, network: str) -> Grid | None:
        """Errors within the sizes of the training set and beyond, per heavy atom."""
        table = self.reasons.size[self.reasons.size["network"] == network]
        if table.empty:
            return None
        rows = []
        for training_set, part in table.groupby("training_set", sort=True):
            by_place = {row["place"]: row for row in part.to_dict("records")}
            cells = [self._of_heavy_atom(by_place.get(place), "molecules") for place in ("within", "beyond")]
            first = part.iloc[0]
            cells.append(_correlation(first))
            largest = f"up to {first['largest_n_heavy']} heavy atoms"
            rows.append(Row(self.label(training_set), largest, tuple(cells)))
        return Grid(("within", "beyond", "rank correlation"), (tuple(rows),))

    def _of_heavy_atom(self, row: Mapping[Any, Any] | None, noun: str = "") -> Cell:
        if row is None:
            return Cell(float("nan"), "–")
        name = "mae_kcal_mol_heavy_atom"
        lines = [span(row[f"{name}_low"], row[f"{name}_high"])]
        if noun:
            lines.append(f"{row['n_molecules']} {noun}")
        return Cell(row[name], number(row[name]), tuple(lines))

    def functional_groups(self, network: str, most: int = 12) -> Grid | None:
        """The functional groups with the largest errors: a row a group, a column a set; kcal/mol per heavy atom."""
        table = self.reasons.functional_groups[self.reasons.functional_groups["network"] == network]
        if table.empty:
            return None
        sets = sorted(table["training_set"].unique())
        rows = []
        for name, part in table.groupby("functional_group", sort=True):
            by_set = {row["training_set"]: row for row in part.to_dict("records")}
            cells = tuple(self._of_heavy_atom(by_set.get(each)) for each in sets)
            rows.append(Row(str(name), f"{int(part['n_molecules'].max())} molecules", cells))
        rows.sort(key=lambda row: -max(cell.value for cell in row.cells))
        return Grid(tuple(map(self.label, sets)), (tuple(rows[:most]),))

    def cured(self, network: str) -> Grid | None:
        """What is left of each error after a fit to ten of a group's molecules: a row a set, a column a group."""
        table = self.reasons.cured[self.reasons.cured["network"] == network]
        table = table[table["n_references"] == REFERENCES]
        if table.empty:
            return None
        groups = sorted(table["group"].unique())
        rows = []
        for training_set, part in table.groupby("training_set", sort=True):
            by_group = {row["group"]: row for row in part.to_dict("records")}
            rows.append(Row(self.label(training_set), "", tuple(_left(by_group.get(group)) for group in groups)))
        return Grid(tuple(map(self.label, groups)), (tuple(rows),))

    def carriers(self, network: str) -> Grid | None:
        """What carries each group's predictions: a body a group, a row a set; growth of the error, kcal/mol."""
        table = self.of_carriers(network)
        bodies = []
        for group, of_group in table.groupby("group", sort=True):
            rows = []
            for training_set, part in of_group.groupby("training_set", sort=True):
                cells = tuple(
                    _first(part[part["what"] == what], sign)
                    for what, sign in ((KIND, 1), (MOLECULE, 1), (MOLECULE, -1), (KIND, -1))
                )
                rows.append(Row(self.label(training_set), self.label(group), cells))
            bodies.append(tuple(rows))
        columns = ("most helpful kind", "most helpful molecule", "most misleading molecule", "most misleading kind")
        return Grid(columns, tuple(bodies)) if bodies else None

    def of_carriers(self, network: str) -> pd.DataFrame:
        """The rows of `carriers` of a network."""
        table = self.reasons.carriers
        return table if table.empty else table[table["network"] == network]

    def elements(self, network: str) -> Grid | None:
        """The dressed atoms of the errors: a row a set and group, a column an element; kcal/mol for each atom."""
        table = self.reasons.per_element[self.reasons.per_element["network"] == network]
        if table.empty:
            return None
        elements = [each for each in ("H", "C", "N", "O", "F") if each in set(table["element"])]
        elements += sorted(set(table["element"]) - set(elements))
        bodies = []
        for group, part in table.groupby("group", sort=True):
            rows = []
            for training_set, own in part.groupby("training_set", sort=True):
                value = dict(zip(own["element"], own["error_kcal_mol"], strict=True))
                cells = [Cell(value.get(e, float("nan")), signed(value[e]) if e in value else "–") for e in elements]
                rows.append(Row(self.label(training_set), self.label(group), tuple(cells)))
            bodies.append(tuple(rows))
        return Grid(tuple(elements), tuple(bodies))

    def set_against_set(self, network: str) -> Grid | None:
        """Sets compared as they are and where both have shown equally much."""
        table = self.reasons.set_against_set[self.reasons.set_against_set["network"] == network]
        if table.empty:
            return None
        rows = []
        for row in table.to_dict("records"):
            cells = [
                Cell(row[name], f"×{number(row[name])}", (span(row[f"{name}_low"], row[f"{name}_high"]),))
                for name in ("ratio", "ratio_at_equal")
            ]
            rows.append(Row(self.label(row["training_set"]), f"over {self.label(row['against'])}", tuple(cells)))
        return Grid(("as it is", "at equally much shown"), (tuple(rows),))

    def geometry(self) -> Grid | None:
        """What another geometry adds: a row a level and two geometries, a column a group; None without such labels."""
        table = self.reasons.geometry
        if table.empty:
            return None
        groups = sorted(table["group"].unique())
        rows = []
        for (level, one, other), part in table.groupby(["level", "geometry", "against"], sort=True):
            by_group = {row["group"]: row for row in part.to_dict("records")}
            cells = tuple(_moved(by_group.get(group)) for group in groups)
            rows.append(Row(str(level), f"on {other} geometries, not {one}", cells))
        return Grid(tuple(map(self.label, groups)), (tuple(rows),))

    def leaked(self) -> list[dict[str, str]]:
        """The leaked molecules of each set and group, by name."""
        return [
            {"set": self.label(training_set), "group": self.label(group),
             "names": listed([str(one).removeprefix(f"{group}:") for one in part["molecule_id"]])}
            for (training_set, group), part in self.reasons.leaked.groupby(["training_set", "group"], sort=True)
        ]  # fmt: skip


def _moved(row: Mapping[Any, Any] | None) -> Cell:
    """A geometry part, with its interval, its sign and its molecules."""
    if row is None:
        return Cell(float("nan"), "–")
    n = row["n_molecules"]
    interval = (span(row["part_kcal_mol_low"], row["part_kcal_mol_high"]),) if n > 1 else ()
    lines = (*interval, f"mean {signed(-row['mean_kcal_mol'])}", counted(n, "molecule"))
    return Cell(row["part_kcal_mol"], number(row["part_kcal_mol"]), lines)


def _by(ranks: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Training sets first, networks after."""
    return [
        (name, ranks[ranks["ranked"] == name]) for name in ("training set", "network") if name in set(ranks["ranked"])
    ]


def _left(row: Mapping[Any, Any] | None) -> Cell:
    if row is None:
        return Cell(float("nan"), "–")
    lines = (span(row["after_kcal_mol_low"], row["after_kcal_mol_high"]), f"from {number(row['mae_kcal_mol'])}")
    return Cell(row["after_kcal_mol"], number(row["after_kcal_mol"]), lines)


def _correlation(row: Mapping[Any, Any] | pd.Series) -> Cell:
    name = "rank_correlation"
    return Cell(row[name], number(row[name]), (span(row[f"{name}_low"], row[f"{name}_high"]),))


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %".replace("-0 ", "0 ").replace("-", "−")


def _first(table: pd.DataFrame, sign: int) -> Cell:
    """What the error grows most by without, or, for a sign of -1, falls most by."""
    rows = table[table["error_kcal_mol"] * sign > 0]
    if rows.empty:
        return Cell(float("nan"), "–")
    row = max(rows.to_dict("records"), key=lambda row: row["error_kcal_mol"] * sign)
    value = float(row["error_kcal_mol"])
    many = f", {int(row['n_molecules'])} molecules" if row["what"] == KIND else ""
    return Cell(value, f"{'+' if value > 0 else ''}{number(value)}", (f"{row['name']}{many}",))
