"""Fills the atomization energies of a molecule table from its total energies and their level."""

import numpy as np
import pyarrow as pa

from hemdata.levels.level import Level, atomization_energies
from hemdata.schema import lists


def with_atomization(table: pa.Table, its_level: Level) -> pa.Table:
    """The table with `atomization_energy_kcal_mol` computed for every row that has `energy_hartree` and atoms.

    Args:
        table: of the molecule schema; all its energies are at `its_level`.

    Raises:
        DataError: if the level has no atom of an element that occurs in a row with an energy.
    """
    if not table.num_rows:
        return table
    z, offsets = lists(table["atomic_numbers"])
    energy = np.asarray(table["energy_hartree"].to_numpy(), dtype=np.float64)
    atoms = np.diff(offsets)
    known = np.isfinite(energy) & (atoms > 0)
    z = z[np.repeat(known, atoms)]  # a row without an energy may hold atoms that the level has none for
    offsets = np.concatenate([[0], np.cumsum(atoms[known])])
    kcal = np.full(len(energy), np.nan)
    kcal[known] = atomization_energies(energy[known], z, offsets, its_level)
    column = table.schema.get_field_index("atomization_energy_kcal_mol")
    return table.set_column(column, table.schema.field(column), pa.array(kcal, from_pandas=True))
