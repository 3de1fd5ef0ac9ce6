"""The part of the level section on training sets whose energies a bridge gave: its tables, and its answer in words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from hemdata.report.tables.layout import Cell, Grid, Row
from hemdata.report.words import counted, listed, number, percent, span, whole

NONE = Cell(float("nan"), "–")


@dataclass(frozen=True)
class BridgeSection:
    """What the page shows.

    Attributes:
        fact: for the head of the page.
        said: a paragraph a training set.
        sets: a row a training set and bridge.
        errors: a row a model, a body a group.
    """

    fact: tuple[str, str]
    said: tuple[str, ...]
    sets: Grid
    errors: Grid


def bridge_section(table: pd.DataFrame, label: Callable[[Any], str]) -> BridgeSection | None:
    """Lay it out; None where every training energy was computed.

    Args:
        table: rows of `bridge_errors`.
        label: the words shown for networks, sets and groups.
    """
    if table.empty:
        return None
    sets = [part for _, part in table.groupby(["training_set", "bridge"], sort=True)]
    fact = [
        f"{label(first['training_set'])} by {first['bridge']}"
        + (f", 95 % interval of a molecule ± {number(first['half_width_kcal_mol'])} kcal/mol" if _there(first) else "")
        for first in (part.iloc[0] for part in sets)
    ]
    return BridgeSection(
        fact=("Energies by a bridge, not computed", listed(fact)),
        said=tuple(bridge_words(part, label) for part in sets),
        sets=Grid(
            ("bridged", "share", "refused", "half width, mean", "largest"), (tuple(_set(p, label) for p in sets),)
        ),
        errors=_errors(table, label),
    )


def bridge_words(part: pd.DataFrame, label: Callable[[Any], str]) -> str:
    """The answer for a training set and its bridge, in sentences.

    Args:
        part: rows of `bridge_errors` of one training set and bridge.
        label: the words shown for networks, sets and groups.
    """
    first = part.iloc[0]
    name = label(first["training_set"])
    said = [f"No calculation gave the energies of {name} at this study’s level: the bridge {first['bridge']} did."]
    if not part["n_group_refused"].notna().any():
        said.append("The bridge at hand is another than that one, so what it errs on the groups is not shown.")
        return " ".join(said)
    if part["n_labels_gone"].isna().all():
        said.append(
            "Which labels it was fitted on is not written beside its card, and they are not all that its sets hold "
            "today: what it errs on molecules that it has not seen is not shown. A bridge that is fitted anew says it."
        )
        return " ".join(said)
    if gone := int(first["n_labels_gone"]):
        said.append(
            f"Of the {counted(int(first['n_labels']), 'label')} that it was fitted on, {whole(gone)} "
            f"{'is' if gone == 1 else 'are'} no longer there: what it errs on a molecule is told by fits on the others."
        )
    judged = part[part["n_molecules"] > 0]
    if judged.empty:
        said.append("It converts no molecule of the groups that is labelled at both levels: what it errs is not known.")
        return " ".join(said)
    groups = judged.drop_duplicates("group")
    errs = listed([f"{number(row['part_kcal_mol'])} on {label(row['group'])}" for row in groups.to_dict("records")])
    without = [label(group) for group in sorted(set(part["group"]) - set(groups["group"]))]
    least = judged.sort_values("mae_same_kcal_mol").to_dict("records")[0]
    most = float(judged["share"].max())
    said.append(
        f"On the molecules labelled at both levels that it converts, which its fit has not seen, it errs by "
        f"{errs.replace(' on ', ' kcal/mol on ', 1)}. A model that had learned {name} by heart would err by so much."
    )
    said.append(
        f"The smallest error of a model of {name} on the same molecules is {number(least['mae_same_kcal_mol'])} "
        f"({label(least['network'])}, {label(least['group'])}). "
        f"{'There the' if without else 'The'} bridge is at most {percent(most)} of an error, and adds at most "
        f"{number(judged['adds_kcal_mol'].max())} kcal/mol to one if the two are independent."
    )
    if without:
        said.append(
            f"That does not hold of {listed(without)}: no molecule of {'it' if len(without) == 1 else 'them'} that the "
            "bridge converts is labelled at both levels, so that what it errs there is not known."
        )
    return " ".join(said)


def _there(row: Any, column: str = "half_width_kcal_mol") -> bool:
    return bool(pd.notna(row[column]))


def _set(part: pd.DataFrame, label: Callable[[Any], str]) -> Row:
    row = part.iloc[0]
    if not _there(row, "n_rows"):
        widths = Cell(row["half_width_kcal_mol"], number(row["half_width_kcal_mol"])) if _there(row) else NONE
        return Row(label(row["training_set"]), str(row["bridge"]), (NONE, NONE, NONE, widths, NONE))
    share = row["n_bridged"] / row["n_rows"]
    return Row(label(row["training_set"]), str(row["bridge"]), (
        Cell(row["n_bridged"], whole(row["n_bridged"]), (f"of {whole(row['n_rows'])}",)),
        Cell(share, "all" if share == 1 else percent(share)),
        Cell(row["n_refused"], whole(row["n_refused"])),
        *(Cell(row[name], number(row[name])) if _there(row, name) else NONE
          for name in ("half_width_kcal_mol", "half_width_most_kcal_mol")),
    ))  # fmt: skip


def _errors(table: pd.DataFrame, label: Callable[[Any], str]) -> Grid:
    """A row a model, a body a group."""
    bodies = []
    several = table["bridge"].nunique() > 1
    for group, part in table.groupby("group", sort=True):
        rows = []
        for row in part.sort_values(["training_set", "bridge", "mae_kcal_mol"]).to_dict("records"):
            by = f", {row['bridge']}" if several else ""
            name = f"{label(row['network'])}, {label(row['training_set'])}{by}"
            rows.append(Row(name, label(group), _cells(row)))
        bodies.append(tuple(rows))
    columns = ("model", "same molecules", "bridge", "share", "adds", "interval", "refused")
    return Grid(columns, tuple(bodies))


def _cells(row: dict[Any, Any]) -> tuple[Cell, ...]:
    model = Cell(row["mae_kcal_mol"], number(row["mae_kcal_mol"]), (counted(row["n_group"], "molecule"),))
    interval = Cell(row["group_half_width_kcal_mol"], f"± {number(row['group_half_width_kcal_mol'])}")
    refused = Cell(row["n_group_refused"], f"{row['n_group_refused']:.0f}" if _there(row, "n_group_refused") else "–")
    tail = (interval if _there(row, "group_half_width_kcal_mol") else NONE, refused)
    if not row["n_molecules"]:
        return (model, NONE, NONE, NONE, NONE, *tail)
    known = pd.notna(row["part_kcal_mol_low"])
    lines = (span(row["part_kcal_mol_low"], row["part_kcal_mol_high"]),) if known else ()
    per_atom = f"{number(row['part_kcal_mol_atom'])} per atom"
    return (
        model,
        Cell(row["mae_same_kcal_mol"], number(row["mae_same_kcal_mol"]), (counted(row["n_molecules"], "molecule"),)),
        Cell(row["part_kcal_mol"], number(row["part_kcal_mol"]), (*lines, per_atom)),
        Cell(row["share"], percent(row["share"])),
        Cell(row["adds_kcal_mol"], number(row["adds_kcal_mol"])),
        *tail,
    )  # fmt: skip
