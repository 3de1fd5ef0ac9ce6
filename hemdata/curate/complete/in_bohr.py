"""Rows whose coordinates are a molecule only if they are in bohr, among those whose geometry is not their graph."""

import numpy as np
import pyarrow as pa

from hemdata.errors import DataError
from hemdata.molecules.geometry import seems_bohr

REASON = "the coordinates seem to be in bohr"
_DOUBTED = {"geometry_other_graph", "bond_length_unusual", "bonds_unknown"}


def rows_in_bohr(table: pa.Table) -> list[int]:
    """The rows, of a table of molecules with its flags, that seem to be in bohr."""
    found = []
    for row, flags in enumerate(table["flags"].to_pylist()):
        if not _DOUBTED.isdisjoint(flags or ()):
            z = np.array(table["atomic_numbers"][row].as_py() or (), dtype=np.int64)
            x = np.array(table["positions"][row].as_py() or (), dtype=np.float64).reshape(-1, 3)
            if len(x) == len(z) and seems_bohr(z, x):
                found.append(row)
    return found


def without_rows_in_bohr(table: pa.Table) -> tuple[pa.Table, list[int]]:
    """The table without them, and which they are."""
    bohr = rows_in_bohr(table)
    if not bohr:
        return table, bohr
    kept = np.setdiff1d(np.arange(table.num_rows), bohr)
    return table.take(pa.array(kept, pa.int64())), bohr


def refuse_set_in_bohr(name: str, number: int, read: int) -> None:
    """Stop where most coordinates seem to be in bohr.

    Raises:
        DataError: if so.
    """
    if 2 * number > read:
        raise DataError(
            "Most coordinates are in bohr.",
            where=f"dataset {name}",
            expected="angstrom",
            got=f"{number:,} of {read:,} rows in which no two atoms are bonded, and all are if the numbers are bohr",
            fix="Write them in angstrom (times 0.529177210903). Of a table, `unit: bohr` at `positions` of the"
            " card's copy serves too; of your own file, `hemdata import FILE --length bohr`.",
        )
