"""Alchemy (10.48550/arXiv.1906.09427): final_version.csv and one SDF a molecule, in a ZIP or a folder.

U0 holds zero-point energy; the electronic energy is U0 - zpve. The atoms stand in the SDF's order, which no SMILES has.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hemdata.archives.members import find, kind, members
from hemdata.catalog import DatasetCard
from hemdata.errors import DataError
from hemdata.fetching.fetch import fetch
from hemdata.shards import SourceFile
from hemdata.sources.files import path_file
from hemdata.sources.source import Raw, Record, Rejected, Source
from hemdata.sources.xyz import floats, text_of

TABLE = "final_version.csv"
LARGEST_TABLE = 200_000_000  # bytes; 202,579 lines of some 200
CONTEST = re.compile(r"(^|[/_-])(dev|valid|test)(_target|_v\d+)?([._/-]|$)", re.IGNORECASE)
# column of the record: first word of the file's column, and its unit there
SCALARS = {
    "zpve_hartree": ("zpve", "Ha"),
    "u0_hartree": ("U0", "Ha"),
    "u298_hartree": ("U", "Ha"),
    "h298_hartree": ("H", "Ha"),
    "g298_hartree": ("G", "Ha"),
    "homo_hartree": ("HOMO", "Ha"),
    "lumo_hartree": ("LUMO", "Ha"),
    "gap_hartree": ("gap", "Ha"),
    "dipole_debye": ("mu", "D"),
    "alpha_bohr3": ("alpha", "a_0^3"),
    "r2_bohr2": ("R2", "a_0^2"),
    "cv_cal_mol_k": ("Cv", "cal/molK"),
}
NEEDED = ("zpve_hartree", "u0_hartree")


def open_dataset(card: DatasetCard, given: Path | None) -> Source:
    """Alchemy from its published archive, fetched; or from a path: the ZIP, or its unpacked folder.

    Raises:
        DataError: for the contest's files, a missing table, or a column that is missing or has another unit.
    """
    path = fetch(card.files[0]) if given is None else given
    if kind(path) not in ("zip", "folder"):
        raise DataError(
            "This is no form of Alchemy.",
            where=path,
            expected=f"{card.files[0].name}, or its unpacked folder",
            got="a file that is no ZIP",
            fix="Fetch the archive again.",
        )
    table = find(path, TABLE, LARGEST_TABLE)
    if table is None:
        contest = CONTEST.search(path.name) or next(members(path, lambda name: bool(CONTEST.search(name))), None)
        raise DataError(
            "These are the contest's files, whose values are normalised and permuted: they are no energies."
            if contest
            else f"Alchemy's table {TABLE} is missing.",
            where=path,
            expected=f"{TABLE} and atom_9 to atom_12",
            got="files of the contest (dev, valid, test)" if contest else f"no {TABLE}",
            fix=f"Get {card.files[0].name} ({card.files[0].url}).",
        )
    where = f"{path}: {table.name}"
    try:
        header = next(csv.reader(io.StringIO(table.data.decode("utf-8"), newline="")), [])
    except UnicodeDecodeError as error:
        raise DataError("Alchemy's table is not UTF-8 text.", where=where, got=error) from None
    return Members(path, _columns(header, where), [path_file(path, _is_read, LARGEST_TABLE)])


@dataclass(frozen=True)
class Members:
    """Alchemy's molecules: their SDF and their line of the table, whose columns stand at `columns`."""

    path: Path
    columns: dict[str, int]
    files: list[SourceFile]

    def raws(self) -> Iterator[Raw]:
        """Every SDF, sorted by name, with its line; then every line that no SDF has."""
        table = find(self.path, TABLE, LARGEST_TABLE)
        assert table is not None
        reader = csv.reader(io.StringIO(text_of(table.data), newline=""))
        next(reader)
        lines: dict[str, tuple[str, ...]] = {}
        for number, line in enumerate(reader, start=1):
            index = line[self.columns["id"]].strip() if len(line) > self.columns["id"] else ""
            if not index.isdigit() or str(int(index)) in lines:
                yield Raw(f"{TABLE}, row {number}", ("", tuple(line)))
                continue
            lines[str(int(index))] = tuple(line)
        for member in members(self.path, _is_sdf):
            index = member.name.rsplit("/", 1)[-1][: -len(".sdf")].lstrip("0")
            yield Raw(member.name, (text_of(member.data), lines.pop(index, None)))
        for index, its in lines.items():
            yield Raw(f"{TABLE}, gdb_idx {index}", (None, its))

    def parse(self, raw: Raw) -> Record:
        """One SDF and its line parsed."""
        sdf, line = raw.content
        if line is None:
            raise Rejected("no line in the table", f"{TABLE} has no gdb_idx {raw.where.rsplit('/', 1)[-1]}")
        if sdf is None:
            raise Rejected("no SDF", f"{TABLE} has the molecule, the archive has no such file")
        if not sdf:
            raise Rejected("no new id", f"a gdb_idx that is no number or stands there twice: {line[:2]}")
        if len(line) <= max(self.columns.values()):
            raise Rejected("wrong number of columns", f"got {len(line)}")
        cells = {name: line[place].strip() for name, place in self.columns.items()}
        given = {name: floats([cells[name]], name)[0] for name in SCALARS if cells.get(name)}
        if not set(NEEDED) <= given.keys():
            raise Rejected("no energy", "U0 or zpve is empty")
        z, positions, charge, smiles = _geometry(sdf)
        heavy = sum(n != 1 for n in z)
        folder = re.search(r"atom_(\d+)/", raw.where)
        if folder and int(folder[1]) != heavy:
            raise Rejected("wrong heavy atom count", f"expected {folder[1]} by its folder, got {heavy}")
        return Record(
            source_id=str(int(cells["id"])),
            smiles=smiles,
            atomic_numbers=z,
            positions=positions,
            charge=charge,
            energy_hartree=given["u0_hartree"] - given["zpve_hartree"],
            flags=[] if smiles else ["sdf_unsanitised"],
            properties={name: given.get(name) for name in SCALARS},
        )


def _columns(header: list[str], where: str) -> dict[str, int]:
    """Where each column of the record stands; `zpve\\n(Ha, zero point vibrational energy)` is zpve in Ha."""
    found: dict[str, tuple[int, str]] = {}
    for place, name in enumerate(header):
        match = re.match(r"\s*(\w+)\s*(?:\(\s*([^,)]*))?", name)
        if match:
            found.setdefault(match[1], (place, re.sub(r"\s", "", match[2] or "")))
    columns = {}
    for name, (word, unit) in {"id": ("gdb_idx", ""), **SCALARS}.items():
        if word not in found:
            if name == "id" or name in NEEDED:
                raise DataError(
                    f"Alchemy's table has no column '{word}'.",
                    where=where,
                    expected=word,
                    got=", ".join(map(repr, header)),
                    fix="Give the archive of 2019-11-29.",
                )
            continue
        place, its_unit = found[word]
        if its_unit != unit:
            raise DataError(
                f"The column '{word}' is not in the unit expected.",
                where=where,
                expected=unit or "no unit",
                got=repr(header[place]),
                fix="Give the archive of 2019-11-29; no unit is guessed.",
            )
        columns[name] = place
    return columns


def _geometry(sdf: str) -> tuple[list[int], list[float], int, str | None]:
    """Atomic numbers, positions (3N, angstrom), charge, and the SMILES where RDKit accepts the bonds."""
    from rdkit import Chem, rdBase

    with rdBase.BlockLogs():
        molecule = Chem.MolFromMolBlock(sdf, sanitize=False, removeHs=False)
        if molecule is None or molecule.GetNumAtoms() == 0 or molecule.GetNumConformers() == 0:
            raise Rejected("not an SDF", repr(sdf[:60]))
        z = [atom.GetAtomicNum() for atom in molecule.GetAtoms()]
        if 0 in z:
            raise Rejected("unknown element")
        positions = [float(x) for x in molecule.GetConformer().GetPositions().ravel()]
        charge = Chem.GetFormalCharge(molecule)
        try:
            Chem.SanitizeMol(molecule)
            smiles: str | None = Chem.MolToSmiles(Chem.RemoveHs(molecule))
        except (Chem.MolSanitizeException, ValueError):
            smiles = None
    return z, positions, charge, smiles


def _is_sdf(name: str) -> bool:
    last = name.rsplit("/", 1)[-1]
    return last.endswith(".sdf") and not last.startswith(".")


def _is_read(name: str) -> bool:
    return _is_sdf(name) or name.rsplit("/", 1)[-1] == TABLE
