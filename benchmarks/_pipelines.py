"""The networks' own libraries from molecules to training steps, each as its documentation does it, in one process."""

import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import chdir
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import huber_loss, l1_loss, mse_loss

from hemdata.train.baselines.dressed_atoms import DressedAtoms
from hemdata.train.data.molecules import Molecules

LOSSES = {"mae": l1_loss, "mse": mse_loss, "huber": huber_loss}
Epoch = Callable[[], float]
"""Trains one epoch and returns its processor time in seconds."""


def left(molecules: Molecules) -> np.ndarray:
    """What the dressed atoms leave of the energies, in units of its spread per atom."""
    rest = molecules.energies - DressedAtoms.fit(molecules).predict(molecules)
    return rest / np.sqrt(np.mean((rest / molecules.sizes) ** 2))


def pieces(molecules: Molecules) -> list[tuple[np.ndarray, np.ndarray, float]]:
    """Atomic numbers, positions and target of every molecule."""
    cuts = molecules.offsets[1:-1]
    numbers, positions = np.split(molecules.atomic_numbers, cuts), np.split(molecules.positions, cuts)
    return list(zip(numbers, positions, left(molecules).tolist(), strict=True))


def stepping(
    model: torch.nn.Module, training: dict[str, Any], energies: Callable[[Any], torch.Tensor] | None = None
) -> Callable[[Any, torch.Tensor], None]:
    """A training step on an input and its target, as one writes it.

    Args:
        training: that part of the configuration.
        energies: calls the model with an input.
    """
    rate, decay, clip = training["learning_rate"], training["weight_decay"], training["gradient_clip"]
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=decay, fused=True)
    loss_of, called = LOSSES[training["loss"]], energies or model

    def step(batch: Any, target: torch.Tensor) -> None:
        optimizer.zero_grad()
        loss_of(called(batch), target).backward()
        if clip:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()

    return step


def looping(step: Callable[[Any, torch.Tensor], None], batches: Iterable[Any], target: str) -> Epoch:
    """A loop over a library's batches."""

    def epoch() -> float:
        began = time.process_time()
        for batch in batches:
            step(batch, batch[target])
        return time.process_time() - began

    return epoch


def schnetpack(molecules: Molecules, config: dict[str, Any], neighbours: str) -> Epoch:
    """PaiNN: ASE's database, AtomsDataModule, AtomisticTask under the Trainer, in whose second epoch the clock runs."""
    import pytorch_lightning as pl
    import schnetpack as spk
    from ase import Atoms
    from schnetpack import transform

    sizes, training, cutoff = config["network"], config["training"], config["training"]["cutoff_angstrom"]
    folder = Path(tempfile.mkdtemp())
    data = spk.data.ASEAtomsData.create(str(folder / "own.db"), distance_unit="Ang", property_unit_dict={"energy": ""})
    own = pieces(molecules)
    data.add_systems([{"energy": np.array([y])} for *_, y in own], [Atoms(z, x) for z, x, _ in own])
    loaded = spk.data.AtomsDataModule(
        str(folder / "own.db"), training["batch"], num_train=len(own) - 1, num_val=1, num_workers=0,
        transforms=[getattr(transform, neighbours)(cutoff=cutoff), transform.CastTo32()],
        split_file=str(folder / "split.npz"),
    )  # fmt: skip
    with chdir(folder):  # it leaves a lock where it is called
        loaded.setup()
    representation = spk.representation.PaiNN(
        n_atom_basis=sizes["features"], n_interactions=sizes["layers"], cutoff_fn=spk.nn.CosineCutoff(cutoff),
        radial_basis=spk.nn.GaussianRBF(n_rbf=sizes["radial"], cutoff=cutoff),
    )  # fmt: skip
    model = spk.model.NeuralNetworkPotential(
        representation=representation,
        input_modules=[spk.atomistic.PairwiseDistances()],
        output_modules=[spk.atomistic.Atomwise(n_in=sizes["features"], output_key="energy")],
    )
    output = spk.task.ModelOutput("energy", loss_fn=torch.nn.L1Loss(), metrics={})
    task = spk.task.AtomisticTask(model, [output], torch.optim.AdamW, {"lr": training["learning_rate"], "fused": True})

    class Clock(pl.Callback):
        def __init__(self) -> None:
            self.ends: list[float] = []

        def on_train_epoch_end(self, *_: Any) -> None:
            self.ends.append(time.process_time())

    def epoch() -> float:
        clock = Clock()
        pl.Trainer(
            max_epochs=2, accelerator="cpu", callbacks=[clock], logger=False, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0,
        ).fit(task, datamodule=loaded)  # fmt: skip
        return clock.ends[1] - clock.ends[0]

    return epoch


def torchmd_net(molecules: Molecules, config: dict[str, Any]) -> Epoch:
    """ET, with its own search for neighbours, on PyTorch Geometric's DataLoader, which is TorchMD-NET's too."""
    from torch_geometric.data import Data
    from torch_geometric.loader import DataLoader
    from torchmdnet.models.model import create_model

    from hemdata.train.networks.torchmd_et import FIXED

    sizes, training = config["network"], config["training"]
    model = create_model(
        {
            **FIXED,
            "embedding_dimension": sizes["features"],
            "num_layers": sizes["layers"],
            "num_rbf": sizes["radial"],
            "num_heads": sizes["heads"],
            "cutoff_upper": training["cutoff_angstrom"],
        }
    )
    data = [
        Data(z=torch.tensor(z).long(), pos=torch.tensor(x).float(), y=torch.tensor([[y]]).float())
        for z, x, y in pieces(molecules)
    ]
    loader = DataLoader(data, training["batch"], shuffle=True)
    return looping(stepping(model, training, lambda batch: model(batch.z, batch.pos, batch.batch)[0]), loader, "y")


def nequip(molecules: Molecules, config: dict[str, Any]) -> Epoch:
    """Allegro: NequIP's dataset, transforms and collate in torch's DataLoader, as its data module has them."""
    from nequip.data import AtomicDataDict, from_dict
    from nequip.data.dataset import AtomicDataset
    from nequip.data.transforms import ChemicalSpeciesToAtomTypeMapper, NeighborListTransform

    from hemdata.train.networks.allegro import ELEMENTS, build

    training = config["training"]
    model = build(config).network
    data = [
        from_dict(
            {"pos": torch.tensor(x), "atomic_numbers": torch.tensor(z).long(), "total_energy": torch.tensor([[y]])}
        )
        for z, x, y in pieces(molecules)
    ]

    class Listed(AtomicDataset):
        def __len__(self) -> int:
            return len(data)

        def _get_data_list(self, indices: list[int]) -> list[dict[str, torch.Tensor]]:
            return [data[index].copy() for index in indices]

    listed = Listed(
        [ChemicalSpeciesToAtomTypeMapper(list(ELEMENTS)), NeighborListTransform(training["cutoff_angstrom"])]
    )
    loader = torch.utils.data.DataLoader(
        listed, training["batch"], shuffle=True, collate_fn=AtomicDataDict.batched_from_list
    )
    energy = "total_energy"
    return looping(stepping(model, training, lambda batch: model(batch)[energy]), loader, energy)
