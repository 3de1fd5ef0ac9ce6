"""Finds one molecule by its id in the built sets of a folder, or the record that was rejected at a place."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hemdata.curate.describe import rows
from hemdata.errors import CallError
from hemdata.forms.xyz import comment_of
from hemdata.levels import SYMBOLS
from hemdata.shards import SetName, sets_in
from hemdata.shards import find as find_set

NEAR = 5


@dataclass(frozen=True)
class Found:
    """A record and the set it stands in.

    Attributes:
        folder: of the built set.
        record: every column of its row; of a rejected record: where, reason, detail, text.
        units: by column, where it has one.
        rejected: whether the build refused it.
    """

    folder: Path
    record: dict[str, Any]
    units: dict[str, str]
    rejected: bool = False


def find(id: str, data: str | Path = "data", within: str | None = None) -> Found:
    """The molecule `id`, searched in its own set first; no set is read whole into memory.

    Args:
        id: `<dataset>:<source id>`, or the place of a rejected record (`where` of rejected.parquet).
        data: folder of the built datasets.
        within: search this built set alone, such as `qm9@gfn2-xtb`.

    Raises:
        CallError: if there is no such molecule, with the ids most like it; or no built set.
    """
    folders = _folders(Path(data), id.partition(":")[0], within)
    for folder in folders:
        with rows(folder) as ask:
            for record in ask.records("SELECT * FROM rows WHERE id = ?", id):
                return Found(folder, record, _units(folder))
    for folder in folders:
        place = id.removeprefix(f"{folder.name}:")
        with rows(folder) as ask:
            for record in ask.records('SELECT * EXCLUDE nr FROM rejected WHERE "where" IN (?, ?)', id, place):
                return Found(folder, record, {}, rejected=True)
    if any(id in (folder.name, str(folder)) for folder in folders):
        fix = f"`hemdata info {id}` and `hemdata browse {id}` tell what it holds; a molecule is given as SET:ID."
        raise CallError(f"'{id}' is a set, not a molecule.", fix=fix)
    raise CallError(
        f"There is no molecule '{id}'.",
        where=", ".join(str(folder) for folder in folders),
        expected="perhaps " + ", ".join(_near(folders, id)),
        fix="Give an id of a built set, or build the set first (`hemdata build NAME`).",
    )


def xyz(record: dict[str, Any]) -> str | None:
    """The record's geometry as the text of an XYZ file, angstrom; None where it has no geometry."""
    if not record.get("positions"):
        return None
    place = record["positions"]
    lines = [
        f"{SYMBOLS[z]:2} {place[3 * i]:15.8f} {place[3 * i + 1]:15.8f} {place[3 * i + 2]:15.8f}"
        for i, z in enumerate(record["atomic_numbers"])
    ]
    return "\n".join([str(len(lines)), comment_of(record), *lines]) + "\n"


def _folders(data: Path, name: str, within: str | None) -> list[Path]:
    """Built sets: the one of the id's own name first, then those that carry it, then the others."""
    built = list(sets_in(data)) if within is None else [(SetName.of(within), find_set(within, data))]
    if not built:
        raise CallError("There is no built set.", where=data, fix="Run `hemdata build NAME`.")
    built.sort(key=lambda each: (str(each[0]) != name, each[0].dataset != name, str(each[0])))
    return [folder for _, folder in built]


def _near(folders: list[Path], id: str) -> list[str]:
    near: dict[str, float] = {}
    for folder in folders:
        with rows(folder) as ask:
            query = "SELECT id, jaro_winkler_similarity(id, ?) s FROM rows ORDER BY s DESC, id LIMIT ?"
            near.update(ask(query, id, NEAR))
    return sorted(near, key=lambda each: (-near[each], each))[:NEAR]


def _units(folder: Path) -> dict[str, str]:
    from hemdata.schema import table_schema
    from hemdata.shards import read_manifest

    columns = table_schema("molecule", read_manifest(folder).properties).columns
    return {column.name: column.unit for column in columns if column.unit}
