"""Which calculations of a label's stages are due and which a store holds, as a run would find them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hemdata.label.calculation import Calculation, Result, Stage
from hemdata.label.chain import published, task_of
from hemdata.label.store.database import LabelStore
from hemdata.label.store.same_geometry import SameGeometry
from hemdata.molecules import Molecule


@dataclass
class Due:
    """One stage of a run.

    Attributes:
        asked: molecules that come to it: those that failed before do not; `finished` of them have a result.
        elsewhere: of those finished, at the geometry of another machine: they count if the relaxation that is still to
            be made here ends there too.
        calculations: that are to be made, each with the number of a molecule that it is of.
    """

    stage: Stage
    asked: int
    finished: int = 0
    elsewhere: int = 0
    calculations: list[tuple[Calculation, int]] = field(default_factory=list)


@dataclass(frozen=True)
class _Way:
    """Where a molecule stands after a stage: the calculation's key, and its result where it is there."""

    key: str
    result: Result | None = None


def due(molecules: Sequence[Molecule], chain: Sequence[Stage], store: LabelStore | None, accuracy: str) -> list[Due]:
    """What is to be computed of some molecules, stage by stage, as `label` would with the same values.

    What follows from a calculation that is not made yet is due, except for single points whose relaxation the store
    lacks, as where a labelled set was imported: the same relaxation, by the same versions, most likely ends where they
    stand. These are counted as `elsewhere` too, since nobody knows before it is made.
    """
    going: dict[int, _Way] = dict.fromkeys(range(len(molecules)), _Way(""))
    found = []
    for count, stage in enumerate(chain):
        its, after, keys = Due(stage, len(going)), dict[int, _Way](), set[str]()
        held = SameGeometry(store, chain, count)
        for number, way in going.items():
            molecule = molecules[number]
            if count == 0 or way.result is not None:
                task, result = _next(store, held, molecule, stage, way.result, accuracy)
                key = task.key
            else:
                task, key = task_of(molecule, stage, None, accuracy), f"after {way.key}"
                there = held.after(task, way.key)
                result = None if there is None else _get(store, there)
                its.elsewhere += result is not None
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
    store: LabelStore | None,
    held: SameGeometry,
    molecule: Molecule,
    stage: Stage,
    before: Result | None,
    accuracy: str,
) -> tuple[Calculation, Result | None]:
    """The calculation that a molecule's stage comes down to, and its result where it is there."""
    task = task_of(molecule, stage, before, accuracy)
    result = _get(store, task)
    if (result is None or result.reason is not None) and (there := held.at(task)) is not None:
        return there, _get(store, there)
    if result is None or result.reason is None or task.positions is not None or not molecule.positions:
        return task, result
    other = published(molecule, stage, accuracy)
    instead = _get(store, other)
    return (task, result) if instead is not None and instead.reason is not None else (other, instead)


def _get(store: LabelStore | None, task: Calculation) -> Result | None:
    return None if store is None else next(store.get([task.key]), None)
