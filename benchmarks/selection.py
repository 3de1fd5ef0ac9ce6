"""Selection of 200 molecules for the azoxy compounds from a pool of GDB-17's kind: lines a second, and memory.

Usage: python benchmarks/selection.py [LINES]    LINES: of the pool (default 1,000,000)
"""

import sys
import tempfile
from pathlib import Path

from _gdb_lines import write_lines
from _watched import Watched

from hemdata.choose.select import select
from hemdata.choose.targets import targets

BUDGET = 200


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    group = targets(["azoxy"])
    with tempfile.TemporaryDirectory() as folder:
        pool = Path(folder) / "pool.smi.gz"
        write_lines(pool, number)
        for by in ("coverage", "random", "diversity"):
            with Watched() as watched:
                told = select(pool, group, BUDGET, by)
            print(
                f"{by}: {BUDGET} of {number:,} lines in {watched.seconds:.0f} s "
                f"({number / watched.seconds:,.0f} lines/s, {watched.core_seconds:.0f} core seconds), "
                f"{told.candidates:,} candidates, peak {watched.peak_mb:,.0f} MB",
                flush=True,
            )


if __name__ == "__main__":
    main()
