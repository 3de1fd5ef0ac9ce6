"""Predictions as rows: written as they come, gone on with by the same call, put in place when all are there."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from hemdata.errors import CallError, DataError
from hemdata.files import whole
from hemdata.predict.predicted import Predicted

Row = dict[str, Any]
TEXT, WHOLE, NUMBER, LIST = "text", "whole", "number", "list"
COLUMNS = {
    "id": TEXT,
    "smiles": TEXT,
    "n_atoms": WHOLE,
    "n_heavy": WHOLE,
    "atomization_energy_kcal_mol": NUMBER,
    "spread_kcal_mol": NUMBER,
    "formation_298_kcal_mol": NUMBER,
    "no_formation": TEXT,
    "warnings": LIST,
    "failed": TEXT,
}
SUFFIXES = (".csv", ".jsonl", ".parquet")
BETWEEN = " | "  # warnings in one cell; they have semicolons of their own
_LINE_END = re.compile(r"[\r\n]+")
_READ: dict[str, Callable[[str], Any]] = {
    TEXT: str, WHOLE: int, NUMBER: float, LIST: lambda cell: [word for word in cell.split(BETWEEN) if word]
}  # fmt: skip


def row(each: Predicted) -> Row:
    """A prediction as a row of `COLUMNS`."""
    return {
        "id": each.id,
        "smiles": each.smiles,
        "n_atoms": len(each.atomic_numbers) or None,
        "n_heavy": each.n_heavy or None,
        "atomization_energy_kcal_mol": each.atomization_energy_kcal_mol,
        "spread_kcal_mol": each.spread_kcal_mol,
        "formation_298_kcal_mol": each.formation_298_kcal_mol,
        "no_formation": each.no_formation,
        "warnings": list(each.warnings),
        "failed": None if each.reason is None else one_line(each.reason),
    }


class Rows:
    """The rows of one run, in memory."""

    def __init__(self) -> None:
        self._rows: list[Row] = []

    @property
    def done(self) -> int:
        """Rows that are there."""
        return len(self._rows)

    def remaining[T](self, batches: Iterable[list[T]]) -> Iterator[list[T]]:
        """The batches whose rows are not all there; a batch that is there in part is written anew."""
        at, there = 0, self.done
        for batch in batches:
            if at + len(batch) > there:
                if at < there:
                    self.keep(at)
                    there = at
                yield batch
            at += len(batch)

    def keep(self, rows: int) -> None:
        """Keep the first so many rows."""
        del self._rows[rows:]

    def write(self, rows: Iterable[Row]) -> None:
        """Add rows."""
        self._rows += rows

    def read(self) -> Iterator[Row]:
        """The rows that are there, from the first."""
        yield from self._rows

    def finish(self) -> None:
        """All rows are there."""

    def close(self) -> None:
        """No more rows are written."""


class RowsInFile(Rows):
    """The rows of one run in a file: .csv, .jsonl (JSON lines) or .parquet.

    Until all are there they stand in `NAME.part`, whole lines in the order of the molecules: CSV, else JSON lines. The
    same call goes on behind them.

    Args:
        path: where they will stand.
        settings: all that decides the rows; a run of others is not gone on with.
        force: replaces a file that is there already, and an unfinished run of other settings.

    Raises:
        CallError: for another ending; if the file is there already, or an unfinished run of other settings.
    """

    def __init__(self, path: Path, settings: Mapping[str, Any], force: bool = False) -> None:
        if path.suffix not in SUFFIXES:
            raise CallError("--out writes CSV, JSON lines or Parquet.", expected=" or ".join(SUFFIXES), got=path.name)
        self.path, self.part = path, path.with_name(f"{path.name}.part")
        self._run = path.with_name(f".{path.name}.run")
        self._head = _line_of_csv(list(COLUMNS)) if path.suffix == ".csv" else ""
        told = json.dumps(settings, indent=1, sort_keys=True)
        before = self._run.read_text("utf-8") if self.part.exists() and self._run.exists() else None
        if before != told:
            if not force:
                self._refuse(before, told)
            path.parent.mkdir(parents=True, exist_ok=True)
            self.part.write_text(self._head, encoding="utf-8", newline="")
            self._run.write_text(told, encoding="utf-8")
        self._ends = self._whole_lines()
        self._file = self.part.open("r+b")
        self.keep(self.done)

    @property
    def done(self) -> int:
        """Rows that are there."""
        return len(self._ends) - 1

    def keep(self, rows: int) -> None:
        """Leave the first so many rows alone, and what stands behind them out."""
        del self._ends[rows + 1 :]
        self._file.truncate(self._ends[-1])
        self._file.seek(self._ends[-1])

    def write(self, rows: Iterable[Row]) -> None:
        """Add rows; what is written stays when the process is killed."""
        lines = [_line_of_csv(_cells(each)) if self._head else json.dumps(each) + "\n" for each in rows]
        for line in lines:
            self._ends.append(self._ends[-1] + len(line.encode()))
        self._file.write("".join(lines).encode())
        self._file.flush()

    def read(self) -> Iterator[Row]:
        """The rows that are there, from the first."""
        with self.part.open(encoding="utf-8", newline="") as file:
            if self._head:
                yield from (_of_cells(cells) for cells in csv.DictReader(file))
            else:
                yield from (json.loads(line) for line in file)

    def finish(self) -> None:
        """Put the file in its place."""
        if self.path.suffix == ".parquet":
            with whole(self.path) as temporary:
                _write_parquet(self.read(), temporary)
            self.part.unlink()
        else:
            self.part.replace(self.path)
        self._run.unlink()

    def close(self) -> None:
        """Close the file; of a run that came to no row nothing stays."""
        self._file.close()
        if not self.done:
            self.part.unlink(missing_ok=True)
            self._run.unlink(missing_ok=True)

    def _refuse(self, before: str | None, told: str) -> None:
        if before is not None:
            raise CallError(
                "An unfinished run of other models, molecules or options stands here.",
                where=self.part,
                got=_differences(json.loads(before), json.loads(told)),
                fix="Repeat that call, give another name, or begin anew by --force.",
            )
        if self.path.exists():
            raise CallError(
                "The file is there already.", where=self.path, fix="Give another name; --force replaces it."
            )

    def _whole_lines(self) -> list[int]:
        """Where the head and each whole row end, in bytes."""
        ends = [0] if not self._head else []
        at = 0
        with self.part.open("rb") as file:
            for line in file:
                at += len(line)
                if line.endswith(b"\n"):
                    ends.append(at)
        if not ends:
            raise DataError("The rows cannot be gone on with.", where=self.part, fix="Begin anew by --force.")
        return ends


def _cells(each: Row) -> list[Any]:
    """A row as cells of one line."""
    joined = [BETWEEN.join(each[name]) if kind == LIST else each[name] for name, kind in COLUMNS.items()]
    return [_LINE_END.sub(" ", value) if isinstance(value, str) else value for value in joined]


def _of_cells(cells: Mapping[str, str]) -> Row:
    return {name: _READ[kind](cells[name]) if cells[name] or kind == LIST else None for name, kind in COLUMNS.items()}


def _line_of_csv(cells: list[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def one_line(reason: str) -> str:
    """A reason of several lines in one."""
    return ", ".join(line.strip().rstrip(".") for line in reason.splitlines())


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    return "other " + ", ".join(sorted(name for name in {*before, *now} if before.get(name) != now.get(name)))


def _write_parquet(rows: Iterable[Row], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from hemdata.processes import chunked

    types = {TEXT: pa.string(), WHOLE: pa.int64(), NUMBER: pa.float64(), LIST: pa.list_(pa.string())}
    schema = pa.schema([(name, types[kind]) for name, kind in COLUMNS.items()])
    with pq.ParquetWriter(path, schema) as writer:
        for some in chunked(rows, 10_000):
            writer.write_table(pa.Table.from_pylist(some, schema=schema))
