"""What SQLite says of a store in trouble, as a sentence with the way out."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hemdata.errors import CallError, DataError, HemdataError

_NO_LOCKS = (
    sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_IOERR_LOCK, sqlite3.SQLITE_IOERR_RDLOCK, sqlite3.SQLITE_IOERR_UNLOCK,
    sqlite3.SQLITE_IOERR_SHMOPEN, sqlite3.SQLITE_IOERR_SHMMAP, sqlite3.SQLITE_IOERR_SHMLOCK,
    sqlite3.SQLITE_IOERR_SHMSIZE,
)  # fmt: skip
ELSEWHERE = "Give a --store on a disk of this machine, as /tmp/labels.sqlite, and copy the file afterwards."


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """A block of SQLite's work on a store, whose errors are told to people.

    Raises:
        CallError: if another program holds the store, it may not be written, or its disk has no locks.
        DataError: if it is damaged, no store, or the disk is full.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _told(error, path) from None


def _told(error: sqlite3.DatabaseError, path: Path) -> HemdataError:
    exact = getattr(error, "sqlite_errorcode", 0)  # sqlite3's own errors, as of a closed store, have none
    match exact & 0xFF:
        case _ if exact in _NO_LOCKS:
            return CallError("This disk has no locks.", where=path, got=error, fix=ELSEWHERE)
        case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR:
            return DataError(
                "The label store cannot be written: the disk or the quota is full.",
                where=path,
                got=error,
                fix="Free some space and run the same command again. What was finished before is kept.",
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return CallError(
                "Another program has locked this label store.",
                where=path,
                got=error,
                fix="Close what has it open (a database browser, a backup) and run the same command again.",
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH | sqlite3.SQLITE_CANTOPEN:
            return CallError(
                "The label store may not be written or read.",
                where=path,
                got=error,
                fix="Change the permissions of the file and its folder, or give another --store.",
            )
        case sqlite3.SQLITE_CORRUPT:
            return DataError(
                "The label store is damaged.",
                where=path,
                got=error,
                fix=f"Restore it from a copy. Or save what can be read (`sqlite3 {path.name} .recover | sqlite3 "
                f"saved.sqlite`) and give that as --store.",
            )
        case _:
            return DataError(
                "The label store cannot be opened.",
                where=path,
                expected="an SQLite file that hemdata wrote",
                got=error,
                fix="Give another --store, or restore the file from a copy.",
            )
