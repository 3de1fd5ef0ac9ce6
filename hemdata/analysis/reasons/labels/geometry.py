"""Geometry: what it adds when energies of one level stand on the geometries of another."""

from collections.abc import Collection, Iterable
from itertools import combinations
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hemdata.analysis import statistics
from hemdata.analysis.reasons.tables import PART, by_group
from hemdata.catalog import TEST_GROUPS
from hemdata.errors import DataError
from hemdata.levels import START_LEVEL, one_level
from hemdata.levels import level as level_of
from hemdata.shards import SetName, read
from hemdata.shards.sets import geometries_of

COLUMNS = ["id", "n_atoms", "atomization_energy_kcal_mol"]
OF_LEVEL = ("level", "geometry", "against", *PART)


def geometry_part(
    one: pa.Table, other: pa.Table, *, resamples: int = statistics.RESAMPLES, seed: int = 0
) -> pd.DataFrame:
    """The mean |E at one geometry - E at another| of the same molecules at the same level, by group.

    Args:
        one, other: rows of molecules (id, level, atomization_energy_kcal_mol, n_atoms), compared by id.

    Returns:
        group, n_molecules, part_kcal_mol (with _low and _high over molecules), mean_kcal_mol (signed, one less other),
        part_kcal_mol_atom.

    Raises:
        DataError: if they are at two levels, or share no molecule with an energy.
    """
    levels = [one_level(table["level"].unique().to_pylist(), "the rows compared") for table in (one, other)]
    if levels[0] != levels[1]:
        raise DataError(
            "Two geometries are compared at one level of theory.", expected=levels[0], got=levels[1],
            fix="Label both at one level (`hemdata label ... --level LEVEL --geometry GEOMETRY`).",
        )  # fmt: skip
    both = one.select(COLUMNS).to_pandas().merge(other.select(COLUMNS).to_pandas(), on="id", suffixes=("", "_other"))
    both = both.dropna(subset=["atomization_energy_kcal_mol", "atomization_energy_kcal_mol_other"])
    if both.empty:
        raise DataError("The two sets share no molecule.", expected="the same ids at two geometries")
    signed = both["atomization_energy_kcal_mol"] - both["atomization_energy_kcal_mol_other"]
    frame = pd.DataFrame({
        "group": both["id"].str.partition(":")[0], "molecule_id": both["id"], "n_atoms": both["n_atoms"],
        "signed": signed,
    })  # fmt: skip
    return by_group(frame, resamples=resamples, seed=seed)


def geometry_parts(
    levels: Iterable[str],
    groups: Collection[str],
    data: Path,
    *,
    name: str = TEST_GROUPS,
    resamples: int = statistics.RESAMPLES,
    seed: int = 0,
) -> pd.DataFrame:
    """`geometry_part` at every level at which the groups are labelled on two geometries.

    Args:
        levels: of theory.
        groups: that are meant.
        data: the folder of labelled datasets; the labels that travel with the package are looked through after it.
        name: of the labelled set.

    Returns:
        level, geometry and against (the levels of the two geometries), the columns of `geometry_part`; a level's own
        geometry is the first of two, GFN2-xTB's else the second.
    """
    tables = []
    hashes = set()
    for each in levels:
        folders = geometries_of(data, name, each)
        if not folders or level_of(each).hash in hashes:  # one level by two names, as PC9's and OD9's
            continue
        hashes.add(level_of(each).hash)
        level = SetName.of(next(iter(folders.values())).name).level or each
        rows = {}
        for geometry in sorted(folders, key=lambda each: (each != level, each == START_LEVEL, each)):
            table = read(folders[geometry], [*COLUMNS, "level"])
            group = pc.list_element(pc.split_pattern(table["id"], ":", max_splits=1), 0)
            rows[geometry] = table.filter(pc.is_in(group, pa.array(sorted(groups), pa.string())))
        for one, other in combinations(rows, 2):
            try:
                part = geometry_part(rows[one], rows[other], resamples=resamples, seed=seed)
            except DataError:  # no molecule on both
                continue
            tables.append(part.assign(level=level, geometry=one, against=other)[list(OF_LEVEL)])
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(OF_LEVEL))
