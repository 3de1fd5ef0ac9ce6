"""Where a set stands at two levels on the same geometries, and what is to be done where it does not."""

from pathlib import Path

import pyarrow.compute as pc

from hemdata.catalog import TEST_GROUPS, is_shipped_group
from hemdata.console import many
from hemdata.errors import DataError
from hemdata.levels import START_LEVEL
from hemdata.shards import SetName, read, read_manifest, stands
from hemdata.shards.sets import GIVEN, geometries_of, imported_alone, own_level, same_level, without_card
from hemdata.shards.unknown import is_unknown, of_unknown, refuse_unknown

Pair = tuple[Path, Path]


def pairs(data: Path, name: str, a: str, b: str, geometry: str | None = None) -> dict[str, Pair]:
    """The folders of a set at two levels, by the level of the geometries that both have; GFN2-xTB's come first.

    Each is looked for under `data`, then among the labels that travel with the package. A set whose own energies are at
    one of the levels, published or imported, serves at its own geometries (`given`). Labels of a level of another name
    that is the same one serve as well (OD9's is PC9's).

    Args:
        geometry: only on those of this level.

    Raises:
        DataError: if nobody knows at which level one of the two is.
    """
    refuse_unknown(name, a, b)
    of_a, of_b = (geometries_of(data, name, each) for each in (a, b))
    shared = sorted(of_a.keys() & of_b.keys(), key=lambda each: (each != START_LEVEL, each))
    return {each: (of_a[each], of_b[each]) for each in shared if geometry in (None, each)}


def pairs_of_group(
    data: Path, name: str, a: str, b: str, geometry: str | None = None
) -> tuple[dict[str, Pair], str | None]:
    """As `pairs`; of a test group that is not labelled alone, those of all groups, and the name of the group."""
    found = pairs(data, name, a, b, geometry)
    if found or not is_shipped_group(name):
        return found, None
    return pairs(data, TEST_GROUPS, a, b, geometry), name


def nowhere(
    data: Path, name: str, a: str, b: str, geometry: str | None = None, *, asked: str | None = None, compute: str = ""
) -> DataError:
    """What is wrong where a set does not stand at both levels on the same geometries, and what makes it.

    Args:
        geometry: the level of the geometries that were asked for.
        asked: what the user called the set, where that is its file.
        compute: a further way, told at the end.
    """
    own = own_level(data / name)
    if own is not None and is_unknown(own):
        return of_unknown(name, own)
    there = {each for its in (a, b) for each in geometries_of(data, name, its).values()}
    got = sorted(f"{folder.name} ({_about(folder)})" for folder in there | _own_of(data, name))
    mine = [own is not None and own in same_level(each) and geometry in (None, GIVEN) for each in (a, b)]
    wanted = [SetName(name) if its else SetName(name, each, GIVEN if any(mine) else geometry)
              for each, its in zip((a, b), mine, strict=True)]  # fmt: skip
    lacking = [each for each in wanted if each.level is not None]
    alone = next((sentence for each in lacking if (sentence := imported_alone(str(each.level)))), None)
    if GIVEN in [each.geometry for each in wanted] and (bare := _bare(data / name)):
        computed = f"Computed ones can: `{SetName(name, a).command}` and the same with {b}. Or"
        return _without_geometries(name, bare, computed if alone is None else f"{alone} So")
    fix = alone or without_card(data, name)
    if fix is None and any(mine):
        fix = f"`{lacking[0].command}` computes its energies at the geometries that '{name}' has."
    first = SetName(asked or name, a, geometry)
    return DataError(
        f"'{name}' is not labelled at both levels on the same geometries.",
        where=data,
        expected=" and ".join(map(str, wanted)),
        got=", ".join(got) or "neither",
        fix=fix or f"`{first.command}` and the same with {b}{compute}.",
    )


def _bare(folder: Path) -> tuple[int, int] | None:
    """How many molecules of a set have no geometry, and how many there are; None where all have one, or no set is."""
    if not stands(folder):
        return None
    positions = read(folder, ["positions"])["positions"]
    bare = pc.sum(pc.equal(pc.fill_null(pc.list_value_length(positions), 0), 0)).as_py() or 0
    return (bare, len(positions)) if bare else None


def _without_geometries(name: str, bare: tuple[int, int], otherwise: str) -> DataError:
    """What is wrong where energies of a set were to be compared at its own geometries, and it has none.

    Args:
        bare: how many molecules have none, of how many.
        otherwise: what makes energies that can be compared, or why nothing does; before a sentence on importing.
    """
    some = "A composition of the other molecules can be compared (`filter: positions IS NOT NULL`)."
    return DataError(
        f"'{name}' has no geometries, so its energies cannot be compared with those of another level."
        if bare[0] == bare[1]
        else f"Some molecules of '{name}' have no geometry, so its energies cannot be compared.",
        where=name,
        expected="a geometry of every molecule: both levels' energies are compared on the same",
        got=f"{bare[0]:,} of {many(bare[1])} without one",
        fix=f"{otherwise} import the set with its geometries." if bare[0] == bare[1] else some,
    )


def _own_of(data: Path, name: str) -> set[Path]:
    """The set as published, composed or imported, where it stands."""
    return {data / name} if stands(data / name) else set()


def _about(folder: Path) -> str:
    """At which level a folder's energies are, on which geometries."""
    its = SetName.of(folder.name)
    if its.level is not None:
        return "its own geometries" if its.geometry == GIVEN else f"geometries of {its.geometry or START_LEVEL}"
    names = [each.name for each in read_manifest(folder).levels]
    return f"its own geometries, energies at {' and '.join(names)}" if names else "without energies"
