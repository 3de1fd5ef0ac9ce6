"""Level and atoms: what a perfect model of one level would err at another, and what foreign atom energies add."""

from collections.abc import Sequence

import pandas as pd

from hemdata.label.gap import GapRow
from hemdata.study import statistics
from hemdata.study.reasons.errors import drawn, ends


def level_part(rows: Sequence[GapRow], *, resamples: int = statistics.RESAMPLES, seed: int = 0) -> pd.DataFrame:
    """The mean |E(level A) - E(level B)| of each group's molecules at the same geometries.

    Args:
        rows: of `hemdata.label.gap.gap`.

    Returns:
        group, n_molecules, part_kcal_mol (with _low and _high over molecules), mean_kcal_mol (signed, A less B),
        part_kcal_mol_atom, beyond_composition_kcal_mol (mean size of what is not linear in the element counts).
    """
    frame = pd.DataFrame({
        "group": [row.group for row in rows], "molecule_id": [row.id for row in rows],
        "signed": [row.difference for row in rows], "absolute": [abs(row.difference) for row in rows],
        "of_atom": [abs(row.difference) / row.n_atoms for row in rows],
        "beyond": [abs(row.difference - row.composition) for row in rows],
    })  # fmt: skip
    signed = frame.groupby("group")["signed"].mean()
    lines = []
    for one in drawn(frame, ["absolute", "of_atom", "beyond"], ["group"], resamples=resamples, seed=seed):
        part, atom, beyond = map(float, one.estimate)
        lines.append((*one.key, one.n_molecules, part, *ends(one.draws[:, 0]), float(signed[one.key[0]]), atom, beyond))
    columns = ["group", "n_molecules", "part_kcal_mol", "part_kcal_mol_low", "part_kcal_mol_high", "mean_kcal_mol",
               "part_kcal_mol_atom", "beyond_composition_kcal_mol"]  # fmt: skip
    return pd.DataFrame(lines, columns=columns)


def atoms_part(rows: Sequence[GapRow], *, resamples: int = statistics.RESAMPLES, seed: int = 0) -> pd.DataFrame:
    """What it adds when B's total energies are turned into atomization energies with A's atoms.

    Returns:
        group, n_molecules, part_kcal_mol (mean size, with _low and _high), mean_kcal_mol (signed), part_kcal_mol_atom.
    """
    frame = pd.DataFrame({
        "group": [row.group for row in rows], "molecule_id": [row.id for row in rows],
        "signed": [row.foreign_atoms for row in rows], "absolute": [abs(row.foreign_atoms) for row in rows],
        "of_atom": [abs(row.foreign_atoms) / row.n_atoms for row in rows],
    })  # fmt: skip
    signed = frame.groupby("group")["signed"].mean()
    lines = []
    for one in drawn(frame, ["absolute", "of_atom"], ["group"], resamples=resamples, seed=seed):
        part, atom = map(float, one.estimate)
        lines.append((*one.key, one.n_molecules, part, *ends(one.draws[:, 0]), float(signed[one.key[0]]), atom))
    columns = ["group", "n_molecules", "part_kcal_mol", "part_kcal_mol_low", "part_kcal_mol_high", "mean_kcal_mol",
               "part_kcal_mol_atom"]  # fmt: skip
    return pd.DataFrame(lines, columns=columns)
