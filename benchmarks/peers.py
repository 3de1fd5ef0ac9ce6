"""The same molecules written, read whole and read at random by hemdata, SchNetPack, PyTorch Geometric and load-atoms.

Usage: python benchmarks/peers.py [N] [SHARDS]    SHARDS: a built set with geometries and energies (default: data/qm9)

One process and one thread each, in one run. All begin with the same rows, as a reader leaves them (lists of numbers of
one molecule), and end with files on disk; hemdata's share holds the check of every value against its schema.
load-atoms is measured where it is installed.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hemdata.levels import level
from hemdata.schema import table_schema
from hemdata.shards import LevelName, ShardWriter, SourceFile, iterate, read

RANDOM_READS = 2000
NUMBERS = ["atomic_numbers", "positions", "energy_hartree"]
Rows = list[dict[str, Any]]


def hemdata(rows: Rows, folder: Path, order: list[int]) -> dict[str, Callable[[], Any]]:
    schema, its = table_schema("molecule"), level("qm9")

    def write() -> None:
        with ShardWriter(folder, schema) as writer:
            for first in range(0, len(rows), 10_000):
                writer.add(pa.Table.from_pylist(rows[first : first + 10_000], schema=schema.arrow))
            source = SourceFile(name="rows", bytes=0, sha256="0" * 64)
            writer.finish("peers", len(rows), [source], [LevelName(name="qm9", hash=its.hash)])

    def whole() -> int:
        table = read(folder, NUMBERS)
        return len(_arrays(table, np.arange(table.num_rows)))

    return {"write": write, "read whole": whole, "read at random": lambda: len(_arrays(read(folder, NUMBERS), order))}


def _arrays(table: pa.Table, order: Any) -> list[tuple[np.ndarray, np.ndarray, float]]:
    """Z [n], positions [n, 3] and energy of each molecule, as views."""
    z, positions = table["atomic_numbers"].combine_chunks(), table["positions"].combine_chunks()
    offsets, numbers = z.offsets.to_numpy(), z.values.to_numpy()
    xyz = positions.values.to_numpy().reshape(-1, 3)
    energies = table["energy_hartree"].to_numpy()
    return [(numbers[offsets[i] : offsets[i + 1]], xyz[offsets[i] : offsets[i + 1]], energies[i]) for i in order]


def schnetpack(rows: Rows, folder: Path, order: list[int]) -> dict[str, Callable[[], Any]]:
    from ase import Atoms
    from schnetpack.data import ASEAtomsData

    path = folder / "rows.db"

    def write() -> None:
        folder.mkdir()
        data = ASEAtomsData.create(str(path), distance_unit="Ang", property_unit_dict={"energy": "Ha"})
        data.add_systems(
            [{"energy": np.array([row["energy_hartree"]])} for row in rows],
            [Atoms(row["atomic_numbers"], np.reshape(row["positions"], (-1, 3))) for row in rows],
        )

    def some(which: Any) -> int:
        data = ASEAtomsData(str(path))
        return len([data[i] for i in which])

    return {
        "write": write,
        "read whole": lambda: some(range(len(rows))),
        "read at random": lambda: some(order),
    }


def pytorch_geometric(rows: Rows, folder: Path, order: list[int]) -> dict[str, Callable[[], Any]]:
    import torch
    from torch_geometric.data import Data, InMemoryDataset

    class Saved(InMemoryDataset):
        def __init__(self) -> None:
            super().__init__()
            self.load(str(folder / "rows.pt"))

    def write() -> None:
        folder.mkdir()
        molecules = [
            Data(
                z=torch.tensor(row["atomic_numbers"]),
                pos=torch.tensor(row["positions"], dtype=torch.float64).reshape(-1, 3),
                y=torch.tensor([row["energy_hartree"]], dtype=torch.float64),
            )
            for row in rows
        ]
        InMemoryDataset.save(molecules, str(folder / "rows.pt"))

    def some(which: Any) -> int:
        data = Saved()
        return len([data[i] for i in which])

    return {"write": write, "read whole": lambda: some(range(len(rows))), "read at random": lambda: some(order)}


def load_atoms(rows: Rows, folder: Path, order: list[int]) -> dict[str, Callable[[], Any]]:
    from ase import Atoms
    from load_atoms.atoms_dataset import InMemoryAtomsDataset

    def write() -> None:
        folder.mkdir()
        atoms = []
        for row in rows:
            atoms.append(Atoms(row["atomic_numbers"], np.reshape(row["positions"], (-1, 3))))
            atoms[-1].info["energy"] = row["energy_hartree"]
        InMemoryAtomsDataset.save(folder / "rows.pkl", atoms)

    def some(which: Any) -> int:
        data = InMemoryAtomsDataset.load(folder / "rows.pkl")
        return len([data[int(i)] for i in which])

    return {"write": write, "read whole": lambda: some(range(len(rows))), "read at random": lambda: some(order)}


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    shards = Path(sys.argv[2]) if len(sys.argv) > 2 else Path("data/qm9")
    columns = [column.name for column in table_schema("molecule").columns]
    rows: Rows = []
    for batch in iterate(shards, columns):
        rows += batch.to_pylist()[: n - len(rows)]
        if len(rows) == n:
            break
    order = np.random.default_rng(0).permutation(len(rows))[:RANDOM_READS].tolist()
    print(f"{len(rows):,} molecules of {shards}; {len(order):,} at random")
    print(f"{'':20}{'write':>14}{'read whole':>14}{'at random':>14}{'size':>10}")
    libraries = {
        "hemdata": hemdata,
        "SchNetPack": schnetpack,
        "PyTorch Geometric": pytorch_geometric,
        "load-atoms": load_atoms,
    }
    first: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name, library in libraries.items():
            folder = Path(scratch) / name
            try:
                _seconds(library(rows[:50], folder, [0]), folder)  # imports, first calls
                seconds, size = _seconds(library(rows, folder, order), folder)
            except ModuleNotFoundError as error:
                print(f"{name:20}not installed ({error.name})")
                continue
            first = first or seconds
            ratios = "".join(f"{s:7.2f} s{s / first[step]:5.1f}x" for step, s in seconds.items())
            print(f"{name:20}{ratios}{size / 1e6:7.1f} MB", flush=True)


def _seconds(steps: dict[str, Callable[[], Any]], folder: Path) -> tuple[dict[str, float], int]:
    """Seconds of each step in turn, and the bytes on disk, which are then removed."""
    seconds = {}
    for step, run in steps.items():
        started = time.perf_counter()
        run()
        seconds[step] = time.perf_counter() - started
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    shutil.rmtree(folder)
    return seconds, size


if __name__ == "__main__":
    main()
