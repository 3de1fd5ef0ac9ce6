"""Results at a geometry that another machine relaxed: the same but for its last digits, and so for the key."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from hemdata.identity.same_places import SAME_GEOMETRY_ANGSTROM
from hemdata.label.calculation import CALCULATION, Calculation, Stage
from hemdata.label.store.database import LabelStore


@dataclass
class _Stored:
    """Finished results of one molecule, of the same atoms in the same order, at geometries of one origin.

    Attributes:
        atomic_numbers: (N,).
        keys: of the results; `conformers`: of how many each one's geometry is the lowest.
        positions: (3N,) angstrom each, as bytes.
    """

    atomic_numbers: tuple[int, ...]
    keys: list[str] = field(default_factory=list)
    conformers: list[int] = field(default_factory=list)
    positions: list[bytes] = field(default_factory=list)

    @cached_property
    def places(self) -> npt.NDArray[np.float64]:
        """(results, 3N) angstrom."""
        return np.frombuffer(b"".join(self.positions), dtype="<f8").reshape(len(self.keys), -1)

    def there(self, task: Calculation, number: int) -> Calculation | None:
        """The calculation at the geometry of one of the results, where that is its result: the keys say so."""
        x = tuple(self.places[number].tolist())
        other = replace(task, atomic_numbers=self.atomic_numbers, positions=x)
        return other if other.key == self.keys[number] else None


_Index = dict[tuple[str | None, str], dict[bytes, _Stored]]
"""By SMILES and origin of the geometry, then by atoms."""


class SameGeometry:
    """Finds the results of a stage whose geometry was relaxed elsewhere, in the same way as that which is asked for.

    The key of a calculation holds its starting geometry to the last bit, and another machine seldom relaxes to the same
    bits. An energy stays bound to the geometry at which it was computed: what is found is the same calculation at the
    stored positions, whose key the store has. The store is looked through once, when something is first missing.

    Args:
        store: None where there is none.
        chain: the stages of a label, and `place` that of the stage among them.
    """

    def __init__(self, store: LabelStore | None, chain: Sequence[Stage], place: int) -> None:
        self._store = store
        self._stage = chain[place]
        before = chain[place - 1] if place else None
        self._relaxed = {before.level.name} if before is not None and before.job.relaxes else set[str]()
        self._conformers = chain[0].conformers

    def at(self, task: Calculation) -> Calculation | None:
        """A calculation that moves no atom, at the nearest stored geometry within 1e-6 angstrom; None where the store
        has none, or the geometry is not from a relaxation."""
        origin = dict(task.noted).get("geometry_from", "")
        if task.job.relaxes or not task.positions or not origin.startswith(CALCULATION):
            return None
        x, z = np.array(task.positions), bytes(task.atomic_numbers or ())
        near = list[tuple[float, Calculation]]()
        for by_atoms in self._of(task, {origin} | self._relaxed):
            if z not in by_atoms:
                continue
            stored = by_atoms[z]
            moved = np.abs(stored.places - x).max(axis=1)
            for number in np.flatnonzero(moved <= SAME_GEOMETRY_ANGSTROM):
                other = stored.there(task, int(number))
                near += [(float(moved[number]), other)] if other is not None else []
        return min(near, key=lambda its: (its[0], its[1].key))[1] if near else None

    def after(self, task: Calculation, key: str) -> Calculation | None:
        """A calculation that follows a relaxation which is not made yet, at the geometry to which another machine came.

        Args:
            task: from whatever geometry.
            key: of the relaxation.
        """
        if task.job.relaxes:
            return None
        origin = CALCULATION + key
        for name in (origin, *self._relaxed):
            for by_atoms in self._of(task, {name}):
                for stored in by_atoms.values():
                    for number, conformers in enumerate(stored.conformers):
                        if name != origin and conformers != self._conformers:
                            continue
                        other = stored.there(task, number)
                        if other is not None:
                            return other
        return None

    def _of(self, task: Calculation, origins: set[str]) -> Iterator[dict[bytes, _Stored]]:
        smiles = dict(task.noted).get("smiles")
        return (found for origin in sorted(origins) if (found := self._index.get((smiles, origin))) is not None)

    @cached_property
    def _index(self) -> _Index:
        found: _Index = {}
        for its in self._store.finished_at(self._stage.level.hash) if self._store is not None else ():
            by_atoms = found.setdefault((its.smiles, its.geometry_from), {})
            stored = by_atoms.setdefault(its.atomic_numbers, _Stored(tuple(its.atomic_numbers)))
            stored.keys.append(its.key)
            stored.conformers.append(its.conformers)
            stored.positions.append(its.positions)
        return found
