"""Lock files that one process at a time holds, by the kernel's locks: those of a dead process are free at once."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import BaseFileLock, FileLock

from hemdata.errors import CallError

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP)


def locked(path: Path, *, wait: bool, fix: str) -> BaseFileLock:
    """A lock file, held until `release`; it stays where it is, empty.

    Args:
        wait: for whoever holds it.
        fix: what to do where the disk has no locks.

    Raises:
        filelock.Timeout: if another holds it and `wait` is false.
        CallError: if the disk has no locks, as some that several machines share.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire(blocking=wait)
    except (OSError, NotImplementedError) as error:
        number = error.errno if isinstance(error, OSError) else errno.ENOSYS
        if number not in _NO_LOCKS:
            raise
        raise CallError("This disk has no locks.", where=path, got=error, fix=fix) from None
    return lock


@contextmanager
def alone(path: Path, *, fix: str) -> Iterator[None]:
    """Hold a lock file while the block runs, and wait for whoever holds it; it is gone afterwards.

    Args and errors as `locked`.
    """
    lock = locked(path, wait=True, fix=fix)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)  # whoever waits sees that it is gone, and makes it anew
        lock.release()
