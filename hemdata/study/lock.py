"""One process a cell: a lock file in its folder, which that of a dead process does not keep."""

import json
import os
import platform
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import SoftFileLock

from hemdata.errors import DataError

LOCK = "lock"
BEAT_SECONDS = 30.0
SILENT_SECONDS = 600.0  # after which a process of another machine, which cannot be asked, counts as dead


class InWork(DataError):
    """Another process is at work in the folder."""


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """A block in which this process alone works in a folder.

    The lock names machine and process. One that died is seen at once on its own machine; from another one, by its
    lock having no sign of life for ten minutes (it is touched every half minute).

    Raises:
        InWork: if a living process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock, mine = folder / LOCK, folder / f".{LOCK}.{uuid.uuid4().hex}"
    text = json.dumps({"host": platform.node(), "pid": os.getpid(), "started": _started(os.getpid()), "at": mine.name})
    mine.write_text(text, encoding="utf-8")
    try:
        while True:
            with suppress(FileExistsError):
                os.link(mine, lock)  # at once and with its content, also on a network's file system
                break
            _remove_stale(folder, lock, mine)
    finally:
        mine.unlink()
    over = threading.Event()
    beat = threading.Thread(target=_beat, args=(lock, over), daemon=True)
    beat.start()
    try:
        yield
    finally:
        over.set()
        beat.join()
        with suppress(FileNotFoundError):
            if lock.read_text(encoding="utf-8") == text:
                lock.unlink()


def holder(folder: Path) -> str | None:
    """Who is at work in a folder, in words; None if nobody is that lives."""
    lock = folder / LOCK
    try:
        found = json.loads(lock.read_text(encoding="utf-8"))
        silent = time.time() - lock.stat().st_mtime
    except (OSError, ValueError):
        return None
    return _named(found) if _lives(found, silent) else None


def _remove_stale(folder: Path, lock: Path, mine: Path) -> None:
    """Remove the lock of a dead process; of several that find it stale at once one does, by a lock file."""
    with SoftFileLock(folder / f".{LOCK}.stale"):
        try:
            text = lock.read_text(encoding="utf-8")
            silent = mine.stat().st_mtime - lock.stat().st_mtime  # both by the file system's own clock
        except FileNotFoundError:
            return
        try:
            found = json.loads(text)
        except ValueError:
            found = {}
        if _lives(found, silent):
            raise InWork(
                "Another process is at work on this cell.",
                where=folder,
                got=_named(found),
                fix="Wait for it, or end it: what it has done is kept.",
            )
        lock.unlink()


def _lives(found: dict[str, Any], silent: float) -> bool:
    if found.get("host") != platform.node():
        return bool(found) and silent < SILENT_SECONDS
    pid = int(found.get("pid", -1))
    if Path("/proc/self/stat").exists():
        started = _started(pid)
        return started is not None and started == found.get("started")
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _named(found: dict[str, Any]) -> str:
    return f"process {found.get('pid')} on {found.get('host')}"


def _started(pid: int) -> str | None:
    """When a process of this machine began, in the kernel's words; None of one that is dead (or where none tells).

    A number that was given to another process since has another beginning.
    """
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    return None if state in "ZX" else rest[18]


def _beat(lock: Path, over: threading.Event) -> None:
    while not over.wait(BEAT_SECONDS):
        with suppress(OSError):
            os.utime(lock)
