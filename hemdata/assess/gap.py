"""What one level of theory is from another: the same molecules at the same geometries, atomization energies compared.

A perfect model of the one, judged at the other, would err by just this.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hemdata.assess.compared_rows import level_of_set, rows_of, same_geometry, two_geometries, with_energy
from hemdata.assess.standing import nowhere, pairs, pairs_of_group
from hemdata.catalog import TEST_GROUPS
from hemdata.console import many
from hemdata.errors import DataError
from hemdata.levels import SYMBOLS
from hemdata.molecules import drawn, is_file_of_molecules, set_named
from hemdata.shards import SetName
from hemdata.units import HARTREE_KCAL_MOL


@dataclass(frozen=True)
class GapRow:
    """One molecule; kcal/mol.

    Attributes:
        of_a, of_b: its atomization energies, each with its own level's atoms.
        foreign_atoms: by how much B's total energy with A's atoms would miss B's atomization energy.
        composition: the part of the difference that is linear in the element counts, over all molecules.
    """

    id: str
    group: str
    n_atoms: int
    n_heavy: int
    of_a: float
    of_b: float
    foreign_atoms: float
    composition: float

    @property
    def difference(self) -> float:
        """A less B."""
        return self.of_a - self.of_b


@dataclass(frozen=True)
class GapGroup:
    """A group's differences A less B, kcal/mol, with the number of its molecules."""

    group: str
    molecules: int
    mean: float
    smallest: float
    largest: float
    per_atom: float
    rest: float | None
    """Mean size of what the composition does not give; None where the molecules are too few for its fit."""
    foreign_atoms: float
    """Mean error of B's totals with A's atoms."""


@dataclass(frozen=True)
class Gap:
    """Two levels over the molecules that both folders hold.

    Attributes:
        a, b: the levels' names.
        geometry: the level of the geometries, the same for both: compared atom by atom.
        rows: by group, then size.
        per_element: the linear part, kcal/mol for each atom of an element, by one fit to all rows.
        only_one: molecules that only one of the two has.
        left_out: of those that were to be labelled for it, which could not be, by id, and why.
    """

    a: str
    b: str
    geometry: str
    rows: list[GapRow]
    per_element: dict[str, float]
    only_one: int
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def fitted(self) -> bool:
        """Whether the linear part says something: there are more molecules than elements, else it fits any numbers."""
        return len(self.rows) > len(self.per_element)

    def groups(self) -> list[GapGroup]:
        """The table by group, and `all` where there are several."""
        names = sorted({row.group for row in self.rows})
        found = [_group(name, [row for row in self.rows if row.group == name]) for name in names]
        found += [_group("all", self.rows)] if len(names) > 1 else []
        return found if self.fitted else [replace(group, rest=None) for group in found]


def gap_of(
    data: Path, name: str, a: str, b: str, geometry: str | None = None, *, n: int | None = None,
    max_heavy: int | None = None,
) -> Gap:  # fmt: skip
    """Compare a set that stands at two levels, or one of the test groups: `gap` of `pair`.

    Args:
        name: of the set, of its labels (NAME@LEVEL), or of a user's file.

    Raises:
        DataError: as they do.
    """
    found, group = pairs_of_group(data, set_named(name), a, b, geometry)
    folders = next(iter(found.values())) if found else pair(data, TEST_GROUPS if group else name, a, b, geometry)
    return replace(gap(*folders, group, n=n, max_heavy=max_heavy), a=a, b=b)


def labelled_from(name: str) -> str:
    """What is labelled for a set, by whichever name it was asked for: a dataset, or a user's file."""
    return name if is_file_of_molecules(name) else SetName(set_named(name)).target


def pair(data: Path, name: str, a: str, b: str, geometry: str | None = None) -> tuple[Path, Path]:
    """The folders of a set at two levels on one level's geometries: the first of `pairs`.

    A user's set may be named by its file, and any by its labels.

    Raises:
        DataError: if there is no such pair; tells how it is made.
    """
    its, target = set_named(name), labelled_from(name)
    found = pairs(data, its, a, b, geometry)
    if not found:
        compute = "--compute" if target == name else f"`hemdata levels gap {a} {b} {target} --compute`"
        raise nowhere(data, its, a, b, geometry, asked=target, compute=f", or {compute}")
    return next(iter(found.values()))


def gap(
    folder_a: Path, folder_b: Path, group: str | None = None, *, n: int | None = None, max_heavy: int | None = None
) -> Gap:
    """Compare two folders of molecules by id, or one group of them; rows whose energy a bridge gave do not count.

    Args:
        n: only so many, the first in the order of `hemdata label -n`.
        max_heavy: only those of so many heavy atoms at most, chosen before `n`.

    Raises:
        DataError: if the folders share no molecule, or one's geometries differ.
    """
    level_a, level_b = level_of_set(folder_a), level_of_set(folder_b)
    there_a, there_b = (with_energy(folder, group, max_heavy) for folder in (folder_a, folder_b))
    shared = [key for key in there_a if key in there_b]
    if not shared:
        size = "" if max_heavy is None else f" of {many(max_heavy, 'heavy atom')} at most"
        raise DataError(
            f"The two sets share no molecule{size}.",
            where=f"{folder_a} and {folder_b}",
            expected="molecules of one id with an energy that was computed at each level",
            got=f"{len(there_a):,} and {len(there_b):,} molecules",
            fix="Label the same molecules at both levels.",
        )
    if n is not None:
        shared = sorted(shared, key=drawn)[:n]
    rows_a, rows_b = (rows_of(folder, shared) for folder in (folder_a, folder_b))
    found = []
    for key in shared:
        one, other = rows_a[key], rows_b[key]
        if not same_geometry(one, other):
            raise two_geometries(key, (folder_a, str(one["geometry_level"])), (folder_b, str(other["geometry_level"])))
        z = np.array(one["atomic_numbers"])
        atoms_a, atoms_b = float(level_a.atom_energies()[z].sum()), float(level_b.atom_energies()[z].sum())
        of_a = (atoms_a - one["energy_hartree"]) * HARTREE_KCAL_MOL
        of_b = (atoms_b - other["energy_hartree"]) * HARTREE_KCAL_MOL
        foreign = (atoms_a - atoms_b) * HARTREE_KCAL_MOL
        found.append((key, z, one["n_heavy"], of_a, of_b, foreign))
    symbols = sorted({int(n) for _, z, *_ in found for n in z})
    counts = np.array([[(z == n).sum() for n in symbols] for _, z, *_ in found], dtype=np.float64)
    differences = np.array([of_a - of_b for *_, of_a, of_b, _ in found])
    fitted = np.linalg.lstsq(counts, differences, rcond=None)[0]
    rows = [
        GapRow(key, key.split(":")[0], len(z), heavy, of_a, of_b, foreign, float(linear))
        for (key, z, heavy, of_a, of_b, foreign), linear in zip(found, counts @ fitted, strict=True)
    ]
    rows.sort(key=lambda row: (row.group, row.n_atoms, row.id))
    geometry = " and ".join(sorted({str(rows_a[key]["geometry_level"]) for key in shared}))
    per_element = {SYMBOLS[n]: float(v) for n, v in zip(symbols, fitted, strict=True)}
    return Gap(level_a.name, level_b.name, geometry, rows, per_element, len(set(there_a) ^ set(there_b)))


def _group(name: str, rows: list[GapRow]) -> GapGroup:
    differences: npt.NDArray[np.float64] = np.array([row.difference for row in rows])
    return GapGroup(
        name,
        len(rows),
        float(differences.mean()),
        float(differences.min()),
        float(differences.max()),
        float(np.mean([row.difference / row.n_atoms for row in rows])),
        float(np.mean([abs(row.difference - row.composition) for row in rows])),
        float(np.mean([row.foreign_atoms for row in rows])),
    )
