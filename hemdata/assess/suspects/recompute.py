"""The worst rows of a screen computed at the set's own level: confirmed or cleared, and what mistake explains them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from hemdata.assess.suspects.screen import Screen, Suspect
from hemdata.label.calculation import stages
from hemdata.label.progress import Pace
from hemdata.label.run import label
from hemdata.label.store.database import LabelStore
from hemdata.label.workers.where import Where
from hemdata.levels import Level, level
from hemdata.molecules import Molecule, from_shards
from hemdata.shards import iterate
from hemdata.units import HARTREE_KCAL_MOL, IN_HARTREE

WRONG_KCAL_MOL = 1.0  # published less computed, from which on a label is confirmed to be wrong
SAME_KCAL_MOL = 0.1
ZERO_POINT_SHARE = 0.05  # GFN2-xTB's zero-point energies are within it of the density functionals'
CHARGE_SHARE = 0.25  # and its ionisation energies within this


def recompute(
    found: Screen,
    folder: Path,
    its: Level,
    k: int,
    store: Path,
    *,
    workers: int | None = None,
    progress: Callable[[Pace], None] | None = None,
) -> Screen:
    """Compute the k most suspect rows at a level at their own geometry, and judge each.

    A row is confirmed where it is off by more than 1 kcal/mol, else cleared; where the level fails, that is told. The
    mistakes tried on a confirmed row: another row's energy, zero-point energy left in or taken off twice, another unit,
    the energy of an ion.

    Args:
        folder: of the set.
        its: the set's own level.
        store: label store; a stopped run goes on.
        workers, progress: as `label`.

    Raises:
        CallError: for a store in use.
    """
    worst = found.rows[:k]
    wanted = {row.id for row in worst}
    molecules = {one.id: one for one in from_shards(folder) if one.id in wanted}
    asked = [molecules[row.id] for row in worst]
    with LabelStore(store) as open_store:
        chain = stages(its, None)
        outcome = label(asked, chain, open_store, Where(workers), progress=progress)
        results = list(open_store.get(outcome.keys))
        zero = _zero_points(folder, wanted)
        judged = []
        for row, molecule, result in zip(worst, asked, results, strict=True):
            if result.energy_hartree is None:
                said = (result.reason or "no energy").splitlines()[0]
                judged.append(replace(row, verdict="not computed", explanation=said))
                continue
            error = (row.energy_hartree - result.energy_hartree) * HARTREE_KCAL_MOL
            if abs(error) <= WRONG_KCAL_MOL:
                judged.append(replace(row, verdict="cleared", error_kcal_mol=error))
                continue
            why = mistake(row, molecule, result.energy_hartree, found.rows, zero.get(row.id))
            judged.append(replace(row, verdict="confirmed", error_kcal_mol=error, explanation=why or "unknown"))
    return found.with_rows(judged)


def mistake(
    row: Suspect, molecule: Molecule, right_hartree: float, others: Sequence[Suspect], zero_hartree: float | None
) -> str:
    """The usual mistake that gives a wrong number, in words; empty where none does.

    Args:
        right_hartree: the energy as it should be.
        others: rows of the set, whose energies may have been taken.
        zero_hartree: the row's zero-point energy, where the set has it.
    """
    off = (row.energy_hartree - right_hartree) * HARTREE_KCAL_MOL
    for taken, true in ((a, b) for a in IN_HARTREE for b in IN_HARTREE if a != b):
        if abs(row.energy_hartree * IN_HARTREE[true] / IN_HARTREE[taken] / right_hartree - 1) < 1e-5:
            return f"the energy is in {true}, not in {taken}"
    zero, unsure = _zero_point(molecule) if zero_hartree is None else (zero_hartree, 0.0)
    if zero:
        for sign, said in ((1, "zero-point energy left in"), (-1, "zero-point energy taken off twice")):
            if abs(off - sign * zero * HARTREE_KCAL_MOL) < SAME_KCAL_MOL + unsure * zero * HARTREE_KCAL_MOL:
                return said
    for other in others:
        if other.id != row.id and other.energy_hartree == row.energy_hartree:
            return f"the energy of {other.id}"
    for charge, said in ((1, "the energy of the cation"), (-1, "the energy of the anion")):
        gap = _ionised(molecule, charge)
        if gap is not None and abs(off - gap) < CHARGE_SHARE * abs(gap) and abs(off) > 20:
            return said + ", by GFN2-xTB's estimate"
    return ""


def _zero_points(folder: Path, wanted: set[str]) -> dict[str, float]:
    """The published zero-point energies of some rows, hartree; none where the set has no such column."""
    from hemdata.shards import read_manifest

    if all(column.name != "zpve_hartree" for column in read_manifest(folder).properties):
        return {}
    found = {}
    for batch in iterate(folder, ["id", "zpve_hartree"]):
        pairs = zip(batch["id"].to_pylist(), batch["zpve_hartree"].to_pylist(), strict=True)
        found.update({id: zero for id, zero in pairs if id in wanted and zero is not None})
    return found


def _zero_point(molecule: Molecule) -> tuple[float, float]:
    """GFN2-xTB's zero-point energy at the geometry, hartree, and its share of doubt."""
    import numpy as np

    from hemdata.chemistry.frequencies import frequencies
    from hemdata.errors import DataError

    z, x = np.array(molecule.atomic_numbers, dtype=np.uint8), np.reshape(molecule.positions, (-1, 3))
    try:
        found = frequencies(z, x, molecule.charge, molecule.multiplicity, level("gfn2-xtb"))
    except DataError:
        return 0.0, 0.0
    return found.zero_point_hartree / 0.965, ZERO_POINT_SHARE


def _ionised(molecule: Molecule, charge: int) -> float | None:
    """What an electron more or less costs at GFN2-xTB, kcal/mol."""
    import numpy as np

    from hemdata.chemistry.engines import engine
    from hemdata.errors import DataError

    its = level("gfn2-xtb")
    z, x = np.array(molecule.atomic_numbers, dtype=np.uint8), np.reshape(molecule.positions, (-1, 3))
    multiplicity = 2 if molecule.multiplicity == 1 else molecule.multiplicity - 1
    try:
        point = engine(its).single_point
        ion = point(z, x, molecule.charge + charge, multiplicity, its, "label").energy_hartree
        own = point(z, x, molecule.charge, molecule.multiplicity, its, "label").energy_hartree
    except DataError:
        return None
    return float((ion - own) * HARTREE_KCAL_MOL)
