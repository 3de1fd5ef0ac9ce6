"""A fitted network as an ASE calculator, for every network."""

from pathlib import Path

import numpy as np
import pytest
import torch
from ase import Atoms, units
from ase.build import molecule as g2
from small_networks import NETWORKS, differences, fitted

from hemdata.errors import CallError, DataError
from hemdata.molecules.state import said_of_atoms
from hemdata.predict.calculator import ModelCalculator
from hemdata.shards import read
from hemdata.train.fit import fit_network
from hemdata.train.training_run import TrainingRun


@pytest.mark.parametrize("network", NETWORKS, indirect=True)
def test_forces_are_those_of_finite_differences(network: torch.nn.Module, request: pytest.FixtureRequest) -> None:
    """Oracle: central differences of the energy alone, for every coordinate of three molecules."""
    calculator = ModelCalculator(fitted(network, request.node.callspec.params["network"]), dtype="float64")
    for name in ("CH3NO2", "HCN", "H2O"):
        atoms = g2(name)
        atoms.rattle(0.02, seed=1)
        atoms.calc = calculator
        forces, expected = atoms.get_forces(), differences(atoms, calculator, 1e-5)
        assert np.allclose(forces, expected, atol=2e-6 * max(1.0, np.abs(expected).max()))
        assert np.allclose(forces.sum(axis=0), 0, atol=1e-8 * max(1.0, np.abs(forces).max()))


def test_energy_is_minus_the_predicted_atomization_energy(labelled: Path, tmp_path: Path) -> None:
    """Two models: mean and spread of what `predict` says of the same geometry, in eV; a relaxation goes downhill."""
    from ase.optimize import BFGS

    table = read(labelled / "neuro@gfn2-xtb")
    models = [
        fit_network(
            "painn", "small", table.slice(0, 24), table.slice(24), TrainingRun(tmp_path / f"m-s{seed}", seed), epochs=2
        )
        for seed in (0, 1)
    ]
    one = table.slice(3, 1)
    atoms = Atoms(one["atomic_numbers"][0].as_py(), np.reshape(one["positions"][0].as_py(), (-1, 3)))
    atoms.calc = ModelCalculator(tmp_path / "m")
    each = -np.array([model.predict(one)[0] for model in models]) * units.kcal / units.mol
    assert atoms.get_potential_energy() == pytest.approx(each.mean(), abs=1e-5)
    assert atoms.calc.results["energy_spread"] == pytest.approx(each.std(ddof=1), abs=1e-5)
    before = atoms.get_potential_energy()
    BFGS(atoms, logfile=None, maxstep=0.02).run(fmax=1e-6, steps=4)
    assert atoms.get_potential_energy() < before
    torch_was = torch.get_default_dtype(), torch.get_num_threads()
    atoms.get_forces()
    assert (torch.get_default_dtype(), torch.get_num_threads()) == torch_was


@pytest.mark.parametrize("info", [{"charge": 1}, {"total_charge": 1.0}, {"charge": np.int64(1), "spin": 2}])
def test_the_charge_in_info_is_that_of_the_atoms(info: dict[str, object]) -> None:
    """A charge beside neutral training molecules was taken for none, also where it was said after a calculation."""
    water = g2("H2O")
    water.calc = ModelCalculator(fitted(torch.nn.Linear(1, 1), "painn"))
    water.info |= info
    with pytest.raises(DataError, match="No training molecule had the charge"):
        water.get_potential_energy()


def test_a_charge_that_is_said_after_a_calculation_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    from hemdata.predict import calculator

    seen: list[int] = []
    monkeypatch.setattr(
        calculator,
        "_energy_and_forces",
        lambda _, atoms: seen.append(said_of_atoms(atoms).charge or 0) or (0.0, np.zeros((3, 3))),
    )
    water = g2("H2O")
    water.calc = ModelCalculator(fitted(torch.nn.Linear(1, 1), "painn"))
    water.get_potential_energy()
    water.get_forces()
    water.info["charge"] = -2
    water.get_potential_energy()
    assert seen == [0, -2]
    water.info["multiplicity"] = 2
    with pytest.raises(DataError, match="do not go together"):
        water.get_potential_energy()
    water.info = {"charge": 1}
    water.set_initial_charges([-1.0, 0, 0])
    with pytest.raises(DataError, match="charge is said twice"):
        water.get_potential_energy()


def test_what_it_cannot_do_is_a_sentence(labelled: Path, tmp_path: Path) -> None:
    table = read(labelled / "neuro@gfn2-xtb")
    fit_network("dressed-atoms", None, table, table, TrainingRun(tmp_path, seed=0))
    with pytest.raises(CallError, match="A baseline has no forces"):
        ModelCalculator(tmp_path)
    with pytest.raises(CallError, match="no fitted model"):
        ModelCalculator(tmp_path / "nowhere")
    network = torch.nn.Linear(1, 1)
    sulphide = g2("SH2")
    sulphide.calc = ModelCalculator(fitted(network, "painn"))
    with pytest.raises(DataError, match="No training molecule had an element") as refused:
        sulphide.get_forces()
    assert "got: S" in str(refused.value)
    ammonium = g2("NH3", charges=[1.0, 0, 0, 0])
    ammonium.calc = sulphide.calc
    with pytest.raises(DataError, match="No training molecule had the charge"):
        ammonium.get_potential_energy()
    for place in (0.0, np.nan):
        nitrogen = Atoms("N2", [(0, 0, 0), (0, 0, place)], calculator=sulphide.calc)
        with pytest.raises(DataError, match=r"Two atoms lie on top of each other|not those of the atoms"):
            nitrogen.get_forces()
    crystal = Atoms("H", pbc=True, cell=[3, 3, 3])
    crystal.calc = sulphide.calc
    with pytest.raises(CallError, match="molecules alone"):
        crystal.get_potential_energy()
    with pytest.raises(CallError, match="no such dtype"):
        ModelCalculator(fitted(network, "painn"), dtype="float16")
