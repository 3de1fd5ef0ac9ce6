"""A store of hemdata's labels (SQLite): the successful results, each with the geometry that it was computed at."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from hemdata.errors import DataError
from hemdata.forms.shared.frames import Frames, Gathered, Wanted

READS = "a store of hemdata's labels"
SUFFIXES = (".sqlite", ".db")


def is_of(path: Path) -> bool:
    """Whether the file is an SQLite database with a store's table."""
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            return bool(db.execute("SELECT 1 FROM sqlite_master WHERE name = 'results'").fetchone())
    except sqlite3.DatabaseError:
        return False


def frames(path: Path, wanted: Wanted) -> Iterator[Frames]:
    """Every successful result with an energy: `energy` (hartree), `level`, `smiles` and `id`, the key's first letters.

    Raises:
        DataError: if it is no store, or a damaged one.
    """
    found = Gathered(path.name, "result", {"energy": "hartree", "positions": "angstrom"})
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            rows = db.execute(
                "SELECT key, atomic_numbers, positions, energy_hartree, provenance FROM results"
                " WHERE reason IS NULL AND energy_hartree IS NOT NULL ORDER BY key"
            )
            for key, z, xyz, energy, told in rows:
                provenance = json.loads(told)
                values = {"id": key[:16], "energy": energy, "level": provenance.get("level"),
                          "smiles": provenance.get("smiles")}  # fmt: skip
                found.add(
                    np.frombuffer(z, dtype=np.uint8).tolist(),
                    np.frombuffer(xyz, dtype="<f8").tolist(),
                    {name: value for name, value in values.items() if wanted.asks(name)},
                )
                if found.full:
                    yield found.taken()
        if found.n:
            yield found.taken()
    except sqlite3.DatabaseError as error:
        raise DataError("This is no store of labels, or a damaged one.", where=path, got=error) from None
