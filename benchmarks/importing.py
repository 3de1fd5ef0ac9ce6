"""Molecules a second through `hemdata import`'s build on one core, without identity, beside ASE's own reader.

Usage: python benchmarks/importing.py [N] [FORM ...]    N: molecules, QM9's over and over (default 50,000)
       PEAK=1 also watches the memory of it all.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np
from _watched import Watched

from hemdata.catalog import DatasetCard
from hemdata.curate.build import build
from hemdata.levels import SYMBOLS
from hemdata.shards import iterate
from hemdata.sources.imported import path_file

QM9 = Path(os.environ.get("QM9", "data/qm9"))
COLUMNS = {
    "energy_hartree": {"column": "energy", "unit": "hartree"},
    "positions": {"column": "positions", "unit": "angstrom"},
}


def molecules(n: int):
    """So many of QM9's, over and over: atomic numbers, positions, energy."""
    done = 0
    while done < n:
        for batch in iterate(QM9, ["atomic_numbers", "positions", "energy_hartree"]):
            for z, xyz, energy in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                yield z, xyz, energy
                done += 1
                if done == n:
                    return


def write_extxyz(path: Path, n: int) -> None:
    with path.open("w") as file:
        for z, xyz, energy in molecules(n):
            lines = [str(len(z)), f'Properties=species:S:1:pos:R:3 energy={energy!r} pbc="F F F"']
            lines += [
                f"{SYMBOLS[s]} {x:.8f} {y:.8f} {w:.8f}"
                for s, x, y, w in zip(z, xyz[::3], xyz[1::3], xyz[2::3], strict=True)
            ]
            file.write("\n".join(lines) + "\n")


def write_sdf(path: Path, n: int) -> None:
    with path.open("w") as file:
        for number, (z, xyz, energy) in enumerate(molecules(n)):
            file.write(f"m{number}\n  hemdata           3D\n\n{len(z):3d}  0  0  0  0  0            999 V2000\n")
            for s, x, y, w in zip(z, xyz[::3], xyz[1::3], xyz[2::3], strict=True):
                file.write(f"{x:10.4f}{y:10.4f}{w:10.4f} {SYMBOLS[s]:3} 0  0  0  0  0  0  0  0  0  0  0  0\n")
            file.write(f"M  END\n>  <energy>\n{energy!r}\n\n$$$$\n")


def padded(n: int):
    z, xyz, energy = np.zeros((n, 29), np.uint8), np.zeros((n, 29, 3)), np.zeros(n)
    for i, (its_z, its_xyz, its_energy) in enumerate(molecules(n)):
        z[i, : len(its_z)], xyz[i, : len(its_z)], energy[i] = its_z, np.reshape(its_xyz, (-1, 3)), its_energy
    return {"z": z, "positions": xyz, "energy": energy}


def write_npz(path: Path, n: int) -> None:
    np.savez(path, **padded(n))


def write_hdf5(path: Path, n: int) -> None:
    with h5py.File(path, "w") as file:
        for key, values in padded(n).items():
            file.create_dataset(key, data=values, chunks=(min(n, 4096), *values.shape[1:]))


FORMS = {"npz": write_npz, "hdf5": write_hdf5, "extxyz": write_extxyz, "sdf": write_sdf}
SUFFIX = {"hdf5": "h5"}


def ases(path: Path) -> float:
    """Seconds that ASE's reader takes."""
    from ase.io import iread

    started = time.perf_counter()
    for _ in iread(path, index=":", format="extxyz"):
        pass
    return time.perf_counter() - started


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    for form in sys.argv[2:] or FORMS:
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / f"a.{SUFFIX.get(form, form)}"
            FORMS[form](path, n)
            card = DatasetCard.model_validate(
                {
                    "name": "a", "title": "a", "about": "a", "reader": "imported", "licence": "none", "cite": [],
                    "level": "qm9", "geometry_level": "qm9", "columns": COLUMNS,
                    "imported": {"form": form, "paths": [str(path)], "sha256": [path_file(path).sha256],
                                 "bonds": False},
                }
            )  # fmt: skip
            text = Path(scratch) / "a.yaml"
            text.write_text(card.model_dump_json(exclude_defaults=True))
            build(text, out=Path(scratch) / "warm", workers=1)  # imports are no part of a molecule's time
            with Watched() as watched:
                started = time.process_time()
                built = build(text, out=Path(scratch) / "out", workers=1)
                seconds = time.process_time() - started
            assert built.manifest.counts.accepted == n, built.manifest.counts
            line = f"{form:7} {n / seconds:9,.0f} molecules/s a core, peak {watched.peak_mb:,.0f} MB"
            if form == "extxyz":
                line += f"; ASE's reader alone {n / ases(path):,.0f} molecules/s"
            print(line, flush=True)


if __name__ == "__main__":
    main()
