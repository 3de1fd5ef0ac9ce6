"""What was first seen of files whose hash nobody published: `hemdata.lock.json`, which a user can commit."""

import json
import os
from pathlib import Path
from typing import Any

from hemdata.errors import DataError
from hemdata.locks import alone


def lock_file() -> Path:
    """HEMDATA_LOCK, or `hemdata.lock.json` in the current folder."""
    return Path(os.environ.get("HEMDATA_LOCK") or "hemdata.lock.json")


def first_seen(name: str) -> dict[str, Any] | None:
    """`url`, `bytes` and `sha256` of the file of that name when it was first seen; None if it never was.

    Raises:
        DataError: if the lock file cannot be read.
    """
    return _read().get(name)


def record(name: str, url: str, size: int, sha256: str) -> None:
    """Write down what was seen of a file.

    Raises:
        DataError: if the lock file cannot be read or written.
    """
    path = lock_file()
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with alone(path.with_name(f".{path.name}.lock"), fix="Set HEMDATA_LOCK to a file on a disk of this machine."):
            locked = _read() | {name: {"url": url, "bytes": size, "sha256": sha256}}
            partial.write_text(json.dumps(locked, indent=2, sort_keys=True) + "\n", encoding="utf-8")
            partial.replace(path)
    except OSError as error:
        raise DataError(
            "The lock file cannot be written.",
            where=path.absolute(),
            got=error,
            fix="Set HEMDATA_LOCK to a file of your own.",
        ) from None


def _read() -> dict[str, dict[str, Any]]:
    path = lock_file()
    try:
        locked = json.loads(path.read_text(encoding="utf-8"))
        if not all({"url", "bytes", "sha256"} <= entry.keys() for entry in locked.values()):
            raise ValueError("an entry lacks url, bytes or sha256")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as error:
        raise DataError(
            "The lock file cannot be read.",
            where=path.absolute(),
            expected="JSON: url, bytes and sha256 by file name",
            got=error,
            fix="Restore it, or delete it to record anew.",
        ) from None
    return dict(locked)
