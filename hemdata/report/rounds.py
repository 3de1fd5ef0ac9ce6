"""The rounds of an improvement in words: a table for the terminal, and the answer in a sentence."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from hemdata.report.words import number, span

Row = Mapping[str, Any]


def rounds_table(rows: Sequence[Row]) -> Table:
    """A line a round and arm: the labels, the error of each group on its validation part, how many times it went down.

    Args:
        rows: of schemas/round.yaml.
    """
    groups = list(dict.fromkeys(row["group"] for row in rows))
    judged = any(row["mae_kcal_mol"] is not None for row in rows)
    what = "error" if judged else "spread of the models"
    title = f"{what} on the validation part, kcal/mol"
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for head in ("round", "chosen", "labels", *groups, *(["down"] if judged else []), "seen", "labels took"):
        table.add_column(head, justify="left" if head == "chosen" else "right", no_wrap=True)
    for own in _by_round(rows):
        last = own[groups[-1]]
        values = [_error(own[group], group == groups[-1]) for group in groups]
        down = [_down(last)] if judged else []
        took = "–" if last["label_seconds"] is None else f"{number(last['label_seconds'])} s"
        table.add_row(
            str(last["round"]), how(last), f"{last['labelled']:,}", *values, *down, f"{last['seen']:.0%}", took
        )
    return table


def how(row: Row) -> str:
    """How the molecules of a round were chosen, in words."""
    return {"nothing": "the base alone", "random": "at random (control)"}.get(row["by"], f"by {row['by']}")


def sentence(rows: Sequence[Row], why: str) -> str:
    """What came out: the error before and after, with intervals, and beside the control's."""
    group = list(dict.fromkeys(row["group"] for row in rows))[-1]
    chosen = [row for row in rows if row["arm"] == "chosen" and row["group"] == group]
    first, last = chosen[0], chosen[-1]
    labels = f"{last['labelled']:,} labels"
    if last["mae_kcal_mol"] is None:
        said = f"{group}: {labels}; the group has no reference labels, so that no error is known"
        if last["spread_kcal_mol"] is not None:
            before, after = (number(row["spread_kcal_mol"]) for row in (first, last))
            said += f"; the models' spread went from {before} to {after} kcal/mol, which is no error"
        return f"{said}. Ended: {why}."
    down = f"95 % interval {span(last['times_down_low'], last['times_down_high'])}"
    if last["times_down_low"] is None:
        down = "its interval is not known, since one molecule of a validation part alone has a label"
    said = (
        f"{group}: the error on the validation part ({last['n_validation']} molecules) went from "
        f"{number(first['mae_kcal_mol'])} to {number(last['mae_kcal_mol'])} kcal/mol with {labels}, "
        f"{number(last['times_down'])} times down ({down})"
    )
    control = [row for row in rows if row["arm"] == "control" and row["group"] == group]
    if control:
        said += (
            f"; with {control[-1]['labelled']:,} labels at random to {number(control[-1]['mae_kcal_mol'])} "
            f"({span(control[-1]['mae_kcal_mol_low'], control[-1]['mae_kcal_mol_high'])})"
        )
    return f"{said}. Ended: {why}."


def _by_round(rows: Sequence[Row]) -> list[dict[str, Row]]:
    found: dict[tuple[int, str], dict[str, Row]] = {}
    for row in rows:
        if row["arm"] == "chosen" or row["round"]:  # round 0 is one for both
            found.setdefault((row["round"], row["arm"]), {})[row["group"]] = row
    return [found[key] for key in sorted(found)]


def _error(row: Row, whole: bool) -> str:
    if row["mae_kcal_mol"] is None:
        return "–" if row["spread_kcal_mol"] is None else number(row["spread_kcal_mol"])
    value = number(row["mae_kcal_mol"])
    return f"{value} ({span(row['mae_kcal_mol_low'], row['mae_kcal_mol_high'])})" if whole else value


def _down(row: Row) -> str:
    if row["round"] == 0:
        return "–"
    return f"{number(row['times_down'])} ({span(row['times_down_low'], row['times_down_high'])})"
