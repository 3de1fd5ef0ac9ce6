"""The rows of a study: prediction, cell and curve tables, written once a cell, merged when read.

A study folder holds cells/<cell>/{predictions,curves,cell}.parquet. cell.parquet is written last: a cell without it
is unfinished and is not read, and one whose other rows were lost is run again. Runs on several machines merge by
reading their folders together.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hemdata.errors import CallError, DataError
from hemdata.files import whole

FILES = {"predictions": "prediction", "curves": "curve", "cells": "cell"}  # table -> schema
_PATHS = {"predictions": "predictions.parquet", "curves": "curves.parquet", "cells": "cell.parquet"}


@dataclass(frozen=True)
class Rows:
    """The three tables of a study; cells in the order of their names, rows in the order they were written."""

    predictions: pa.Table
    cells: pa.Table
    curves: pa.Table
    unfinished: tuple[str, ...] = ()  # folders of cells that have no cell.parquet yet


def finished(folder: Path, cell: str) -> bool:
    """Whether the cell's rows are all written, and none of its files was lost since."""
    return all((folder / "cells" / cell / name).is_file() for name in _PATHS.values())


def cell_row(folder: Path, cell: str) -> dict[str, Any]:
    """The one row of schemas/cell.yaml of a finished cell."""
    row: dict[str, Any] = _read("cells", folder / "cells" / cell / _PATHS["cells"]).to_pylist()[0]
    return row


def unfinish(folder: Path, cell: str) -> None:
    """Take back that the cell's rows are all written, so that `write_cell` may write others."""
    (folder / "cells" / cell / _PATHS["cells"]).unlink()


def write_cell(folder: Path, *, predictions: pa.Table, cell: pa.Table, curves: pa.Table) -> Path:
    """Write the rows of one finished cell; the same rows give the same bytes.

    Args:
        folder: of the study.
        predictions: rows of schemas/prediction.yaml, all of this cell.
        cell: the one row of schemas/cell.yaml.
        curves: rows of schemas/curve.yaml, none for a model without epochs.

    Returns:
        The cell's folder.

    Raises:
        DataError: rows that break their schema or belong to another cell, or a cell that is already written.
    """
    if cell.num_rows != 1:
        raise DataError("A cell is written with its one row.", expected=1, got=cell.num_rows)
    name = str(cell["cell"][0])
    if finished(folder, name):
        raise DataError(
            "The cell is already written; results are never overwritten.",
            where=folder / "cells" / name,
            fix="Skip a finished cell, or move its folder away first.",
        )
    tables = {"predictions": predictions, "curves": curves, "cells": cell}
    for kind, table in tables.items():
        _check(kind, table, where=f"{kind} of cell {name}")
        foreign = set(table["cell"].unique().to_pylist()) - {name}
        if foreign:
            raise DataError("Rows of another cell.", where=f"{kind} of cell {name}", expected=name, got=sorted(foreign))
    place = folder / "cells" / name
    for kind, table in tables.items():  # cell.parquet comes last
        with whole(place / _PATHS[kind]) as temporary:
            pq.write_table(table.cast(_schema(kind)), temporary, compression="zstd")
    return place


def read_rows(*folders: Path) -> Rows:
    """Merge the finished cells of one or more study folders.

    Raises:
        CallError: no such folder.
        DataError: no finished cell; a file of another schema or schema version, broken or missing; a cell that stands
            twice; a molecule that stands twice in a group of a cell; cells of several studies.
    """
    parts: dict[str, list[pa.Table]] = {kind: [] for kind in FILES}
    seen: dict[str, Path] = {}
    unfinished: list[str] = []
    for place in _places(folders):
        if not (place / _PATHS["cells"]).is_file():
            unfinished.append(place.name)
            continue
        tables = {kind: _read(kind, place / _PATHS[kind]) for kind in FILES}
        for name in tables["cells"]["cell"].to_pylist():
            if name in seen:
                raise DataError(
                    "A cell stands twice; its rows cannot be merged.",
                    where=place,
                    expected="one folder a cell",
                    got=f"cell {name}, also in {seen[name]}",
                    fix="Keep one of the two folders.",
                )
            seen[name] = place
        for kind, table in tables.items():
            foreign = set(table["cell"].unique().to_pylist()) - {place.name}
            if foreign:
                raise DataError(
                    "The folder holds rows of another cell.",
                    where=place / _PATHS[kind],
                    expected=place.name,
                    got=", ".join(sorted(foreign)),
                    fix="A cell's folder bears the cell's name; name it so.",
                )
            parts[kind].append(table)
    if not seen:
        raise DataError(
            "There is no finished cell.",
            where=", ".join(str(folder) for folder in folders),
            expected="cells/<cell>/{predictions,curves,cell}.parquet",
            got=f"{len(unfinished)} unfinished" if unfinished else "none",
            fix="Run `hemdata train-eval` to its end first.",
        )
    merged = {kind: pa.concat_tables(tables) for kind, tables in parts.items()}
    studies = merged["cells"]["study"].unique().to_pylist()
    if len(studies) > 1:
        raise DataError("The cells belong to several studies.", expected="one study", got=", ".join(sorted(studies)))
    for kind, table in merged.items():
        _check(kind, table, where=f"{kind} of study {studies[0]}")
    _no_molecule_twice(merged["predictions"])
    return Rows(merged["predictions"], merged["cells"], merged["curves"], tuple(unfinished))


def _places(folders: tuple[Path, ...]) -> Iterator[Path]:
    for folder in folders:
        if not (folder / "cells").is_dir():
            raise CallError(
                "There is no study in this folder.",
                where=folder,
                expected="a folder that holds cells/",
                fix="Give the folder that `hemdata train-eval` wrote.",
            )
        yield from sorted(place for place in (folder / "cells").iterdir() if place.is_dir())


def _read(kind: str, path: Path) -> pa.Table:
    if not path.is_file():
        raise DataError(
            "A finished cell lacks a file of rows.",
            where=path,
            got="no such file",
            fix="Run the study again (`hemdata run` or `hemdata train-eval`): a model that stands is judged anew.",
        )
    try:
        table = pq.ParquetFile(path).read()  # not a dataset: no columns from the folders' names
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(
            "A file of rows cannot be read.",
            where=path,
            got=str(error).splitlines()[0],
            fix="Move the cell's folder away and run the cell again.",
        ) from error
    expected = _schema(kind)
    for key in (b"hemdata.schema", b"hemdata.schema_version"):
        found = (table.schema.metadata or {}).get(key)
        if found != expected.metadata[key]:
            raise DataError(
                "A file of rows has another schema version.",
                where=path,
                expected=f"{FILES[kind]} {expected.metadata[b'hemdata.schema_version'].decode()}",
                got=f"{key.decode()} {found.decode() if found else 'missing'}",
                fix="Run the cell again with this version, or read it with the version that wrote it.",
            )
    if table.schema != expected:  # names, types, order
        _check(kind, table, where=path)
    return table.cast(expected)


def _schema(kind: str) -> pa.Schema:
    from hemdata.schema import table_schema

    return table_schema(FILES[kind]).arrow


def _check(kind: str, table: pa.Table, where: object) -> None:
    from hemdata.schema import table_schema

    table_schema(FILES[kind]).check(table, where)


def _no_molecule_twice(predictions: pa.Table) -> None:
    keys = ["cell", "group", "molecule_id"]
    counts = predictions.select(keys).group_by(keys).aggregate([([], "count_all")])
    if counts.num_rows < predictions.num_rows:
        twice = next(row for row in counts.to_pylist() if row["count_all"] > 1)
        raise DataError(
            "A molecule stands twice in a group of a cell.",
            where=f"cell {twice['cell']}, group {twice['group']}",
            got=twice["molecule_id"],
            fix="Take the duplicate out of the test group.",
        )
