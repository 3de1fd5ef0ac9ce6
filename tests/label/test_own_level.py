"""A user's own level of theory is one card: nothing else has to be touched."""

from pathlib import Path

import pytest

from hemdata.label.dataset import label_dataset
from hemdata.shards import read, verify

CARD = """
name: hf-sto-3g
title: Hartree-Fock in a minimal basis
about: Cheap, for trying things out.
engine: pyscf
method: hf
basis: {name: sto-3g}
angular: spherical
grid_level: 0
atoms_hartree: {H: -0.466582, O: -73.804150}
atoms_source: UHF/STO-3G of the free atoms
"""


def test_a_new_level_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """RHF/STO-3G water is -74.963 hartree (Szabo and Ostlund, Modern Quantum Chemistry, table 3.13)."""
    cards = tmp_path / "cards" / "pipelines" / "levels"
    cards.mkdir(parents=True)
    (cards / "hf-sto-3g.yaml").write_text(CARD)
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path / "cards"))
    (tmp_path / "water.smi").write_text("O water\n")
    done = label_dataset(tmp_path / "water.smi", level_name="hf-sto-3g", data=tmp_path, workers=0)
    verify(done.folder)
    row = read(done.folder).to_pylist()[0]
    assert abs(row["energy_hartree"] + 74.963) < 0.005
    assert row["level"] == "hf-sto-3g"
    expected = (-73.804150 - 2 * 0.466582 - row["energy_hartree"]) * 627.5094740631
    assert abs(row["atomization_energy_kcal_mol"] - expected) < 1e-6
