"""A fitted network as an ASE calculator: energies and forces for relaxation and dynamics."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from ase import Atoms, units
from ase.calculators.calculator import Calculator, all_changes
from numpy.typing import NDArray

from hemdata.chemistry.engines.refuse_impossible import possible
from hemdata.errors import CallError, DataError
from hemdata.molecules.state import said_of_atoms
from hemdata.train.fitted import Fitted

if TYPE_CHECKING:
    from hemdata.train.delta import FittedDelta
    from hemdata.train.fitted_network import FittedNetwork

KCAL_MOL_EV = units.kcal / units.mol
EnergyAndForces = tuple[float, NDArray[np.float64]]
"""eV and (N, 3) eV/angstrom."""


class ModelCalculator(Calculator):  # type: ignore[misc]
    """Energy (eV, of free atoms zero: minus the atomization energy) and forces (eV/angstrom) of fitted networks.

    With several models of one level both are means, and `results["energy_spread"]` is the standard deviation of the
    energy, which tells where a path leaves what they have learnt. The charge and the multiplicity are those in
    `atoms.info` (`charge`, `multiplicity` or `spin`), the charge else the sum of the atoms' initial ones.

        from ase.build import molecule
        atoms = molecule("CH3CH2OH")
        atoms.calc = ModelCalculator("runs/demo/cells/painn-pubchem9-640")
        atoms.get_potential_energy(), atoms.get_forces()

    Args:
        models: folders of packages, cells of a study, or fitted networks.
        dtype: of the network: float32 as in training, or float64, whose forces are smooth to more digits.

    Raises:
        CallError: for a folder without a package, a baseline (whose forces mean nothing), or atoms in a periodic box.
        DataError: for models of two levels, two atoms in one place, a charge and a multiplicity that do not go
            together, or an element or a charge that no training molecule had.
    """

    implemented_properties = ["energy", "free_energy", "forces"]

    def __init__(self, *models: str | Path | Fitted, dtype: str = "float32", **settings: Any) -> None:
        super().__init__(**settings)
        self.models = [(_network(model, dtype), _below(model)) for model in _loaded(models)]

    def check_state(self, atoms: Atoms, tol: float = 1e-15) -> list[str]:
        """What has changed since the last calculation; ASE itself does not look into `info`."""
        changed: list[str] = super().check_state(atoms, tol)
        if not changed and said_of_atoms(atoms) != said_of_atoms(self.atoms):
            changed.append("initial_charges")
        return changed

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = tuple(all_changes),
    ) -> None:
        """What ASE calls: fills `results`."""
        super().calculate(atoms, properties, system_changes)
        if self.atoms.pbc.any():
            raise CallError("The networks know molecules alone.", expected="atoms.pbc = False", got=self.atoms.pbc)
        _refuse(self.atoms)
        each = [
            _sum(_energy_and_forces(model, self.atoms), () if below is None else below.energy_and_forces(self.atoms))
            for model, below in self.models
        ]
        energies = np.array([energy for energy, _ in each])
        energy = float(energies.mean())
        self.results = {"energy": energy, "free_energy": energy, "forces": np.mean([f for _, f in each], axis=0)}
        if len(each) > 1:
            self.results["energy_spread"] = float(energies.std(ddof=1))


def _refuse(atoms: Atoms) -> None:
    """Refuse atoms in one place, or without a number for their place: their forces would be none."""
    charge, multiplicity = said_of_atoms(atoms).settled(atoms.numbers.tolist())
    possible(atoms.numbers, atoms.positions, charge, multiplicity)


def _sum(one: EnergyAndForces, other: EnergyAndForces | tuple[()]) -> EnergyAndForces:
    return (one[0] + other[0], one[1] + other[1]) if other else one


def _below(model: Fitted) -> FittedDelta | None:
    """The model itself where it is a difference from a level below, which is computed beside it."""
    from hemdata.train.delta import FittedDelta

    return model if isinstance(model, FittedDelta) else None


def _loaded(models: Sequence[str | Path | Fitted]) -> list[Fitted]:
    from hemdata.predict.find import load_all, packages, refuse_no_model

    folders: list[Path] = []
    for word in models:
        if not isinstance(word, Fitted):
            found = packages(word)
            if not found:
                refuse_no_model(word)
            folders += found
    return [model for model in models if isinstance(model, Fitted)] + (load_all(folders) if folders else [])


def _network(model: Fitted, dtype: str) -> FittedNetwork:
    import torch

    from hemdata.train.delta import FittedDelta
    from hemdata.train.fitted_network import FittedNetwork

    model = model.difference if isinstance(model, FittedDelta) else model
    if not isinstance(model, FittedNetwork):
        raise CallError("A baseline has no forces.", expected="a network", got=model.name)
    if dtype not in ("float32", "float64"):
        raise CallError("There is no such dtype here.", expected="float32 or float64", got=dtype)
    model.network.to(getattr(torch, dtype))
    for weight in model.network.parameters():
        weight.requires_grad_(False)
    return model


def _energy_and_forces(model: FittedNetwork, atoms: Atoms) -> EnergyAndForces:
    """eV and (N, 3) eV/angstrom of one model."""
    import torch

    from hemdata.train.baselines.dressed_atoms import DressedAtoms
    from hemdata.train.data.batches import Batches
    from hemdata.train.data.molecules import Molecules
    from hemdata.train.isolation import isolated

    seen = model.about["training_range"]["elements"]
    foreign = sorted(set(atoms.get_chemical_symbols()) - set(seen))
    charges = model.about.get("charges", [0])
    where = f"{model.name}, seed {model.about['seed']}"
    if foreign:
        raise DataError(
            "No training molecule had an element of these atoms.",
            where=where,
            expected=" ".join(seen),
            got=" ".join(foreign),
            fix="Take a model that has learnt it.",
        )
    charge = said_of_atoms(atoms).charge or 0
    if charge not in charges:
        raise DataError(
            "No training molecule had the charge of these atoms.",
            where=where,
            expected="a charge of " + " or ".join(map(str, charges)),
            got=charge,
            fix="Take a model that has learnt it.",
        )
    z = np.asarray(atoms.numbers, dtype=np.uint8)
    x = np.ascontiguousarray(atoms.positions, dtype=np.float64)
    molecules = Molecules(pa.array(["atoms"]), z, x, np.array([0, len(z)]))
    first = next(model.network.parameters())
    with isolated(seed=0), torch.enable_grad():
        batches = Batches(molecules, 1, model.about["configuration"]["training"]["cutoff_angstrom"], dtype=first.dtype)
        batch = batches.graphs(np.array([0])).to(first.device)
        batch.pos.requires_grad_(True)
        rest = model.network(batch).double().sum()
        # An atom by itself has no edges, so that its energy does not depend on its place.
        (slope,) = torch.autograd.grad(rest, batch.pos, allow_unused=True) if rest.requires_grad else (None,)
    scale = model.about["scale_kcal_mol"] * KCAL_MOL_EV
    dressed = DressedAtoms.from_json(model.about["dressed_atoms"]).predict(molecules)[0] * KCAL_MOL_EV
    forces = np.zeros((len(z), 3)) if slope is None else slope.double().cpu().numpy() * scale
    return -float(dressed + scale * float(rest.detach())), forces
