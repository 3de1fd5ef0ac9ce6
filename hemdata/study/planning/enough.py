"""Whether labels that stand are those that a study asks for."""

from pathlib import Path

from hemdata.catalog import TEST_GROUPS
from hemdata.errors import DataError
from hemdata.levels import START_LEVEL, level
from hemdata.shards import SetName, read_manifest, sha256, stands


def in_the_way(folder: Path) -> str:
    """Why labels that travel with hemdata are not taken: a user's own come first, though they are fewer."""
    held = read_manifest(folder).counts.accepted
    return (
        f"{folder} holds other labels than the study asks for ({held:,} molecules), and hides those that travel with"
        " hemdata. Move it away, or give another --data."
    )


def changed(folder: Path, file: Path) -> bool:
    """Whether a user's file of molecules is another than when its labels were made: they may lack some of it."""
    if not stands(folder):
        return False
    try:
        sources = read_manifest(folder).sources
    except DataError:
        return False
    return [its.sha256 for its in sources] != [sha256(file)]


def of_all(folder: Path) -> bool:
    """Whether labels that stand are of all molecules, and not of a sample."""
    return read_manifest(folder).made_from.get("n") is None


def enough(folder: Path, its: SetName, number: int) -> bool:
    """Whether a labelled set holds what a study asks of it: made at this level, from all molecules or enough of the
    sample that begins with those asked for."""
    if not stands(folder):
        return False
    try:
        manifest = read_manifest(folder)
    except DataError:
        return False
    made = manifest.made_from
    same = [named.hash for named in manifest.levels] == [level(str(its.level)).hash]
    whole = made.get("max_heavy") is None and "part" not in made and made.get("geometry", START_LEVEL) == START_LEVEL
    if not number:
        return same and whole and made.get("n") is None
    sampled = made.get("n") is None or (made.get("seed") == 0 and TEST_GROUPS in made.get("without", []))
    return same and whole and sampled and manifest.counts.accepted >= number
