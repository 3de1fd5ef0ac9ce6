"""`build qm9` from the tar.bz2 form beside what decompressing and untarring alone takes; RDKit apart.

Usage: python benchmarks/build_qm9.py [dsgdb9nsd.xyz.tar.bz2]

Without the archive (and uncharacterized.txt beside it) it is made from qm9pack's rows in the official form.
"""

import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from _archive_build import compared

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from published_forms import qm9_cells, qm9_member, write_uncharacterized


def make_archive(folder: Path) -> Path:
    plain = folder / "dsgdb9nsd.xyz.tar"
    with tarfile.open(plain, "w") as tar:
        for cells in qm9_cells():
            data = qm9_member(cells).encode()
            entry = tarfile.TarInfo(cells[0])
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    subprocess.run(["bzip2", "-9", str(plain)], check=True)
    write_uncharacterized(folder)
    return folder / "dsgdb9nsd.xyz.tar.bz2"


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        archive = Path(sys.argv[1]) if len(sys.argv) > 1 else make_archive(Path(name))
        tool = "lbzip2 -n2" if shutil.which("lbzip2") else "bzip2"
        compared("qm9", archive, Path(name) / "out" / "qm9", f"{tool} -dc {archive} | tar xf - -O")


if __name__ == "__main__":
    main()
