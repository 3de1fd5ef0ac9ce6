"""B3LYP/6-31G* single points: the fast path (`--accuracy label`) against PySCF's defaults, processor time of one core.

Usage: python benchmarks/single_points.py [MOLECULES]    smallest members of the test groups, default 10

Geometries are relaxed at GFN2-xTB. The level is pc9's, on PySCF's default grid (3) for both, so that the energies
are to be the same.
"""

import sys
import time

import numpy as np
from _group_members import members

from hemdata.catalog import LevelCard, level_card
from hemdata.label.geometry import embed
from hemdata.label.pyscf_engine import single_point
from hemdata.label.relax import relax
from hemdata.levels import level_of

DEFAULT_GRID = 3


def by_default(z: np.ndarray, x: np.ndarray) -> tuple[float, int]:
    """PySCF as it comes: energy and cycles."""
    from pyscf import dft, gto

    atoms = [(int(n), tuple(place)) for n, place in zip(z, x, strict=True)]
    field = dft.RKS(gto.M(atom=atoms, basis="6-31g*", cart=True, verbose=0), xc="b3lyp")
    return float(field.kernel()), int(field.cycles)


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    its = level_of(LevelCard.model_validate(level_card("pc9").model_dump() | {"grid_level": DEFAULT_GRID}))
    print("molecule, heavy atoms, atoms: default s, fast s, ratio, dE hartree")
    ratios, apart, spent = [], [], np.zeros(2)
    for name, smiles in members(number):
        z, start = embed(smiles)
        x = relax(z, start, 0, 1).positions
        took, energies = [], []
        for run in (lambda: by_default(z, x)[0], lambda: single_point(z, x, 0, 1, its, "label").energy_hartree):  # noqa: B023
            before = time.process_time()
            energies.append(run())
            took.append(time.process_time() - before)
        spent += took
        ratios.append(took[0] / took[1])
        apart.append(abs(energies[1] - energies[0]))
        print(
            f"{name}, {(z != 1).sum()}, {len(z)}: {took[0]:.1f}, {took[1]:.1f}, {ratios[-1]:.2f}, "
            f"{energies[1] - energies[0]:+.1e}",
            flush=True,
        )
    print(
        f"{len(ratios)} molecules: {spent[0]:.0f} s against {spent[1]:.0f} s of one core, {spent[0] / spent[1]:.2f} "
        f"times as fast (median {np.median(ratios):.2f}, least {min(ratios):.2f}); largest |dE| {max(apart):.1e} Eh"
    )


if __name__ == "__main__":
    main()
