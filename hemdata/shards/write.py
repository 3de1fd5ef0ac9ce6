"""Writes shards as a stream: fixed row counts, deterministic bytes, nothing half-written left behind."""

import ctypes
import os
import platform
import re
import shutil
import tempfile
import uuid
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from hemdata.errors import CallError, DataError
from hemdata.schema import TableSchema, table_schema
from hemdata.shards.ids import Ids
from hemdata.shards.manifest import MANIFEST, Counts, LevelName, Manifest, ShardFile, SourceFile, sha256, versions

ROWS_PER_SHARD = 50_000
ROWS_PER_GROUP = 10_000
REJECTED = "rejected.parquet"


def write_parquet(table: pa.Table, path: Path) -> None:
    """One Parquet file whose bytes depend on the table and the library's version alone."""
    pq.write_table(table, path, compression="zstd", row_group_size=ROWS_PER_GROUP, write_page_checksum=True)


class ShardWriter:
    """A folder of shards in the making; it stands under its name only once it is whole.

    Use it as a context manager: add tables and rejected rows, then `finish`. Leaving the block
    without `finish` (an error, Ctrl-C) removes what was written and leaves an older folder as it was.

    Args:
        folder: where the shards shall stand; an older shard folder there is replaced at the end.
        schema: every added table is checked against it.
        rows_per_shard: rows of every shard but the last.
    """

    def __init__(self, folder: Path, schema: TableSchema, rows_per_shard: int = ROWS_PER_SHARD) -> None:
        # resolved: a link to a folder stays a link, and `.` has a name and a parent
        self.folder, self.schema, self.rows_per_shard = folder.resolve(), schema, rows_per_shard
        self._mark = f".{self.folder.name}.{platform.node()}."
        self._partial = self.folder.parent / f"{self._mark}{os.getpid()}-{uuid.uuid4().hex[:8]}.partial"
        self._waiting: list[pa.Table] = []
        self._n_waiting = 0
        self._shards: list[ShardFile] = []
        self._rejected: list[dict[str, str | None]] = []
        self._reasons: Counter[str] = Counter()
        self._ids = Ids()

    def __enter__(self) -> Self:
        foreign = _foreign(self.folder)
        if foreign is not None:
            raise CallError(
                "The output folder holds something else.",
                where=self.folder,
                expected="an empty, a new, or an older shard folder, which the new one replaces",
                got=foreign.name,
                fix="Give another folder with --out.",
            )
        try:
            self._partial.mkdir(parents=True)
            self._clear_after_the_killed()
        except BaseException:  # Ctrl-C here, too, leaves nothing
            shutil.rmtree(self._partial, ignore_errors=True)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._partial, ignore_errors=True)

    def add(self, table: pa.Table, *, checked: bool = False) -> None:
        """Add rows.

        Args:
            table: of the schema's columns.
            checked: whether the rows went through the schema's `refused` already, as a build's do in its workers.

        Raises:
            DataError: if a row breaks the schema or repeats an id (of a very large set's ids, `finish` tells).
        """
        if not checked:
            self.schema.check(table, where=self.folder.name)
        self._once(self._ids.add(table["id"].to_pylist()))
        self._waiting.append(table.select(self.schema.arrow.names).cast(self.schema.arrow))
        self._n_waiting += table.num_rows
        while self._n_waiting >= self.rows_per_shard:
            self._write_shard(self.rows_per_shard)

    def reject(self, where: str, reason: str, detail: str | None, text: str | None) -> None:
        """Keep a record that is not accepted, with its reason."""
        self._rejected.append({"where": where, "reason": reason, "detail": detail, "text": text})
        self._reasons[reason] += 1

    @property
    def accepted(self) -> int:
        """Rows added so far."""
        return sum(shard.rows for shard in self._shards) + self._n_waiting

    @property
    def reasons(self) -> dict[str, int]:
        """Rejected records so far, by reason."""
        return dict(sorted(self._reasons.items()))

    def finish(
        self,
        dataset: str,
        read: int,
        sources: list[SourceFile],
        levels: list[LevelName],
        made_from: dict[str, Any] | None = None,
        tools: tuple[str, ...] = ("pyarrow", "rdkit"),
    ) -> Manifest:
        """Write what is left, the rejected rows and the manifest, and put the folder in its place.

        Raises:
            DataError: if read is not accepted + rejected: a record was lost; if an id stands twice.
        """
        if self._n_waiting or not self._shards:
            self._write_shard(self._n_waiting)
        with tempfile.TemporaryDirectory(dir=self._partial) as scratch:
            self._once(self._ids.repeated([self._partial / shard.file for shard in self._shards], Path(scratch)))
        accepted = sum(shard.rows for shard in self._shards)
        if read != accepted + len(self._rejected):
            raise DataError(
                "Records were lost on the way.",
                where=self.folder,
                expected=f"{read} read = accepted + rejected",
                got=f"{accepted} accepted + {len(self._rejected)} rejected",
                fix="This is a fault of hemdata: please report it with the command you ran.",
            )
        rejected_schema = table_schema("rejected")
        rejected = pa.Table.from_pylist(self._rejected, schema=rejected_schema.arrow)
        base_columns = {column.name for column in table_schema(self.schema.name).columns}
        manifest = Manifest(
            dataset=dataset,
            schema_name=self.schema.name,
            schema_version=self.schema.version,
            properties=[column for column in self.schema.columns if column.name not in base_columns],
            levels=levels,
            sources=sources,
            counts=Counts(read=read, accepted=accepted, rejected=self.reasons),
            shards=self._shards,
            rejected=self._written(rejected, REJECTED),
            versions=versions(*tools),
            made_from=made_from or {},
        )
        (self._partial / MANIFEST).write_text(manifest.text(), encoding="utf-8")
        self._put_in_place()
        return manifest

    def _once(self, twice: list[str]) -> None:
        if twice:
            raise DataError(
                "An id stands twice in one dataset.",
                where=self.folder.name,
                got=", ".join(twice[:5]) + (f" and {len(twice) - 5} more" if len(twice) > 5 else ""),
                fix="Give every record an id of its own; of files that are imported, another --id KEY.",
            )

    def _write_shard(self, rows: int) -> None:
        table = pa.concat_tables(self._waiting) if self._waiting else self.schema.arrow.empty_table()
        name = f"part-{len(self._shards):05d}.parquet"
        self._shards.append(self._written(table.slice(0, rows).combine_chunks(), name))
        rest = table.slice(rows)
        self._waiting, self._n_waiting = ([rest] if rest.num_rows else []), rest.num_rows

    def _written(self, table: pa.Table, name: str) -> ShardFile:
        path = self._partial / name
        write_parquet(table, path)
        return ShardFile(file=name, rows=table.num_rows, bytes=path.stat().st_size, sha256=sha256(path))

    def _put_in_place(self) -> None:
        if not self.folder.exists():
            self._partial.rename(self.folder)
        elif not _exchanged(self._partial, self.folder):
            old = self._partial.with_suffix(".old")
            self.folder.rename(old)
            try:
                self._partial.rename(self.folder)
            except OSError:
                old.rename(self.folder)
                raise
            shutil.rmtree(old, ignore_errors=True)

    def _clear_after_the_killed(self) -> None:
        """Remove what writers of this folder left that were killed on this machine; one at work is left alone."""
        for path in self.folder.parent.iterdir():
            left = re.fullmatch(re.escape(self._mark) + r"(\d+)-[0-9a-f]{8}\.partial", path.name)
            if left and not _alive(int(left[1])):
                shutil.rmtree(path, ignore_errors=True)


def _foreign(folder: Path) -> Path | None:
    """Something at the place of a shard folder that no writer put there."""
    if not folder.exists() or not folder.is_dir():
        return folder if folder.exists() else None
    ours = re.compile(rf"part-\d{{5,}}\.parquet|{re.escape(REJECTED)}|{re.escape(MANIFEST)}")
    inside = sorted(folder.iterdir())
    if inside and folder / MANIFEST not in inside:
        return inside[0]
    return next((path for path in inside if not (ours.fullmatch(path.name) and path.is_file())), None)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _exchanged(one: Path, other: Path) -> bool:
    """Swap two folders in one step (Linux), so that a kill finds either; False where the system cannot."""
    at_fdcwd, rename_exchange = -100, 2
    try:
        renameat2 = ctypes.CDLL(None).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    return bool(renameat2(at_fdcwd, os.fsencode(one), at_fdcwd, os.fsencode(other), rename_exchange) == 0)
