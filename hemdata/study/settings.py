"""What a folder of results was begun with; another start is refused, so that its rows stay comparable."""

import json
from pathlib import Path
from typing import Any

from hemdata.errors import DataError
from hemdata.files import write_whole


def keep_settings(path: Path, settings: dict[str, Any], sentence: str, fix: str) -> None:
    """Write down what a folder is begun with; where it stands already, it has to be the same.

    Args:
        path: the file of the settings, JSON.
        settings: what decides the results.
        sentence: what is wrong where they are others.
        fix: what to do then.

    Raises:
        DataError: if the folder was begun with other settings, which are named.
    """
    text = json.dumps(settings, indent=2, sort_keys=True) + "\n"
    if not path.is_file():
        write_whole(path, text)
        return
    if path.read_text(encoding="utf-8") != text:
        before = json.loads(path.read_text(encoding="utf-8"))
        differ = [key for key in settings if before.get(key) != settings[key]]
        raise DataError(sentence, where=path.parent, got=f"another {', '.join(differ)}", fix=fix)
