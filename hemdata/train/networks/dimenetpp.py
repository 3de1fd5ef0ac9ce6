"""DimeNet++ (Gasteiger and others 2020, 10.48550/arXiv.2011.14115) of PyTorch Geometric, unchanged, on our batches.

The library looks for neighbours and triplets with two compiled packages that no registry has for every machine; during
a call their names in its module are bound to our edges and to the function below.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any

import torch
from torch import nn
from torch_geometric.nn.models import DimeNetPlusPlus, dimenet, dimenet_utils

from hemdata.train.data.batches import GraphBatch

# Sympy derives the basis functions for each network anew, in seconds; they depend on two numbers alone.
_BASIS = {name: cache(getattr(dimenet_utils, name)) for name in ("bessel_basis", "real_sph_harm")}
Triplets = tuple[torch.Tensor, ...]


def build(configuration: Mapping[str, Any]) -> nn.Module:
    """The network of one configuration of models/dimenetpp.yaml; it maps a GraphBatch to energies (n_graphs,)."""
    return DimeNetEnergies(cutoff=configuration["training"]["cutoff_angstrom"], **configuration["network"])


class DimeNetEnergies(nn.Module):
    """The network and its own sum over atoms.

    Args:
        features: numbers that describe an edge.
        blocks: interaction blocks.
        out_features: of the readout.
        spherical: functions of an angle.
        radial: functions of a distance.
        cutoff: angstrom.
    """

    def __init__(
        self, features: int, blocks: int, out_features: int, spherical: int, radial: int, cutoff: float
    ) -> None:
        super().__init__()
        with _bound(dimenet_utils, **_BASIS):
            self.network = DimeNetPlusPlus(
                hidden_channels=features, out_channels=1, num_blocks=blocks, int_emb_size=features // 2,
                basis_emb_size=8, out_emb_channels=out_features, num_spherical=spherical, num_radial=radial,
                cutoff=cutoff, output_initializer="glorot_orthogonal",
            )  # fmt: skip

    def forward(self, batch: GraphBatch) -> torch.Tensor:
        """Energies (n_graphs,)."""
        edges = batch.edge_index.flip(0)
        with _bound(dimenet, radius_graph=lambda *_, **__: edges, triplets=triplets):
            energies: torch.Tensor = self.network(batch.z, batch.pos, batch.batch)
        return energies.squeeze(-1)


@contextmanager
def _bound(module: ModuleType, **values: Any) -> Iterator[None]:
    """Inside, names of the library's module are bound to ours."""
    before = {name: getattr(module, name) for name in values}
    try:
        for name, value in values.items():
            setattr(module, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(module, name, value)


def triplets(edge_index: torch.Tensor, num_nodes: int) -> Triplets:
    """All k -> j -> i with k other than i, from edges (2, E) of sources and targets that are sorted by target.

    Returns:
        targets i and sources j of the edges (E,); atoms i, j, k of the triplets (T,) and their edges k -> j, j -> i.
    """
    source, target = edge_index
    into = torch.bincount(target, minlength=num_nodes)  # edges into every atom
    before = into.cumsum(0) - into
    many = into[source]  # edges k -> j before every edge j -> i
    ji = torch.arange(len(source), device=source.device).repeat_interleave(many)
    place = torch.arange(len(ji), device=source.device) - (many.cumsum(0) - many)[ji]
    kj = before[source[ji]] + place
    i, j, k = target[ji], source[ji], source[kj]
    kept = i != k
    return target, source, i[kept], j[kept], k[kept], kj[kept], ji[kept]
