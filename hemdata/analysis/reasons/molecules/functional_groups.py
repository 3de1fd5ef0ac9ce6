"""Functional groups: errors on the molecules that hold each, beside those that do not."""

import pandas as pd

from hemdata.analysis import statistics
from hemdata.analysis.reasons.errors import ERROR, MODEL, drawn, ends
from hemdata.curate.functional_groups import functional_groups

LEAST = 5  # molecules with a group, and without it, for a mean to be told


def by_functional_group(
    errors: pd.DataFrame, *, least: int = LEAST, resamples: int = statistics.RESAMPLES, seed: int = 0
) -> pd.DataFrame:
    """Errors of the molecules that hold each functional group, over all test groups.

    A molecule may count for several. Groups held by fewer than `least` molecules are left out.

    Args:
        errors: of `signed_errors`.

    Returns:
        network, training_set, functional_group, n_molecules, mae_kcal_mol and mae_kcal_mol_heavy_atom (with _low and
        _high), and without_kcal_mol_heavy_atom: the error per heavy atom of the molecules that do not hold it.
    """
    found = {str(smiles): functional_groups(str(smiles)) for smiles in errors["smiles"].dropna().unique()}
    holders = {smiles: frozenset(groups) for smiles, groups in found.items() if groups is not None}
    absolute = errors[ERROR].abs()
    frame = errors.assign(absolute=absolute, of_heavy_atom=absolute / errors["n_heavy"].clip(lower=1))
    frame = frame[frame["smiles"].isin(list(holders))]
    lines = []
    for name in sorted({each for groups in holders.values() for each in groups}):
        holds = frame["smiles"].isin([smiles for smiles, groups in holders.items() if name in groups])
        counts = frame[holds]["molecule_id"].nunique(), frame[~holds]["molecule_id"].nunique()
        if min(counts) < least:
            continue
        without = frame[~holds].groupby(MODEL)["of_heavy_atom"].mean()
        for one in drawn(frame[holds], ["absolute", "of_heavy_atom"], MODEL, resamples=resamples, seed=seed):
            mae, atom = map(float, one.estimate)
            lines.append((*one.key, name, one.n_molecules, mae, *ends(one.draws[:, 0]),
                          atom, *ends(one.draws[:, 1]), float(without[one.key])))  # fmt: skip
    columns = [*MODEL, "functional_group", "n_molecules"]
    for measure in ("mae_kcal_mol", "mae_kcal_mol_heavy_atom"):
        columns += [measure, f"{measure}_low", f"{measure}_high"]
    table = pd.DataFrame(lines, columns=[*columns, "without_kcal_mol_heavy_atom"])
    return table.sort_values([*MODEL, "mae_kcal_mol_heavy_atom"], ascending=[True, True, False], ignore_index=True)
