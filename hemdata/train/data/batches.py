"""Batches of molecular graphs for a network: shuffled, balanced in size, with their edges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hemdata.train.data.molecules import Molecules
from hemdata.train.data.neighbours import gather, neighbours

__all__ = ["Batches", "GraphBatch", "Molecules"]


@dataclass(frozen=True, eq=False)
class GraphBatch:
    """Molecules as one graph without edges between molecules."""

    z: torch.Tensor  # (N,) atomic numbers, int64
    pos: torch.Tensor  # (N, 3) angstrom
    batch: torch.Tensor  # (N,) the molecule of every atom, int64
    edge_index: torch.Tensor  # (2, E) centre i and neighbour j, sorted by i, int64
    n_graphs: int
    target: torch.Tensor | None = None  # (n_graphs,) float64
    weight: float = 1.0  # of its loss among the parts of one step, whose mean is 1

    def to(self, device: torch.device | str, non_blocking: bool = False) -> GraphBatch:
        """The same batch on another device."""
        if torch.device(device) == self.pos.device:
            return self
        moved: dict[str, Any] = {
            name: value.to(device, non_blocking=non_blocking)
            for name, value in vars(self).items()
            if isinstance(value, torch.Tensor)
        }
        return replace(self, **moved)


class Batches:
    """The batches of one epoch after another; iterate once per epoch, after setting `epoch`.

    With a seed, every epoch has its own order, which depends on seed and epoch alone. Molecules are dealt out
    like cards: sorted by size (ties at random) and cut into as many strata as a batch has places, of which
    every batch gets one each. So all batches cost nearly the same, and none is much smaller than the others.

    Args:
        molecules: what to take the batches from.
        batch: molecules in a batch, at most.
        cutoff: angstrom, for the edges.
        target: (M,) what the network learns; None for prediction.
        seed: None keeps the order of the molecules.
        dtype: of the positions.
        parts: into how many a batch is cut, one after another, where a whole one does not fit into memory.
    """

    def __init__(
        self,
        molecules: Molecules,
        batch: int,
        cutoff: float,
        *,
        target: NDArray[np.float64] | None = None,
        seed: int | None = None,
        dtype: torch.dtype = torch.float32,
        parts: int = 1,
    ) -> None:
        self.molecules, self.batch, self.cutoff = molecules, batch, cutoff
        self.target, self.seed, self.dtype, self.parts = target, seed, dtype, parts
        self.epoch = 0

    def __len__(self) -> int:
        return self.steps * self.parts

    @property
    def steps(self) -> int:
        """Whole batches in an epoch."""
        return -(-len(self.molecules) // self.batch)

    @property
    def most_parts(self) -> int:
        """Into how many the smallest batch can be cut."""
        return len(self.molecules) // self.steps

    def __iter__(self) -> Iterator[GraphBatch]:
        for chosen in self.order():
            if self.parts == 1:
                yield self.graphs(chosen)
                continue
            for part in np.array_split(chosen, self.parts):
                yield replace(self.graphs(part), weight=len(part) * self.parts / len(chosen))

    def order(self) -> list[NDArray[np.int64]]:
        """The molecules of every batch of this epoch."""
        n_molecules, n_batches = len(self.molecules), self.steps
        if self.seed is None:
            return [
                np.arange(start, min(start + self.batch, n_molecules)) for start in range(0, n_molecules, self.batch)
            ]
        random = np.random.default_rng([self.seed, self.epoch])
        shuffled = random.permutation(n_molecules)
        by_size = shuffled[np.argsort(self.molecules.sizes[shuffled], kind="stable")]
        cards = np.full(-(-n_molecules // n_batches) * n_batches, -1)
        cards[:n_molecules] = by_size
        hands = random.permuted(cards.reshape(-1, n_batches), axis=1).T  # (n_batches, places), -1 = nobody
        return [random.permutation(hand[hand >= 0]) for hand in hands]

    def graphs(self, chosen: NDArray[np.int64]) -> GraphBatch:
        """The batch of the chosen molecules."""
        m = self.molecules
        z, pos, batch, offsets = gather(m.atomic_numbers, m.positions, m.offsets, chosen)
        return GraphBatch(
            z=torch.from_numpy(z),
            pos=torch.from_numpy(pos).to(self.dtype),
            batch=torch.from_numpy(batch),
            edge_index=torch.from_numpy(neighbours(pos, offsets, self.cutoff)),
            n_graphs=len(chosen),
            target=None if self.target is None else torch.from_numpy(self.target[chosen]),
        )
