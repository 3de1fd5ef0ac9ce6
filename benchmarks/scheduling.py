"""Two labelling workers against one, what scheduler and store take beside the calculations, and how many they manage.

Real molecules of the test groups, warm workers, one thread a calculation; the fastest run of several counts, since
whatever else the machine does makes it slower.

Usage: python benchmarks/scheduling.py [--molecules N] [--repeat N] [--noop N] [--dft N]
"""

import argparse
import csv
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from _quick import molecules as made_up
from _quick import nothing

from hemdata.catalog import roots
from hemdata.label.calculation import calculate, calculation_for, stages
from hemdata.label.run import label
from hemdata.label.store.database import LabelStore
from hemdata.label.workers.cluster import opened
from hemdata.label.workers.where import Where
from hemdata.levels import level
from hemdata.molecules import read_molecules

WARM = ["C", "N", "O", "F", "CC", "CO"]


class Timed(LabelStore):
    """A store that knows how long it has been written to."""

    seconds = 0.0

    def put(self, *results):
        started = time.perf_counter()
        super().put(*results)
        self.seconds += time.perf_counter() - started


@dataclass
class Run:
    """One run, in seconds: until its end, in all its calculations together, and writing to the store."""

    number: int
    wall: float
    calculating: float
    storing: float


def asked(folder: Path, number: int, largest: int) -> list:
    """So many molecules, evenly from the four test groups."""
    groups = sorted(
        next(p for root in roots() if (p := Path(root) / "datasets" / "test-groups").is_dir()).glob("*.csv")
    )
    smiles = []
    for group in groups:
        with group.open(encoding="utf-8") as file:
            fitting = [row["smiles"] for row in csv.DictReader(file) if int(row["heavy_atoms"]) <= largest]
        wanted = number // len(groups)
        smiles += fitting[:: max(1, len(fitting) // wanted)][:wanted]
    path = folder / "asked.smi"
    path.write_text("\n".join(smiles) + "\n")
    return read_molecules(path)


def run(molecules: list, workers: int, folder: Path, level_name: str = "gfn2-xtb", calculation=calculate) -> Run:
    """Label them with so many workers that have calculated before."""
    chain = stages(level(level_name), level("gfn2-xtb"))
    (folder / "warm.smi").write_text("\n".join(WARM) + "\n")
    with opened(len(molecules), Where(workers)) as place:
        there = Where(scheduler=place.address)
        with LabelStore(folder / f"warm-{time.time_ns()}.sqlite") as store:
            label(read_molecules(folder / "warm.smi"), chain, store, there, calculation=calculation)
        with Timed(folder / f"{time.time_ns()}.sqlite") as store:
            if len(chain) > 1:  # geometries first: they are not what is timed here
                label(molecules, chain[:-1], store, there, calculation=calculation)
                store.seconds = 0.0
            started = time.perf_counter()
            outcome = label(molecules, chain, store, there, calculation=calculation)
            wall = time.perf_counter() - started
            results = list(store.get(dict.fromkeys(outcome.keys)))
            calculating = sum(result.provenance.get("seconds", 0.0) for result in results)
            return Run(len(results), wall, calculating, store.seconds)


def plain(molecules: list, processes: int) -> float:
    """Seconds for the same calculations in a bare pool of processes: what this machine's cores can do."""
    stage = stages(level("gfn2-xtb"), level("gfn2-xtb"))[0]
    ordered = sorted(molecules, key=lambda molecule: -molecule.n_heavy)
    tasks = [calculation_for(stage, its.canonical_smiles, its.charge, its.multiplicity) for its in ordered]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        list(pool.map(calculate, tasks[-4 * processes :]))
        started = time.perf_counter()
        list(pool.map(calculate, tasks))
        return time.perf_counter() - started


def told(name: str, its: Run, workers: int) -> str:
    others = 1 - its.calculating / workers / its.wall
    return (
        f"{name:28} {its.number:5} in {its.wall:6.1f} s, {its.calculating / its.number:6.3f} s each; workers do not "
        f"calculate {100 * others:.2f} % of the time, the store writes {100 * its.storing / its.wall:.2f} %"
    )


def main() -> None:
    parser = argparse.ArgumentParser(usage=__doc__.partition("Usage: ")[2])
    parser.add_argument("--molecules", type=int, default=96)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--noop", type=int, default=5_000)
    parser.add_argument("--dft", type=int, default=12)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        some = asked(folder, given.molecules, largest=14)
        rounds = [
            (run(some, 1, folder), run(some, 2, folder), plain(some, 1), plain(some, 2)) for _ in range(given.repeat)
        ]
        one, two = (min((its[which] for its in rounds), key=lambda its: its.wall) for which in (0, 1))
        alone, together = (min(its[which] for its in rounds) for which in (2, 3))
        print(told("gfn2-xtb, one worker", one, 1))
        print(told("gfn2-xtb, two workers", two, 2))
        print(
            f"two workers do {one.wall / two.wall:.2f} times the work of one; two processes without any scheduler and "
            f"store {alone / together:.2f} times that of one"
        )
        if given.dft:
            print(told("pc9, one worker", run(asked(folder, given.dft, largest=7), 1, folder, "pc9"), 1))
        if given.noop:
            quick = run(made_up(given.noop), 2, folder, calculation=nothing)
            print(f"no-op tasks, two workers     {given.noop:5} in {quick.wall:6.1f} s, "
                  f"{60 * given.noop / quick.wall:,.0f} a minute through scheduler and store "
                  f"(store {100 * quick.storing / quick.wall:.0f} %)")  # fmt: skip


if __name__ == "__main__":
    main()
