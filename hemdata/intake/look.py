"""What stands in a user's files: their form, their keys, a sample of molecules, and what each key seems to be."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hemdata.errors import CallError, DataError
from hemdata.forms.reading import Reader, form_of
from hemdata.forms.shared.frames import ROLES, Frames, Wanted, is_number
from hemdata.sources.imported import files_in, frames_of_paths
from hemdata.units import spelled

RECORDS = 20_000  # are looked at
SAMPLE = 300  # of them are compared with what their bonds must give
EXAMPLES = 3
BY_NAME = {
    "_hartree": "hartree", "_ev": "eV", "_mev": "meV", "_kcal_mol": "kcal/mol", "_kj_mol": "kJ/mol", "_cm1": "1/cm",
    "_ha": "hartree", "_kcal": "kcal/mol", "_kj": "kJ/mol", "_debye": "debye", "_angstrom": "angstrom",
    "_hartree_bohr": "hartree/bohr", "_ev_ang": "eV/angstrom", "_ghz": "GHz",
}  # fmt: skip
"""Units at the end of a key's name."""


@dataclass
class Key:
    """A key of a file.

    Attributes:
        name: in the file.
        kind: `number`, `text`, `truth`, `numbers` (a list), `texts` or `per atom`.
        there: in how many of the looked-at records.
        examples: its first values.
        unit: that the file or the name says.
        role: what it seems to be, where it is one of the usual names or was said.
    """

    name: str
    kind: str
    there: int = 0
    examples: list[Any] = field(default_factory=list)
    unit: str | None = None
    role: str | None = None


@dataclass
class Looked:
    """What a look at the files found.

    Attributes:
        paths: as given.
        reader: of their form.
        records: looked at; `whole` where these are all.
        keys: by name, the geometry's not among them.
        batches: the looked-at records.
        geometry: whether any record has one.
    """

    paths: tuple[Path, ...]
    reader: Reader
    wanted: Wanted
    records: int = 0
    whole: bool = True
    keys: dict[str, Key] = field(default_factory=dict)
    batches: list[Frames] = field(default_factory=list)

    @property
    def geometry(self) -> bool:
        """Whether any record has a geometry."""
        return any(len(frames.atomic_numbers) for frames in self.batches)

    @property
    def others(self) -> list[str]:
        """The files of the folders that are of no form, or of another one."""
        return [
            file.name
            for path in self.paths
            if path.is_dir()
            for file in sorted(set(files_in(path)) - set(files_in(path, self.reader)))
        ]

    @property
    def unread(self) -> int:
        """Looked-at records that cannot be read."""
        return sum(len(frames.faults) for frames in self.batches)

    def first_faults(self, n: int = EXAMPLES) -> list[str]:
        """The first records that cannot be read, each with its reason."""
        found = [
            f"{frames.place(row)}: {reason}" + (f" ({detail})" if detail else "")
            for frames in self.batches
            for row, (reason, detail) in sorted(frames.faults.items())
        ]
        return found[:n]

    def key_of(self, role: str) -> Key | None:
        """The key of a role, where there is one."""
        name = self.wanted.key(role, self.keys)
        return self.keys.get(name) if name is not None else None

    def values(self, key: str) -> Iterator[Any]:
        """The values of a key over the looked-at records, None where missing or unreadable."""
        for frames in self.batches:
            column = frames.values.get(key)
            for row in range(frames.n):
                value = None if column is None or row in frames.faults else column[row]
                yield None if isinstance(value, float) and np.isnan(value) else value

    def geometries(self) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]]:
        """Atomic numbers (N,) and coordinates (N, 3) in the file's unit of the looked-at records; N may be 0."""
        for frames in self.batches:
            for row in range(frames.n):
                at = frames.geometry(row)
                yield frames.atomic_numbers[at], frames.positions[at]

    def place(self, record: int) -> str:
        """Where a looked-at record stands, for people."""
        for frames in self.batches:
            if record < frames.n:
                return frames.place(record)
            record -= frames.n
        raise IndexError(record)


def look(paths: Sequence[Path], form: str | None = None, said: Mapping[str, str] | None = None) -> Looked:
    """Look at the first 20,000 records of files or folders of one form.

    Args:
        paths: files, or folders of files.
        form: asked for; else by suffix and first bytes.
        said: role: key, as the user said it.

    Raises:
        CallError: if a path is not there, the form is not read, or a key that was said is nowhere.
        DataError: if a file is damaged, or holds no record.
    """
    for path in paths:
        if not path.exists():
            raise CallError("There is nothing at the path.", where=path, fix="Correct the path.")
    reader = _one_form(paths, form)
    wanted = Wanted(dict(said or {}))
    found = Looked(tuple(paths), reader, wanted)
    for frames in frames_of_paths(found.paths, reader, wanted):
        found.batches.append(frames)
        found.records += frames.n
        _noted(found.keys, frames)
        if found.records >= RECORDS:
            found.whole = False
            break
    if not found.records:
        raise DataError("There is no record.", where=", ".join(map(str, paths)), fix="Check the file or folder.")
    for role in ROLES:
        key = found.key_of(role)
        if key is not None:
            key.role = role
    for role, name in wanted.keys.items():
        if role not in ("atomic_numbers", "positions", "counts") and name not in found.keys:
            raise CallError(
                f"No record has the key '{name}'.",
                where=paths[0],
                expected=", ".join(sorted(found.keys)) or "no record has any key",
                got=f"{role} {name}",
                fix="Take one of these keys.",
            )
    return found


def one_word(looked: Looked, key: str) -> str | None:
    """The one word that a key has in every record; None where there is none, or several."""
    if key not in looked.keys:
        return None
    words = {str(value) for value in looked.values(key) if value}
    return next(iter(words)) if len(words) == 1 else None


def _one_form(paths: Sequence[Path], form: str | None) -> Reader:
    readers: dict[str, Reader] = {}
    for path in paths:
        if form is not None:
            return form_of(path, form)
        files = files_in(path)
        for file in files:
            try:
                reader = form_of(file)
            except CallError:
                if path.is_dir():
                    continue  # a folder may hold a README beside its molecules
                raise
            readers[reader.name] = reader
            if not path.is_dir():
                break
    if len(readers) != 1:
        raise CallError(
            "The files are not of one form." if readers else "No file of a known form is there.",
            where=", ".join(map(str, paths)),
            got=", ".join(readers) or "none",
            fix="Import them one by one, or say --form.",
        )
    return next(iter(readers.values()))


def _noted(keys: dict[str, Key], frames: Frames) -> None:
    for name, its in frames.values.items():
        if not name:
            continue
        values = [None if row in frames.faults else value for row, value in enumerate(its)] if frames.faults else its
        key = keys.get(name)
        there = [value for value in values if value is not None and value != "" and value == value] if not isinstance(
            values, np.ndarray
        ) and not _arrays(values) else [value for value in values if value is not None and not _nan(value)]  # fmt: skip
        if key is None and there:
            unit = frames.units.get(name) or _named_unit(name)
            key = keys[name] = Key(name, _kind(there, frames), unit=spelled(unit) if unit else None)
        if key is not None:
            key.there += len(there)
            key.examples += there[: max(0, EXAMPLES - len(key.examples))]


def _arrays(values: Sequence[Any]) -> bool:
    return any(isinstance(value, np.ndarray | list) for value in values)


def _nan(value: Any) -> bool:
    return isinstance(value, float) and bool(np.isnan(value))


def _kind(there: Sequence[Any], frames: Frames) -> str:
    first = there[0]
    if isinstance(first, bool):
        return "truth"
    if isinstance(first, str):
        return "number" if all(is_number(word) for word in there[:1000]) else "text"
    if isinstance(first, np.ndarray | list | tuple):
        if len(first) and isinstance(np.asarray(first).ravel()[0], str):
            return "texts"
        atoms = set(np.diff(frames.offsets).tolist())
        return "per atom" if len(np.asarray(first).ravel()) == 3 * next(iter(atoms - {0}), -1) else "numbers"
    return "number"


def _named_unit(name: str) -> str | None:
    lower = name.lower()
    fitting = [
        unit for ending, unit in sorted(BY_NAME.items(), key=lambda each: -len(each[0])) if lower.endswith(ending)
    ]
    return fitting[0] if fitting else None
