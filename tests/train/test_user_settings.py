"""What a user has set for torch and Lightning, in a notebook or the environment, makes no other weights."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from ase.build import molecule as g2

from hemdata.train.fit import fit_network
from hemdata.train.training_run import TrainingRun

NAMES = ["CH3NO2", "CH3CN", "H2O", "CH3CH2OH", "HCN", "CH4", "NH3", "H2CO"]  # ASE's G2 set


def table() -> pa.Table:
    atoms = [g2(name) for name in NAMES]
    return pa.table(
        {
            "id": NAMES,
            "atomic_numbers": pa.array([one.numbers.tolist() for one in atoms], pa.list_(pa.uint8())),
            "positions": [one.positions.ravel().tolist() for one in atoms],
            "atomization_energy_kcal_mol": [100.0 * len(one) + one.positions.std() for one in atoms],
            "level": ["gfn2-xtb"] * len(atoms),
        }
    )


def test_default_dtype_device_and_lightnings_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fit(name: str):  # type: ignore[no-untyped-def]
        rows = table()
        run = TrainingRun(tmp_path / name, seed=0, device="cpu")
        return fit_network("painn", "small", rows[:6], rows[6:], run, epochs=2)

    plain = fit("plain")
    monkeypatch.setenv("PL_TRAINER_LIMIT_TRAIN_BATCHES", "0")
    monkeypatch.setenv("PL_TRAINER_PRECISION", "bf16-mixed")
    before = torch.get_default_dtype(), torch.get_float32_matmul_precision()
    torch.set_default_dtype(torch.float64)
    torch.set_float32_matmul_precision("medium")
    torch.set_default_device("meta")
    try:
        changed = fit("changed")
        assert torch.get_default_dtype() is torch.float64
        assert torch.get_default_device().type == "meta"
        predicted = changed.predict(table())
    finally:
        torch.set_default_device(None)
        torch.set_default_dtype(before[0])
        torch.set_float32_matmul_precision(before[1])
    assert changed.checkpoint_hash == plain.checkpoint_hash
    assert changed.curve == plain.curve
    assert np.array_equal(predicted, plain.predict(table()))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["allegro", "dimenetpp", "painn", "torchmd-et"])
def test_a_networks_libraries_say_nothing_when_they_are_loaded(name: str) -> None:
    code = "import sys; from hemdata.catalog import network; from hemdata.train.fit import adapter"
    ended = subprocess.run(
        [sys.executable, "-c", f"{code}; adapter(network('{name}'))"], capture_output=True, text=True, check=True
    )
    assert (ended.stdout, ended.stderr) == ("", "")
