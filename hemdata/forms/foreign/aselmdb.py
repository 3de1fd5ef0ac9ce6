"""ASE's LMDB database, as fairchem's sets (OMol25, OMat24) and ase-db-backends have it: rows of JSON, compressed."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from hemdata.errors import CallError, DataError
from hemdata.forms.ase_db import add_row
from hemdata.forms.shared.frames import Frames, Gathered, Wanted

READS = "ASE's LMDB database (OMol25 and others of fairchem), without pickles (pip install 'hemdata[import]')"
SUFFIXES = (".aselmdb", ".lmdb")
LARGEST = 1 << 28  # bytes of a row
_PICKLE = b"\x80"  # what a pickle of protocol 2 or later begins with


def frames(path: Path, wanted: Wanted) -> Iterator[Frames]:
    """Every row in the order of its id, as of ASE's other databases: pairs and data by name, energy and forces in eV.

    Raises:
        CallError: if the package lmdb is not installed.
        DataError: if the file is none of ASE's, is truncated, or holds pickles.
    """
    try:
        import lmdb
    except ModuleNotFoundError:
        raise CallError(
            "LMDB is read by a package that is not installed.", where=path, fix="pip install 'hemdata[import]'"
        ) from None
    try:
        opened = lmdb.open(str(path), subdir=False, readonly=True, lock=False, readahead=False)
    except lmdb.Error as error:
        raise DataError("The file is no LMDB, or damaged.", where=path, got=error, fix="Get it again.") from None
    with opened, opened.begin() as rows:
        _refuse_truncated(path, opened)
        found = Gathered(path.name, "row", {"energy": "eV", "forces": "eV/angstrom"})
        for id in sorted(int(key) for key in rows.cursor().iternext(values=False) if key.isdigit()):
            add_row(found, _row(path, id, rows.get(str(id).encode())), wanted)
            if found.full:
                yield found.taken()
        if found.n:
            yield found.taken()


def _row(path: Path, id: int, value: Any) -> Any:
    from ase.db.row import AtomsRow
    from ase.io.jsonio import decode

    try:
        text = value if value.startswith(_PICKLE) else zlib.decompressobj().decompress(value, LARGEST)
        if text.startswith(_PICKLE):
            raise DataError(
                "The rows are pickles, which can hold code.",
                where=f"{path}, row {id}",
                expected="JSON, compressed, as ASE's LMDB database has it",
                fix="Where you trust the file, write ASE's .db or extended XYZ with the program that made it.",
            )
        told = decode(text.decode())
        arrays = {name: np.asarray(told[name]) for name in ("numbers", "positions", "pbc")}
        return AtomsRow({**told, **arrays, "id": id})
    except (zlib.error, UnicodeDecodeError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            "A row is none of ASE's.", where=f"{path}, row {id}", got=f"{type(error).__name__}: {error}",
            fix="Each project has an LMDB of its own: write ASE's .db or extended XYZ with the program that made it.",
        ) from None  # fmt: skip


def _refuse_truncated(path: Path, opened: Any) -> None:
    """A page that is not there would end this process."""
    pages, there = opened.info()["last_pgno"] + 1, path.stat().st_size
    if pages * opened.stat()["psize"] > there:
        raise DataError(
            "The LMDB is truncated.",
            where=path,
            expected=f"{pages * opened.stat()['psize']:,} bytes",
            got=f"{there:,} bytes",
            fix="Get it again.",
        )
