"""Which known level energies of an unknown one are of: a few small rows computed at every level there is."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hemdata.assess.explanations import Row, atoms, known_levels, total
from hemdata.errors import DataError
from hemdata.levels import Level
from hemdata.units import HARTREE_KCAL_MOL

AGREES_KCAL_MOL = 0.5  # another program's grid, and a geometry printed with few digits; levels lie further apart


@dataclass(frozen=True)
class Candidate:
    """A known level, and how far the rows are from it.

    Attributes:
        names: of the level; two names of one definition stand together.
        error_kcal_mol: the largest; None where a row could not be computed.
        reason: why not.
    """

    names: str
    error_kcal_mol: float | None
    reason: str | None = None

    @property
    def agrees(self) -> bool:
        """Whether every row is of this level."""
        return self.error_kcal_mol is not None and self.error_kcal_mol <= AGREES_KCAL_MOL


def which_level(
    molecules: pa.Table, its: Level, n: int = 3, told: Callable[[Candidate], None] | None = None
) -> list[Candidate]:
    """Compute the n smallest rows at every known level, until one agrees.

    Where the set's own level has atoms of nought, its energies are atomization energies, and these are compared.

    Args:
        molecules: of the molecule schema, with geometries and energies at `its`.
        its: the unknown level.
        n: how many rows.
        told: called with each candidate as soon as it is known.

    Returns:
        The candidates in the order they were tried; the last one agrees if any does.

    Raises:
        DataError: if no row has a geometry and an energy.
    """
    kept = molecules.filter(pc.and_(pc.is_valid(molecules["energy_hartree"]), pc.is_valid(molecules["positions"])))
    if not kept.num_rows:
        raise DataError("No row has a geometry and an energy.", fix="Give a set that has both.")
    smallest = np.argsort(pc.list_value_length(kept["atomic_numbers"]).to_numpy(), kind="stable")[:n]
    rows: list[Row] = kept.take(pa.array(smallest)).to_pylist()
    bound = not any(its.atoms.values())
    found: list[Candidate] = []
    computed = [(names, level) for names, level in known_levels() if level.card.engine != "data"]
    for names, level in sorted(computed, key=lambda each: each[1].card.engine == "pyscf"):  # what takes seconds first
        candidate = _compared(rows, names, level, bound)
        found.append(candidate)
        if told:
            told(candidate)
        if candidate.agrees:
            break
    return found


def _compared(rows: list[Row], names: str, level: Level, bound: bool) -> Candidate:
    largest = 0.0
    for row in rows:
        energy, reason = total(row, level, "label")
        if energy is None:
            return Candidate(names, None, reason)
        computed = energy - atoms(row, level) if bound else energy
        largest = max(largest, abs(computed - row["energy_hartree"]) * HARTREE_KCAL_MOL)
        if largest > AGREES_KCAL_MOL:
            break
    return Candidate(names, largest)
