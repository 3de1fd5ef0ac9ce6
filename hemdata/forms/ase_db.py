"""An ASE database (SQLite): `ase.db.connect`, `ase db`, its web browser."""

from pathlib import Path
from typing import Any

from hemdata.forms.built import BuiltSet

ABOUT = "ASE's SQLite database: ase.db.connect, the command ase db and its web page"
SUFFIX = ".db"

_IN_ATOMS = {"atomic_numbers", "positions"}
_TAKEN = {"id": "hemdata_id", "charge": "total_charge"}  # names that ASE keeps for itself


def write(built: BuiltSet, path: Path) -> None:
    """Write every molecule as an `ase.Atoms`.

    Single values are key-value pairs, by which `select` finds rows, and lists stand in a row's `data`; a column without
    a value is left out. The id is `hemdata_id`, the charge `total_charge`.
    """
    import ase
    from ase.db import connect

    database = connect(path, type="db", use_lock_file=False)
    database.metadata = {
        "title": built.manifest.dataset,
        "key_descriptions": {
            _TAKEN.get(column.name, column.name): (column.name, column.meaning, column.unit or "")
            for column in built.columns
            if not column.type.startswith("list")
        },
    }
    with database:
        for row in built.molecules():
            pairs: dict[str, Any] = {}
            data: dict[str, Any] = {}
            for name, value in row.items():
                if value is not None and name not in _IN_ATOMS:
                    (pairs if _can_be_a_pair(value) else data)[_TAKEN.get(name, name)] = value
            atoms = ase.Atoms(numbers=row["atomic_numbers"], positions=row["positions"])
            database.write(atoms, key_value_pairs=pairs, data=data)


def _can_be_a_pair(value: object) -> bool:
    """Whether ASE takes a value as one by which rows are found: no list, no text that looks like a number."""
    if not isinstance(value, str):
        return isinstance(value, int | float)
    if value in ("True", "False"):
        return False
    try:
        float(value)
    except ValueError:
        return True
    return False
