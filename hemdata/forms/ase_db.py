"""An ASE database (SQLite): `ase.db.connect`, `ase db`, its web browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hemdata.errors import DataError
from hemdata.forms.shared.built import BuiltSet
from hemdata.forms.shared.frames import Frames, Gathered, Wanted

ABOUT = "ASE's SQLite database: ase.db.connect, the command ase db and its web page"
SUFFIX = ".db"
READS = "ASE's SQLite database, SchNetPack's with its units among them: pairs, data, energy and forces"
SUFFIXES = (".db",)

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


_OF_ASE = {"Ha": "hartree", "Ang": "angstrom", "Debye": "debye", "Bohr": "bohr"}
_BACK = {ours: name for name, ours in _TAKEN.items()}
_UNITS = "_property_unit_dict"  # SchNetPack's metadata


def is_of(path: Path) -> bool:
    """Whether the file is an SQLite database with ASE's tables."""
    import sqlite3

    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            return bool(db.execute("SELECT 1 FROM sqlite_master WHERE name = 'systems'").fetchone())
    except sqlite3.DatabaseError:
        return False


def frames(path: Path, wanted: Wanted) -> Iterator[Frames]:
    """Every row: its pairs and data by name, and the calculator's energy (eV) and forces (eV/angstrom) where there.

    Raises:
        DataError: if it is no database of ASE's, or a damaged one.
    """
    import sqlite3

    from ase.db import connect

    if not is_of(path):
        raise DataError("This is no database of ASE's.", where=path, expected="SQLite with a table `systems`")
    try:
        database = connect(path, type="db", use_lock_file=False)
        told = dict(database.metadata)
        units = {name: _OF_ASE.get(unit, unit) for name, unit in told.get(_UNITS, {}).items() if unit}
        units |= {name: its[2] for name, its in told.get("key_descriptions", {}).items() if its[2]}
        if "_distance_unit" in told:
            units["positions"] = _OF_ASE.get(told["_distance_unit"], told["_distance_unit"])
        found = Gathered(path.name, "row", {_BACK.get(name, name): unit for name, unit in units.items()})
        for row in database.select():
            add_row(found, row, wanted)
            if found.full:
                yield found.taken()
        if found.n:
            yield found.taken()
    except (sqlite3.DatabaseError, ValueError, KeyError) as error:
        raise DataError("The database is damaged.", where=path, got=error, fix="Get it again.") from None


def add_row(found: Gathered, row: Any, wanted: Wanted) -> None:
    """One of ASE's rows: its data and pairs, and the calculator's energy (eV) and forces (eV/angstrom) where there."""
    values = {**row.data, **row.key_value_pairs}
    for name, unit in (("energy", "eV"), ("forces", "eV/angstrom")):
        if name not in values and row.get(name) is not None:
            values[name] = row.get(name)
            found.units.setdefault(name, unit)
    if row.get("charge"):
        values.setdefault("charge", row.get("charge"))
    if any(row.pbc):
        found.fault("the row is periodic", "a record is a molecule")
    else:
        named = {_BACK.get(name, name): _plain(value) for name, value in values.items()}
        its = named if wanted.keep is None else {name: named[name] for name in wanted.keep & named.keys()}
        found.add(row.numbers.tolist(), row.positions.ravel().tolist(), its)


def _plain(value: Any) -> Any:
    """A number of an array of one, as SchNetPack keeps them."""
    shape = getattr(value, "shape", None)
    return value.item() if shape in ((), (1,)) else value
