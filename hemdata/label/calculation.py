"""One calculation: what is asked of a level for one molecule, its content address, and the worker's part."""

import hashlib
import json
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hemdata.catalog import LevelCard
from hemdata.chemistry.engines import program, refuse_data
from hemdata.errors import CallError, DataError
from hemdata.label.jobs import FMAX_EV_ANGSTROM, POINT, RELAX, VIBRATE, Job, rungs
from hemdata.levels import START_LEVEL, Level, level, level_of

if TYPE_CHECKING:
    from hemdata.chemistry.frequencies import Frequencies


@dataclass(frozen=True)
class Stage:
    """One stage of a label: a job at a level, from the geometry of the stage before.

    `conformers` is how many are embedded where the geometry is made from a SMILES.
    """

    level: Level
    job: Job
    conformers: int = 1


def stages(its_level: Level, geometry: Level | None, conformers: int = 1) -> list[Stage]:
    """The stages of a label at a level of theory on geometries of another (or the same); each is stored by itself.

    Args:
        geometry: the level to relax at, from a GFN2-xTB geometry; None for the geometry that is given.
        conformers: embedded of each SMILES; the lowest by force field is relaxed.
    """
    if geometry is None:
        return [Stage(its_level, POINT)]
    chain = [Stage(level(START_LEVEL), RELAX, conformers)]
    if geometry.hash != chain[0].level.hash:
        chain.append(Stage(geometry, RELAX))
    if its_level.hash != chain[-1].level.hash:
        chain.append(Stage(its_level, POINT))
    return chain


def vibration_stages(its_level: Level, relaxed: bool, conformers: int = 1) -> list[Stage]:
    """The stages that end in the harmonic frequencies of a level, at that level's own geometry.

    Args:
        relaxed: the geometry that is given is that already.
        conformers: as `stages`.
    """
    return ([] if relaxed else stages(its_level, its_level, conformers)) + [Stage(its_level, VIBRATE)]


_EXTRAS = {
    "pyscf-dispersion": "pip install 'hemdata[dispersion]'",
    "xtb": "`make xtb` in a checkout builds it; or take a card with `engine: tblite`.",
}
_DECIDES_NOTHING = ("level", "card", "noted", "job")
# Younger than the stores that are about: a key without them stays as it was.
_DECIDES_IF_GIVEN = ("conformers", "isotopologue")


@dataclass(frozen=True)
class Calculation:
    """What is to be computed; equal calculations have one key and are computed once.

    Attributes:
        smiles: canonical SMILES, where the geometry is made from it or has to remain that molecule.
        charge, multiplicity: of the molecule.
        level: name of the level of theory; not part of the key.
        level_hash: what defines that level.
        job: what is asked for; its `decides` stands in the key. A relaxation ends where no force exceeds
            `fmax_ev_angstrom`.
        conformers: how many are embedded of the SMILES, where there are several.
        atomic_numbers, positions: (N,), (3N,) angstrom of the starting geometry; None where the SMILES makes it.
        accuracy: as the engines' single points take it.
        isotopologue: of vibrations, the SMILES that names the isotopes, where they are not the commonest.
        versions: of the engine and of RDKit, since both decide the digits.
        card: of the level, for a worker that may not have it; not part of the key.
        noted: what the provenance shall say beside; not part of the key.
    """

    smiles: str | None
    charge: int
    multiplicity: int
    level: str
    level_hash: str
    job: Job
    atomic_numbers: tuple[int, ...] | None = None
    positions: tuple[float, ...] | None = None
    fmax_ev_angstrom: float | None = None
    accuracy: str = "label"
    seed: int = 0
    conformers: int | None = None
    isotopologue: str | None = None
    versions: tuple[tuple[str, str], ...] = ()
    card: LevelCard | None = None
    noted: tuple[tuple[str, Any], ...] = ()

    @cached_property
    def key(self) -> str:
        """SHA-256 over everything that decides the result; two names of one level share it."""
        decides = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in _DECIDES_NOTHING}
        decides = {name: value for name, value in decides.items() if value or name not in _DECIDES_IF_GIVEN}
        decides |= dict(self.job.decides)
        return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()

    @property
    def described(self) -> dict[str, Any]:
        """The part of the provenance that is known before anything is computed."""
        asked = {"smiles": self.smiles} if self.smiles else {}
        level: dict[str, Any] = {"level": self.level, "level_hash": self.level_hash, **dict(self.job.decides)}
        level |= {"conformers": self.conformers} if self.conformers else {}
        level |= {"isotopologue": self.isotopologue} if self.isotopologue else {}
        return level | asked | dict(self.noted) | {"versions": dict(self.versions)}


@dataclass(frozen=True)
class Result:
    """What came out of a calculation.

    Attributes:
        key: the calculation's.
        reason: None where it succeeded, else why not, in words.
        atomic_numbers, positions: (N,), (3N,) angstrom, the geometry of the energy.
        energy_hartree: total electronic energy at the level; None of vibrations and of an analysis of stability.
        provenance: level and its hash, molecule, origin of the geometry, versions, host, seconds, gradients, cycles,
            rungs that were climbed (of embeddings, of SCFs), `wavenumbers_cm1` and `linear` of vibrations,
            `internally_stable` and `spin_stable` of an analysis.
    """

    key: str
    reason: str | None
    atomic_numbers: list[int] = field(default_factory=list)
    positions: list[float] = field(default_factory=list)
    energy_hartree: float | None = None
    provenance: dict[str, Any] = field(default_factory=dict)

    @property
    def frequencies(self) -> "Frequencies":
        """The harmonic frequencies that finished vibrations tell."""
        from hemdata.chemistry.frequencies import Frequencies

        told = self.provenance
        return Frequencies(np.array(told["wavenumbers_cm1"], dtype=np.float64), bool(told["linear"]))


CALCULATION = "calculation "
"""Before a key: where a geometry comes from, if it was computed."""


@dataclass(frozen=True)
class Start:
    """The geometry that a calculation starts from; what the provenance says of it decides no key.

    Attributes:
        atomic_numbers, positions: (N,), (3N,) angstrom; without positions the SMILES makes it.
        origin: where it comes from, for the provenance.
        rung: of the ladder of embeddings, where others had failed before; for the provenance.
    """

    atomic_numbers: Sequence[int] = ()
    positions: Sequence[float] = ()
    origin: str = "given"
    rung: str | None = None


FROM_SMILES = Start(origin="the SMILES")


def calculation_for(
    stage: Stage,
    smiles: str | None,
    charge: int,
    multiplicity: int,
    start: Start = FROM_SMILES,
    accuracy: str = "label",
    isotopologue: str | None = None,
) -> Calculation:
    """The calculation of one molecule's stage; the SMILES of an `isotopologue` matters to vibrations alone."""
    start = start if start.positions else FROM_SMILES
    noted: dict[str, Any] = {"geometry_from": start.origin} | ({"smiles": smiles} if smiles else {})
    noted |= {"rungs": [start.rung]} if start.rung else {}
    return Calculation(
        smiles=smiles if stage.job.relaxes else None,
        charge=charge,
        multiplicity=multiplicity,
        level=stage.level.name,
        level_hash=stage.level.hash,
        job=stage.job,
        atomic_numbers=tuple(start.atomic_numbers) or None,
        positions=tuple(start.positions) or None,
        fmax_ev_angstrom=FMAX_EV_ANGSTROM if stage.job.relaxes else None,
        accuracy=accuracy,
        conformers=stage.conformers if stage.conformers > 1 and not start.positions else None,
        isotopologue=isotopologue if stage.job.takes_isotopes else None,
        versions=installed(tuple(sorted({*programs(stage.level.card), "tblite", "rdkit"}))),
        card=stage.level.card,
        noted=tuple(sorted(noted.items())),
    )


def programs(card: LevelCard) -> tuple[str, ...]:
    """The distributions that compute a level.

    Raises:
        CallError: if hemdata runs no program for it.
    """
    if card.engine == "data":
        refuse_data(card)
    return (program(card), *(("pyscf-dispersion",) if card.dispersion else ()))


@cache
def installed(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Each distribution with its version.

    Raises:
        CallError: if one is not installed.
    """
    try:
        return tuple((name, version(name)) for name in names)
    except PackageNotFoundError as error:
        raise CallError(
            "A program of this level is not installed.",
            expected=error.name,
            fix=_EXTRAS.get(str(error.name), "Install it and run again."),
        ) from None


def calculate(task: Calculation) -> Result:
    """Run one calculation; a chemical failure is a result with its reason, never an exception.

    Its seconds are those that a core computed, whatever else the machine did meanwhile.
    """
    started = time.thread_time()
    provenance = task.described | {"host": platform.node()}
    try:
        z, xyz, energy, found = _labelled(task)
    except DataError as error:
        return Result(task.key, str(error), provenance=provenance | {"seconds": time.thread_time() - started})
    provenance |= found | rungs(*provenance.get("rungs", ()), *found.get("rungs", ()))
    provenance["seconds"] = time.thread_time() - started
    return Result(task.key, None, [int(n) for n in z], [float(x) for x in xyz.ravel()], energy, provenance)


_Labelled = tuple[npt.NDArray[np.uint8], npt.NDArray[np.float64], float | None, dict[str, Any]]


def _labelled(task: Calculation) -> _Labelled:
    from hemdata.chemistry.embed import embeddings

    if task.positions is not None:
        z = np.array(task.atomic_numbers, dtype=np.uint8)
        return _at(task, z, np.array(task.positions, dtype=np.float64).reshape(-1, 3))
    if task.smiles is None:
        raise DataError("A molecule has neither a SMILES nor a geometry.", fix="Give one of the two.")
    first: DataError | None = None
    for embedding in embeddings(task.smiles, task.seed, task.conformers or 1):
        try:
            return _at(task, embedding.atomic_numbers, embedding.positions, embedding.rung)
        except DataError as error:  # the geometry of a further rung may be a better start
            first = first or error
    assert first is not None
    raise first


def _at(task: Calculation, z: npt.NDArray[np.uint8], x: npt.NDArray[np.float64], rung: str = "") -> _Labelled:
    """A calculation from a starting geometry (N, 3) angstrom, and the rung on which it was embedded."""
    its_level = level_of(task.card) if task.card else level(task.level)
    x, energy, told = task.job.answer(task, its_level, z, x)
    return z, x, energy, told | rungs(rung, *told.get("rungs", ()))
