"""`hemdata predict`: what it takes to start, for XYZ frames, and for SMILES beside their relaxations alone.

Usage: python benchmarks/predicting.py [FRAMES] [SMILES]    rows of QM9 (default 10000 and 200); HEMDATA_DATA or data/

The model is a small PaiNN fitted on the test groups' shipped labels for one epoch: its errors are large, its time is
that of any other. Wall time and processor time of whole processes with two workers. SMILES are predicted in
one process that has imported everything, beside the relaxations alone that `hemdata label` makes of them.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from hemdata.catalog.folders import label_places
from hemdata.curate.build import build
from hemdata.label.calculation import calculate, calculation_for, stages
from hemdata.levels import START_LEVEL, level
from hemdata.molecules import Molecule
from hemdata.predict.asked import wanted
from hemdata.predict.find import load_all
from hemdata.predict.predict import predict
from hemdata.processes import one_thread
from hemdata.shards import iterate, read
from hemdata.train.fit import fit_network
from hemdata.train.training_run import TrainingRun

NAME = "test-groups@gfn2-xtb"


def model(folder: Path) -> Path:
    """A fitted network's folder."""
    table = read(next(place / NAME for place in label_places() if (place / NAME).is_dir()))
    run = TrainingRun(folder / "model", seed=0)
    fit_network("painn", "small", table.slice(0, 140), table.slice(140), run, epochs=1)
    return folder / "model"


def rows(number: int) -> list[dict]:
    """The first rows of QM9."""
    data = Path(os.environ.get("HEMDATA_DATA", "data")) / "qm9"
    if not data.is_dir():
        build("qm9", out=data)
    found: list[dict] = []
    for batch in iterate(data, ("id", "smiles", "canonical_smiles", "atomic_numbers", "positions")):
        found += batch.to_pylist()
        if len(found) >= number:
            break
    return found[:number]


def write_frames(path: Path, some: list[dict]) -> None:
    from ase import Atoms
    from ase.io import write

    frames = [Atoms(row["atomic_numbers"], np.reshape(row["positions"], (-1, 3))) for row in some]
    write(path, frames, format="xyz")


def run(*words: object) -> tuple[float, float]:
    """Seconds by the clock and of processors, of `hemdata predict` and its workers."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    ended = subprocess.run(
        [sys.executable, "-m", "hemdata.cli", "predict", *map(str, words), "--workers", "2"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if ended.returncode not in (0, 1):
        raise RuntimeError(ended.stderr)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def above_relaxations(fitted: Path, path: Path) -> tuple[float, float]:
    """Processor seconds of a file's SMILES: of their relaxations alone, and of their prediction, in this process."""
    models, some = load_all([fitted]), [one for one in wanted(str(path)) if isinstance(one, Molecule)]
    (stage,) = stages(level(START_LEVEL), level(START_LEVEL))

    def alone(molecules: list[Molecule]) -> float:
        started = time.process_time()
        with one_thread():
            for one in molecules:
                calculate(calculation_for(stage, one.canonical_smiles, one.charge, one.multiplicity))
        return time.process_time() - started

    predict(models, some[:2], anyway=True, workers=0)  # everything is imported
    took = alone(some)
    started = time.process_time()
    predict(models, wanted(str(path)), anyway=True, workers=0)
    return took, time.process_time() - started


def main() -> None:
    frames, smiles = (int(word) for word in [*sys.argv[1:], "10000", "200"][:2])
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        fitted, found = model(folder), rows(max(frames, smiles))
        step = len(found) // smiles
        chosen = found[::step][:smiles]
        write_frames(folder / "frames.xyz", found[:frames])
        (folder / "some.smi").write_text("".join(f"{row['smiles']} {row['id'].replace(':', '-')}\n" for row in chosen))
        print("one SMILES: {:.1f} s, {:.1f} s of processors".format(*run(fitted, "C")))
        wall, cpu = run(fitted, folder / "frames.xyz", "--anyway", "--out", folder / "frames.csv")
        print(f"{frames:,} XYZ frames: {wall:.1f} s, {cpu:.1f} s of processors")
        alone, whole = above_relaxations(fitted, folder / "some.smi")
        above = 100 * (whole / alone - 1)
        print(f"{smiles:,} SMILES: {whole:.1f} s of processors, {alone:.1f} s of them relaxations: {above:.1f} % above")


if __name__ == "__main__":
    main()
