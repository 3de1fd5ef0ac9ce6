"""`build pc9` from a ZIP of 99,234 members in PC9's form beside what unzipping alone takes; RDKit apart.

Usage: python benchmarks/build_pc9.py [members]

The members are the project's own fixtures in turn, each under an id of its own and with its first atom moved by as
many micro-angstrom as there were before it, so that no two compress to the same bytes.
"""

import sys
import tempfile
import zipfile
from pathlib import Path

from _archive_build import compared

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from published_forms import PC9_MEMBERS

MEMBERS = 99_234


def make_archive(folder: Path, members: int) -> Path:
    path = folder / "PC9_data.zip"
    listed = (PC9_MEMBERS / "List_Radicals_Triplets.txt").read_text(encoding="utf-8")
    texts = [(int(its.stem), its.read_text(encoding="utf-8")) for its in sorted(PC9_MEMBERS.glob("*.xyz"))]
    closed = [(cid, text) for cid, text in texts if str(cid) not in listed]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("PC9_data/List_Radicals_Triplets.txt", "")
        for number in range(1, members + 1):
            cid, text = closed[number % len(closed)]
            lines = text.replace(f"PubChemQS {cid}\t", f"PubChemQS {number}\t").split("\n")
            symbol, x, *rest = lines[2].split("\t")
            lines[2] = "\t".join([symbol, f"{float(x) + number * 1e-6:.6f}", *rest])
            archive.writestr(f"PC9_data/XYZ/{number:09d}.xyz", "\n".join(lines))
    return path


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        archive = make_archive(Path(name), int(sys.argv[1]) if len(sys.argv) > 1 else MEMBERS)
        compared("pc9", archive, Path(name) / "out" / "pc9", f"unzip -p {archive}")


if __name__ == "__main__":
    main()
