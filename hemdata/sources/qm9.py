"""QM9 (10.1038/sdata.2014.22): rows of the distribution qm9pack, or the members of dsgdb9nsd.xyz.tar.bz2.

U, H and G of QM9 hold zero-point energy; the electronic energy is U0 - zpve. The 3,054 molecules whose relaxed
geometry is another molecule ("uncharacterized") are refused; their list counts from 1: gdb_58 is out, gdb_59 stays.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hemdata.archives.members import kind, members, read_text
from hemdata.catalog import DatasetCard, RemoteFile
from hemdata.errors import DataError
from hemdata.fetching.fetch import fetch
from hemdata.levels import ATOMIC_NUMBERS
from hemdata.shards import SourceFile
from hemdata.sources.files import packaged_files, path_file, source_file
from hemdata.sources.source import Raw, Record, Rejected, Source
from hemdata.sources.xyz import XYZ, floats, parse_xyz, text_of

UNCHARACTERIZED = 3054
MOLECULES = 133885
SCALARS = (
    "rotational_a_ghz rotational_b_ghz rotational_c_ghz dipole_debye alpha_bohr3 homo_hartree lumo_hartree gap_hartree "
    "r2_bohr2 zpve_hartree u0_hartree u298_hartree h298_hartree g298_hartree cv_cal_mol_k"
).split()
HEADER = (
    "XYZ_file,Index,SMILES,InChi,N_atoms,Stoichiometry,Elements,XYZ_Ang,Mulliken_pop,Harmonic_Freq_cmi,RotA_GHz,"
    "RotB_GHz,RotC_GHz,Dipole_debye,Polarizability_bohr3,HOMO_au,LUMO_au,HOMO_LUMO_gap_au,R2_bohr2,ZPVE_au,"
    "InternalEnergy_0K_au,InternalEnergy_298K_au,Enthalphy_298K_au,GibbsFreeEnergy_298K_au,Heatcapacity_Cv_cal_mol_K"
)
FIRST_SCALAR = HEADER.split(",").index("RotA_GHz")


def open_dataset(card: DatasetCard, given: Path | None) -> Source:
    """QM9 from the installed qm9pack, or from a path: the official archive, or a folder of its members.

    Raises:
        DataError: if qm9pack is not the one of the card, the path is neither, or the list of uncharacterized
            molecules is nowhere to be had.
    """
    if given is None:
        return Rows(packaged_files(card))
    if kind(given) == "file" and given.suffix != ".xyz":
        raise DataError(
            "This is no form of QM9.",
            where=given,
            expected="dsgdb9nsd.xyz.tar.bz2, or a folder of its .xyz members",
            got="a file that is no archive",
            fix="Fetch the archive again, or leave --from out: the rows of qm9pack are then read.",
        )
    listed = _uncharacterized_file(card, given)
    uncharacterized = _uncharacterized(listed)
    return Members(given, uncharacterized, [path_file(given, _is_member), source_file(listed)])


@dataclass(frozen=True)
class Members:
    """QM9 as it was published: one XYZ text a molecule."""

    path: Path
    uncharacterized: frozenset[int]
    files: list[SourceFile] = field(default_factory=list)

    def raws(self) -> Iterator[Raw]:
        """Every member, in the archive's order (of a folder: by name)."""
        for member in members(self.path, _is_member):
            yield Raw(member.name, text_of(member.data))

    def parse(self, raw: Raw) -> Record:
        """One member parsed."""
        xyz = parse_xyz(raw.content)
        if len(xyz.header) != len(SCALARS) + 2 or xyz.header[0] != "gdb" or not xyz.header[1].isdigit():
            raise Rejected("not a QM9 member", f"line 2: expected 'gdb', an id and 15 numbers, got {xyz.header[:3]}")
        number = int(xyz.header[1])
        if number in self.uncharacterized:
            raise Rejected("uncharacterized", f"gdb_{number} relaxed into another molecule (uncharacterized.txt)")
        named = re.search(r"(\d+)\.xyz$", raw.where)
        if named and int(named[1]) != number:
            raise Rejected("not the id of its file", f"expected gdb {int(named[1])}, got gdb {number}")
        if len(xyz.smiles) != 2 or len(xyz.inchi) != 2:
            raise Rejected("not a QM9 member", "expected two SMILES and two InChIs in the last lines")
        return _molecule(number, xyz, floats(xyz.header[2:], "line 2"))


@dataclass(frozen=True)
class Rows:
    """QM9 as the three CSV files of qm9pack: the 130,831 characterized molecules, one line each."""

    paths: dict[Path, SourceFile]

    @property
    def files(self) -> list[SourceFile]:
        """The CSV files."""
        return list(self.paths.values())

    def raws(self) -> Iterator[Raw]:
        """Every line but the headers."""
        for path in self.paths:
            with path.open(encoding="utf-8", newline="") as file:
                header = file.readline().strip()
                if header != HEADER:
                    raise DataError("The columns are not QM9's.", where=path, expected=HEADER, got=header[:200])
                for number, line in enumerate(file, start=2):
                    yield Raw(f"{path.name}, line {number}", line)

    def parse(self, raw: Raw) -> Record:
        """One line parsed."""
        cells = next(csv.reader([raw.content]), [])
        if len(cells) != FIRST_SCALAR + len(SCALARS):
            raise Rejected("wrong number of columns", f"expected {FIRST_SCALAR + len(SCALARS)}, got {len(cells)}")
        name, index, smiles, inchi, n_atoms, _, elements, positions, charges, frequencies = cells[:FIRST_SCALAR]
        if not index.isdigit() or name != f"dsgdb9nsd_{int(index):06d}.xyz":
            raise Rejected("not the id of its file", f"{name}: got {index}")
        symbols = elements.strip("[]").replace("'", "").split(",")
        # "[[0.,0.,1.],[..]]" is not JSON ("0."): its numbers are read as words.
        places, partial = _words(positions), _words(charges)
        if not n_atoms == str(len(symbols)) == str(len(partial)) or len(places) != 3 * len(symbols):
            found = f"{len(symbols)} elements, {len(places)} coordinates, {len(partial)} charges"
            raise Rejected("wrong atom count", f"expected {n_atoms} atoms, got {found}")
        unknown = sorted(set(symbols) - ATOMIC_NUMBERS.keys())
        if unknown:
            raise Rejected("unknown element", ", ".join(unknown))
        xyz = XYZ(
            [],
            [ATOMIC_NUMBERS[symbol] for symbol in symbols],
            floats(places, "XYZ_Ang"),
            floats(partial, "Mulliken_pop"),
            floats(_words(frequencies), "Harmonic_Freq_cmi"),
            [smiles],
            [inchi],
        )
        return _molecule(int(index), xyz, floats(cells[FIRST_SCALAR:], "the scalar columns"))


def _molecule(number: int, xyz: XYZ, scalars: list[float]) -> Record:
    """The record that both forms give; what a form lacks is null."""
    properties: dict[str, object] = dict(zip(SCALARS, scalars, strict=True))
    zpve, u0 = scalars[SCALARS.index("zpve_hartree")], scalars[SCALARS.index("u0_hartree")]
    flags = []
    frequencies, twice = _one_run(xyz)
    if twice:
        flags.append("frequencies_twice")
    smiles, smiles_relaxed = xyz.smiles if len(xyz.smiles) == 2 else (xyz.smiles[0], None)
    inchi, inchi_relaxed = xyz.inchi if len(xyz.inchi) == 2 else (xyz.inchi[0], None)
    if inchi_relaxed is not None and _flat(inchi_relaxed) != _flat(inchi):
        flags.append("smiles_differ")
    properties |= {
        "frequencies_cm1": frequencies,
        "mulliken_charges_e": xyz.charges,
        "smiles_relaxed": smiles_relaxed,
        "inchi": inchi,
        "inchi_relaxed": inchi_relaxed,
    }
    return Record(
        source_id=f"gdb_{number}",
        smiles=smiles,
        atomic_numbers=xyz.atomic_numbers,
        positions=xyz.positions,
        energy_hartree=u0 - zpve,
        flags=flags,
        properties=properties,
    )


def _one_run(xyz: XYZ) -> tuple[list[float], bool]:
    """The frequencies of one run, and whether two runs' stand there: then the second's, which give the zpve, are kept.

    Raises:
        Rejected: if there are not 3N - 6 (linear molecules: 3N - 5) of them, or twice as many.
    """
    n = 3 * len(xyz.atomic_numbers) - 6
    found = len(xyz.numbers)
    if found in (n, n + 1):
        return xyz.numbers, False
    if found in (2 * n, 2 * n + 2):
        return xyz.numbers[found // 2 :], True
    raise Rejected("wrong number of frequencies", f"expected {n}, or {n + 1} for a linear molecule; got {found}")


def _flat(inchi: str) -> str:
    """An InChI without its stereo layers: the GDB's InChI has none."""
    return "/".join(layer for layer in inchi.split("/") if layer[:1] not in ("b", "t", "m", "s"))


def _words(cell: str) -> list[str]:
    return cell.replace("[", "").replace("]", "").split(",")


def _is_member(name: str) -> bool:
    return name.endswith(".xyz") and not name.rsplit("/", 1)[-1].startswith(".")


def _uncharacterized_file(card: DatasetCard, given: Path) -> Path:
    """The list of uncharacterized molecules: beside or in what was given, else the published file."""
    beside = [given, given.resolve().parent] if given.is_dir() else [given.resolve().parent]
    for folder in beside:
        for name in ("uncharacterized.txt", "uncharacterized.txt.gz"):
            if (folder / name).is_file():
                return folder / name
    remote: RemoteFile = next(file for file in card.files if file.name == "uncharacterized.txt")
    try:
        return fetch(remote)
    except DataError as error:
        raise DataError(
            "QM9's list of uncharacterized molecules is missing.",
            where=beside[0],
            expected="uncharacterized.txt or uncharacterized.txt.gz beside the members",
            got=f"none there, and: {error.what} ({error.got})",
            fix=f"Get it from {remote.url} and put it there: without it, {UNCHARACTERIZED:,} wrong molecules stay in.",
        ) from None


def _uncharacterized(path: Path) -> frozenset[int]:
    """The ids of the list, which are gdb numbers: 1-based."""
    first = (line.split(maxsplit=1)[0] for line in read_text(path).splitlines() if line.strip())
    found = [int(word) for word in first if word.isdigit()]
    ids = frozenset(found)
    if len(found) != UNCHARACTERIZED or len(ids) != UNCHARACTERIZED or not min(ids) >= 1 or max(ids) > MOLECULES:
        raise DataError(
            "The list of uncharacterized molecules is not QM9's.",
            where=path,
            expected=f"{UNCHARACTERIZED:,} different ids from 1 to {MOLECULES:,}, each first on its line",
            got=f"{len(found):,} ids, {len(ids):,} different",
            fix="Fetch the published uncharacterized.txt again.",
        )
    return ids
