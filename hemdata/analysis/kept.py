"""Results on disk: one Parquet file a table, as its schema says, and what they were computed from."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from hemdata.analysis.published import published_path
from hemdata.bridges.labels import labels_file
from hemdata.catalog import card_path, cards, label_places
from hemdata.files import whole, write_whole
from hemdata.schema import result_schema
from hemdata.shards import sets_in, sha256, versions
from hemdata.shards.manifest import MANIFEST
from hemdata.shards.sets import own_level

FORMAT = 3  # a larger number where the same rows give other results than before
FOLDER, INDEX = "results", "results.json"
ROWS = ("predictions.parquet", "curves.parquet", "cell.parquet", "settings.json", "model/model.json")


@dataclass(frozen=True)
class Kept:
    """Tables by their names in schemas/results/, and what is no table."""

    tables: Mapping[str, pa.Table]
    facts: Mapping[str, Any]


def typed(frames: Mapping[str, pd.DataFrame], facts: Mapping[str, Any]) -> Kept:
    """Frames as their schemas say; a table that no frame is given of has no rows.

    Raises:
        DataError: if one breaks its schema.
    """
    tables = {}
    for name in cards("result"):
        schema, frame = result_schema(name), frames.get(name)
        if frame is None or frame.empty:
            tables[name] = schema.arrow.empty_table()
            continue
        table = pa.Table.from_pandas(frame, preserve_index=False).select(schema.arrow.names).cast(schema.arrow)
        schema.check(table, f"results, {name}")
        tables[name] = table
    return Kept(tables, facts)


def sources(run: Path, data: Path, resamples: int) -> dict[str, Any]:
    """What the results of a run are computed from, by hash: rows, models, labels, bridges, published errors, code."""
    files = [place / name for place in sorted((run / "cells").iterdir()) for name in ROWS]
    labels = {
        str(its): sha256(folder / MANIFEST)
        for place in (*reversed(label_places()), data)
        for its, folder in sets_in(place)
        if its.level is not None or own_level(folder) is not None
    }
    return {
        "format": FORMAT,
        "hemdata": versions()["hemdata"],
        "resamples": resamples,
        "rows": {path.relative_to(run).as_posix(): sha256(path) for path in files if path.is_file()},
        "labels": dict(sorted(labels.items())),
        "published": sha256(published_path()),
        "bridges": {
            file.name: sha256(file)
            for card in (card_path("bridge", name) for name in sorted(cards("bridge")))
            for file in (card, labels_file(card))
            if file.is_file()
        },
        "schemas": {name: hashlib.sha256(result_schema(name).arrow.to_string().encode()).hexdigest()[:16]
                    for name in cards("result")},
    }  # fmt: skip


def keep(run: Path, found: Kept, made_from: Mapping[str, Any]) -> None:
    """Write the results beside a run's cells; the index last, so that half of them never count.

    Raises:
        OSError: if the folder cannot be written.
    """
    folder = run / FOLDER
    folder.mkdir(exist_ok=True)
    (folder / INDEX).unlink(missing_ok=True)
    for name, table in found.tables.items():
        with whole(folder / f"{name}.parquet") as temporary:
            pq.write_table(table, temporary, compression="zstd")
    index = {"made_from": made_from, "facts": _plain(found.facts), "files": _hashes(folder)}
    write_whole(folder / INDEX, json.dumps(index, indent=1) + "\n")


def kept(run: Path, made_from: Mapping[str, Any]) -> Kept | None:
    """The results that a run keeps; None where there are none, or they were computed from something else."""
    folder = run / FOLDER
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        if index["made_from"] != made_from or index["files"] != _hashes(folder):
            return None
        tables = {name: pq.ParquetFile(folder / f"{name}.parquet").read() for name in cards("result")}
        return Kept(tables, index["facts"])
    except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError):
        return None


def _hashes(folder: Path) -> dict[str, str]:
    return {f"{name}.parquet": sha256(folder / f"{name}.parquet") for name in cards("result")}


def _plain(value: Any) -> Any:
    """As JSON has it: null for NaN, which it lacks."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value
