"""What a folder of results was begun with; another start is refused, so that its rows stay comparable."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from hemdata.errors import DataError
from hemdata.files import write_whole

FOLLOWING = ("bridged",)
"""Settings that follow from the others, and that earlier versions of hemdata did not write down."""


def settings_that_differ(path: Path, settings: Mapping[str, Any]) -> set[str]:
    """The names of the settings that are others than those a folder was begun with; none where it was not begun."""
    if not path.is_file():
        return set()
    before, now = json.loads(path.read_text(encoding="utf-8")), json.loads(json.dumps(settings))
    lacks = {key for key in FOLLOWING if key not in before}
    return {key for key in (before.keys() | now.keys()) - lacks if before.get(key) != now.get(key)}


def keep_settings(path: Path, settings: dict[str, Any], sentence: str, fix: str) -> None:
    """Write down what a folder is begun with; where it stands already, it has to be the same.

    Where a setting of `FOLLOWING` is all that it lacks, that is added.

    Args:
        path: the file of the settings, JSON.
        settings: what decides the results.
        sentence: what is wrong where they are others.
        fix: what to do then.

    Raises:
        DataError: if the folder was begun with other settings, which are named.
    """
    if differ := sorted(settings_that_differ(path, settings)):
        raise DataError(sentence, where=path.parent, got=f"other {', '.join(differ)}", fix=fix)
    text = json.dumps(settings, indent=2, sort_keys=True) + "\n"
    if not path.is_file():
        write_whole(path, text)
    elif path.read_text(encoding="utf-8") != text:
        with suppress(OSError):  # a finished run may stand where nothing can be written
            write_whole(path, text)


def levels_below(folder: Path) -> list[str]:
    """The cheap levels that the cells of a run learn differences from, sorted; of cells that learn energies none."""
    paths = sorted((folder / "cells").glob("*/settings.json"))
    told = [json.loads(path.read_text(encoding="utf-8")).get("delta") for path in paths]
    return sorted({each["name"] for each in told if each})
