"""Which calculations of a label's stages are due and which a store holds, as a run would find them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hemdata.label.calculation import Calculation, Result, Stage
from hemdata.label.chain import published, task_of
from hemdata.label.jobs import POINT, job_of
from hemdata.label.store.database import LabelStore
from hemdata.molecules import Molecule


@dataclass
class Due:
    """One stage of a run.

    Attributes:
        asked: molecules that come to it: those that failed before do not; `finished` of them have a result.
        calculations: that are to be made, each with the number of a molecule that it is of.
    """

    stage: Stage
    asked: int
    finished: int = 0
    calculations: list[tuple[Calculation, int]] = field(default_factory=list)


@dataclass(frozen=True)
class _Way:
    """Where a molecule stands after a stage: the calculation's key, and its result where it is there."""

    key: str
    result: Result | None = None


_Points = dict[tuple[str, str | None], list[Result]]
"""Finished single points by the level's hash and the SMILES."""


def due(molecules: Sequence[Molecule], chain: Sequence[Stage], store: LabelStore | None, accuracy: str) -> list[Due]:
    """What is to be computed of some molecules, stage by stage, as `label` would with the same values.

    What follows from a calculation that is not made yet is due, except for single points whose relaxation the store
    lacks, as where a labelled set was imported: the same relaxation, by the same versions, ends where they stand.
    """
    points: _Points | None = None
    going: dict[int, _Way] = dict.fromkeys(range(len(molecules)), _Way(""))
    found = []
    for count, stage in enumerate(chain):
        its, after, keys = Due(stage, len(going)), dict[int, _Way](), set[str]()
        for number, way in going.items():
            molecule = molecules[number]
            if count == 0 or way.result is not None:
                task, result = _next(store, molecule, stage, way.result, accuracy)
                key = task.key
            else:
                task, result, key = task_of(molecule, stage, None, accuracy), None, f"after {way.key}"
                if store is not None and not stage.job.relaxes:
                    points = _points(store) if points is None else points
                    result = _follower(points, molecule, stage, chain[count - 1], way.key, accuracy)
            its.finished += result is not None
            if result is None and key not in keys:
                keys.add(key)
                its.calculations.append((task, number))
            if result is None or result.reason is None:
                after[number] = _Way(key, result)
        found.append(its)
        going = after
    return found


def _next(
    store: LabelStore | None, molecule: Molecule, stage: Stage, before: Result | None, accuracy: str
) -> tuple[Calculation, Result | None]:
    """The calculation that a molecule's stage comes down to, and its result where it is there."""
    task = task_of(molecule, stage, before, accuracy)
    result = _get(store, task)
    if result is None or result.reason is None or task.positions is not None or not molecule.positions:
        return task, result
    other = published(molecule, stage, accuracy)
    instead = _get(store, other)
    return (task, result) if instead is not None and instead.reason is not None else (other, instead)


def _get(store: LabelStore | None, task: Calculation) -> Result | None:
    return None if store is None else next(store.get([task.key]), None)


def _points(store: LabelStore) -> _Points:
    found: _Points = {}
    for result in store:
        if result.reason is None and job_of(result.provenance) is POINT:
            told = result.provenance
            found.setdefault((str(told.get("level_hash")), told.get("smiles")), []).append(result)
    return found


def _follower(
    points: _Points, molecule: Molecule, stage: Stage, before: Stage, key: str, accuracy: str
) -> Result | None:
    """The single point of a molecule whose relaxation is not there.

    Args:
        before: the stage of the relaxation, and `key` its calculation's. Where it is of several conformers, shards do
            not tell of how many.
    """
    origins = {f"calculation {key}"} | ({before.level.name} if before.conformers == 1 else set())
    for result in points.get((stage.level.hash, molecule.canonical_smiles), []):
        same = task_of(molecule, stage, result, accuracy).key == result.key
        if same and result.provenance.get("geometry_from") in origins:
            return result
    return None
