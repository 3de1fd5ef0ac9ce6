"""OD9 (10.1186/s13321-021-00554-8) and tables like it: its card says which column of the file is which of the record.

Read are CSV, JSON lines, one JSON mapping by SMILES, and members in PC9's form (a ZIP or a folder). A column that the
card names and the file lacks is null where it may be; a unit that is not the card's to give is never guessed.
"""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hemdata.archives.decompress import open_any
from hemdata.archives.members import kind, members
from hemdata.archives.refusals import DAMAGED, damaged
from hemdata.archives.text import as_text
from hemdata.catalog import DatasetCard, SourceColumn
from hemdata.errors import DataError
from hemdata.fetching.fetch import fetch
from hemdata.levels import ATOMIC_NUMBERS
from hemdata.molecules import NOTHING
from hemdata.molecules.state import stated
from hemdata.shards import SourceFile
from hemdata.sources.files import path_file, source_file
from hemdata.sources.source import Raw, Record, Rejected, Source
from hemdata.sources.xyz import floats, parse_xyz, text_of
from hemdata.units import IN_HARTREE, OF_LENGTH

READ = (
    "id",
    "smiles",
    "energy_hartree",
    "atomic_numbers",
    "positions",
    "n_heavy",
    "n_atoms",
    "part",
    "charge",
    "multiplicity",
)
ID, ENERGY = 1, 12  # words of a member's second line
FORMS = ".csv, .jsonl, .json (each also compressed), or a ZIP or folder of .xyz members in PC9's form"


def open_dataset(card: DatasetCard, given: Path | None) -> Source:
    """The file that the card names, fetched; or a path in one of the forms.

    Raises:
        DataError: if no address is known and none is given, the form is another, or the card's columns are unclear.
    """
    if given is None and not card.files:
        raise DataError(
            f"hemdata knows no address of '{card.name}'.",
            expected=FORMS,
            fix=f"Get it by hand ({card.homepage}) and give it with --from.",
        )
    path = fetch(card.files[0]) if given is None else given
    if kind(path) in ("zip", "folder") or path.suffix == ".xyz":
        return Members(path, [path_file(path, _is_member)])
    name = path.name.removesuffix(".gz").removesuffix(".bz2").removesuffix(".xz")
    suffix = Path(name).suffix
    if suffix not in (".csv", ".jsonl", ".json"):
        raise DataError("The form of the file is not known.", where=path, expected=FORMS, got=path.name)
    return Table(path, suffix, _columns(card), [source_file(path)])


@dataclass(frozen=True)
class Table:
    """A file of one record a line, or of one mapping; `columns` says what stands where."""

    path: Path
    suffix: str
    columns: dict[str, SourceColumn]
    files: list[SourceFile]

    def raws(self) -> Iterator[Raw]:
        """Every record, as JSON text of its cells by the file's names."""
        try:
            yield from self._records()
        except (*DAMAGED, csv.Error) as error:
            raise damaged(self.path, error) from None

    def _records(self) -> Iterator[Raw]:
        name = self.path.name
        with open_any(self.path) as binary:
            text = as_text(self.path, binary, newline="")
            text.reconfigure(errors="replace")
            if self.suffix == ".json":
                yield from self._mapping(text.read())
            elif self.suffix == ".jsonl":
                for number, line in enumerate(text, start=1):
                    yield Raw(f"{name}, line {number}", line.strip())
            else:
                reader = csv.DictReader(text)
                self._known(reader.fieldnames or [])
                for number, row in enumerate(reader, start=1):
                    yield Raw(f"{name}, row {number}", json.dumps(row))

    def parse(self, raw: Raw) -> Record:
        """One record parsed."""
        if "\ufffd" in raw.content:
            raise Rejected("not UTF-8 text")
        try:
            cells = json.loads(raw.content)
        except json.JSONDecodeError as error:
            raise Rejected("not a JSON record", str(error)) from None
        if not isinstance(cells, dict):
            raise Rejected("not a JSON record", f"expected a mapping, got {raw.content[:60]}")
        if cells.pop("null", None) is not None:
            raise Rejected("more cells than columns", "a comma that parts no cells stands in quotes")
        found = {name: cells.get(its.column) for name, its in self.columns.items()}
        found = {name: None if value == "" else value for name, value in found.items()}
        smiles, given_id = found.get("smiles"), found.get("id")
        if not isinstance(smiles, str):
            raise Rejected("no SMILES", f"column {self.columns['smiles'].column!r}")
        z, positions = _numbers(found.get("atomic_numbers")), _numbers(found.get("positions"))
        energy = found.get("energy_hartree")
        if energy is not None and not (z and positions):
            raise Rejected("an energy without a geometry", "expected atomic_numbers and positions beside it")
        if (z is None) != (positions is None) or (z and positions and len(positions) != 3 * len(z)):
            raise Rejected("wrong atom count", f"{len(z or [])} atoms, {len(positions or [])} coordinates")
        unit = self.columns["energy_hartree"].unit if energy is not None else None
        _counts(smiles, found)
        charge, multiplicity = _state(smiles, found, z)
        return Record(
            source_id=_safe(str(given_id)) if given_id is not None else raw.where.rsplit(" ", 1)[1],
            smiles=smiles,
            atomic_numbers=[int(n) for n in z] if z else None,
            positions=positions and [value * self._length for value in positions],
            charge=charge,
            multiplicity=multiplicity,
            energy_hartree=None if energy is None else floats([str(energy)], "energy")[0] * IN_HARTREE[unit or ""],
            properties={"part": None if found.get("part") is None else str(found["part"])},
        )

    @property
    def _length(self) -> float:
        """What the table's unit of length is in angstrom."""
        its = self.columns.get("positions")
        return OF_LENGTH[(its and its.unit) or "angstrom"]

    def _known(self, header: Any) -> None:
        """A table's columns are the card's; what it has beside them is not read, what a SMILES needs must be there."""
        needed = self.columns["smiles"].column
        if needed not in header:
            raise DataError(
                f"The table has no column '{needed}'.",
                where=self.path,
                expected=", ".join(its.column for its in self.columns.values()),
                got=", ".join(header) or "an empty file",
                fix="Write a copy of the dataset's card with the file's own names under `columns`, and build that.",
            )

    def _mapping(self, text: str) -> Iterator[Raw]:
        try:
            mapping = json.loads(text)
        except json.JSONDecodeError as error:
            raise DataError("The file is not JSON.", where=self.path, got=error) from None
        if not isinstance(mapping, dict):
            raise DataError("The JSON file is no mapping by SMILES.", where=self.path, got=type(mapping).__name__)
        first = next(iter(mapping.values()), None)
        if isinstance(first, list):  # column by column: {"smiles": [...], "HAC": [...]}
            self._known(list(mapping))
            rows = [dict(zip(mapping, row, strict=False)) for row in zip(*mapping.values(), strict=False)]
        else:
            smiles = self.columns["smiles"].column
            rows = [{smiles: key, **(its if isinstance(its, dict) else {})} for key, its in mapping.items()]
        for number, row in enumerate(rows, start=1):
            yield Raw(f"{self.path.name}, entry {number}", json.dumps(row))


@dataclass(frozen=True)
class Members:
    """Members in PC9's form: the id and the total energy in the second line, SMILES and InChI in the last two."""

    path: Path
    files: list[SourceFile]

    def raws(self) -> Iterator[Raw]:
        """Every member, sorted by name."""
        for member in members(self.path, _is_member):
            yield Raw(member.name, text_of(member.data))

    def parse(self, raw: Raw) -> Record:
        """One member parsed."""
        xyz = parse_xyz(raw.content)
        if len(xyz.header) <= ENERGY or not xyz.smiles:
            raise Rejected("not in PC9's form", f"line 2: expected an id and an energy, got {xyz.header[:3]}")
        part = re.search(r"(?:part|step)_?(\d+)/", raw.where, re.IGNORECASE)
        return Record(
            source_id=_safe(xyz.header[ID]),
            smiles=xyz.smiles[0],
            atomic_numbers=xyz.atomic_numbers,
            positions=xyz.positions,
            energy_hartree=floats([xyz.header[ENERGY]], "line 2")[0],
            properties={"part": part[1] if part else None},
        )


def _columns(card: DatasetCard) -> dict[str, SourceColumn]:
    """The card's columns; refused where one is unknown, or an energy or a position has no unit of its kind."""
    unknown = sorted(set(card.columns) - set(READ))
    energy, positions = card.columns.get("energy_hartree"), card.columns.get("positions")
    wrong = None
    if unknown or "smiles" not in card.columns:
        wrong = f"columns {unknown or 'without smiles'}"
    elif energy is not None and energy.unit not in IN_HARTREE:
        wrong = f"energy_hartree in unit {energy.unit}"
    elif positions is not None and positions.unit not in OF_LENGTH:
        wrong = f"positions in unit {positions.unit}"
    if wrong:
        raise DataError(
            "The dataset's card does not say how its table is read.",
            where=f"dataset {card.name}",
            expected=f"{', '.join(READ)}; energy_hartree in {', '.join(IN_HARTREE)};"
            f" positions in {', '.join(OF_LENGTH)}",
            got=wrong,
        )
    return card.columns


def _numbers(cell: Any) -> list[float] | None:
    """A list of numbers, or of element symbols, however it is written."""
    if cell is None:
        return None
    words = re.findall(r"[^\s,;\[\]'\"]+", cell) if isinstance(cell, str) else list(_flat(cell))
    return floats([str(ATOMIC_NUMBERS.get(str(word), word)) for word in words], "a list")


def _flat(values: Any) -> Iterator[Any]:
    for value in values if isinstance(values, list) else [values]:
        if isinstance(value, list):
            yield from _flat(value)
        else:
            yield value


def _counts(smiles: str, found: dict[str, Any]) -> None:
    """The counts that a table gives are those of its SMILES.

    Raises:
        Rejected: if they are not.
    """
    from hemdata.identity import identify

    identity = identify(smiles) if found.get("n_heavy") is not None or found.get("n_atoms") is not None else None
    if identity is None:
        return  # no count to compare, or a SMILES that the completion refuses
    z = identity.atomic_numbers
    for name, counted in (("n_heavy", sum(n != 1 for n in z)), ("n_atoms", len(z))):
        if found.get(name) is not None and int(floats([str(found[name])], name)[0]) != counted:
            raise Rejected(f"{name} is not that of the SMILES", f"expected {counted}, got {found[name]}")


def _state(smiles: str, found: dict[str, Any], z: list[float] | None) -> tuple[int, int]:
    """Charge and multiplicity by the columns, else by the SMILES.

    Raises:
        Rejected: if they contradict each other.
    """
    from hemdata.identity import identify

    told = {name: str(found[name]) for name in ("charge", "multiplicity") if found.get(name) is not None}
    identity = identify(smiles, bonds=False) if told or "[" in smiles else None  # else a neutral singlet
    atoms = [int(n) for n in z] if z else list(identity.atomic_numbers) if identity else []
    try:
        said = stated(told)
        if identity is not None and said.charge not in (None, identity.charge):
            raise Rejected("charge is not that of the SMILES", f"expected {identity.charge}, got {said.charge}")
        if identity is None:
            return (0, 1) if said == NOTHING else said.settled(atoms)
        return said._replace(charge=identity.charge).settled(atoms, identity.radical_electrons)
    except DataError as error:
        raise Rejected(error.what.rstrip(".").lower(), f"got {error.got}") from None


def _safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._+-]+", "_", text.strip())


def _is_member(name: str) -> bool:
    return name.endswith(".xyz") and not name.rsplit("/", 1)[-1].startswith(".")
