"""Molecules: the columns of the record that training needs, decoded once into flat arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hemdata.errors import DataError
from hemdata.levels import SYMBOLS, one_level

ENERGY = "atomization_energy_kcal_mol"
PART = 1_000_000  # molecules, or atoms, that are looked at at a time


@dataclass(frozen=True, eq=False)
class Molecules:
    """Molecules laid end to end: molecule m owns the atoms offsets[m] to offsets[m + 1]."""

    ids: pa.Array  # (M,) string
    atomic_numbers: NDArray[np.uint8]  # (atoms,)
    positions: NDArray[np.float64]  # (atoms, 3) angstrom
    offsets: NDArray[np.int64]  # (M + 1,)
    target: NDArray[np.float64] | None = None  # (M,) atomization energy, kcal/mol
    level: str | None = None
    smiles: pa.Array | None = None  # (M,) string, where the table has them
    geometry_levels: tuple[str, ...] = ()  # of the positions, where the table says
    charges: NDArray[np.int64] | None = None  # (M,), where the table has them
    multiplicities: NDArray[np.int64] | None = None  # (M,), where the table has them
    below: tuple[str, str] | None = None  # level and hash that the target is a difference from; see `delta`

    @classmethod
    def of(cls, molecules: pa.Table | Molecules, *, energies: bool = True) -> Molecules:
        """The molecules of a table of the record; needs its columns id, atomic_numbers and positions.

        Its columns charge and multiplicity are read where it has them, with the energies smiles and geometry_level too.

        Args:
            molecules: a table of the record (or molecules, which are returned as they are).
            energies: whether to read `atomization_energy_kcal_mol` and `level` too.

        Raises:
            DataError: for a missing column, a molecule without geometry or energy, numbers that are not finite,
                lengths that do not agree, or energies at more than one level of theory.
        """
        if isinstance(molecules, Molecules):
            return molecules
        table = molecules.select(_present(molecules, energies))
        if table.num_rows == 0:
            raise DataError("There are no molecules.", expected="at least one row", got="an empty table")
        ids = _whole(table, "id")
        numbers, positions = _whole(table, "atomic_numbers"), _whole(table, "positions")
        for column, name in ((numbers, "atomic numbers"), (positions, "positions")):
            _refuse(pc.is_null(column), ids, f"Molecules have no {name}.", "Label or build them first.")
        atoms = pc.list_value_length(numbers).to_numpy(zero_copy_only=False)
        coordinates = pc.list_value_length(positions).to_numpy(zero_copy_only=False)
        _refuse(atoms == 0, ids, "Molecules have no atoms.")
        _refuse(coordinates != 3 * atoms, ids, "Molecules have not three coordinates an atom.")
        offsets = np.concatenate([[0], np.cumsum(atoms, dtype=np.int64)])
        flat = _flat(positions, np.float64).reshape(-1, 3)
        finite = np.logical_and.reduceat(np.isfinite(flat).all(axis=1), offsets[:-1])
        _refuse(~finite, ids, "Positions are not finite numbers.")
        z = _flat(numbers, np.uint8)
        known = np.logical_and.reduceat((z > 0) & (z < len(SYMBOLS)), offsets[:-1])
        _refuse(~known, ids, f"Molecules hold atomic numbers that are no element's from H to {SYMBOLS[-1]}.")
        charges, multiplicities = (_optional(table, name) for name in ("charge", "multiplicity"))
        if not energies:
            return cls(ids, z, flat, offsets, charges=charges, multiplicities=multiplicities)
        smiles = _whole(table, "smiles") if "smiles" in table.column_names else None
        geometries = pc.unique(table["geometry_level"]).to_pylist() if "geometry_level" in table.column_names else []
        known_levels = tuple(sorted(name for name in geometries if name is not None))
        energies_of, its_level = _energies(table, ids), _level(table, ids)
        return cls(ids, z, flat, offsets, energies_of, its_level, smiles, known_levels, charges, multiplicities)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """Atoms of every molecule, (M,)."""
        return np.diff(self.offsets)

    @cached_property
    def elements(self) -> tuple[int, ...]:
        """The atomic numbers that occur, sorted."""
        found = np.zeros(256, dtype=bool)
        for start in range(0, len(self.atomic_numbers), PART):
            found |= np.bincount(self.atomic_numbers[start : start + PART], minlength=256) > 0
        return tuple(int(z) for z in np.flatnonzero(found))

    @property
    def symbols(self) -> tuple[str, ...]:
        """Their symbols."""
        return tuple(SYMBOLS[z] for z in self.elements)

    @cached_property
    def n_heavy(self) -> NDArray[np.int64]:
        """Atoms of every molecule that are not hydrogen, (M,)."""
        return np.add.reduceat(self.atomic_numbers > 1, self.offsets[:-1], dtype=np.int64)

    @cached_property
    def energies(self) -> NDArray[np.float64]:
        """Atomization energies (M,), kcal/mol; DataError if the molecules were read without them."""
        if self.target is None:
            raise DataError("The molecules carry no energies.", fix="Read them with energies=True.")
        return self.target

    def counts(self, elements: tuple[int, ...]) -> NDArray[np.float64]:
        """How many atoms of each of these elements every molecule has, (M, len(elements))."""
        return np.concatenate(list(self.counts_in_parts(elements)))

    def counts_in_parts(self, elements: tuple[int, ...]) -> Iterator[NDArray[np.float64]]:
        """The same, so many molecules at a time, (up to PART, len(elements)) each."""
        column = np.full(256, len(elements))  # one column too many: that of all other elements
        column[list(elements)] = np.arange(len(elements))
        width = len(elements) + 1
        for start in range(0, len(self), PART):
            sizes = self.sizes[start : start + PART]
            numbers = self.atomic_numbers[self.offsets[start] : self.offsets[start + len(sizes)]]
            molecule = np.repeat(np.arange(len(sizes)), sizes)
            found = np.bincount(molecule * width + column[numbers], minlength=len(sizes) * width)
            yield found.reshape(len(sizes), width)[:, :-1].astype(np.float64)

    @cached_property
    def digest(self) -> str:
        """sha256 of everything that training sees: ids, elements, positions, energies, level."""
        digest = hashlib.sha256(f"{self.level}\n".encode())
        for start in range(0, len(self), PART):
            digest.update((("\n" if start else "") + "\n".join(self.ids[start : start + PART].to_pylist())).encode())
        for array in (self.offsets, self.atomic_numbers, self.positions, self.target):
            for start in range(0, 0 if array is None else len(array), PART):
                digest.update(np.ascontiguousarray(array[start : start + PART]).tobytes())  # type: ignore[index]
        return digest.hexdigest()


def _present(table: pa.Table, energies: bool) -> list[str]:
    wanted = ["id", "atomic_numbers", "positions", *([ENERGY, "level"] if energies else [])]
    missing = [name for name in wanted if name not in table.column_names]
    if missing:
        raise DataError("The table lacks columns.", expected=", ".join(wanted), got=f"no {', '.join(missing)}")
    optional = ("smiles", "geometry_level", "charge", "multiplicity")
    return [*wanted, *(name for name in optional if name in table.column_names)]


def _optional(table: pa.Table, name: str) -> NDArray[np.int64] | None:
    """A column of whole numbers, where the table has it."""
    if name not in table.column_names:
        return None
    return np.asarray(_whole(table, name).to_numpy(zero_copy_only=False), dtype=np.int64)


def _whole(table: pa.Table, name: str) -> pa.Array:
    chunks = table[name].chunks
    return chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks)


def _flat[Number: np.generic](lists: pa.Array, kind: type[Number]) -> NDArray[Number]:
    """The numbers of all lists end to end, without a copy where Arrow allows it."""
    flat: NDArray[Number] = lists.flatten().to_numpy(zero_copy_only=False).astype(kind, copy=False)
    return flat


def _refuse(wrong: pa.Array | NDArray[np.bool_], ids: pa.Array, what: str, fix: str | None = None) -> None:
    where = np.flatnonzero(np.asarray(wrong))
    if len(where):
        named = ", ".join(str(ids[int(i)]) for i in where[:3]) + (", ..." if len(where) > 3 else "")
        raise DataError(what, where=named, got=f"{len(where)} such of {len(ids)} molecules", fix=fix)


def _energies(table: pa.Table, ids: pa.Array) -> NDArray[np.float64]:
    column = _whole(table, ENERGY)
    _refuse(pc.is_null(column), ids, "Molecules have no atomization energy.", "Label them first.")
    values = column.to_numpy(zero_copy_only=False).astype(np.float64, copy=False)
    _refuse(~np.isfinite(values), ids, "Atomization energies are not finite numbers.")
    return np.asarray(values)


def _level(table: pa.Table, ids: pa.Array) -> str:
    column = _whole(table, "level")
    _refuse(pc.is_null(column), ids, "Molecules do not say the level of theory of their energy.")
    return one_level(pc.unique(column).to_pylist(), where="column level")
