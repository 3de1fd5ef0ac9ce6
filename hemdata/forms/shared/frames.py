"""Molecules as a file has them, column by column, some thousand at a time; and what a reader is asked for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from hemdata.levels import ATOMIC_NUMBERS

AT_ONCE = 2_000  # molecules of a batch
EXACT = 2**53  # whole numbers beyond are not told apart as floats: ids among them stay as they are
ROLES = {
    "atomic_numbers": (
        "atomic_numbers", "z", "numbers", "nuclear_charges", "species", "atnum", "elements", "symbols", "atoms",
    ),
    "positions": ("positions", "pos", "coordinates", "coords", "conformations", "r", "xyz", "atxyz", "geometry"),
    "counts": ("counts", "n", "n_atoms", "natoms", "num_atoms", "number_of_atoms", "_n_atoms"),
    "energy": (
        "energy_hartree", "energy", "ref_energy", "total_energy", "e_total", "e_tot", "etot",
        "dft_total_energy", "dft_energy", "e", "energies",
        "wb97x_dz.energy", "return_energy", "final_energy", "atomization_energy",
    ),
    "forces": (
        "forces_hartree_bohr", "forces", "ref_forces", "dft_total_gradient", "gradient", "force", "f",
        "wb97x_dz.forces", "total_gradient",
    ),
    "charge": (
        "charge", "total_charge", "net_charge", "molecular_charge", "chrg", "qtot", "q", "formal_charge",
    ),
    "multiplicity": (
        "multiplicity", "spin_multiplicity", "molecular_multiplicity", "mult", "spinmult", "spin", "total_spin",
        "unpaired", "unpaired_electrons", "n_unpaired", "nunpaired", "uhf",
    ),
    "smiles": ("smiles", "smi", "canonical_smiles", "mapped_smiles", "graph_smiles"),
    "id": ("id", "hemdata_id", "name", "mol_id", "molecule_id", "title", "identifier"),
}  # fmt: skip
"""What a key means, by the names that files give it; small letters, in the order in which they are tried."""
FROM_GEOMETRY = ("atomic_numbers", "positions", "counts")


@dataclass(frozen=True)
class Wanted:
    """What is asked of a reader.

    Attributes:
        keys: role (`energy`, `atomic_numbers` ...): the file's key, where somebody said it.
        keep: the keys whose values are wanted; all where None.
    """

    keys: Mapping[str, str] = field(default_factory=dict)
    keep: frozenset[str] | None = None

    def key(self, role: str, there: Iterable[str]) -> str | None:
        """The key of a role among those of a file: the one that was said, else the first of the usual names."""
        if role in self.keys:
            return self.keys[role] if self.keys[role] in set(there) else None
        by_letters: dict[str, str] = {}
        for name in there:
            by_letters.setdefault(name.lower(), name)
        return next((by_letters[name] for name in ROLES[role] if name in by_letters), None)

    def asks(self, key: str) -> bool:
        """Whether the values of a key are wanted."""
        return self.keep is None or key in self.keep


@dataclass
class Frames:
    """Some records of a file.

    Attributes:
        where: the file, or a part of it.
        first: number of the first record there, from 1.
        n: how many records.
        atomic_numbers: (atoms,) of all records one after another; 0 is no element.
        offsets: (n + 1,) where each record's atoms start; a record without a geometry has none.
        positions: (atoms, 3) in the file's unit.
        values: key: (n,) numbers, NaN where missing; or a list of n texts, arrays or None.
        units: key: the unit that the file itself says.
        faults: record (from 0): reason and detail, where it could not be read; its other values mean nothing.
        word: what a record is called there (frame, row, line).
    """

    where: str
    first: int
    n: int
    atomic_numbers: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]
    positions: npt.NDArray[np.float64]
    values: dict[str, Any] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    faults: dict[int, tuple[str, str | None]] = field(default_factory=dict)
    word: str = "record"
    number: int = 0  # of the first record among those of all files, from 1; 0 where it is `first`

    def place(self, record: int) -> str:
        """Where a record stands, for people."""
        return f"{self.where}, {self.word} {self.first + record}"

    def geometry(self, record: int) -> slice:
        """Its atoms' place in `atomic_numbers` and `positions`."""
        return slice(int(self.offsets[record]), int(self.offsets[record + 1]))


@dataclass
class Gathered:
    """Records that come one by one, gathered into batches."""

    where: str
    word: str
    units: dict[str, str] = field(default_factory=dict)
    first: int = 1
    n: int = 0
    _z: list[Any] = field(default_factory=list)
    _xyz: list[Any] = field(default_factory=list)
    _atoms: list[int] = field(default_factory=list)
    _values: dict[str, list[Any]] = field(default_factory=dict)
    _faults: dict[int, tuple[str, str | None]] = field(default_factory=dict)

    def add(self, z: Sequence[int], xyz: Sequence[float], values: Mapping[str, Any]) -> None:
        """One record: (N,) atomic numbers, (3N,) coordinates, its values by key."""
        self._z.extend(z)
        self._xyz.extend(xyz)
        self._atoms.append(len(z))
        for key, value in values.items():
            column = self._values.get(key)
            if column is None:
                column = self._values[key] = [None] * self.n
            column.append(value)
        self.n += 1
        if len(values) != len(self._values):
            for column in self._values.values():
                if len(column) < self.n:
                    column.append(None)

    def fault(self, reason: str, detail: str | None = None) -> None:
        """One record that could not be read."""
        self._faults[self.n] = (reason, detail)
        self.add((), (), {})

    @property
    def full(self) -> bool:
        """Whether a batch is due."""
        return self.n >= AT_ONCE

    def taken(self) -> Frames:
        """The batch; the next one begins."""
        frames = Frames(
            self.where,
            self.first,
            self.n,
            np.array(self._z, dtype=np.int64),
            np.concatenate([[0], np.cumsum(self._atoms, dtype=np.int64)]),
            np.array(self._xyz, dtype=np.float64).reshape(-1, 3),
            {key: column(values) for key, values in self._values.items()},
            dict(self.units),
            self._faults,
            self.word,
        )
        self.first, self.n = self.first + self.n, 0
        self._z, self._xyz, self._atoms, self._values, self._faults = [], [], [], {}, {}
        return frames


def column(values: list[Any]) -> Any:
    """Values of a key as numbers (n,), NaN where missing, if every one is a number; else as they are."""
    if any(isinstance(value, float) and value != value for value in values):
        return values  # a NaN that stands in the file is a fault, not a value that is missing
    if all(
        value is None or (isinstance(value, int | float | np.number) and not isinstance(value, bool))
        for value in values
    ) and not any(isinstance(value, int) and abs(value) > EXACT for value in values):
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return values


def as_word(number: float) -> str:
    """A number as the word that it is as an id or a text: 1234567 of 1234567.0, every digit of others."""
    whole = abs(number) < EXACT and number == int(number)
    return str(int(number)) if whole else repr(float(number))


def numbers_of(symbols: Sequence[Any]) -> list[int]:
    """Atomic numbers of element symbols or numbers, 0 where a word is neither."""
    return [ATOMIC_NUMBERS.get(str(each).capitalize(), 0) or _number(each) for each in symbols]


def _number(word: Any) -> int:
    try:
        return int(float(word))
    except ValueError:
        return 0


def first_unknown(symbols: Sequence[Any], z: Sequence[int]) -> str | None:
    """The first word that is no element, where there is one."""
    return next((repr(symbol) for symbol, number in zip(symbols, z, strict=True) if number < 1), None)


def is_number(word: str) -> bool:
    """Whether a word reads as a number, NaN and infinity among them."""
    try:
        float(word)
    except ValueError:
        return False
    return True
