"""The two forms of a reason's table: differences by group, errors by class of molecule; intervals over molecules."""

from collections.abc import Sequence

import pandas as pd

from hemdata.analysis.reasons.correlation import rank_correlation
from hemdata.analysis.reasons.errors import ERROR, MODEL, drawn, ends

PART = ("group", "n_molecules", "part_kcal_mol", "part_kcal_mol_low", "part_kcal_mol_high", "mean_kcal_mol",
        "part_kcal_mol_atom")  # fmt: skip


def by_group(frame: pd.DataFrame, further: Sequence[str] = (), *, resamples: int, seed: int) -> pd.DataFrame:
    """How large a difference is in each group.

    Args:
        frame: group, molecule_id, n_atoms, signed (the difference, kcal/mol) and the `further` columns, of which the
            mean is taken too.

    Returns:
        the columns of PART: part_kcal_mol is the mean size, with its interval, mean_kcal_mol the signed mean; then
        those of `further`.
    """
    size = frame["signed"].abs()
    frame = frame.assign(absolute=size, of_atom=size / frame["n_atoms"])
    means = frame.groupby("group")["signed"].mean()
    lines = []
    for one in drawn(frame, ["absolute", "of_atom", *further], ["group"], resamples=resamples, seed=seed):
        part, *rest = map(float, one.estimate)
        mean = float(means[one.key[0]])
        lines.append((*one.key, one.n_molecules, part, *ends(one.draws[:, 0]), mean, *rest))
    return pd.DataFrame(lines, columns=[*PART, *further])


def by_class(errors: pd.DataFrame, kind: str, ranked: str, against: str, *, resamples: int, seed: int) -> pd.DataFrame:
    """How large a model's errors are on each class of molecule.

    Args:
        errors: of `signed_errors`, with the column `kind` that tells the class.
        ranked: `absolute` error or that `of_heavy_atom`, which is correlated by rank with the column `against`.

    Returns:
        network, training_set, `kind`, n_molecules; mae_kcal_mol and mae_kcal_mol_heavy_atom of the class, and
        rank_correlation over all molecules of the model, each with _low and _high.
    """
    size = errors[ERROR].abs()
    frame = errors.assign(absolute=size, of_heavy_atom=size / errors["n_heavy"].clip(lower=1))
    rho = {
        key: rank_correlation(part, ranked, against, resamples=resamples, seed=seed)
        for key, part in frame.groupby(MODEL, sort=True)
    }
    lines = []
    for one in drawn(frame, ["absolute", "of_heavy_atom"], [*MODEL, kind], resamples=resamples, seed=seed):
        mae, atom = map(float, one.estimate)
        measured = (mae, *ends(one.draws[:, 0]), atom, *ends(one.draws[:, 1]), *rho[one.key[:2]])
        lines.append((*one.key, one.n_molecules, *measured))
    columns = [*MODEL, kind, "n_molecules"]
    for name in ("mae_kcal_mol", "mae_kcal_mol_heavy_atom", "rank_correlation"):
        columns += [name, f"{name}_low", f"{name}_high"]
    return pd.DataFrame(lines, columns=columns)
