"""Level and atoms: what a perfect model of one level would err at another, and what foreign atom energies add."""

from collections.abc import Sequence

import pandas as pd

from hemdata.analysis import statistics
from hemdata.analysis.reasons.tables import by_group
from hemdata.assess.gap import GapRow


def level_part(rows: Sequence[GapRow], *, resamples: int = statistics.RESAMPLES, seed: int = 0) -> pd.DataFrame:
    """The mean |E(level A) - E(level B)| of each group's molecules at the same geometries.

    Args:
        rows: of `hemdata.assess.gap.gap`.

    Returns:
        group, n_molecules, part_kcal_mol (with _low and _high over molecules), mean_kcal_mol (signed, A less B),
        part_kcal_mol_atom, beyond_composition_kcal_mol (mean size of what is not linear in the element counts).
    """
    frame = pd.DataFrame({
        "group": [row.group for row in rows], "molecule_id": [row.id for row in rows],
        "n_atoms": [row.n_atoms for row in rows], "signed": [row.difference for row in rows],
        "beyond_composition_kcal_mol": [abs(row.difference - row.composition) for row in rows],
    })  # fmt: skip
    return by_group(frame, ["beyond_composition_kcal_mol"], resamples=resamples, seed=seed)


def atoms_part(rows: Sequence[GapRow], *, resamples: int = statistics.RESAMPLES, seed: int = 0) -> pd.DataFrame:
    """What it adds when B's total energies are turned into atomization energies with A's atoms.

    Returns:
        group, n_molecules, part_kcal_mol (mean size, with _low and _high), mean_kcal_mol (signed), part_kcal_mol_atom.
    """
    frame = pd.DataFrame({
        "group": [row.group for row in rows], "molecule_id": [row.id for row in rows],
        "n_atoms": [row.n_atoms for row in rows], "signed": [row.foreign_atoms for row in rows],
    })  # fmt: skip
    return by_group(frame, resamples=resamples, seed=seed)
