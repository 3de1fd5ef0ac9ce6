"""Allegro (Musaelian and others, Nat. Commun. 2023, 10.1038/s41467-023-36329-y), unchanged, on our batches."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

import e3nn
import torch
from allegro.model import AllegroModel
from nequip.utils.global_state import set_global_state
from torch import nn

from hemdata.levels import SYMBOLS
from hemdata.train.data.batches import GraphBatch

ELEMENTS = SYMBOLS[1:37]  # H to Kr


def build(configuration: Mapping[str, Any]) -> nn.Module:
    """The network of one configuration of models/allegro.yaml; it maps a GraphBatch to energies (n_graphs,)."""
    return AllegroEnergies(cutoff=configuration["training"]["cutoff_angstrom"], **configuration["network"])


class AllegroEnergies(nn.Module):
    """The network and its own sum over edges and atoms, with a shift for every element that is learnt.

    Args:
        layers: of the tensor track.
        l_max: of the spherical harmonics.
        scalars, tensors: features of the two tracks.
        bessels: functions that describe a distance.
        neighbours: in the mean of an atom, by which sums over edges are divided.
        cutoff: angstrom.
    """

    def __init__(
        self, layers: int, l_max: int, scalars: int, tensors: int, bessels: int, neighbours: float, cutoff: float
    ) -> None:
        super().__init__()
        embedding = {"_target_": "allegro.nn.TwoBodyBesselScalarEmbed", "num_bessels": bessels}
        with _global_state():
            self.network = AllegroModel(
                seed=int(torch.randint(2**31, ())), model_dtype="float32", type_names=list(ELEMENTS), r_max=cutoff,
                l_max=l_max, num_layers=layers, num_scalar_features=scalars, num_tensor_features=tensors,
                radial_chemical_embed=embedding, scalar_embed_mlp_hidden_layers_width=scalars,
                allegro_mlp_hidden_layers_width=scalars, avg_num_neighbors=neighbours, do_derivatives=False,
                per_type_energy_scales=1.0, per_type_energy_shifts=dict.fromkeys(ELEMENTS, 0.0),
                per_type_energy_shifts_trainable=True,
            )  # fmt: skip

    def forward(self, batch: GraphBatch) -> torch.Tensor:
        """Energies (n_graphs,)."""
        data = {
            "pos": batch.pos.double(),  # the library keeps positions and energies in float64, its features in float32
            "atom_types": batch.z - 1,
            "edge_index": batch.edge_index,
            "batch": batch.batch,
            "num_atoms": torch.bincount(batch.batch, minlength=batch.n_graphs),
        }
        energies: torch.Tensor = self.network(data)["total_energy"]
        return energies.squeeze(-1).to(batch.pos.dtype)

    def _apply(self, fn: Callable[[torch.Tensor], torch.Tensor], recurse: bool = True) -> Self:
        """Also the dtypes that the library's modules remember follow a cast."""
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        dtype = next(p.dtype for name, p in self.named_parameters() if "scale_shift" not in name)
        for module in self.modules():
            for name in ("_output_dtype", "model_dtype"):
                if hasattr(module, name):
                    setattr(module, name, dtype)
        return self


@contextmanager
def _global_state() -> Iterator[None]:
    """The state that the library asks for; what it sets for the whole process is put back."""
    dtype, random, defaults = torch.get_default_dtype(), torch.get_rng_state(), e3nn.get_optimization_defaults()
    sharing = torch.multiprocessing.get_sharing_strategy()  # type: ignore[no-untyped-call]
    try:
        set_global_state()
        torch.set_rng_state(random)
        yield
    finally:
        torch.set_default_dtype(dtype)
        torch.multiprocessing.set_sharing_strategy(sharing)  # type: ignore[no-untyped-call]
        e3nn.set_optimization_defaults(**defaults)
