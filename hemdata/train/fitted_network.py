"""A fitted network: dressed atoms and the network's rest, on one device; made of a package without Lightning."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from pydantic import ValidationError
from torch import nn

from hemdata.catalog import Configuration
from hemdata.errors import CallError
from hemdata.train.baselines.dressed_atoms import DressedAtoms
from hemdata.train.data.batches import Batches, GraphBatch
from hemdata.train.data.molecules import Molecules
from hemdata.train.fitted import BATCH_SIZE, Fitted
from hemdata.train.gradients import GRADIENTS_AT_ONCE, atom_by_atom, gradients
from hemdata.train.isolation import isolated
from hemdata.train.training_run import refuse_unknown_device

Build = Callable[[Mapping[str, Any]], nn.Module]
"""Makes of a configuration {network: ..., training: ...} a module that maps a GraphBatch to energies (n_graphs,)."""


class FittedNetwork(Fitted):
    """Dressed atoms and a network for the rest."""

    def __init__(self, about: dict[str, Any], network: nn.Module, device: str = "cpu") -> None:
        super().__init__(about)
        self.network = network.to(device).eval()
        self.batch_size = BATCH_SIZE

    def on(self, device: str, batch_size: int = BATCH_SIZE) -> None:
        """Predict there, so many molecules at a time."""
        self.network.to(chosen_device(device))
        self.batch_size = batch_size

    def predict(self, molecules: pa.Table | Molecules) -> NDArray[np.float64]:
        """Atomization energies (M,), kcal/mol; the network in float32, the sums in float64."""
        read = Molecules.of(molecules, energies=False)
        dressed = DressedAtoms.from_json(self.about["dressed_atoms"])
        energies: NDArray[np.float64] = dressed.predict(read) + self._rest(self._batches(read, self.batch_size))
        return energies

    def atom_energies(self, molecules: pa.Table | Molecules) -> NDArray[np.float64]:
        """The energy of each atom's element and what the network gives it, (atoms,) kcal/mol."""
        read = Molecules.of(molecules, energies=False)
        dressed = DressedAtoms.from_json(self.about["dressed_atoms"])
        parts: NDArray[np.float64] = dressed.of_atoms(read) + self._rest(
            atom_by_atom(batch) for batch in self._batches(read, self.batch_size)
        )
        return parts

    def features(self, molecules: pa.Table | Molecules, by_atom: bool = False) -> NDArray[np.float32 | np.float64]:
        """Sketched gradients of the energies by the weights, (M, p) or (atoms, p), kcal/mol."""
        batches = iter(self._batches(Molecules.of(molecules, energies=False), GRADIENTS_AT_ONCE))
        with isolated(seed=0):
            return np.asarray(self.about["scale_kcal_mol"] * gradients(self.network, batches, by_atom))

    def _batches(self, molecules: Molecules, size: int) -> Batches:
        return Batches(molecules, size, self.about["configuration"]["training"]["cutoff_angstrom"])

    def _rest(self, batches: Iterable[GraphBatch]) -> NDArray[np.float64]:
        """What the network adds to the dressed atoms, kcal/mol."""
        device = next(self.network.parameters()).device
        with isolated(seed=0), torch.inference_mode():
            rest = torch.cat([self.network(batch.to(device)).double().cpu() for batch in batches]).numpy()
        return np.asarray(self.about["scale_kcal_mol"] * rest)


def load_network(
    build: Build, about: dict[str, Any], arrays: Mapping[str, NDArray[Any]], device: str = "auto"
) -> FittedNetwork:
    """The fitted network of a package."""
    with isolated(seed=0):
        network = built(build, checked(about["configuration"]))
        network.load_state_dict({key: torch.from_numpy(np.array(array)) for key, array in arrays.items()})
    return FittedNetwork(about, network, chosen_device(device))


def load(about: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Fitted:
    """The fitted network of a package, built by the adapter that the package names."""
    return load_network(importlib.import_module(about["adapter"]).build, about, arrays)


def checked(config: Mapping[str, Any] | Configuration) -> Configuration:
    """The configuration as its model; CallError that names the keys where it is wrong."""
    try:
        return Configuration.model_validate(config)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise CallError("The configuration of the network is wrong.", got=faults, fix="See models/*.yaml.") from None


def built(build: Build, configuration: Configuration) -> nn.Module:
    """The network of a configuration; CallError where it has not the arguments that its card gives."""
    try:
        return build(configuration.model_dump())
    except TypeError as error:  # an argument that the network does not have, or lacks
        raise CallError(
            "The network cannot be built from its configuration.",
            where=build.__module__,
            got=error,
            fix="Correct the keys under `network` in its card.",
        ) from error


def chosen_device(device: str) -> str:
    """cpu or cuda, for `auto` what is there; CallError for another word, or where no GPU is."""
    refuse_unknown_device(device)
    if device == "cuda" and not torch.cuda.is_available():
        raise CallError("No CUDA device is there.", got=device, fix="Take --device cpu, or auto.")
    return device if device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
