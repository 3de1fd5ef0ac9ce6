"""Two machines' label stores become one: what the other has finished is added, what disagrees is named."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from hemdata.errors import CallError
from hemdata.label.calculation import Result
from hemdata.label.store.database import LabelStore
from hemdata.label.store.labelled_sets import single_points
from hemdata.levels import SYMBOLS

SAME_HARTREE = 1e-6
RESULTS_A_COMMIT = 1_000


@dataclass(frozen=True)
class Conflict:
    """One calculation with two energies.

    Attributes:
        what: the molecule and its level, in words.
        here, there: total energies in hartree.
        hosts: where each was computed.
    """

    key: str
    what: str
    here: float
    there: float
    hosts: tuple[str, str]


@dataclass
class Merged:
    """What an import did.

    Attributes:
        added: results that were not here; `mended` took the place of failed ones; `same` were here already.
        conflicts: finished on both sides, more than 1e-6 hartree apart; the one that was here stays.
    """

    added: int = 0
    mended: int = 0
    same: int = 0
    conflicts: list[Conflict] = field(default_factory=list)


def merge(store: LabelStore, other: Path) -> Merged:
    """Bring another store's results into this one, or the single points of a labelled set's shards. The other is only
    read, and may be in use.

    Raises:
        CallError: if there is no other store or set, or it is this store.
        DataError: if it is no label store, one of a newer version, or a set as `single_points` refuses it.
    """
    if other.exists() and other.resolve() == store.path.resolve():
        raise CallError("A label store cannot be imported into itself.", where=other, fix="Give another file.")
    if other.is_dir():
        return _merge(store, single_points(other))
    with LabelStore(other, read_only=True) as theirs:
        return _merge(store, theirs)


def _merge(store: LabelStore, theirs: Iterable[Result]) -> Merged:
    merged, waiting = Merged(), list[Result]()
    for result in theirs:
        here = next(store.get([result.key]), None)
        if here is None:
            merged.added += 1
            waiting.append(result)
        elif here.reason is not None and result.reason is None:
            merged.mended += 1
            waiting.append(result)
        elif _apart(here, result):
            merged.conflicts.append(_conflict(here, result))
        else:
            merged.same += 1
        if len(waiting) == RESULTS_A_COMMIT:
            store.put(*waiting)
            waiting = []
    store.put(*waiting)
    merged.conflicts.sort(key=lambda conflict: conflict.what)
    return merged


def _apart(one: Result, other: Result) -> bool:
    if one.energy_hartree is None or other.energy_hartree is None:
        return False
    return not abs(one.energy_hartree - other.energy_hartree) <= SAME_HARTREE


def _conflict(here: Result, there: Result) -> Conflict:
    from ase.formula import Formula

    assert here.energy_hartree is not None
    assert there.energy_hartree is not None
    told = there.provenance | here.provenance
    formula = Formula.from_list([SYMBOLS[z] for z in here.atomic_numbers]).format("hill")
    what = f"{told.get('smiles') or formula} at {told.get('level', 'a level that was not noted')}"
    hosts = (str(here.provenance.get("host")), str(there.provenance.get("host")))
    return Conflict(here.key, what, here.energy_hartree, there.energy_hartree, hosts)
