"""A file that one process at a time holds while it writes another."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Hold a lock file while the block runs, and wait for whoever holds it; it is gone afterwards."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with lock.open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not _still_there(lock, file.fileno()):
                continue  # its holder has just removed it
            try:
                yield
            finally:
                lock.unlink(missing_ok=True)
            return


def _still_there(lock: Path, opened: int) -> bool:
    try:
        return os.path.samestat(lock.stat(), os.fstat(opened))
    except FileNotFoundError:
        return False
