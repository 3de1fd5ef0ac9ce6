"""Geometry: what it adds when energies of one level stand on the geometries of another."""

import pandas as pd
import pyarrow as pa

from hemdata.errors import DataError
from hemdata.levels import one_level
from hemdata.study import statistics
from hemdata.study.reasons.tables import by_group


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
    columns = ["id", "n_atoms", "atomization_energy_kcal_mol"]
    both = one.select(columns).to_pandas().merge(other.select(columns).to_pandas(), on="id", suffixes=("", "_other"))
    both = both.dropna(subset=["atomization_energy_kcal_mol", "atomization_energy_kcal_mol_other"])
    if both.empty:
        raise DataError("The two sets share no molecule.", expected="the same ids at two geometries")
    signed = both["atomization_energy_kcal_mol"] - both["atomization_energy_kcal_mol_other"]
    frame = pd.DataFrame({
        "group": both["id"].str.partition(":")[0], "molecule_id": both["id"], "n_atoms": both["n_atoms"],
        "signed": signed,
    })  # fmt: skip
    return by_group(frame, resamples=resamples, seed=seed)
