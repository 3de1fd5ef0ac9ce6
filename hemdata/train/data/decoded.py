"""Molecules of a set larger than memory: its shards decoded once into flat files, mapped from there."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hemdata.errors import DataError
from hemdata.levels import one_level
from hemdata.shards import iterate, read_manifest, sha256
from hemdata.train.data.molecules import ENERGY, Molecules

_FILES = {"atomic_numbers": np.uint8, "positions": np.float64, "sizes": np.int64, "target": np.float64}
_COLUMNS = ("id", "atomic_numbers", "positions", ENERGY, "level")


def decoded(folder: str | Path, cache: str | Path, rows: NDArray[np.bool_] | None = None) -> Molecules:
    """The molecules of a shard folder, read in constant memory and held in mapped files.

    The first call decodes the shards into files of `cache`; later ones open them. The operating system keeps of them
    in memory what there is room for, so that training takes no more memory for ten million molecules than for ten
    thousand, but for the 8 bytes of each energy and each size.

    Args:
        folder: of built or labelled shards, at one level.
        cache: folder for the decoded files; one folder below it for every set of shards and choice of rows.
        rows: (rows of the set,) which are taken, such as one side of a split; all where None.

    Raises:
        DataError: as `Molecules.of`; for a choice of rows that is not as long as the set.
    """
    accepted = read_manifest(Path(folder)).counts.accepted
    if rows is not None and len(rows) != accepted:
        raise DataError("The choice of rows is not the set's.", where=folder, expected=accepted, got=len(rows))
    key = hashlib.sha256(sha256(Path(folder) / "manifest.json").encode() + (b"" if rows is None else rows.tobytes()))
    place = Path(cache) / key.hexdigest()[:16]
    if not place.is_dir():
        partial = place.with_name(f".{place.name}.{uuid.uuid4().hex}.partial")
        partial.mkdir(parents=True)
        try:
            _decode(Path(folder), partial, rows)
            if not place.is_dir():  # another process may have been quicker
                partial.rename(place)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return _opened(place)


def _decode(folder: Path, into: Path, rows: NDArray[np.bool_] | None) -> None:
    read, levels = 0, set()
    files = {name: (into / name).open("wb") for name in _FILES}
    try:
        with pa.OSFile(str(into / "ids.arrow"), "wb") as sink, pa.ipc.new_file(sink, _IDS) as ids:
            for batch in iterate(folder, _COLUMNS):
                table = pa.Table.from_batches([batch])
                if rows is not None:
                    table = table.filter(pa.array(rows[read : read + batch.num_rows]))
                read += batch.num_rows
                if not table.num_rows:
                    continue
                part = Molecules.of(table)
                levels.add(part.level)
                ids.write_table(pa.table({"id": part.ids}, schema=_IDS))
                for name, file in files.items():
                    file.write(np.ascontiguousarray(getattr(part, name), dtype=_FILES[name]).tobytes())
    finally:
        for file in files.values():
            file.close()
    if not levels:
        raise DataError("There are no molecules.", where=folder, expected="at least one row", got="none")
    (into / "level").write_text(one_level(levels, where=folder), encoding="utf-8")


def _opened(place: Path) -> Molecules:
    numbers, positions, sizes, target = (
        np.asarray(np.memmap(place / name, dtype=kind, mode="r")) for name, kind in _FILES.items()
    )
    with pa.memory_map(str(place / "ids.arrow")) as source:
        ids = pa.ipc.open_file(source).read_all()["id"]
    return Molecules(
        ids=ids,
        atomic_numbers=numbers,
        positions=positions.reshape(-1, 3),
        offsets=np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]),
        target=target,
        level=(place / "level").read_text("utf-8"),
    )


_IDS = pa.schema([("id", pa.large_string())])
