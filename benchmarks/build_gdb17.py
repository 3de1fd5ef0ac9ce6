"""`build gdb17` from lines like GDB-17's, at growing numbers: lines a second, memory, and beside RDKit alone.

Usage: python benchmarks/build_gdb17.py [N ...]    (default: 1,000,000)

RDKit alone is the same canonical SMILES and InChIKeys of the first 100,000 lines, on as many processes, nothing kept.
The ratio is one of core-seconds a line, which hardly know what else the machine does.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path

from _gdb_lines import lines, write_lines
from _watched import Watched

from hemdata.curate.build import build

SAMPLE = 100_000
CHUNK = 5_000


def rdkit_alone(chunk: list[str]) -> float:
    """Processor time of the canonical SMILES and InChIKeys of some lines."""
    from rdkit import Chem, RDLogger

    RDLogger.DisableLog("rdApp.*")
    before = time.process_time()
    for smiles in chunk:
        molecule = Chem.MolFromSmiles(smiles)
        Chem.MolToSmiles(molecule)
        Chem.MolToInchiKey(molecule)
    return time.process_time() - before


def chunks(number: int) -> Iterator[list[str]]:
    source = lines(number)
    while chunk := list(islice(source, CHUNK)):
        yield chunk


def main() -> None:
    cores = len(os.sched_getaffinity(0))
    with ProcessPoolExecutor(cores) as pool:
        list(pool.map(rdkit_alone, [["C"]] * cores))  # imports
        started = time.perf_counter()
        alone = sum(pool.map(rdkit_alone, chunks(SAMPLE))) / SAMPLE
        seconds = time.perf_counter() - started
    print(f"RDKit alone: {alone * 1e6:.0f} core-microseconds a line, {SAMPLE / seconds:,.0f} lines/s on {cores} cores")
    for number in [int(word) for word in sys.argv[1:]] or [1_000_000]:
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "lines.smi.gz"
            write_lines(path, number)
            with Watched() as watched:
                built = build("gdb17", path, Path(name) / "out")
            each = watched.core_seconds / number
            size = sum(part.bytes for part in built.manifest.shards)
            busy = watched.core_seconds / watched.seconds / cores
            rejected = sum(built.manifest.counts.rejected.values())
            print(
                f"{number:>12,} lines: {number / watched.seconds:,.0f} lines/s, "
                f"{each * 1e6:.0f} core-us a line ({alone / each:.2f} of RDKit alone), cores busy {busy:.0%}, "
                f"peak {watched.peak_mb:.0f} MB, {size / number:.1f} bytes a line, {rejected} rejected",
                flush=True,
            )


if __name__ == "__main__":
    main()
