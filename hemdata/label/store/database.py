"""The label store: SQLite in WAL mode, one writer, content-addressed; a finished result is on disk at once."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import quote

import numpy as np
from filelock import BaseFileLock, Timeout

from hemdata.errors import CallError, DataError, HemdataError
from hemdata.label.calculation import Result
from hemdata.label.store.trouble import ELSEWHERE, telling
from hemdata.locks import locked

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
_PUT = (
    "INSERT INTO results VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET reason=excluded.reason,"
    " atomic_numbers=excluded.atomic_numbers, positions=excluded.positions,"
    " energy_hartree=excluded.energy_hartree, provenance=excluded.provenance WHERE results.reason IS NOT NULL"
)

_FINISHED = (
    "SELECT key, atomic_numbers, positions, json_extract(provenance, '$.smiles'),"
    " json_extract(provenance, '$.geometry_from') AS origin, coalesce(json_extract(provenance, '$.conformers'), 1)"
    " FROM results WHERE reason IS NULL AND json_extract(provenance, '$.level_hash') = ? AND origin IS NOT NULL"
    " ORDER BY key"
)


class Finished(NamedTuple):
    """A finished result, and where its geometry comes from.

    Attributes:
        key: of its calculation.
        atomic_numbers: (N,) uint8, as bytes.
        positions: (3N,) float64, little endian, angstrom, as bytes.
        smiles: canonical, where it has one.
        geometry_from: a level's name, or the calculation that relaxed it.
        conformers: of how many that geometry is the lowest, as far as it is told.
    """

    key: str
    atomic_numbers: bytes
    positions: bytes
    smiles: str | None
    geometry_from: str
    conformers: int


class LabelStore:
    """Results by the key of their calculation.

    Args:
        path: the SQLite file; made where it is missing. None for a store in memory, gone with this object: for
            calculations that nobody asked to keep.
        read_only: look at a store that must be there, while another process may write to it.

    Raises:
        CallError: if another process writes to it, there is none to read, or its disk has no locks.
        DataError: if it is no store, damaged, or one of a newer version. So do all that read it or write to it.
    """

    def __init__(self, path: Path | None, read_only: bool = False) -> None:
        self.path = path or Path("memory")
        self._lock: BaseFileLock | None = None
        if path is None:
            read_only = False
        elif read_only:
            if not path.is_file():
                raise CallError("There is no label store.", where=path, fix="Give the file (--store), or label first.")
        else:
            self._lock = _locked(path)
        try:
            self._open(path, read_only)
        except BaseException:
            if self._lock:
                self._lock.release()
            raise

    def _open(self, path: Path | None, read_only: bool) -> None:
        mode = "ro" if read_only else "rwc"
        uri = f"file:{quote(str(path.absolute()))}?mode={mode}" if path else "file::memory:"
        with telling(self.path):
            self._db = sqlite3.connect(uri, uri=True, isolation_level=None)
        try:
            with telling(self.path):
                self._begin(read_only)
        except HemdataError:
            self._db.close()
            raise

    def _begin(self, read_only: bool) -> None:
        found = self._db.execute("PRAGMA user_version").fetchone()[0]
        if found > VERSION:
            raise DataError(
                "The label store was written by a newer hemdata.",
                where=self.path,
                expected=f"version {VERSION}",
                got=f"version {found}",
                fix="Install that hemdata, or give another --store.",
            )
        tables = {name for (name,) in self._db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        if tables and "results" not in tables:
            raise DataError(
                "The label store cannot be opened.",
                where=self.path,
                expected="an SQLite file that hemdata wrote",
                got=f"tables {', '.join(sorted(tables))}",
                fix="Give another --store.",
            )
        if not read_only:
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_TABLES)
            self._db.execute(f"PRAGMA user_version={VERSION}")
        self._db.execute("SELECT key, reason, positions, energy_hartree, provenance FROM results LIMIT 1").fetchall()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and let others write."""
        self._db.close()
        if self._lock:
            self._lock.release()

    def put(self, *results: Result) -> None:
        """Keep results, on disk when this returns: all of them or none.

        A later result takes the place of a failed one, never that of a finished one.

        Raises:
            DataError: if the disk is full or the file is damaged.
        """
        with self._written() as db:
            db.executemany(_PUT, [_row(result) for result in results])

    def describe(self, known: Mapping[str, Mapping[str, Any]]) -> None:
        """Add to the provenance of results that lack their level what is known of it; earlier stores did not tell."""
        rows = self._rows("SELECT key FROM results WHERE json_extract(provenance, '$.level') IS NULL")
        lacking = [(json.dumps(known[key], sort_keys=True), key) for (key,) in rows if key in known]
        if lacking:
            with self._written() as db:
                db.executemany("UPDATE results SET provenance = json_patch(provenance, ?) WHERE key = ?", lacking)

    def known(self, keys: Iterable[str]) -> dict[str, bool]:
        """For each key that has a result: whether it succeeded."""
        wanted = set(keys)
        rows = self._rows("SELECT key, reason IS NULL FROM results")
        return {key: bool(good) for key, good in rows if key in wanted}

    def get(self, keys: Iterable[str]) -> Iterator[Result]:
        """The results of the keys that have one, in the keys' order."""
        for key in keys:
            yield from map(_result, self._rows("SELECT * FROM results WHERE key = ?", key))

    def finished_at(self, level_hash: str) -> Iterator[Finished]:
        """Every finished result of a level at a geometry that came from elsewhere, as its provenance tells."""
        rows = self._rows(_FINISHED, level_hash)
        return (Finished(*row) for row in rows)

    def __iter__(self) -> Iterator[Result]:
        return map(_result, self._rows("SELECT * FROM results"))

    def provenances(self) -> Iterator[tuple[str | None, dict[str, Any]]]:
        """Reason and provenance of every result."""
        rows = self._rows("SELECT reason, provenance FROM results")
        return ((reason, json.loads(provenance)) for reason, provenance in rows)

    def __len__(self) -> int:
        return int(next(self._rows("SELECT count(*) FROM results"))[0])

    def _rows(self, query: str, *values: str) -> Iterator[tuple[Any, ...]]:
        with telling(self.path):
            yield from self._db.execute(query, values)

    @contextmanager
    def _written(self) -> Iterator[sqlite3.Connection]:
        """One transaction."""
        with telling(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


def _locked(path: Path) -> BaseFileLock:
    try:
        return locked(
            path.with_name(path.name + ".lock"),
            wait=False,
            fix=ELSEWHERE,
        )
    except Timeout:
        raise CallError(
            "Another process writes to this label store.",
            where=path,
            fix="Wait for it to end, stop it, or give another --store.",
        ) from None


def _row(result: Result) -> tuple[Any, ...]:
    return (
        result.key,
        result.reason,
        np.array(result.atomic_numbers, dtype="u1").tobytes(),
        np.array(result.positions, dtype="<f8").tobytes(),
        result.energy_hartree,
        json.dumps(result.provenance, sort_keys=True),
    )


def _result(row: tuple[Any, ...]) -> Result:
    return Result(
        key=row[0],
        reason=row[1],
        atomic_numbers=np.frombuffer(row[2], dtype="u1").tolist(),
        positions=np.frombuffer(row[3], dtype="<f8").tolist(),
        energy_hartree=row[4],
        provenance=json.loads(row[5]),
    )
