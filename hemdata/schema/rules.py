"""Rules of the record that go beyond one column: each takes a table, answers which rows break it."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Bad = npt.NDArray[np.bool_]
CLOSEST_ANGSTROM = 0.3
HEAVIEST = 36  # Kr


def lists(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.int64]]:
    """Flat values and row offsets (rows + 1) of a list column; a null row has no values."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):  # combine_chunks of an empty column
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], type=column.type)
    lengths = array.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    return array.flatten().to_numpy(zero_copy_only=False), offsets


def _counted(values: Bad, offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How many flat values of each row are true."""
    total = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
    return total[offsets[1:]] - total[offsets[:-1]]


def _given(table: pa.Table, column: str) -> Bad:
    return np.asarray(table[column].is_valid().to_numpy(), dtype=bool)


def _numbers(table: pa.Table, column: str) -> npt.NDArray[np.int64]:
    return np.asarray(table[column].fill_null(0).to_numpy(), dtype=np.int64)


def atoms_agree(table: pa.Table) -> Bad:
    """n_atoms and n_heavy are those of atomic_numbers."""
    z, offsets = lists(table["atomic_numbers"])
    heavy = _counted(z != 1, offsets)
    wrong = (np.diff(offsets) != _numbers(table, "n_atoms")) | (heavy != _numbers(table, "n_heavy"))
    return wrong & _given(table, "atomic_numbers")


def positions_agree(table: pa.Table) -> Bad:
    """Three finite numbers an atom, and no geometry without atoms."""
    xyz, offsets = lists(table["positions"])
    z_given, given = _given(table, "atomic_numbers"), _given(table, "positions")
    infinite = _counted(~np.isfinite(xyz.astype(np.float64)), offsets) > 0
    wrong = infinite | (np.diff(offsets) != 3 * _numbers(table, "n_atoms")) | ~z_given
    return wrong & given


def known_elements(table: pa.Table) -> Bad:
    """Every atomic number from 1 to 36."""
    z, offsets = lists(table["atomic_numbers"])
    return _counted((z < 1) | (z > HEAVIEST), offsets) > 0


def parity(table: pa.Table) -> Bad:
    """An even number of electrons has an odd multiplicity, and never more unpaired ones than there are."""
    z, offsets = lists(table["atomic_numbers"])
    total = np.concatenate([[0], np.cumsum(z, dtype=np.int64)])
    electrons = total[offsets[1:]] - total[offsets[:-1]] - _numbers(table, "charge")
    unpaired = _numbers(table, "multiplicity") - 1
    wrong = ((electrons - unpaired) % 2 != 0) | (unpaired > electrons)
    return np.asarray(wrong & _given(table, "atomic_numbers"))


def apart(table: pa.Table) -> Bad:
    """No two atoms closer than 0.3 angstrom; molecules of one size are compared at once."""
    xyz, offsets = lists(table["positions"])
    atoms = np.diff(offsets) // 3
    whole = (np.diff(offsets) == 3 * atoms) & (atoms > 1)
    bad = np.zeros(len(atoms), dtype=bool)
    for size in np.unique(atoms[whole]):
        rows = np.flatnonzero(whole & (atoms == size))
        place = xyz[offsets[rows][:, None] + np.arange(3 * size)].reshape(-1, size, 3)  # (rows, size, 3) angstrom
        i, j = np.triu_indices(size, 1)
        with np.errstate(invalid="ignore", over="ignore"):
            square = ((place[:, i] - place[:, j]) ** 2).sum(axis=2)  # (rows, pairs)
        bad[rows] = (square < CLOSEST_ANGSTROM**2).any(axis=1)
    return bad


def level_named(table: pa.Table) -> Bad:
    """No energy without its level, no geometry without its level."""
    energy = _given(table, "energy_hartree") | _given(table, "atomization_energy_kcal_mol")
    return (energy & ~_given(table, "level")) | (_given(table, "positions") & ~_given(table, "geometry_level"))


def bound(table: pa.Table) -> Bad:
    """The molecule's energy lies below its atoms': atomization energy positive, and given with the energy."""
    energy, atomization = _given(table, "energy_hartree"), _given(table, "atomization_energy_kcal_mol")
    value = table["atomization_energy_kcal_mol"].fill_null(1.0).to_numpy()
    return (energy != atomization) | (value <= 0) & (_numbers(table, "n_atoms") > 1)


RULES: dict[str, Callable[[pa.Table], Bad]] = {
    rule.__name__: rule for rule in (atoms_agree, positions_agree, known_elements, parity, apart, level_named, bound)
}
