"""Every network in its small configuration, and what the tests of several stages ask of one."""

import numpy as np
import pytest
import torch
from ase import Atoms

from hemdata import catalog
from hemdata.predict.calculator import ModelCalculator
from hemdata.train.fit import adapter, networks
from hemdata.train.fitted_network import FittedNetwork
from hemdata.train.isolation import isolated

NETWORKS = [name for name in networks() if name in catalog.cards("network")]
DRESSED = {"H": 50.0, "C": 150.0, "N": 120.0, "O": 110.0}


@pytest.fixture(params=NETWORKS)
def network(request: pytest.FixtureRequest) -> torch.nn.Module:
    """The network in its small configuration, float64, weights away from their start so that nothing is zero."""
    card = catalog.network(request.param)
    with isolated(seed=7):
        built = adapter(card).build(card.configurations["small"].model_dump()).double()
        with torch.no_grad():
            for weight in built.parameters():
                weight += 0.05 * torch.randn_like(weight)
    return built.eval()


def fitted(network: torch.nn.Module, name: str, seed: int = 0) -> FittedNetwork:
    about = {
        "network": name,
        "level": "gfn2-xtb",
        "seed": seed,
        "configuration": catalog.network(name).configurations["small"].model_dump(),
        "dressed_atoms": {"kcal_mol": DRESSED, "rank": 4},
        "scale_kcal_mol": 3.0,
        "training_range": {"elements": list(DRESSED)},
    }
    return FittedNetwork(about, network)


def differences(atoms: Atoms, calculator: ModelCalculator, step: float) -> np.ndarray:
    """Forces (N, 3) by central differences of the energy alone."""
    found = np.zeros((len(atoms), 3))
    for atom, axis in np.ndindex(*found.shape):
        ends = []
        for moved_by in (step, -step):
            moved = atoms.copy()
            moved.positions[atom, axis] += moved_by
            moved.calc = calculator
            ends.append(moved.get_potential_energy())
        found[atom, axis] = -(ends[0] - ends[1]) / (2 * step)
    return found
