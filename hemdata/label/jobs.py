"""What can be asked of a level for one molecule: the table of jobs. A further one is one entry and its function."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from hemdata.chemistry.engines import engine
from hemdata.errors import DataError
from hemdata.levels import START_LEVEL, Level, level

FMAX_EV_ANGSTROM = 0.01
COSTLY_STEPS = 20
"""Cartesian steps on a surface that costs much; from a tight-binding Hessian most molecules take five to twelve."""

Numbers = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.float64]


class Asked(Protocol):
    """What a job sees of a calculation (`hemdata.label.calculation.Calculation`)."""

    @property
    def smiles(self) -> str | None: ...  # noqa: D102
    @property
    def charge(self) -> int: ...  # noqa: D102
    @property
    def multiplicity(self) -> int: ...  # noqa: D102
    @property
    def accuracy(self) -> str: ...  # noqa: D102
    @property
    def fmax_ev_angstrom(self) -> float | None: ...  # noqa: D102
    @property
    def isotopologue(self) -> str | None: ...  # noqa: D102


class Answer(NamedTuple):
    """What a job answers.

    Attributes:
        positions: (N, 3) angstrom.
        energy_hartree: None of a job that answers something else.
        told: for the provenance.
    """

    positions: Positions
    energy_hartree: float | None
    told: dict[str, Any]


@dataclass(frozen=True)
class Job:
    """A kind of calculation.

    Attributes:
        decides: what keys of label stores and provenances say of it. Stores are about: it never changes.
        results: what it makes, as progress calls it; `kind` and `title`, as a store's status does.
        answer: from a calculation, its level and a geometry, (N,) and (N, 3) angstrom.
        relaxes: whether it moves atoms, so that it can begin at a SMILES.
        takes_isotopes: whether masses matter.
        exact_integrals: whether all two-electron integrals should have room in memory, whatever the accuracy.
    """

    decides: tuple[tuple[str, bool], ...]
    results: str
    kind: str
    title: str
    answer: Callable[[Asked, Level, Numbers, Positions], Answer]
    relaxes: bool = False
    takes_isotopes: bool = False
    exact_integrals: bool = False


def rungs(*climbed: str) -> dict[str, list[str]]:
    """The rungs of ladders that were climbed, for the provenance; nothing where none was."""
    names = list(dict.fromkeys(rung for rung in climbed if rung))
    return {"rungs": names} if names else {}


def _point(task: Asked, its: Level, z: Numbers, x: Positions) -> Answer:
    point = engine(its).single_point(z, x, task.charge, task.multiplicity, its, task.accuracy)
    return Answer(x, point.energy_hartree, {"cycles": point.cycles} | rungs(*point.rungs))


def _relaxed(task: Asked, its: Level, z: Numbers, x: Positions) -> Answer:
    """A tight-binding geometry from a model Hessian; any other from the Hessian of GFN2-xTB."""
    from hemdata.chemistry.hessian import numerical_hessian
    from hemdata.chemistry.relax import minimum, relax

    fmax = task.fmax_ev_angstrom or FMAX_EV_ANGSTROM
    if engine(its).SURFACE_IS_LEVEL:
        found = relax(z, x, task.charge, task.multiplicity, its.card.method, fmax)
    else:
        its_start = level(START_LEVEL)
        start = engine(its_start).surface(z, x, task.charge, task.multiplicity, its_start)
        surface = engine(its).surface(z, x, task.charge, task.multiplicity, its)
        hessian = numerical_hessian(start, x)
        found = minimum(surface, z, x, hessian, fmax, where=its.name, cartesian=COSTLY_STEPS)
    _refuse_another(task, its, z, x, found.positions)
    told = {"gradients": found.gradients, "max_force_ev_angstrom": found.max_force}
    if engine(its).SURFACE_IS_LEVEL:
        return Answer(found.positions, found.energy_hartree, told | rungs(*found.rungs))
    point = _point(task, its, z, found.positions)
    return point._replace(told=told | point.told | rungs(*found.rungs, *point.told.get("rungs", ())))


def _refuse_another(task: Asked, its: Level, z: Numbers, before: Positions, after: Positions) -> None:
    """Refuse a molecule that relaxing has changed: beside its SMILES, else beside the geometry it started from."""
    from hemdata.identity import moved_bonds, same_graph

    if task.smiles is not None:
        change = same_graph(task.smiles, z, after)
        if change is not None:
            raise DataError("The relaxed molecule is not the one asked for.", where=task.smiles, got=change)
        return
    change = moved_bonds(z, before, after)
    if change is not None:
        raise DataError(
            "The relaxed molecule is not the one given.",
            where=its.name,
            expected="the bonds of the given geometry",
            got=change,
            fix="Label it as it stands (`--geometry given`), or give the molecule that it becomes.",
        )


def _vibrations(task: Asked, its: Level, z: Numbers, x: Positions) -> Answer:
    from hemdata.chemistry.frequencies import frequencies
    from hemdata.identity import isotopes_at

    isotopes = isotopes_at(task.isotopologue, z, x) if task.isotopologue else ()
    found = frequencies(z, x, task.charge, task.multiplicity, its, isotopes)
    return Answer(x, None, {"wavenumbers_cm1": found.wavenumbers.tolist(), "linear": found.linear})


def _stability(task: Asked, its: Level, z: Numbers, x: Positions) -> Answer:
    from hemdata.chemistry.stability import stability

    found = stability(z, x, task.charge, task.multiplicity, its)
    return Answer(x, None, {"internally_stable": found.internal, "spin_stable": found.spin})


RELAX = Job((("relax", True),), "geometries", "relaxed", "relaxed geometries", _relaxed, relaxes=True)
POINT = Job((("relax", False),), "energies", "points", "single points", _point)
VIBRATE = Job(
    (("relax", False), ("vibrate", True)), "frequencies", "vibrations", "frequencies", _vibrations,
    takes_isotopes=True, exact_integrals=True,
)  # fmt: skip
STABILITY = Job(
    (("relax", False), ("stability", True)), "wave functions", "stability", "wave functions", _stability,
    exact_integrals=True,
)  # fmt: skip
JOBS = (RELAX, POINT, VIBRATE, STABILITY)


def job_of(told: Mapping[str, Any]) -> Job | None:
    """The job of a result by its provenance; None where an early store does not tell."""
    if "relax" not in told:
        return RELAX if "gradients" in told else POINT if "cycles" in told else None
    fitting = (job for job in JOBS if all(told.get(name, False) == said for name, said in job.decides))
    return max(fitting, key=lambda job: len(job.decides))
