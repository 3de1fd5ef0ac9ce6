"""Whether published energies are of the level that they claim: rows recomputed at their own geometry."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa

from hemdata.assess.audited_rows import AT_RANDOM, Which, picked
from hemdata.assess.explanations import Row, explanation, foreign_atoms, total
from hemdata.label.calculation import Stage
from hemdata.label.jobs import POINT
from hemdata.label.progress import Pace
from hemdata.label.run import label
from hemdata.label.store.database import LabelStore
from hemdata.label.workers.where import Where
from hemdata.levels import SYMBOLS, Level
from hemdata.molecules import Molecule
from hemdata.processes import one_thread, ordered_map
from hemdata.units import HARTREE_KCAL_MOL

TOLERANCE_KCAL_MOL = 0.01
"""What a row may err that agrees: another program's grid and convergence."""
APART_SHARE, APART_TIMES = 0.2, 10
"""Of rows that agree, this share may stand apart by up to so many tolerances: 2 of 20 random rows of QM9 do (by 0.017
and 0.030). Every known mistake moves all rows, by 0.3 kcal/mol or more."""
WITNESSES = 3  # molecules, smallest first, on which an explanation has to hold


@dataclass(frozen=True)
class Comparison:
    """One row: `error_kcal_mol` is computed less published; `reason` says why there is no computed energy."""

    id: str
    published_hartree: float
    computed_hartree: float | None
    error_kcal_mol: float | None
    reason: str | None = None


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    Attributes:
        level: name of the level that the rows claim.
        rows: the compared ones.
        tolerance_kcal_mol: what most rows may err that agree (`agrees`).
        explained_by: what gives the published numbers instead of the level; None where it agrees or nothing does.
    """

    level: str
    rows: list[Comparison]
    tolerance_kcal_mol: float
    explained_by: str | None = None

    @property
    def largest_kcal_mol(self) -> float:
        """The largest error's size; NaN where nothing could be computed."""
        errors = [abs(row.error_kcal_mol) for row in self.rows if row.error_kcal_mol is not None]
        return max(errors, default=float("nan"))

    @property
    def apart(self) -> list[Comparison]:
        """Rows that err by more than the tolerance."""
        return [row for row in self.rows if abs(row.error_kcal_mol or 0.0) > self.tolerance_kcal_mol]

    @property
    def agrees(self) -> bool:
        """Whether the level's own calculation gives the energies that could be computed, with the level's atoms.

        A fifth of the rows may stand apart, by no more than ten tolerances.
        """
        compared = sum(row.error_kcal_mol is not None for row in self.rows)
        within = self.largest_kcal_mol <= APART_TIMES * self.tolerance_kcal_mol
        return within and len(self.apart) <= APART_SHARE * compared and self.explained_by is None

    @property
    def verdict(self) -> str:
        """What was compared and what came out, in a sentence or two."""
        compared = sum(row.error_kcal_mol is not None for row in self.rows)
        if not compared:
            return f"None of {len(self.rows)} rows could be computed at '{self.level}'."
        failed = len(self.rows) - compared
        rows = f"{compared} row{'s' if compared > 1 else ''}"
        what = f"computed less published is at most {self.largest_kcal_mol:.4f} kcal/mol over {rows}"
        within = f"{compared - len(self.apart)} of them within {self.tolerance_kcal_mol:g}"
        what += f", {within}" + (f"; {failed} more could not be computed" if failed else "")
        if self.agrees:
            return f"Agrees with '{self.level}': {what}."
        why = f"Explained by: {self.explained_by}." if self.explained_by else "Unknown: nothing tried explains it."
        return f"Does not agree with '{self.level}': {what}. {why}"


def audit(
    molecules: pa.Table,
    its_level: Level,
    which: Which = AT_RANDOM,
    *,
    tolerance_kcal_mol: float = TOLERANCE_KCAL_MOL,
    accuracy: str = "label",
    workers: int | None = 1,
    store: Path | None = None,
    progress: Callable[[Pace], None] | None = None,
) -> Audit:
    """Recompute n rows at their own geometry at the level they claim, and compare.

    Where they do not agree, the known levels and the usual mistakes are tried on the smallest three of them:
    zero-point energy left in (by the row's `zpve_hartree`, else to 4 % by GFN2-xTB's) or taken off twice, VWN5 for
    VWN-RPA or the reverse, other angular functions, another level's basis, another level's atoms in the atomization
    energy.

    Args:
        molecules: of the molecule schema. Rows without a geometry or without any energy are not picked; a row with
            an atomization energy alone is turned into a total by the level's atoms.
        which: how many rows, and whether random ones or the smallest; by default 20 random ones.
        tolerance_kcal_mol: of one molecule's energy; a few may err by more (`Audit.agrees`). PC9's printed geometries
            ask for 0.05.
        accuracy: as the engines' single points take it.
        workers: processes of one thread each; None, with a store, for one a core.
        store: a label store that keeps each energy as soon as it is computed, so that a stopped audit goes on; None
            keeps nothing.
        progress: with a store, as `label`.

    Raises:
        CallError: for a store in use.
        DataError: if no row has a geometry and an energy.
    """
    rows = picked(molecules, its_level, which)
    if store is None:
        with one_thread():
            computed = list(ordered_map(partial(total, its=its_level, accuracy=accuracy), rows, workers or 1))
    else:
        computed = _stored(rows, its_level, accuracy, workers, store, progress)
    compared = []
    for row, (energy, reason) in zip(rows, computed, strict=True):
        error = None if energy is None else (energy - row["published"]) * HARTREE_KCAL_MOL
        compared.append(Comparison(row["id"], row["published"], energy, error, reason))
    found = Audit(its_level.name, compared, tolerance_kcal_mol)
    whole = [
        (row, each.computed_hartree)
        for row, each in zip(rows, compared, strict=True)
        if each.computed_hartree is not None
    ]
    whole.sort(key=lambda pair: (len(pair[0]["atomic_numbers"]), pair[0]["id"]))
    if found.agrees:
        of_rows = [row for row, _ in whole]
        why = foreign_atoms(of_rows, [row["published"] for row in of_rows], its_level, tolerance_kcal_mol)
    else:
        witnesses, energies = [row for row, _ in whole[:WITNESSES]], [energy for _, energy in whole[:WITNESSES]]
        why = explanation(witnesses, energies, its_level, tolerance_kcal_mol, accuracy) if whole else ""
    return Audit(its_level.name, compared, tolerance_kcal_mol, why or None)


def _stored(
    rows: list[Row],
    its: Level,
    accuracy: str,
    workers: int | None,
    store: Path,
    progress: Callable[[Pace], None] | None,
) -> list[tuple[float | None, str | None]]:
    """Each row's total energy at its own geometry, or why there is none, as `total` has it."""
    found: list[tuple[float | None, str | None]] = []
    for row in rows:
        foreign = sorted({int(n) for n in row["atomic_numbers"]} - set(its.atoms))
        lacks = f"the level '{its.name}' has no {', '.join(SYMBOLS[n] for n in foreign)}"
        found.append((None, lacks if foreign else None))
    places = [place for place, (_, reason) in enumerate(found) if reason is None]
    asked = [_asked(rows[place]) for place in places]
    with LabelStore(store) as open_store:
        chain = [Stage(its, POINT)]
        outcome = label(asked, chain, open_store, Where(workers), accuracy=accuracy, progress=progress)
        for place, result in zip(places, open_store.get(outcome.keys), strict=True):
            found[place] = (result.energy_hartree, result.reason and result.reason.splitlines()[0])
    return found


def _asked(row: Row) -> Molecule:
    """A row to be computed at its own geometry."""
    z = row["atomic_numbers"]
    return Molecule(
        id=row["id"],
        smiles=None,
        canonical_smiles=None,
        inchikey=None,
        n_heavy=sum(n != 1 for n in z),
        charge=row["charge"],
        multiplicity=row["multiplicity"],
        atomic_numbers=z,
        positions=row["positions"],
    )
