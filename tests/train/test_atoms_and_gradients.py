"""Each atom's part of an energy, and the gradients of energies by the weights: of every network and baseline."""

from pathlib import Path

import numpy as np
import pytest
import torch
from small_networks import fitted
from test_conformance import graphs, some

from hemdata.shards import read
from hemdata.train import gradients as module
from hemdata.train.data.molecules import Molecules
from hemdata.train.fit import fit_network
from hemdata.train.gradients import atom_by_atom, gradients
from hemdata.train.training_run import TrainingRun


def test_the_parts_of_its_atoms_are_a_molecules_energy(network: torch.nn.Module) -> None:
    batch = graphs(some())
    with torch.no_grad():
        parts, energies = network(atom_by_atom(batch)), network(batch)
    assert parts.shape == batch.z.shape
    summed = torch.zeros_like(energies).index_add_(0, batch.batch, parts)
    assert torch.allclose(summed, energies, rtol=0, atol=1e-8)
    assert parts[:3].std() > 1e-6  # no even share


def test_gradients_tell_what_a_change_of_the_weights_does(
    network: torch.nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: the energy at weights a step to both sides."""
    monkeypatch.setattr(module, "SKETCH", 10**9)
    batch = graphs(some()[:2])
    found = gradients(network, [batch])
    by_atom = gradients(network, [batch], by_atom=True)
    offsets = np.flatnonzero(np.diff(batch.batch.numpy(), prepend=-1))
    scale = np.abs(found).max()
    assert np.allclose(np.add.reduceat(by_atom, offsets), found, atol=1e-4 * scale)
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    steps = [1e-5 * torch.randn_like(weight) for weight in weights]
    ends = []
    for sign in (1, -2):
        with torch.no_grad():
            for weight, step in zip(weights, steps, strict=True):
                weight += sign * step
            ends.append(network(batch))
    change = (ends[0] - ends[1]).numpy()
    told = found @ torch.cat([2 * step.flatten() for step in steps]).numpy()
    assert np.allclose(told, change, rtol=1e-3, atol=1e-3 * np.abs(change).max())


def test_a_sketch_keeps_which_molecules_are_alike(labelled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hemdata import catalog
    from hemdata.train.fit import adapter
    from hemdata.train.isolation import isolated

    with isolated(seed=1):
        card = catalog.network("painn")
        built = adapter(card).build(card.configurations["small"].model_dump())
    model = fitted(built, "painn")
    table = read(labelled / "neuro@gfn2-xtb").slice(0, 12)
    short = model.features(table)
    assert short.shape == (12, module.SKETCH)
    monkeypatch.setattr(module, "SKETCH", 10**9)
    whole = model.features(table)
    exact, kept = whole @ whole.T, short @ short.T
    lengths = np.sqrt(np.outer(np.diag(exact), np.diag(exact)))
    assert np.abs((kept - exact) / lengths).max() < 5 / np.sqrt(2048)


@pytest.mark.parametrize("name", ["dressed-atoms", "pair-distance-ridge"])
def test_the_parts_of_a_baselines_atoms_are_its_energy(name: str, labelled: Path, tmp_path: Path) -> None:
    table = read(labelled / "neuro@gfn2-xtb")
    model = fit_network(name, None, table.slice(0, 24), table.slice(24), TrainingRun(tmp_path, seed=0))
    offsets = Molecules.of(table).offsets[:-1]
    parts = model.atom_energies(table)
    assert np.allclose(np.add.reduceat(parts, offsets), model.predict(table), atol=1e-8)
    by_atom, whole = model.features(table, by_atom=True), model.features(table)
    assert by_atom.shape[1] == whole.shape[1]
    if whole.shape[1]:
        assert np.allclose(np.add.reduceat(by_atom, offsets), whole)
