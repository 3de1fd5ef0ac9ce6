"""The equivariant transformer of TorchMD-NET (Thölke 2022, 10.48550/arXiv.2202.02541), unchanged, on our batches."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
import warp
from torch import nn

from hemdata.train.data.batches import GraphBatch


def _start_warp() -> None:
    """Start the compiler of TorchMD-NET's kernels without its greeting and, from its C++, that there is no GPU."""
    warp.config.log_level = warp.LOG_ERROR
    with suppress(OSError), Path(os.devnull).open("wb") as nowhere:
        told = os.dup(2)
        os.dup2(nowhere.fileno(), 2)
        try:
            warp.init()  # type: ignore[no-untyped-call]
        finally:
            os.dup2(told, 2)
            os.close(told)


_start_warp()
from torchmdnet.models.model import create_model  # noqa: E402  it starts warp, where nobody has

FIXED = {
    "model": "equivariant-transformer", "output_model": "Scalar", "reduce_op": "add", "derivative": False,
    "prior_model": None, "atom_filter": -1, "precision": 32, "max_z": 100, "cutoff_lower": 0.0,
    "activation": "silu", "attn_activation": "silu", "rbf_type": "expnorm", "trainable_rbf": False,
    "neighbor_embedding": True, "distance_influence": "both", "max_num_neighbors": 128,
}  # fmt: skip


def build(configuration: Mapping[str, Any]) -> nn.Module:
    """The network of one configuration of models/torchmd-et.yaml; it maps a GraphBatch to energies (n_graphs,)."""
    return ETEnergies(cutoff=configuration["training"]["cutoff_angstrom"], **configuration["network"])


class ETEnergies(nn.Module):
    """The representation and its own equivariant readout, summed over atoms.

    Args:
        features: numbers that describe an atom.
        layers: attention layers.
        radial: functions that describe a distance.
        heads: of the attention.
        cutoff: angstrom.
    """

    def __init__(self, features: int, layers: int, radial: int, heads: int, cutoff: float) -> None:
        super().__init__()
        sizes = {"embedding_dimension": features, "num_layers": layers, "num_rbf": radial, "num_heads": heads}
        self.network = create_model({**FIXED, **sizes, "cutoff_upper": cutoff})
        self.edges = GivenEdges()
        self.network.representation_model.distance = self.edges

    def forward(self, batch: GraphBatch) -> torch.Tensor:
        """Energies (n_graphs,)."""
        self.edges.edge_index = batch.edge_index
        energies: torch.Tensor = self.network(batch.z, batch.pos, batch.batch, num_systems=batch.n_graphs)[0]
        return energies.squeeze(-1)


class GivenEdges(nn.Module):
    """In place of the library's own search for neighbours: the batch's edges, and one of every atom to itself."""

    edge_index: torch.Tensor

    def forward(
        self, pos: torch.Tensor, batch: torch.Tensor, box: None = None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Edges (2, E), their lengths (E,) and vectors (E, 3)."""
        itself = torch.arange(len(pos), device=pos.device).expand(2, -1)
        vectors = pos[self.edge_index[0]] - pos[self.edge_index[1]]
        lengths = torch.cat([vectors.norm(dim=1), pos.new_zeros(len(pos))])
        return torch.cat([self.edge_index, itself], 1), lengths, torch.cat([vectors, torch.zeros_like(pos)])
