"""The rows of two folders of which the same molecules are compared: those with an energy, at one geometry."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hemdata.bridges.rows import BRIDGED
from hemdata.errors import DataError
from hemdata.identity.same_places import same_places
from hemdata.levels import Level, level
from hemdata.shards import SetName, read, read_manifest

COLUMNS = ("id", "atomic_numbers", "positions", "energy_hartree", "n_heavy", "geometry_level")


def level_of_set(folder: Path) -> Level:
    """The level of a set's energies.

    Raises:
        DataError: if it has none or several, or the level is defined otherwise today.
    """
    names = read_manifest(folder).levels
    if len(names) != 1:
        got = ", ".join(named.name for named in names) or "none"
        raise DataError("The set stands at no single level.", where=folder, got=got, fix="Name a set of one level.")
    its = level(names[0].name)
    if its.hash != names[0].hash:
        raise DataError(
            f"The level '{its.name}' is defined otherwise today than where the set was made.",
            where=folder,
            expected=its.hash,
            got=names[0].hash,
            fix="Take the card of the level that made the set (HEMDATA_CARDS), or make the set anew.",
        )
    return its


def with_energy(folder: Path, group: str | None, max_heavy: int | None) -> dict[str, None]:
    """The ids of a folder's molecules, in its order, whose energy was computed: none that a bridge gave."""
    table = read(folder, ["id", "n_heavy", "energy_hartree", "flags"])
    table = table.filter(pc.is_valid(table["energy_hartree"]))
    if max_heavy is not None:
        table = table.filter(pc.less_equal(table["n_heavy"], max_heavy))
    if group is not None:
        table = table.filter(pc.starts_with(table["id"], f"{group}:"))
    ids, flags = table["id"].to_pylist(), table["flags"].to_pylist()
    return {key: None for key, its in zip(ids, flags, strict=True) if BRIDGED not in (its or ())}


def rows_of(folder: Path, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The rows of some ids, COLUMNS each; a large set is not made Python's as a whole."""
    table = read(folder, COLUMNS)
    table = table.filter(pc.is_in(table["id"], pa.array(keys, pa.string())))
    return {row["id"]: row for row in table.to_pylist()}


def same_geometry(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two rows have the same atoms at the same places; a row without a geometry has none in common."""
    return same_places(one["atomic_numbers"], one["positions"], other["atomic_numbers"], other["positions"])


def two_geometries(key: str, one: tuple[Path, str], other: tuple[Path, str]) -> DataError:
    """What is wrong where two folders have a molecule at other places; each with what its row says of the geometry."""
    fix = "Label both on one geometry (`hemdata label ... --geometry LEVEL`)."
    labelled = [its for folder, _ in (one, other) if (its := SetName.of(folder.name)).level is not None]
    if len(labelled) == 1:  # the other stands as published or imported, and changed after it was labelled
        fix = f"`{labelled[0].command} --force` labels it at the geometries that '{labelled[0].dataset}' has now."
    elif one[1] == other[1]:  # of one level, but of another start
        fix = (
            "Label one of them again the same way as the other (`hemdata label ... --force`, with the same "
            "--conformers, --charge and --geometry)."
        )
    return DataError(
        "A molecule stands at two geometries.",
        where=key,
        expected="the same atoms at the same places, so that the difference is the level's alone",
        got=" and ".join(f"{folder.name} ({its})" for folder, its in (one, other)),
        fix=fix,
    )
