"""GFN2-xTB geometries: hemdata against the xtb program and ASE's LBFGS over tblite, from the same starts.

Usage: python benchmarks/relaxation.py [MOLECULES]    half of QM9, half of pubchem9 (default 60); HEMDATA_DATA or data/

Processor time of each whole optimisation (of xtb: of its process). Convergence is judged by one and the same gradient,
tblite's at the last geometry. xtb runs `--opt tight`; hemdata and LBFGS stop at 0.01 eV/angstrom.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from hemdata.chemistry.embed import embed
from hemdata.chemistry.engines.tblite import Engine
from hemdata.chemistry.relax import relax
from hemdata.curate.build import build
from hemdata.errors import DataError
from hemdata.units import BOHR_ANGSTROM, HARTREE_EV, HARTREE_KCAL_MOL

FMAX = 0.01  # eV/angstrom
SAME_HARTREE = 1e-5
TOLD_KCAL_MOL = 0.1  # farther apart they are named: a soft mode not gone to its end, or another minimum


def by_hemdata(z: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, int]:
    done = relax(z, x, 0, 1, fmax=FMAX)
    return done.positions, done.gradients


def by_lbfgs(z: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, int]:
    from ase import Atoms
    from ase.optimize import LBFGS
    from tblite.ase import TBLite

    atoms = Atoms(numbers=z, positions=x)
    atoms.calc = TBLite(method="GFN2-xTB", verbosity=0)
    search = LBFGS(atoms, logfile=None)
    search.run(fmax=FMAX, steps=500)
    return atoms.positions, search.nsteps + 1


def by_xtb(z: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, int]:
    from ase import Atoms
    from ase.io import read, write

    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "start.xyz", Atoms(numbers=z, positions=x))
        told = subprocess.run(
            ["xtb", "start.xyz", "--opt", "tight"], cwd=folder, capture_output=True, text=True, check=True,
            env=os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
        )  # fmt: skip
        return read(Path(folder) / "xtbopt.xyz").positions, told.stdout.count("* total energy")


def spent() -> float:
    """Processor seconds of this process and its ended children."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)


def starts(number: int) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Force-field geometries of molecules of both sets; a SMILES that does not embed is passed over."""
    import pyarrow.parquet as parquet

    found = []
    for name in ("qm9", "pubchem9"):
        folder = Path(os.environ.get("HEMDATA_DATA", "data")) / name
        if not folder.is_dir():
            build(name, out=folder)
        smiles = sorted(
            {text for part in sorted(folder.glob("part-*.parquet"))[:1]
             for text in parquet.read_table(part, columns=["canonical_smiles"])["canonical_smiles"].to_pylist() if text}
        )  # fmt: skip
        order = np.random.default_rng(0).permutation(len(smiles))
        kept = 0
        for place in order:
            try:
                z, x = embed(smiles[place])
            except DataError:
                continue
            found.append((smiles[place], z, x))
            kept += 1
            if kept == number // 2:
                break
    return found


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    ways = {"hemdata": by_hemdata, "ase lbfgs": by_lbfgs}
    if shutil.which("xtb"):
        ways["xtb --opt tight"] = by_xtb
    else:
        print("no xtb program here (Debian: apt install xtb): hemdata against LBFGS alone")
    molecules = starts(number)
    by_hemdata(molecules[0][1], molecules[0][2])  # imports
    by_lbfgs(molecules[0][1], molecules[0][2])
    rows: dict[str, list[tuple[float, int, float, float]]] = {name: [] for name in ways}
    began = time.perf_counter()
    for text, z, x in molecules:
        for name, way in ways.items():
            before = spent()
            try:
                last, steps = way(z, x)
            except (DataError, subprocess.CalledProcessError) as error:
                print(f"{name} failed: {text}: {str(error).splitlines()[0]}", flush=True)
                rows[name].append((spent() - before, 0, np.nan, np.nan))
                continue
            took = spent() - before
            point = Engine(z, last, 0, 1, "GFN2-xTB")(last)
            force = np.linalg.norm(point.gradient, axis=1).max() * HARTREE_EV / BOHR_ANGSTROM
            rows[name].append((took, steps, point.energy_hartree, force))
    ours = np.array(rows["hemdata"])
    atoms = np.array([len(z) for _, z, _ in molecules])
    print(
        f"{len(molecules)} molecules, {atoms.mean():.1f} atoms on average, {time.perf_counter() - began:.0f} s in all"
    )
    for name, told in rows.items():
        theirs = np.array(told)
        both = np.isfinite(ours[:, 2]) & np.isfinite(theirs[:, 2])
        apart = theirs[both, 2] - ours[both, 2]
        print(
            f"{name}: {1000 * theirs[:, 0].mean():.0f} ms of one core a molecule, "
            f"{theirs[:, 0].sum() / ours[:, 0].sum():.2f} of hemdata's; {theirs[both, 1].mean():.1f} gradients; "
            f"largest force left: median {np.median(theirs[both, 3]):.4f}, most {theirs[both, 3].max():.4f} "
            "eV/angstrom; "
            f"{(~np.isfinite(theirs[:, 2])).sum()} failed"
        )
        if name != "hemdata":
            print(
                f"  energy within {SAME_HARTREE:g} hartree of hemdata's: {(np.abs(apart) <= SAME_HARTREE).sum()} of "
                f"{both.sum()}; hemdata lower: {(apart > SAME_HARTREE).sum()}, higher: {(apart < -SAME_HARTREE).sum()}"
            )
            for place, off in zip(np.flatnonzero(both), apart * HARTREE_KCAL_MOL, strict=True):
                if abs(off) > TOLD_KCAL_MOL:
                    print(f"    {molecules[place][0]}: {name} {off:+.3f} kcal/mol")


if __name__ == "__main__":
    main()
