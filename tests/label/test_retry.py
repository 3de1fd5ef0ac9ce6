"""`--retry failed` computes just what failed, and what had to wait for it; every rung of the ladder is told."""

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import hemdata

from hemdata.chemistry.engines import pyscf as pyscf_engine
from hemdata.chemistry.engines import pyscf_set_up
from hemdata.label.calculation import Result, Stage, Start, calculate, calculation_for, stages
from hemdata.label.dataset import label_dataset
from hemdata.label.jobs import RELAX
from hemdata.label.run import label
from hemdata.label.store.database import LabelStore
from hemdata.label.workers.where import HERE
from hemdata.levels import level
from hemdata.molecules import read_molecules
from hemdata.shards import read, rejected


def smiles_file(folder: Path) -> Path:
    path = folder / "mine.smi"
    path.write_text("C finished\nO failed\nN never\n")
    return path


def planted(folder: Path, level_name: str, geometry: str) -> tuple[list[str], LabelStore]:
    """A store in which the first molecule is finished, the second failed and the third was never tried."""
    molecules = read_molecules(smiles_file(folder))
    chain = stages(level(level_name), level(geometry))
    store = LabelStore(folder / "labels.sqlite")
    label(molecules[:1], chain, store, where=HERE)
    keys = label(molecules, chain[:1], store, missing="refuse").keys
    store.put(Result(keys[1], "It took longer than the time limit of 1 s."))
    return keys, store


def test_retry_failed_runs_only_those_that_failed(tmp_path: Path) -> None:
    keys, store = planted(tmp_path, "gfn2-xtb", "gfn2-xtb")
    before = store.known(keys)
    store.close()
    assert before == {keys[0]: True, keys[1]: False}
    words = ["label", str(tmp_path / "mine.smi"), "--data", str(tmp_path), "--retry", "failed", "--workers", "0"]
    told = json.loads(hemdata(*words, "--json").stdout)
    assert (told["computed"], told["stored"], told["accepted"]) == (1, 1, 2)
    with LabelStore(tmp_path / "labels.sqlite", read_only=True) as store:
        assert store.known(keys) == {keys[0]: True, keys[1]: True}
    folder = tmp_path / "mine@gfn2-xtb"
    assert read(folder)["smiles"].to_pylist() == ["C", "O"]
    assert rejected(folder)["reason"].to_pylist() == ["It is not labelled yet."]
    whole = label_dataset(tmp_path / "mine.smi", data=tmp_path, workers=0)  # without --retry the rest is computed
    assert (whole.outcome.computed, whole.outcome.stored, whole.outcome.missing) == (1, 2, 0)


def test_a_geometry_that_succeeds_on_retry_goes_on_to_its_energy(tmp_path: Path) -> None:
    _, store = planted(tmp_path, "pc9", "gfn2-xtb")
    molecules = read_molecules(tmp_path / "mine.smi")
    with store:
        outcome = label(molecules, stages(level("pc9"), level("gfn2-xtb")), store, where=HERE, missing="compute failed")
        assert (outcome.computed, outcome.stored, outcome.failed, outcome.missing) == (1, 1, 0, 1)
        energies = [result.energy_hartree for result in store.get(outcome.keys)]
    assert len(energies) == 2
    assert abs(energies[1] + 76.409) < 0.01  # water at B3LYP/6-31G*


def test_the_rungs_of_a_relaxed_geometry_are_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hydrogen, whose SCFs on the way may take three cycles and that of the single point as many as it needs."""
    plain = pyscf_engine.single_point
    seen = []

    def single_point(*given: Any) -> pyscf_engine.Point:
        monkeypatch.setattr(pyscf_set_up, "MAX_CYCLES", 100)
        seen.append(plain(*given))
        return seen[-1]

    monkeypatch.setattr(pyscf_set_up, "MAX_CYCLES", 3)
    monkeypatch.setattr(pyscf_engine, "single_point", single_point)
    start = [0.0, 0.0, 0.0, 0.0, 0.0, 0.8]
    result = calculate(calculation_for(Stage(level("pc9"), RELAX), "[H][H]", 0, 1, Start([1, 1], start)))
    assert [point.rungs for point in seen] == [()]
    assert result.provenance["rungs"] == ["level shift 0.3"]
