"""Rules of the record that go beyond one column: each takes a table, answers which rows break it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hemdata.catalog import Column

Bad = npt.NDArray[np.bool_]
CLOSEST_ANGSTROM = 0.3
HEAVIEST = 36  # Kr
PAIRS_AT_ONCE = 1_000_000
PAIRS_IN_CACHE = 100_000


def lists(column: pa.ChunkedArray | pa.ListArray) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """Flat values and row offsets (rows + 1) of a list column of numbers; a null row has none, a null value is 0."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return array.flatten().fill_null(0).to_numpy(zero_copy_only=False), _offsets(array)


def list_faults(column: Column, values: pa.ChunkedArray) -> dict[str, Bad]:
    """What a list column's card says of its elements, and which rows break it (pandera judges no lists)."""
    array = values.combine_chunks()
    offsets, elements = _offsets(array), array.flatten()
    wrong = {"a null inside the list": np.asarray(elements.is_null().to_numpy(zero_copy_only=False), dtype=bool)}
    if column.type != "list<string>":
        numbers = elements.fill_null(0).to_numpy(zero_copy_only=False)
        if column.finite:
            wrong["not finite"] = ~np.isfinite(numbers)
        if column.minimum is not None:
            wrong[f"an element below {column.minimum}"] = numbers < column.minimum
        if column.maximum is not None:
            wrong[f"an element above {column.maximum}"] = numbers > column.maximum
    return {fault: sums(each, offsets) > 0 for fault, each in wrong.items()}


def sums(values: npt.NDArray[Any], offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Each row's sum of its flat whole numbers (or of how many are true)."""
    total = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
    each: npt.NDArray[np.int64] = total[offsets[1:]] - total[offsets[:-1]]
    return each


def _offsets(array: pa.ListArray) -> npt.NDArray[np.int64]:
    """Row offsets into `array.flatten()`: of the slice, not of the buffer that it is cut from."""
    lengths = array.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])


def _given(table: pa.Table, column: str) -> Bad:
    return np.asarray(table[column].is_valid().to_numpy(), dtype=bool)


def _numbers(table: pa.Table, column: str) -> npt.NDArray[np.int64]:
    return np.asarray(table[column].fill_null(0).to_numpy(), dtype=np.int64)


def atoms_agree(table: pa.Table) -> Bad:
    """n_atoms and n_heavy are those of atomic_numbers."""
    z, offsets = lists(table["atomic_numbers"])
    heavy = sums(z != 1, offsets)
    wrong = (np.diff(offsets) != _numbers(table, "n_atoms")) | (heavy != _numbers(table, "n_heavy"))
    return np.asarray(wrong & _given(table, "atomic_numbers"))


def positions_agree(table: pa.Table) -> Bad:
    """Three finite numbers an atom, and no geometry without atoms."""
    xyz, offsets = lists(table["positions"])
    z_given, given = _given(table, "atomic_numbers"), _given(table, "positions")
    infinite = sums(~np.isfinite(xyz), offsets) > 0
    wrong = infinite | (np.diff(offsets) != 3 * _numbers(table, "n_atoms")) | ~z_given
    return np.asarray(wrong & given)


def known_elements(table: pa.Table) -> Bad:
    """Every atomic number from 1 to 36."""
    z, offsets = lists(table["atomic_numbers"])
    return sums((z < 1) | (z > HEAVIEST), offsets) > 0


def parity(table: pa.Table) -> Bad:
    """An even number of electrons has an odd multiplicity, and never more unpaired ones than there are."""
    z, offsets = lists(table["atomic_numbers"])
    electrons = sums(z, offsets) - _numbers(table, "charge")
    unpaired = _numbers(table, "multiplicity") - 1
    wrong = ((electrons - unpaired) % 2 != 0) | (unpaired > electrons)
    return np.asarray(wrong & _given(table, "atomic_numbers"))


def apart(table: pa.Table) -> Bad:
    """No two atoms closer than 0.3 angstrom; molecules of one size are compared at once, so many as memory allows."""
    xyz, offsets = lists(table["positions"])
    atoms = np.diff(offsets) // 3
    whole = (np.diff(offsets) == 3 * atoms) & (atoms > 1)
    bad = np.zeros(len(atoms), dtype=bool)
    for size in np.unique(atoms[whole]):
        itself = np.arange(size)
        same_size = np.flatnonzero(whole & (atoms == size))
        for rows in np.array_split(same_size, len(same_size) * size * size // PAIRS_IN_CACHE + 1):
            place = xyz[offsets[rows][:, None] + np.arange(3 * size)].reshape(-1, size, 3)  # (rows, size, 3) angstrom
            square = np.zeros((len(rows), size, size))  # all pairs twice: axis by axis that is faster than each once
            with np.errstate(invalid="ignore", over="ignore"):
                for x in np.moveaxis(place, 2, 0):
                    square += (x[:, :, None] - x[:, None]) ** 2
            square[:, itself, itself] = np.inf
            bad[rows] = (square < CLOSEST_ANGSTROM**2).any(axis=(1, 2))
    return bad


def level_named(table: pa.Table) -> Bad:
    """No energy without its level, no geometry without its level."""
    energy = _given(table, "energy_hartree") | _given(table, "atomization_energy_kcal_mol")
    return (energy & ~_given(table, "level")) | (_given(table, "positions") & ~_given(table, "geometry_level"))


def bound(table: pa.Table) -> Bad:
    """The energy lies below the atoms': atomization energy positive, given with the energy, and the atoms known."""
    energy, atomization = _given(table, "energy_hartree"), _given(table, "atomization_energy_kcal_mol")
    value = table["atomization_energy_kcal_mol"].fill_null(1.0).to_numpy()
    unbound = (value <= 0) & (_numbers(table, "n_atoms") > 1)
    return np.asarray((energy != atomization) | unbound | (energy & ~_given(table, "atomic_numbers")))


RULES: dict[str, Callable[[pa.Table], Bad]] = {
    rule.__name__: rule for rule in (atoms_agree, positions_agree, known_elements, parity, apart, level_named, bound)
}
