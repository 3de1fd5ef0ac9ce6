"""The label store: SQLite in WAL mode, one writer, content-addressed; a finished result is on disk at once."""

import fcntl
import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np

from hemdata.errors import CallError, DataError
from hemdata.label.calculation import Result

VERSION = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS results (
    key TEXT PRIMARY KEY,          -- of the calculation
    reason TEXT,                   -- NULL where it succeeded
    atomic_numbers BLOB NOT NULL,  -- uint8
    positions BLOB NOT NULL,       -- float64, little endian, angstrom
    energy_hartree REAL,
    provenance TEXT NOT NULL       -- JSON
) WITHOUT ROWID;
"""


class LabelStore:
    """Results by the key of their calculation.

    Args:
        path: the SQLite file; made where it is missing.

    Raises:
        CallError: if another process writes to it.
        DataError: if it is no store, or one of a newer version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock: IO[bytes] = path.with_name(path.name + ".lock").open("wb")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise CallError(
                "Another process writes to this label store.",
                where=path,
                fix="Wait for it to end, stop it, or give another --store.",
            ) from None
        try:
            self._open()
        except BaseException:
            self._lock.close()
            raise

    def _open(self) -> None:
        self._db = sqlite3.connect(self.path, isolation_level=None)
        try:
            found = self._db.execute("PRAGMA user_version").fetchone()[0]
            if found > VERSION:
                raise DataError(
                    "The label store was written by a newer hemdata.",
                    where=self.path,
                    expected=f"version {VERSION}",
                    got=f"version {found}",
                    fix="Install that hemdata, or give another --store.",
                )
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_TABLES)
            self._db.execute(f"PRAGMA user_version={VERSION}")
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise DataError(
                "The label store cannot be opened.",
                where=self.path,
                expected="an SQLite file that hemdata wrote",
                got=error,
                fix="Give another --store, or restore the file from a copy.",
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and let others write."""
        self._db.close()
        self._lock.close()

    def put(self, result: Result) -> None:
        """Keep a result; it is on disk when this returns. A later result takes the place of a failed one."""
        self._db.execute(
            "INSERT INTO results VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET reason=excluded.reason,"
            " atomic_numbers=excluded.atomic_numbers, positions=excluded.positions,"
            " energy_hartree=excluded.energy_hartree, provenance=excluded.provenance WHERE results.reason IS NOT NULL",
            (
                result.key,
                result.reason,
                np.array(result.atomic_numbers, dtype="u1").tobytes(),
                np.array(result.positions, dtype="<f8").tobytes(),
                result.energy_hartree,
                json.dumps(result.provenance, sort_keys=True),
            ),
        )

    def known(self, keys: Iterable[str]) -> dict[str, bool]:
        """For each key that has a result: whether it succeeded."""
        wanted = set(keys)
        rows = self._db.execute("SELECT key, reason IS NULL FROM results")
        return {key: bool(good) for key, good in rows if key in wanted}

    def get(self, keys: Iterable[str]) -> Iterator[Result]:
        """The results of the keys that have one, in the keys' order."""
        for key in keys:
            row = self._db.execute("SELECT * FROM results WHERE key = ?", (key,)).fetchone()
            if row is not None:
                yield Result(
                    key=row[0],
                    reason=row[1],
                    atomic_numbers=np.frombuffer(row[2], dtype="u1").tolist(),
                    positions=np.frombuffer(row[3], dtype="<f8").tolist(),
                    energy_hartree=row[4],
                    provenance=json.loads(row[5]),
                )

    def __len__(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM results").fetchone()[0])
