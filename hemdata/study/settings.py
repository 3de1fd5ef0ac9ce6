"""What a folder of results was begun with; another start is refused, so that its rows stay comparable."""

import json
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

from hemdata.errors import DataError
from hemdata.files import write_whole


def settings_that_differ(path: Path, settings: dict[str, Any]) -> set[str]:
    """The names of the settings that are others than those a folder was begun with; none where it was not begun."""
    if not path.is_file():
        return set()
    before, now = json.loads(path.read_text(encoding="utf-8")), json.loads(json.dumps(settings))
    return {key for key in before.keys() | now.keys() if before.get(key) != now.get(key)}


def keep_settings(path: Path, settings: dict[str, Any], sentence: str, fix: str, telling: Collection[str] = ()) -> None:
    """Write down what a folder is begun with; where it stands already, it has to be the same.

    Args:
        path: the file of the settings, JSON.
        settings: what decides the results.
        sentence: what is wrong where they are others.
        fix: what to do then.
        telling: settings that follow from the others, and that earlier versions of hemdata did not write down: where
            such a one is all that lacks, it is added.

    Raises:
        DataError: if the folder was begun with other settings, which are named.
    """
    text = json.dumps(settings, indent=2, sort_keys=True) + "\n"
    if not path.is_file():
        write_whole(path, text)
        return
    if path.read_text(encoding="utf-8") != text:
        before = json.loads(path.read_text(encoding="utf-8"))
        lacks = [key for key in settings if key not in before]
        if lacks and set(lacks) <= set(telling) and settings == before | {key: settings[key] for key in lacks}:
            with suppress(OSError):  # a finished run may stand where nothing can be written
                write_whole(path, text)
            return
        differ = sorted(settings_that_differ(path, settings))
        raise DataError(sentence, where=path.parent, got=f"other {', '.join(differ)}", fix=fix)


def levels_below(folder: Path) -> list[str]:
    """The cheap levels that the cells of a run learn differences from, sorted; of cells that learn energies none."""
    paths = sorted((folder / "cells").glob("*/settings.json"))
    told = [json.loads(path.read_text(encoding="utf-8")).get("delta") for path in paths]
    return sorted({each["name"] for each in told if each})
