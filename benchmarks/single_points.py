"""B3LYP/6-31G* single points: the fast path (`--accuracy label`) against PySCF's defaults, processor time of one core.

Usage: python benchmarks/single_points.py [MOLECULES]             smallest members of the test groups, default 10
       python benchmarks/single_points.py --heavy 10 14 18       one member of each number of heavy atoms

Geometries are relaxed at GFN2-xTB. The level is pc9's, on PySCF's default grid (3) for both, so that the energies
are to be the same. PySCF's defaults run in a process of their own, with the matrix kernels that its library chooses by
itself; where hemdata chooses others (`hemdata.shield.load_pyscf`), the third figure is PySCF's defaults with
those.
"""

import multiprocessing
import os

os.environ["OMP_NUM_THREADS"] = "1"

import sys
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from _group_members import members, of_sizes

from hemdata.catalog import LevelCard, level_card
from hemdata.chemistry.embed import embed
from hemdata.chemistry.engines.pyscf import single_point
from hemdata.chemistry.relax import relax
from hemdata.levels import Level, level_of
from hemdata.shield.load_pyscf import load_pyscf

DEFAULT_GRID = 3


def by_default(z: np.ndarray, x: np.ndarray, kernels: bool) -> tuple[float, float]:
    """PySCF as it comes, but for the kernels: energy, and processor time."""
    if kernels:
        load_pyscf()
    from pyscf import dft, gto

    atoms = [(int(n), tuple(place)) for n, place in zip(z, x, strict=True)]
    before = time.process_time()
    field = dft.RKS(gto.M(atom=atoms, basis="6-31g*", cart=True, verbose=0), xc="b3lyp")
    return float(field.kernel()), time.process_time() - before


def fast(z: np.ndarray, x: np.ndarray, its: Level) -> tuple[float, float]:
    """`--accuracy label`: energy, and processor time."""
    before = time.process_time()
    return single_point(z, x, 0, 1, its, "label").energy_hartree, time.process_time() - before


def main() -> None:
    if sys.argv[1:2] == ["--heavy"]:
        chosen = of_sizes([int(size) for size in sys.argv[2:]])
    else:
        chosen = members(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
    its = level_of(LevelCard.model_validate(level_card("pc9").model_dump() | {"grid_level": DEFAULT_GRID}))
    print("molecule, heavy atoms, atoms: PySCF s, the same with other kernels s, fast s, ratio, dE hartree")
    ratios, apart, spent = [], [], np.zeros(3)
    spawn = multiprocessing.get_context("spawn")
    pools = [ProcessPoolExecutor(1, spawn) for _ in range(3)]
    for pool, *how in zip(pools, (by_default, by_default, fast), (False, True, its), strict=True):
        pool.submit(how[0], np.array([2]), np.zeros((1, 3)), how[1]).result()  # imports
    for name, smiles in chosen:
        z, start = embed(smiles)
        x = relax(z, start, 0, 1).positions
        plain = pools[0].submit(by_default, z, x, False).result()
        same = pools[1].submit(by_default, z, x, True).result()
        ours = pools[2].submit(fast, z, x, its).result()
        took = np.array([plain[1], same[1], ours[1]])
        spent += took
        ratios.append(took[0] / took[2])
        apart.append(abs(ours[0] - plain[0]))
        print(
            f"{name}, {(z != 1).sum()}, {len(z)}: {took[0]:.1f}, {took[1]:.1f}, {took[2]:.1f}, {ratios[-1]:.2f}, "
            f"{ours[0] - plain[0]:+.1e}",
            flush=True,
        )
    print(
        f"{len(ratios)} molecules: {spent[0]:.0f} s against {spent[2]:.0f} s of one core, {spent[0] / spent[2]:.2f} "
        f"times as fast (median {np.median(ratios):.2f}, least {min(ratios):.2f}); against PySCF with the same kernels "
        f"{spent[1] / spent[2]:.2f} times; largest |dE| {max(apart):.1e} Eh"
    )


if __name__ == "__main__":
    main()
