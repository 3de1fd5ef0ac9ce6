"""What one level of theory is from another: the same molecules at the same geometries, atomization energies compared.

A perfect model of the one, judged at the other, would err by just this.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hemdata.catalog import TEST_GROUPS, is_shipped_group, label_places
from hemdata.console import many
from hemdata.errors import DataError
from hemdata.levels import START_LEVEL, SYMBOLS, Level, level
from hemdata.molecules import drawn, set_named
from hemdata.shards import SetName, read, read_manifest, sets_in
from hemdata.shards.sets import geometries_of, imported_alone, same_level
from hemdata.units import HARTREE_KCAL_MOL

SAME_GEOMETRY_ANGSTROM = 1e-6
COLUMNS = ("id", "atomic_numbers", "positions", "energy_hartree", "n_heavy", "geometry_level")


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
    """Compare a labelled set, or one of the test groups, at two levels: `gap` of `pair`.

    Raises:
        DataError: as they do.
    """
    try:
        folders, group = pair(data, name, a, b, geometry), None
    except DataError:
        if name == TEST_GROUPS or not is_shipped_group(name):
            raise
        folders, group = pair(data, TEST_GROUPS, a, b, geometry), name
    return replace(gap(*folders, group, n=n, max_heavy=max_heavy), a=a, b=b)


def pair(data: Path, name: str, a: str, b: str, geometry: str | None = None) -> tuple[Path, Path]:
    """The folders of a labelled set at two levels on one level's geometries: the first that both have, or `geometry`.

    A user's set may be named by its file.
    Each is looked for under `data`, then among the labels that travel with the package. Labels of a level of another
    name that is the same one serve as well (OD9's is PC9's).

    Raises:
        DataError: if there is no such pair; tells how it is made.
    """
    its = set_named(name)
    of_a, of_b = (geometries_of(data, its, each) for each in (a, b))
    for each in [geometry] if geometry else [START_LEVEL, *of_a]:
        if each in of_a and each in of_b:
            return of_a[each], of_b[each]
    raise DataError(
        "The set is not labelled at both levels on the same geometries.",
        where=data,
        expected=f"{SetName(its, a, geometry)} and {SetName(its, b, geometry)}",
        fix=imported_alone(a)
        or imported_alone(b)
        or f"`{SetName(name, a, geometry).command}` and the same with {b}, or --compute.",
    )


def sets_at(data: Path, its_level: str) -> list[str]:
    """The names of all sets that are labelled at a level, under `data` or among those that travel."""
    names = same_level(its_level)
    labelled = [its for place in (data, *label_places()) for its, _ in sets_in(place)]
    return sorted({its.dataset for its in labelled if its.level in names})


def gap(
    folder_a: Path, folder_b: Path, group: str | None = None, *, n: int | None = None, max_heavy: int | None = None
) -> Gap:
    """Compare two folders of labelled molecules by id, or one group of them.

    Args:
        n: only so many, the first in the order of `hemdata label -n`.
        max_heavy: only those of so many heavy atoms at most, chosen before `n`.

    Raises:
        DataError: if the folders share no molecule, or one's geometries differ.
    """
    level_a, level_b = _level(folder_a), _level(folder_b)
    rows_a, rows_b = ({row["id"]: row for row in read(f, COLUMNS).to_pylist()} for f in (folder_a, folder_b))
    rows_a, rows_b = (
        {
            key: row for key, row in rows.items()
            if (group is None or key.startswith(f"{group}:")) and (max_heavy is None or row["n_heavy"] <= max_heavy)
        }
        for rows in (rows_a, rows_b)
    )  # fmt: skip
    shared = [key for key in rows_a if key in rows_b]
    if not shared:
        size = "" if max_heavy is None else f" of {many(max_heavy, 'heavy atom')} at most"
        raise DataError(f"The two sets share no molecule{size}.", where=f"{folder_a} and {folder_b}")
    if n is not None:
        shared = sorted(shared, key=drawn)[:n]
    found = []
    for key in shared:
        one, other = rows_a[key], rows_b[key]
        if one["atomic_numbers"] != other["atomic_numbers"] or not np.allclose(
            one["positions"], other["positions"], rtol=0, atol=SAME_GEOMETRY_ANGSTROM
        ):
            other_way = one["geometry_level"] == other["geometry_level"]  # of one level, but of another start
            raise DataError(
                "A molecule stands at two geometries.",
                where=key,
                expected="the same atoms at the same places, so that the difference is the level's alone",
                got=f"{folder_a.name} ({one['geometry_level']}) and {folder_b.name} ({other['geometry_level']})",
                fix="Label one of them again the same way as the other (`hemdata label ... --force`, with the same "
                "--conformers, --charge and --geometry)."
                if other_way
                else "Label both on one geometry (`hemdata label ... --geometry LEVEL`).",
            )
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
    return Gap(level_a.name, level_b.name, geometry, rows, per_element, len(rows_a.keys() ^ rows_b.keys()))


def _level(folder: Path) -> Level:
    names = [named.name for named in read_manifest(folder).levels]
    if len(names) != 1:
        raise DataError("The set stands at no single level.", where=folder, got=", ".join(names) or "none")
    return level(names[0])


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
