"""Published forms made small for the tests: those of QM9, PC9, Alchemy, OD9 and GDB-17, and where real ones may be."""

import csv
import gzip
import io
import json
import re
import tarfile
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution
from itertools import islice
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parents[1] / "fixtures"
PC9_MEMBERS = FIXTURES / "pc9"
SAMPLES = Path(__file__).parents[2].parent / "shared" / "samples"


def real(name: str) -> Path:
    """The folder of published members, where it stands beside the checkout; the test is skipped where it does not."""
    folder = SAMPLES / name
    if not folder.is_dir():
        pytest.skip(f"needs published members of {name} in ../shared/samples/{name}, beside the checkout")
    return folder


def qm9_cells() -> Iterator[list[str]]:
    """The rows of qm9pack, read by Python's csv alone."""
    for part in (1, 2, 3):
        path = Path(str(distribution("qm9pack").locate_file(f"qm9pack/data/qm9_part{part}.csv")))
        with path.open(encoding="utf-8", newline="") as file:
            yield from islice(csv.reader(file), 1, None)


def qm9_member(cells: list[str]) -> str:
    """A row of qm9pack as a member of the official archive (which gives SMILES and InChI twice)."""

    def number(text: str) -> str:
        return text.replace("E", "*^")

    def padded(text: str) -> str:
        return number(text) if text.startswith("-") else " " + number(text)

    lines = [cells[4], "\t".join([f"gdb {cells[1]}", *map(number, cells[10:])]) + "\t"]
    places = [place.split(",") for place in cells[7][2:-2].split("],[")]
    for symbol, place, charge in zip(re.findall("[A-Z]", cells[6]), places, cells[8][1:-1].split(","), strict=True):
        lines.append("\t".join([symbol, *map(padded, place), padded(charge)]))
    lines.append(cells[9][1:-1].replace(",", "\t"))
    lines += [f"{cells[2]}\t{cells[2]}\t", f"{cells[3]}\t{cells[3]}"]
    return "\n".join(lines) + "\n"


def write_uncharacterized(folder: Path) -> None:
    """A list of 3,054 ids in the published form; gdb_58 is among them, gdb_59 is not."""
    ids = [58, *range(130_000, 133_053)]
    rule = "=" * 40
    lines = ["List of molecules", "", rule, "   #   Index      SMILES", rule]
    lines += [f"  {number:6d}     NC(=N)C#N     [NH]C(=[NH2])C#N   6.036217" for number in ids]
    (folder / "uncharacterized.txt").write_text("\n".join([*lines, rule, ""]), encoding="utf-8")


def qm9_folder(folder: Path, rows: int = 40) -> Path:
    """A folder of members made from the first rows of qm9pack, with gdb_58 (its row is gdb_57's) and the list."""
    folder.mkdir(parents=True)
    cells = list(islice(qm9_cells(), rows))
    spoiled = [c.copy() for c in cells[-1:]]
    spoiled[0][0], spoiled[0][1] = "dsgdb9nsd_000058.xyz", "58"
    for row in cells + spoiled:
        (folder / row[0]).write_text(qm9_member(row), encoding="utf-8")
    write_uncharacterized(folder)
    return folder


def qm9_archive(folder: Path, rows: int = 40) -> Path:
    """The same members as a tar.bz2, with the list beside it."""
    members = qm9_folder(folder / "members", rows)
    path = folder / "dsgdb9nsd.xyz.tar.bz2"
    with tarfile.open(path, "w:bz2") as archive:
        for member in sorted(members.glob("*.xyz")):
            data = member.read_bytes()
            info = tarfile.TarInfo(member.name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    write_uncharacterized(folder)
    return path


def pc9_zip(folder: Path, members: Path = PC9_MEMBERS) -> Path:
    """The project's own PC9 members as the published ZIP has them, MODEL.xyz and the list among them."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "PC9_data.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("PC9_data/", "")
        for member in sorted(members.iterdir(), reverse=True):
            inside = "PC9_data/XYZ/" if member.suffix == ".xyz" else "PC9_data/"
            archive.writestr(inside + member.name, member.read_bytes())
        archive.writestr("PC9_data/MODEL.xyz", "N\nPubChemQS CID ...\n")
    return path


def alchemy_zip(folder: Path) -> Path:
    """The project's own molecules in the form of alchemy-v20191129.zip."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "alchemy-v20191129.zip"
    members = FIXTURES / "alchemy"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in sorted(members.rglob("*.*")):
            archive.writestr(f"Alchemy-v20191129/{member.relative_to(members).as_posix()}", member.read_bytes())
    return path


GDB_LINES = ["BrC1=C2C3CC2N(CC3C#C)C=N1", "CC#N", "C1CC1", "OC(=O)C#CC(F)(F)F", "CS(=O)(=O)C#N", "C[N+](=O)[O-]"]


def gdb_lines(folder: Path, lines: list[str] = GDB_LINES) -> Path:
    """Lines written by hand in the form of GDB17.50000000.smi.gz."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "GDB17.50000000.smi.gz"
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        file.write("".join(f"{line}\n" for line in lines))
    return path


def _closed_shell_members() -> list[Path]:
    """The project's PC9 members that its list of radicals and triplets does not name."""
    listed = (PC9_MEMBERS / "List_Radicals_Triplets.txt").read_text(encoding="utf-8")
    return [path for path in sorted(PC9_MEMBERS.glob("*.xyz")) if path.name not in listed]


def od9_records() -> list[dict[str, object]]:
    """The project's own PC9 members, whose level is OD9's, as records of a table; the last has no geometry."""
    records: list[dict[str, object]] = []
    for number, member in enumerate(_closed_shell_members()):
        lines = member.read_text(encoding="utf-8").splitlines()
        atoms = [line.split("\t") for line in lines[2 : 2 + int(lines[0])]]
        records.append(
            {
                "id": f"od9_{number}",
                "smiles": lines[-2].split("\t")[0],
                "HAC": sum(atom[0] != "H" for atom in atoms),
                "nb_atoms": len(atoms),
                "part": str(number % 2),
                "energy": float(lines[1].split()[12]),
                "atomic_numbers": [atom[0] for atom in atoms],
                "positions": [[float(x) for x in atom[1:4]] for atom in atoms],
            }
        )
    records.append({"id": "od9_graph", "smiles": "CC#CC", "HAC": 4, "nb_atoms": 10})
    return records


def od9_table(folder: Path, suffix: str) -> Path:
    """The records as CSV, JSON lines, or the published collection's mapping by SMILES."""
    folder.mkdir(parents=True, exist_ok=True)
    path, records = folder / f"OD9.{suffix}", od9_records()
    if suffix == "csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(records[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(records)
    elif suffix == "jsonl":
        path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    else:
        by_smiles = {r["smiles"]: {"HAC": r["HAC"], "nb_atoms": r["nb_atoms"]} for r in records}
        path.write_text(json.dumps(by_smiles), encoding="utf-8")
    return path


def od9_zip(folder: Path) -> Path:
    """The same molecules as members in PC9's form, in folders by part."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "OD9.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, member in enumerate(_closed_shell_members()):
            archive.writestr(f"OD9/part_{number % 2}/{member.name}", member.read_bytes())
    return path
