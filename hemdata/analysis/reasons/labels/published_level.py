"""Published errors beside the level of theory: what a perfect model of one set's level would err at another set's.

A publication that compares training sets of different levels compares the levels too, unless each model was judged at
its own. How much of its errors that could be is measured on test molecules labelled at both levels.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import combinations
from pathlib import Path

import pandas as pd
import pyarrow as pa

from hemdata.analysis import statistics
from hemdata.analysis.reasons.labels.level import atoms_part, level_part
from hemdata.analysis.reasons.tables import by_group
from hemdata.assess.gap import Gap, gap_of
from hemdata.catalog import TEST_GROUPS
from hemdata.errors import DataError, HemdataError
from hemdata.levels import level
from hemdata.study.data import MIXED

_PART = ["part_kcal_mol", "part_kcal_mol_low", "part_kcal_mol_high"]
_OF_ATOM = [*_PART, "mean_kcal_mol", "part_kcal_mol_atom"]
_EXTRAPOLATED = [name.replace("part", "extrapolated") for name in _PART]
BETWEEN = (
    "level", "against", "geometry", "group", "n_molecules", "n_group", "n_heavy_least", "n_heavy_most", "n_atoms",
    "n_atoms_group", *_OF_ATOM, "beyond_composition_kcal_mol", *(f"atoms_{name}" for name in _OF_ATOM), *_EXTRAPOLATED,
)  # fmt: skip
BESIDE = (
    "network", "training_set", "against_set", "level", "against", "group", "mae_kcal_mol", "mae_against_kcal_mol",
    "difference_kcal_mol", *_PART, "share", *_EXTRAPOLATED, "extrapolated_share",
)  # fmt: skip


def published_levels(published: pd.DataFrame) -> dict[str, str]:
    """The level of every published training set, by the title of a dataset's card; the largest mean error first.

    A part of a set that is named after it, with a word in brackets, stands at the whole set's level. A set without a
    card, as one that mixes two levels, is left out.

    Args:
        published: network, training_set, group, mae_kcal_mol.
    """
    from hemdata.catalog import cards, dataset

    levels: dict[str, str | None] = {}
    for name in cards("dataset"):
        try:
            levels[dataset(name).title] = dataset(name).level
        except HemdataError:  # a card of the user's own that does not read
            continue
    means = published.groupby("training_set")["mae_kcal_mol"].mean().sort_values(ascending=False, kind="stable")
    found = {str(name): levels.get(re.sub(r" \(.*\)$", "", str(name))) for name in means.index}
    return {name: level for name, level in found.items() if level is not None}


def level_gaps(pairs: Iterable[tuple[str, str]], data: Path, name: str = TEST_GROUPS) -> list[Gap]:
    """The gaps of those pairs of levels that the set is labelled at on the same geometries; of one level, none.

    Args:
        pairs: of levels.
        data: the folder of labelled datasets; the labels that travel with the package are looked through after it.
        name: of the set.
    """
    found = []
    for a, b in pairs:
        if level(a).hash == level(b).hash:
            continue
        try:
            found.append(gap_of(data, name, a, b))
        except DataError:  # not labelled at both, or on other geometries
            continue
    return found


def level_reasons(
    predictions: pa.Table,
    cells: pa.Table,
    published: pd.DataFrame,
    data: Path,
    *,
    resamples: int = statistics.RESAMPLES,
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`between_levels` of the published sets' levels and of the study's own, and `beside_published` of it.

    Args:
        predictions: rows of a study, whose groups are meant.
        cells: rows of the same, which name the levels that its models were trained at.
        published: network, training_set, group, mae_kcal_mol.
        data: the folder of labelled datasets.
    """
    at = published_levels(published)
    own = sorted({each for name in cells["level"].unique().to_pylist() for each in name.split(MIXED)})
    order = list(dict.fromkeys([*at.values(), *own]))
    pairs = [each for each in combinations(order, 2) if set(each) <= set(at.values()) or set(each) <= set(own)]
    rows = predictions.select(["group", "molecule_id", "n_atoms"]).to_pandas().drop_duplicates(["group", "molecule_id"])
    atoms = {str(group): part["n_atoms"] for group, part in rows.groupby("group")}
    between = between_levels(level_gaps(pairs, data), atoms, resamples=resamples, seed=seed)
    return between, beside_published(between, published, at)


def between_levels(
    gaps: Iterable[Gap], atoms: Mapping[str, pd.Series], *, resamples: int = statistics.RESAMPLES, seed: int = 0
) -> pd.DataFrame:
    """What a perfect model of a level errs at another by group, on the labelled molecules and for the whole group.

    Args:
        gaps: of pairs of levels.
        atoms: the number of atoms of every molecule of each whole group, hydrogens too; other groups take no part.

    Returns:
        level and against, their geometry, group; n_molecules labelled at both of n_group, the heavy atoms of the
        smallest and largest, n_atoms of their mean and n_atoms_group of the whole group's; the columns of `level_part`
        (beyond_composition_kcal_mol is NaN where the molecules are too few for a fit to leave anything) and, after
        `atoms_`, of `atoms_part`; extrapolated_kcal_mol with its ends: the gap per atom times n_atoms_group. Intervals
        are over the labelled molecules and NaN where there is one; that the gap per atom stays the same, they take
        for granted.
    """
    tables = []
    for each in gaps:
        rows = [row for row in each.rows if row.group in atoms]
        if not rows:
            continue
        frame = pd.DataFrame({
            "group": [row.group for row in rows], "molecule_id": [row.id for row in rows],
            "n_atoms": [row.n_atoms for row in rows], "n_heavy": [row.n_heavy for row in rows],
            "signed": [row.difference / row.n_atoms * float(atoms[row.group].mean()) for row in rows],
        })  # fmt: skip
        sizes = frame.groupby("group").agg(
            n_heavy_least=("n_heavy", "min"), n_heavy_most=("n_heavy", "max"), n_atoms=("n_atoms", "mean")
        )
        sizes["n_group"] = [len(atoms[str(group)]) for group in sizes.index]
        sizes["n_atoms_group"] = [float(atoms[str(group)].mean()) for group in sizes.index]
        part, foreign, whole = (
            table.set_index("group")
            for table in (
                level_part(rows, resamples=resamples, seed=seed),
                atoms_part(rows, resamples=resamples, seed=seed),
                by_group(frame, resamples=resamples, seed=seed),
            )
        )
        if not each.fitted:
            part["beyond_composition_kcal_mol"] = float("nan")
        foreign = foreign[_OF_ATOM].add_prefix("atoms_")
        whole = whole[_PART].set_axis(_EXTRAPOLATED, axis=1)
        table = pd.concat([sizes, part, foreign, whole], axis=1).reset_index()
        tables.append(table.assign(level=each.a, against=each.b, geometry=each.geometry)[list(BETWEEN)])
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(BETWEEN))


def beside_published(between: pd.DataFrame, published: pd.DataFrame, levels: Mapping[str, str]) -> pd.DataFrame:
    """Published errors of every two sets at two levels, and what the level alone would show.

    Args:
        between: of `between_levels`.
        published: network, training_set, group, mae_kcal_mol.
        levels: of the published sets, as `published_levels` tells them.

    Returns:
        network, training_set (at `level`) and against_set (at `against`), group, the published MAE of both and their
        difference; the level part with its interval and its share of the size of that difference, and the same
        extrapolated to the whole group. A share above 1 says that the level alone would show more than was published.
    """
    lines = []
    for (network, group), own in published.groupby(["network", "group"], sort=False):
        mae = dict(zip(own["training_set"], own["mae_kcal_mol"], strict=True))
        for row in between[between["group"] == group].to_dict("records"):
            for one in (name for name in levels if name in mae and levels[name] == row["level"]):
                for other in (name for name in levels if name in mae and levels[name] == row["against"]):
                    difference = mae[one] - mae[other]
                    of = abs(difference) or float("nan")
                    lines.append((
                        network, one, other, row["level"], row["against"], group, mae[one], mae[other], difference,
                        *(row[name] for name in _PART), row["part_kcal_mol"] / of,
                        *(row[name] for name in _EXTRAPOLATED), row["extrapolated_kcal_mol"] / of,
                    ))  # fmt: skip
    return pd.DataFrame(lines, columns=list(BESIDE)).sort_values(
        ["network", "training_set", "against_set", "group"], ignore_index=True
    )
