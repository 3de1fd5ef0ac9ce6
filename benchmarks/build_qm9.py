"""`build qm9` from the tar.bz2 form beside what decompressing and untarring alone takes; peak memory; RDKit apart.

The archive is made from qm9pack's rows in the official form. Usage: python benchmarks/build_qm9.py
"""

import io
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "sources"))
from published_forms import qm9_cells, qm9_member, write_uncharacterized

from hemdata.curate import build


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


def timed(*command: str) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = make_archive(folder)
        alone = timed("tar", "xjf", str(archive), "-O")
        started = time.perf_counter()
        built = build("qm9", archive, folder / "out" / "qm9")
        whole = time.perf_counter() - started
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    rdkit = built.rdkit_seconds / 2  # two workers side by side
    print(f"decompress and untar alone   {alone:6.1f} s")
    print(f"build, RDKit's share apart   {whole - rdkit:6.1f} s   ratio {(whole - rdkit) / alone:.2f}")
    print(f"build, all                   {whole:6.1f} s   ratio {whole / alone:.2f}")
    print(f"RDKit (SMILES and InChIKey)  {built.rdkit_seconds:6.1f} s of one core")
    print(f"peak memory                  {own:,.0f} MB, largest worker {worker:,.0f} MB")
    print(f"rows                         {built.manifest.counts.model_dump()}")


if __name__ == "__main__":
    main()
