"""A training run killed with SIGKILL goes on to the same curve and the same predictions."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from hemdata.shards import read
from hemdata.train.fit import fit_network
from hemdata.train.training_run import TrainingRun

CODE = """
import sys
from hemdata.shards import read
from hemdata.train.fit import fit_network
from hemdata.train.training_run import TrainingRun
table, run = read(sys.argv[1]), TrainingRun(sys.argv[2], seed=0, device="cpu")
fit_network("painn", "small", table.slice(0, 24), table.slice(24), run, epochs=6)
"""


def test_a_killed_run_ends_as_an_undisturbed_one(labelled: Path, tmp_path: Path) -> None:
    shards = labelled / "neuro@gfn2-xtb"
    table = read(shards)
    killed = tmp_path / "killed"
    run = subprocess.Popen(
        [sys.executable, "-c", CODE, str(shards), str(killed)], env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    curve = killed / "curve.csv"
    deadline = time.monotonic() + 900
    while not curve.is_file() or len(curve.read_text().splitlines()) < 3:
        assert run.poll() is None, "the run ended before it was killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    assert not (killed / "model.json").exists()

    def fit(folder: Path):  # type: ignore[no-untyped-def]
        run = TrainingRun(folder, seed=0, device="cpu")
        return fit_network("painn", "small", table.slice(0, 24), table.slice(24), run, epochs=6)

    resumed, undisturbed = fit(killed), fit(tmp_path / "undisturbed")
    assert resumed.curve == undisturbed.curve
    assert len(resumed.curve) == 6
    assert np.array_equal(resumed.predict(table), undisturbed.predict(table))
    assert resumed.checkpoint_hash == undisturbed.checkpoint_hash
