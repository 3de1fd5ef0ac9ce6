"""Gradients of a network's energies by its weights, molecule by molecule or atom by atom, sketched to a few numbers.

The inner product of two molecules' gradients is the neural tangent kernel (Jacot and others 2018,
10.48550/arXiv.1806.07572): how much learning the one changes the prediction of the other. A sketch keeps it: each
weight goes with a random sign into one of SKETCH sums (Charikar, Chen and Farach-Colton 2002,
10.1007/3-540-45465-9_59), as a random projection does (Park and others 2023, 10.48550/arXiv.2303.14186).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from hemdata.train.data.batches import GraphBatch

SKETCH = 2048
GRADIENTS_AT_ONCE = 1  # molecules; one backward pass of a batch for each is slower on a processor


def atom_by_atom(batch: GraphBatch) -> GraphBatch:
    """The same graph, each atom of which is a molecule of its own to the sum over atoms; its edges stay."""
    atoms = len(batch.z)
    return replace(batch, batch=torch.arange(atoms, device=batch.batch.device), n_graphs=atoms)


def gradients(
    network: nn.Module, batches: Iterable[GraphBatch], by_atom: bool = False, seed: int = 0
) -> NDArray[np.float32]:
    """Sketched gradients, (molecules or atoms, at most SKETCH); those of few weights are left as they are.

    Args:
        network: maps a batch to energies (n_graphs,).
        batches: of molecules.
        by_atom: of each atom's own part of the energy.
        seed: of the sketch.
    """
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    device = weights[0].device
    size = sum(weight.numel() for weight in weights)
    random = np.random.default_rng(seed)
    place = torch.from_numpy(random.integers(SKETCH, size=size) if size > SKETCH else np.arange(size)).to(device)
    sign = torch.from_numpy(random.choice([-1.0, 1.0], size) if size > SKETCH else np.ones(size)).float().to(device)
    rows = []
    for gradient in _each(network, weights, (atom_by_atom(b) if by_atom else b for b in batches)):
        row = torch.zeros(min(size, SKETCH), device=device)
        rows.append(row.index_add_(0, place, gradient * sign).cpu().numpy())
    return np.array(rows)


def _each(network: nn.Module, weights: list[nn.Parameter], batches: Iterable[GraphBatch]) -> Iterator[torch.Tensor]:
    """The gradient of every energy by all weights, (weights,) each."""
    for batch in batches:
        energies = network(batch.to(weights[0].device))
        for number in range(batch.n_graphs):
            found = torch.autograd.grad(
                energies[number], weights, retain_graph=number + 1 < batch.n_graphs, allow_unused=True
            )
            parts = [torch.zeros_like(w) if g is None else g for g, w in zip(found, weights, strict=True)]
            yield torch.cat([part.detach().float().flatten() for part in parts])
