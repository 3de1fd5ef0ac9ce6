"""PaiNN (Schütt, Unke, Gastegger 2021, 10.48550/arXiv.2102.03150) of SchNetPack, unchanged, on our batches."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from hemdata.train.data.batches import GraphBatch
from hemdata.train.parts import parts_of

_ROOMS = {
    "nn": "activations base blocks cutoff equivariant scatter radial utils embedding".split(),
    "atomistic": ["atomwise"],
    "representation": ["painn"],
}
with parts_of("schnetpack", _ROOMS):
    import schnetpack.nn
    from schnetpack import properties
    from schnetpack.atomistic import Atomwise
    from schnetpack.representation import PaiNN


def build(configuration: Mapping[str, Any]) -> nn.Module:
    """The network of one configuration of models/painn.yaml; it maps a GraphBatch to energies (n_graphs,)."""
    return PaiNNEnergies(cutoff=configuration["training"]["cutoff_angstrom"], **configuration["network"])


class PaiNNEnergies(nn.Module):
    """The representation, and the sum over atoms of what a small network makes of it.

    Args:
        features: numbers that describe an atom.
        layers: interaction blocks.
        radial: Gaussians that describe a distance.
        cutoff: angstrom.
    """

    def __init__(self, features: int, layers: int, radial: int, cutoff: float) -> None:
        super().__init__()
        self.representation = PaiNN(
            n_atom_basis=features,
            n_interactions=layers,
            radial_basis=schnetpack.nn.GaussianRBF(n_rbf=radial, cutoff=cutoff),
            cutoff_fn=schnetpack.nn.CosineCutoff(cutoff),
        )
        self.readout = Atomwise(n_in=features, output_key=properties.energy)

    def forward(self, batch: GraphBatch) -> torch.Tensor:
        """Energies (n_graphs,)."""
        i, j = batch.edge_index
        inputs = {
            properties.Z: batch.z,
            properties.Rij: batch.pos[j] - batch.pos[i],
            properties.idx_i: i,
            properties.idx_j: j,
            properties.idx_m: batch.batch,
        }
        energies: torch.Tensor = self.readout(self.representation(inputs))[properties.energy]
        return energies
