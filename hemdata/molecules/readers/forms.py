"""mol2, JSON lines and Parquet: molecules by SMILES, graph or geometry; energies are not taken.

What the forms hold is read by `hemdata.forms`; what else stands in a file, `hemdata import` takes in.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hemdata.errors import DataError
from hemdata.forms.reading import form_of, frames_of
from hemdata.forms.shared.frames import Frames, Wanted, as_word
from hemdata.molecules.molecule import NOTHING, Molecule, Said, Unread, from_geometry, from_smiles
from hemdata.molecules.names import molecule_id
from hemdata.molecules.state import NAMES, stated

_ROLES = ("smiles", "id")
_STATE = {*NAMES} - {"q"}  # which may be anything in a table
SUFFIXES = (".mol2", ".jsonl", ".parquet")


def read(path: Path, said: Said = NOTHING) -> Iterator[Molecule | Unread]:
    """Every molecule of the file, and every record that is none.

    Raises:
        DataError: if the file has neither SMILES nor geometries.
    """
    before, wanted = 0, Wanted()
    for frames in frames_of(path, form_of(path), wanted):
        keys = {role: wanted.key(role, frames.values) for role in (*_ROLES, "energy")}
        if keys["smiles"] is None and not len(frames.atomic_numbers) and len(frames.faults) < frames.n:
            raise DataError(
                "No column holds SMILES or a geometry.",
                where=path,
                expected="a column `smiles`, or `atomic_numbers` and `positions`",
                got=", ".join(frames.values) or "no column",
                fix="Name the column so.",
            )
        for row in range(frames.n):
            entry = _entry(path, frames, row, before + row + 1, keys, said)
            has_energy = _value(frames, keys["energy"], row) is not None
            yield replace(entry, energy_key=keys["energy"]) if isinstance(entry, Molecule) and has_energy else entry
        before += frames.n


def _entry(
    path: Path, frames: Frames, row: int, number: int, keys: dict[str, str | None], said: Said
) -> Molecule | Unread:
    its = {role: _value(frames, key, row) for role, key in keys.items()}
    id = molecule_id(path, its["id"] or number)
    where = f"{path}, {frames.word} {frames.first + row}"
    if row in frames.faults:
        reason, detail = frames.faults[row]
        return Unread(id, detail or "", f"{reason[0].upper()}{reason[1:]}.", where, "Correct or remove it.")
    try:
        its_state = {key.lower(): _value(frames, key, row) or "" for key in frames.values if key.lower() in _STATE}
        told = said.over(stated(its_state))
        at = frames.geometry(row)
        if at.stop == at.start:
            if not its["smiles"]:
                raise DataError("There is neither a SMILES nor a geometry.", fix="Correct or remove it.")
            return from_smiles(its["smiles"], id, where, told)
        z, x = frames.atomic_numbers[at].tolist(), frames.positions[at].ravel().tolist()
        return from_geometry(z, x, id, where, told, its["smiles"])
    except DataError as error:
        return Unread(id, str(error.got or ""), error.what, where, error.fix)


def _value(frames: Frames, key: str | None, row: int) -> str | None:
    """A value as text; None where it is missing."""
    value: Any = frames.values[key][row] if key is not None else None
    if value is None or value == "" or (isinstance(value, float) and np.isnan(value)):
        return None
    return as_word(value) if isinstance(value, float) else str(value)
