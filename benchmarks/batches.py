"""Molecules a second through the loader, with neighbours within 5 angstrom, beside SchNetPack's own neighbour list.

Usage: python benchmarks/batches.py [SHARDS] [N]    SHARDS: a built set with geometries (default: QM9 rows of qm9pack)
"""

import sys
import tempfile
import time
from pathlib import Path

import torch

from hemdata.curate.build import build
from hemdata.shards import read
from hemdata.train.data.batches import Batches
from hemdata.train.data.molecules import Molecules

CUTOFF_ANGSTROM = 5.0


def ours(table, repeats: int = 3) -> float:
    batches = Batches(Molecules.of(table), 100, CUTOFF_ANGSTROM, seed=0)
    for _ in batches:  # compiles, warms the caches
        break
    best = float("inf")
    for epoch in range(repeats):
        batches.epoch = epoch
        started = time.perf_counter()
        for _ in batches:
            pass
        best = min(best, time.perf_counter() - started)
    return table.num_rows / best


def schnetpacks(table) -> float:
    """SchNetPack's transforms and collate on the same molecules, one process."""
    from schnetpack import properties
    from schnetpack.data.loader import _atoms_collate_fn
    from schnetpack.transform import ASENeighborList, CastTo32

    neighbour_list, cast = ASENeighborList(cutoff=CUTOFF_ANGSTROM), CastTo32()
    rows = table.select(["atomic_numbers", "positions"]).to_pylist()
    started = time.perf_counter()
    for first in range(0, len(rows), 100):
        samples = []
        for index, row in enumerate(rows[first : first + 100]):
            inputs = {
                properties.idx: torch.tensor([first + index]),
                properties.n_atoms: torch.tensor([len(row["atomic_numbers"])]),
                properties.Z: torch.tensor(row["atomic_numbers"]),
                properties.R: torch.tensor(row["positions"], dtype=torch.float64).reshape(-1, 3),
                properties.cell: torch.zeros(1, 3, 3, dtype=torch.float64),
                properties.pbc: torch.zeros(3, dtype=torch.bool),
            }
            samples.append(cast(neighbour_list(inputs)))
        _atoms_collate_fn(samples)
    return len(rows) / (time.perf_counter() - started)


def main() -> None:
    torch.set_num_threads(1)
    if len(sys.argv) > 1:
        table = read(sys.argv[1])
    else:
        folder = Path(tempfile.mkdtemp()) / "qm9"
        build("qm9", out=folder)
        table = read(folder)
    table = table.slice(0, int(sys.argv[2]) if len(sys.argv) > 2 else 50_000)
    mine, own = ours(table), schnetpacks(table.slice(0, 2_000))
    atoms = sum(table["n_atoms"].to_pylist()) / table.num_rows
    print(f"{table.num_rows:,} molecules of {atoms:.1f} atoms, batches of 100, {CUTOFF_ANGSTROM} angstrom, one core")
    print(f"hemdata     {mine:10,.0f} molecules/s")
    print(f"SchNetPack  {own:10,.0f} molecules/s   ratio {mine / own:.1f}")


if __name__ == "__main__":
    main()
