"""Rows of a set as flat arrays, each made when a check first asks for it."""

from functools import cache, cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import constants

from hemdata.identity import Identity, disagreements
from hemdata.identity.molecule import identity_of, parsed
from hemdata.schema.columns import given, lists, numbers

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
GHZ_DALTON_ANGSTROM2 = constants.h / (8 * np.pi**2 * constants.atomic_mass * 1e-20) / 1e9
"""A rotational constant times its moment of inertia (505.379 GHz dalton angstrom^2)."""
LINE_ANGSTROM = 0.01  # the farthest that an atom of a linear molecule lies beside the line


class Rows:
    """Some rows of a set.

    Args:
        table: of the molecule schema, with a dataset's own columns.
    """

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def has(self, *columns: str) -> bool:
        """Whether it has these columns, and a value in each."""
        return all(name in self.table.column_names and self.table[name].null_count < len(self) for name in columns)

    def column(self, name: str) -> Floats:
        """(n,) a column of numbers; NaN where there is none."""
        found: Floats = self.table[name].cast(pa.float64()).to_numpy(zero_copy_only=False)
        return found

    @cached_property
    def ids(self) -> list[str]:
        """The rows' ids."""
        found: list[str] = self.table["id"].to_pylist()
        return found

    @cached_property
    def _atoms(self) -> tuple[Whole, Whole]:
        z, offsets = lists(self.table["atomic_numbers"])
        return z.astype(np.int64), offsets

    @property
    def z(self) -> Whole:
        """(atoms,) atomic numbers of all rows one after another."""
        return self._atoms[0]

    @cached_property
    def n_atoms(self) -> Whole:
        """(n,) atoms of each row."""
        return np.diff(self._atoms[1])

    @cached_property
    def row_of(self) -> Whole:
        """(atoms,) the row of each atom."""
        return np.repeat(np.arange(len(self)), self.n_atoms)

    @cached_property
    def placed(self) -> Bools:
        """(n,) which rows have a geometry of all their atoms."""
        _, offsets = lists(self.table["positions"])
        whole = (np.diff(offsets) == 3 * self.n_atoms) & (self.n_atoms > 0)
        return np.asarray(whole & given(self.table, "positions"))

    @cached_property
    def xyz(self) -> Floats:
        """(atoms, 3) angstrom; NaN in rows without a geometry."""
        values, offsets = lists(self.table["positions"])
        found = np.full((len(self.z), 3), np.nan)
        inside = np.repeat(self.placed, np.diff(offsets))
        found[self.placed[self.row_of]] = values[inside].reshape(-1, 3)
        return found

    def of_each_row(self, values: Floats) -> Floats:
        """(n, ...) sums over each row's atoms of (atoms, ...)."""
        total = np.zeros((len(self), *values.shape[1:]))
        filled = self.n_atoms > 0
        if filled.any():
            total[filled] = np.add.reduceat(values, self._atoms[1][:-1][filled])
        return total

    def lists(self, name: str) -> tuple[Floats, Whole, Whole]:
        """A column of lists: values, how many each row has, the row of each value."""
        values, offsets = lists(self.table[name])
        length = np.diff(offsets)
        return values.astype(np.float64), length, np.repeat(np.arange(len(self)), length)

    def moments(self, weights: Floats) -> Floats:
        """(n, 3) principal moments of inertia about the weighted middle, ascending; NaN without a geometry."""
        total = np.maximum(self.of_each_row(weights), 1e-300)
        middle = self.of_each_row(weights[:, None] * np.nan_to_num(self.xyz)) / total[:, None]
        x = self.xyz - middle[self.row_of]
        second = self.of_each_row(weights[:, None, None] * (x[:, :, None] * x[:, None, :]))
        trace = np.trace(second, axis1=1, axis2=2)
        found = np.full((len(self), 3), np.nan)
        tensor = trace[:, None, None] * np.eye(3) - second
        found[self.placed] = np.linalg.eigvalsh(tensor[self.placed])
        return found

    @cached_property
    def linear(self) -> Bools:
        """(n,) which geometries lie on one line."""
        least = self.moments(np.ones(len(self.z)))[:, 0]  # the sum of the squared distances from the axis
        with np.errstate(invalid="ignore"):
            return np.asarray(self.placed & (self.n_atoms > 1) & (least < self.n_atoms * LINE_ANGSTROM**2))

    @cached_property
    def drawn(self) -> list[Any | None]:
        """RDKit's molecules of the SMILES, or of the canonical ones where none is published; None without any."""
        texts = zip(self.table["smiles"].to_pylist(), self.table["canonical_smiles"].to_pylist(), strict=True)
        chosen = (published or canonical for published, canonical in texts)
        return [None if text is None else parsed(text) for text in chosen]

    @cached_property
    def identities(self) -> list[Identity | None]:
        """What the published SMILES say, without InChIs and canonical SMILES; None where there is none to be read."""
        pairs = zip(self.table["smiles"].to_pylist(), self.drawn, strict=True)
        return [
            identity_of(molecule, text, inchi=False, canonical=False) if text and molecule is not None else None
            for text, molecule in pairs
        ]

    @cached_property
    def disagreements(self) -> dict[str, Bools]:
        """Which geometries are not their SMILES' molecule, by flag."""
        return disagreements(self.table, self.identities)

    @cached_property
    def charge(self) -> Whole:
        """(n,) total charges."""
        return numbers(self.table, "charge")


@cache
def masses() -> tuple[Floats, Floats]:
    """By atomic number: of the commonest isotope, and standard atomic weights."""
    from rdkit import Chem

    table = Chem.GetPeriodicTable()
    isotopes = np.array([0.0, *(table.GetMostCommonIsotopeMass(z) for z in range(1, 119))])
    weights = np.array([0.0, *(table.GetAtomicWeight(z) for z in range(1, 119))])
    return isotopes, weights
