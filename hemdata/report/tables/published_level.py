"""The section that sets published errors beside the level of theory: its tables, and its answer in words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from hemdata.analysis.reasons.every import Reasons
from hemdata.report.tables.layout import Cell, Grid, Row
from hemdata.report.words import counted, listed, number, span

UNKNOWN = (
    "The publication does not say at which level each model was judged. So this is what the level could account for; "
    "how much of the published errors it does account for cannot be known from it."
)


@dataclass(frozen=True)
class LevelSection:
    """What the page shows.

    Attributes:
        said: a paragraph for every two published sets: those with the best published set first, and of these those
            whose errors the level could be most of.
        beside: published errors and the level part, a body for every two sets of a network.
        between: the level part in full, a body for every two levels.
        networks: the published ones, with their groups.
        geometry: the level of the geometries.
        smaller: whether the labelled molecules are smaller than their groups' in the mean.
        unlabelled: the study's groups of which no molecule is labelled at two levels.
        bars: what the figure's bars are, with the numbers of their colours.
        unknown: what cannot be told.
    """

    said: tuple[str, ...]
    beside: Grid
    between: Grid
    networks: tuple[tuple[str, tuple[str, ...]], ...]
    geometry: str
    smaller: bool
    unlabelled: str
    unknown: str = UNKNOWN


def level_section(why: Reasons, groups: list[str], label: Callable[[Any], str]) -> LevelSection | None:
    """Lay the section out; None where no labels stand beside published errors.

    Args:
        why: of a study.
        groups: of the study.
        label: the words shown for networks, sets and groups.
    """
    if why.published_level.empty:
        return None
    beside, between = why.published_level, why.level
    networks = tuple(
        (str(name), tuple(sorted(part["group"].unique()))) for name, part in beside.groupby("network", sort=True)
    )
    pairs = [part for _, part in beside.groupby(["network", "training_set", "against_set"])]
    best = best_published(beside)

    def first(part: pd.DataFrame) -> tuple[bool, float]:
        return best not in set(part[["training_set", "against_set"]].iloc[0]), -float(part["share"].mean())

    missing = [label(group) for group in groups if group not in set(between["group"])]
    return LevelSection(
        said=tuple(level_words(part, label) for part in sorted(pairs, key=first)),
        beside=_beside(beside, label),
        between=_between(between, label),
        networks=networks,
        geometry=listed(sorted(between["geometry"].unique())),
        smaller=bool((between["n_atoms"] < between["n_atoms_group"]).any()),
        unlabelled=listed(missing) if missing else "",
    )


def best_published(beside: pd.DataFrame) -> str:
    """The published set with the smallest mean error among those compared."""
    errors = pd.concat([
        beside.groupby("training_set")["mae_kcal_mol"].mean(),
        beside.groupby("against_set")["mae_against_kcal_mol"].mean(),
    ])  # fmt: skip
    return str(errors.idxmin())


def level_words(beside: pd.DataFrame, label: Callable[[Any], str]) -> str:
    """The answer for two published sets, in sentences: the level part, its share, and what speaks against it.

    Args:
        beside: rows of `beside_published` of one network and two sets.
        label: the words shown for networks and groups.
    """
    rows = beside.to_dict("records")
    first = rows[0]
    one, other = first["training_set"], first["against_set"]
    parts = [f"{number(row['part_kcal_mol'])} on {label(row['group'])}" for row in rows]
    parts[0] = parts[0].replace(" on ", " kcal/mol on ", 1)

    def each(name: str, words: Callable[[float], str]) -> str:
        return listed([words(row[name]) for row in rows])

    found = [
        f"A perfect model of {one}’s level, judged at {other}’s, would err by {listed(parts)} (the molecules "
        f"labelled at both levels); the errors of {label(first['network'])} published for {one} and {other} differ by "
        f"{each('difference_kcal_mol', lambda value: number(abs(value)))}.",
        f"So the level alone could be {each('share', _share)} of these differences; extrapolated to the whole groups, "
        f"{each('extrapolated_share', _share)}.",
    ]
    less = [row for row in rows if row["mae_kcal_mol"] < row["part_kcal_mol_low"]]  # never with one molecule
    if less:
        where = listed([f"{label(row['group'])} ({number(row['mae_kcal_mol'])})" for row in less])
        found.append(
            f"On {where} the error published for {one} is smaller than that: there the model was judged nearer its own "
            "level, or errors cancelled."
        )
    return " ".join(found)


def _beside(table: pd.DataFrame, label: Callable[[Any], str]) -> Grid:
    """A row a group, a body every two sets."""
    bodies = []
    several = table["network"].nunique() > 1
    for (network, one, other), part in table.groupby(["network", "training_set", "against_set"]):
        sets = f"{label(network)}, {one} and {other}" if several else f"{one} and {other}"
        rows = []
        for row in part.to_dict("records"):
            rows.append(Row(label(row["group"]), sets, (
                Cell(row["mae_kcal_mol"], number(row["mae_kcal_mol"]), (str(one),)),
                Cell(row["mae_against_kcal_mol"], number(row["mae_against_kcal_mol"]), (str(other),)),
                Cell(row["difference_kcal_mol"], number(row["difference_kcal_mol"])),
                _part(row, "part_kcal_mol"),
                Cell(row["share"], _share(row["share"])),
                _part(row, "extrapolated_kcal_mol"),
                Cell(row["extrapolated_share"], _share(row["extrapolated_share"])),
            )))  # fmt: skip
        bodies.append(tuple(rows))
    columns = (
        "first, published", "second, published", "difference", "level part", "its share", "extrapolated",
        "its share, extrapolated",
    )  # fmt: skip
    return Grid(columns, tuple(bodies))


def _between(table: pd.DataFrame, label: Callable[[Any], str]) -> Grid:
    """A row a group, a body every two levels."""
    bodies = []
    for (one, other), part in table.groupby(["level", "against"], sort=False):
        rows = []
        for row in part.to_dict("records"):
            least, most = row["n_heavy_least"], row["n_heavy_most"]
            heavy = f"{least} to {most}" if most > least else str(least)
            rows.append(Row(label(row["group"]), f"{one} and {other}", (
                Cell(row["n_molecules"], f"{row['n_molecules']} of {row['n_group']}", (
                    f"{heavy} heavy atoms", f"{number(row['n_atoms'])} atoms in the mean",
                )),
                _part(row, "part_kcal_mol", per_atom="part_kcal_mol_atom"),
                Cell(row["beyond_composition_kcal_mol"], number(row["beyond_composition_kcal_mol"])),
                _part(row, "atoms_part_kcal_mol", per_atom="atoms_part_kcal_mol_atom"),
                _part(row, "extrapolated_kcal_mol", f"to {number(row['n_atoms_group'])} atoms"),
            )))  # fmt: skip
        bodies.append(tuple(rows))
    columns = ("labelled", "level part", "not linear", "atoms part", "extrapolated")
    return Grid(columns, tuple(bodies))


def _part(row: dict[Any, Any], name: str, *lines: str, per_atom: str = "") -> Cell:
    known = pd.notna(row[f"{name}_low"])
    interval = span(row[f"{name}_low"], row[f"{name}_high"]) if known else f"{counted(1, 'molecule')}"
    atom = (f"{number(row[per_atom])} per atom",) if per_atom else ()
    return Cell(row[name], number(row[name]), (interval, *atom, *lines))


def _share(share: float) -> str:
    """A share that may be larger than all."""
    return f"{100 * share:.0f}\u202f%" if pd.notna(share) else "–"
