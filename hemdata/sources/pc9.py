"""PC9 (10.1186/s13321-019-0391-2): members of PC9_data.zip, with the list that names its radicals and triplets.

Whether a molecule is an open shell stands in List_Radicals_Triplets.txt alone: a tenth of the published SMILES lost
bond orders and parse with radical electrons.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hemdata.archives.members import find, kind, members
from hemdata.catalog import DatasetCard
from hemdata.errors import DataError
from hemdata.fetching.fetch import fetch
from hemdata.shards import SourceFile
from hemdata.sources.files import path_file, source_file
from hemdata.sources.source import Raw, Record, Rejected, Source
from hemdata.sources.xyz import floats, parse_xyz, text_of

LIST = "List_Radicals_Triplets.txt"
NOT_A_MOLECULE = "MODEL.xyz"
HOMO_1, LUMO_1, HOMO, LUMO, GAP, ENERGY = 2, 3, 7, 8, 9, 12  # words of the second line
WORDS = 17
BESIDE = ("", "pubchemqs", "cid", "list", "of", "and")  # words of the list that say nothing
State = Literal["radical", "triplet"]


def open_dataset(card: DatasetCard, given: Path | None) -> Source:
    """PC9 from its published archive, fetched; or from a path: the ZIP, a folder of members, or one member.

    Raises:
        DataError: if the archive cannot be fetched, the path is neither, or the list of radicals and triplets
            is missing or not understood.
    """
    path = fetch(card.files[0]) if given is None else given
    if kind(path) == "file" and path.suffix != ".xyz":
        raise DataError(
            "This is no form of PC9.",
            where=path,
            expected="PC9_data.zip, or a folder of its .xyz members",
            got="a file that is no archive",
            fix="Fetch the archive again.",
        )
    files = [path_file(path, _is_member)]
    listed = find(path, LIST) if kind(path) != "file" else None
    beside = path.resolve().parent / LIST
    if listed is not None:
        text, where = text_of(listed.data), f"{path}: {listed.name}"
    elif beside.is_file():
        text, where = text_of(beside.read_bytes()), str(beside)
    else:
        raise DataError(
            "PC9's list of radicals and triplets is missing.",
            where=path,
            expected=f"{LIST} in it or beside it",
            got="no such file: which molecules are open shells stands nowhere else",
            fix=f"Take it from {card.files[0].url} ({card.files[0].name}), or give the whole archive.",
        )
    if listed is None or kind(path) == "folder":  # an archive's own list is hashed with it
        files.append(source_file(beside if listed is None else path / listed.name))
    return Members(path, open_shells(text, where), files)


@dataclass(frozen=True)
class Members:
    """PC9's members, with what its list says by CID (None: listed, without saying which)."""

    path: Path
    listed: dict[int, State | None]
    files: list[SourceFile]

    def raws(self) -> Iterator[Raw]:
        """Every member, sorted by name (in a tar: in its order)."""
        for member in members(self.path, _is_member):
            yield Raw(member.name, text_of(member.data))

    def parse(self, raw: Raw) -> Record:
        """One member parsed; the parity of its electrons says whether a listed one is a doublet or a triplet."""
        xyz = parse_xyz(raw.content)
        words = xyz.header
        if len(words) != WORDS or words[0] != "PubChemQS" or not words[1].isdigit():
            raise Rejected("not a PC9 member", f"line 2: expected PubChemQS, a CID and 15 numbers, got {words[:3]}")
        cid = int(words[1])
        named = re.search(r"(\d+)\.xyz$", raw.where)
        if named and int(named[1]) != cid:
            raise Rejected("not the id of its file", f"expected CID {int(named[1])}, got {cid}")
        heavy = sum(z != 1 for z in xyz.atomic_numbers)
        if not xyz.numbers or xyz.numbers[0] != heavy or any(xyz.numbers[1:]):
            found = " ".join(map(str, xyz.numbers))
            raise Rejected("wrong heavy atom count", f"expected {heavy} and zeros after the atoms, got {found}")
        if len(xyz.smiles) != 2:
            raise Rejected("not a PC9 member", f"expected two SMILES, got {len(xyz.smiles)}")
        numbers = [0.0, 0.0, *floats(words[2:], "line 2")]
        state = self._state(cid, sum(xyz.atomic_numbers))
        return Record(
            source_id=str(cid),
            smiles=xyz.smiles[0],
            atomic_numbers=xyz.atomic_numbers,
            positions=xyz.positions,
            multiplicity={None: 1, "radical": 2, "triplet": 3}[state],
            energy_hartree=numbers[ENERGY],
            flags=[state] if state else [],
            properties={
                "pubchem_cid": cid,
                "homo_1_hartree": numbers[HOMO_1],
                "homo_hartree": numbers[HOMO],
                "lumo_hartree": numbers[LUMO],
                "lumo_1_hartree": numbers[LUMO_1],
                "gap_hartree": numbers[GAP],
                "mulliken_charges_e": xyz.charges,
                "smiles_second": xyz.smiles[1],
                "inchi": xyz.inchi[0],
            },
        )

    def _state(self, cid: int, electrons: int) -> State | None:
        if cid not in self.listed:
            return None
        state: State = "radical" if electrons % 2 else "triplet"
        said = self.listed[cid]
        if said not in (None, state):
            raise Rejected("list and electrons disagree", f"{LIST} says {said}, {electrons} electrons make a {state}")
        return state


def open_shells(text: str, where: object) -> dict[int, State | None]:
    """CIDs of the list of radicals and triplets, and which of the two the list says each is.

    A line holds CIDs or member names (`PubChemQS` and `CID` may stand before them) and possibly one of the words
    radical and triplet; such a word alone on its line holds for the lines below.

    Raises:
        DataError: for a line of any other form: nothing is guessed.
    """
    found: dict[int, State | None] = {}
    heading: State | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        cids: list[int] = []
        said: set[State] = set()
        for word in re.split(r"[\s,;:]+", line.strip(" \t,;:")):
            if match := re.fullmatch(r"(?:.*/)?(\d{1,9})(?:\.xyz)?", word):
                cids.append(int(match[1]))
            elif re.fullmatch(r"radicals?", word, re.IGNORECASE):
                said.add("radical")
            elif re.fullmatch(r"triplets?", word, re.IGNORECASE):
                said.add("triplet")
            elif word.lower() not in BESIDE:
                raise _not_understood(where, number, line)
        if len(said) > 1:
            if cids:
                raise _not_understood(where, number, line)
            said = set()  # the list's title
        state = next(iter(said), None)
        if not cids and line.strip():
            heading = state
        for cid in cids:
            found[cid] = state or heading
    return found


def _not_understood(where: object, number: int, line: str) -> DataError:
    return DataError(
        "The list of radicals and triplets is not understood.",
        where=f"{where}, line {number}",
        expected="CIDs or member names, and the words radical or triplet",
        got=repr(line[:80]),
        fix="Write it so that each line holds one CID and the word radical or triplet.",
    )


def _is_member(name: str) -> bool:
    last = name.rsplit("/", 1)[-1]
    return last.endswith(".xyz") and last != NOT_A_MOLECULE and not last.startswith(".")
