"""A screen as files: its rows, and the ids of its suspects."""

from pathlib import Path

from hemdata.assess.suspects.screen import Screen, table_of
from hemdata.files import whole, write_whole
from hemdata.shards import write_parquet


def write_screen(found: Screen, path: Path) -> Path:
    """Write the rows of a screen, and beside them, as text, the ids of its suspects; each whole or not at all.

    Args:
        path: of the Parquet file; a composition looks for it where `screen_file` says.

    Returns:
        The file of ids.
    """
    with whole(path) as temporary:
        write_parquet(table_of(found), temporary)
    ids = path.with_suffix(".txt")
    write_whole(ids, "".join(f"{row.id}\n" for row in found.suspects))
    return ids
