"""Labels that travel with the package, put where a study looks for them."""

import shutil
from pathlib import Path

from hemdata.shards import verify


def take(shipped: Path, folder: Path) -> None:
    """Copy a set that ships: under another name first, so that it stands whole or not at all.

    Raises:
        DataError: if what ships is damaged.
    """
    verify(shipped)
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(shipped, part)
    if folder.exists():
        shutil.rmtree(folder)
    part.rename(folder)
