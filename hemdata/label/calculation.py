"""One calculation: what is asked of a level for one molecule, its content address, and the worker's part."""

import hashlib
import json
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import version
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from hemdata.errors import DataError
from hemdata.levels import Level, level

GEOMETRY_LEVEL = "gfn2-xtb"
RELAX_METHOD = "GFN2-xTB"
FMAX_EV_ANGSTROM = 0.01


class SinglePoint(Protocol):
    """What every engine's single point answers."""

    energy_hartree: float
    cycles: int


@dataclass(frozen=True)
class Calculation:
    """What is to be computed; equal calculations have one key and are computed once.

    Attributes:
        smiles: canonical SMILES the geometry is made from; None where positions are given.
        atomic_numbers, positions: (N,), (3N,) angstrom of a given starting geometry.
        charge, multiplicity: of the molecule.
        level: name of the level of theory of the energy.
        level_hash: what defines that level.
        versions: of the engine and of RDKit, since both decide the digits.
    """

    smiles: str | None
    charge: int
    multiplicity: int
    level: str
    level_hash: str
    atomic_numbers: tuple[int, ...] | None = None
    positions: tuple[float, ...] | None = None
    geometry_level: str = GEOMETRY_LEVEL
    fmax_ev_angstrom: float = FMAX_EV_ANGSTROM
    seed: int = 0
    versions: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """SHA-256 over everything that decides the result."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Result:
    """What came out of a calculation.

    Attributes:
        key: the calculation's.
        reason: None where it succeeded, else why not, in words.
        atomic_numbers, positions: (N,), (3N,) angstrom, the geometry of the energy.
        energy_hartree: total electronic energy at the level.
        provenance: engine, versions, host, seconds, gradients, cycles.
    """

    key: str
    reason: str | None
    atomic_numbers: list[int] = field(default_factory=list)
    positions: list[float] = field(default_factory=list)
    energy_hartree: float | None = None
    provenance: dict[str, Any] = field(default_factory=dict)


def calculation_for(
    its_level: Level,
    smiles: str | None,
    charge: int,
    multiplicity: int,
    atomic_numbers: Sequence[int] | None = None,
    positions: Sequence[float] | None = None,
) -> Calculation:
    """The calculation that labels one molecule at a level: from its SMILES where it has one, else its positions."""
    from_smiles = smiles is not None
    return Calculation(
        smiles=smiles,
        charge=charge,
        multiplicity=multiplicity,
        level=its_level.name,
        level_hash=its_level.hash,
        atomic_numbers=None if from_smiles else tuple(atomic_numbers or ()),
        positions=None if from_smiles else tuple(positions or ()),
        versions=_versions(its_level.card.engine),
    )


@cache
def _versions(engine: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, version(name)) for name in sorted({engine, "tblite", "rdkit"}))


def calculate(task: Calculation) -> Result:
    """Run one calculation; a chemical failure is a result with its reason, never an exception."""
    started = time.perf_counter()
    provenance: dict[str, Any] = {"host": platform.node(), "versions": dict(task.versions)}
    try:
        z, xyz, energy, found = _labelled(task)
    except DataError as error:
        return Result(task.key, str(error), provenance=provenance | {"seconds": time.perf_counter() - started})
    provenance |= found | {"seconds": time.perf_counter() - started}
    return Result(task.key, None, [int(n) for n in z], [float(x) for x in xyz.ravel()], energy, provenance)


def _labelled(
    task: Calculation,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float64], float, dict[str, Any]]:
    from hemdata.label.geometry import embed, same_graph
    from hemdata.label.relax import relax

    if task.smiles is not None:
        z, start = embed(task.smiles, seed=task.seed)
    else:
        z = np.array(task.atomic_numbers, dtype=np.uint8)
        start = np.array(task.positions, dtype=np.float64).reshape(-1, 3)
    relaxed = relax(z, start, task.charge, task.multiplicity, RELAX_METHOD, fmax=task.fmax_ev_angstrom)
    if task.smiles is not None:
        change = same_graph(task.smiles, z, relaxed.positions)
        if change is not None:
            raise DataError("The relaxed molecule is not the one asked for.", where=task.smiles, got=change)
    its_level = level(task.level)
    found: dict[str, Any] = {"gradients": relaxed.gradients, "max_force_ev_angstrom": relaxed.max_force}
    if its_level.card.engine == "tblite" and its_level.card.method == RELAX_METHOD:
        return z, relaxed.positions, relaxed.energy_hartree, found
    engine = import_module(f"hemdata.label.{its_level.card.engine}_engine")
    point: SinglePoint = engine.single_point(z, relaxed.positions, task.charge, task.multiplicity, its_level)
    return z, relaxed.positions, point.energy_hartree, found | {"cycles": point.cycles}
