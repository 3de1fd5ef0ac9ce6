"""The signed errors that every reason starts from, and intervals for what is made of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa

from hemdata.analysis import statistics
from hemdata.analysis.matrix import largest_size
from hemdata.analysis.statistics import FloatArray

MODEL = ["network", "training_set"]
ERROR = "error_kcal_mol"


def signed_errors(predictions: pa.Table, *, with_overlap: bool = False) -> pd.DataFrame:
    """Predicted less reference of every prediction, on the molecules that all models share, as in `error_matrix`.

    Args:
        predictions: rows of a study.
        with_overlap: keep the molecules that a training set holds.

    Returns:
        The rows with `error_kcal_mol`, ordered by model, group, molecule and seed.
    """
    frame = largest_size(predictions.to_pandas())
    frame[ERROR] = frame["predicted_kcal_mol"] - frame["reference_kcal_mol"]
    if not with_overlap:
        leaked = frame[frame["in_training"]][["group", "molecule_id"]].drop_duplicates()
        keys = pd.MultiIndex.from_frame(frame[["group", "molecule_id"]])
        frame = frame[~keys.isin(pd.MultiIndex.from_frame(leaked))]
    judged = frame.groupby("group")["cell"].transform("nunique")
    said = frame.groupby(["group", "molecule_id"])["cell"].transform("nunique")
    order = [*MODEL, "group", "molecule_id", "seed"]
    return frame[said == judged].sort_values(order, ignore_index=True)


def mean_over_seeds(errors: pd.DataFrame) -> pd.DataFrame:
    """The error of the mean of a model's seeds on each molecule: what is left when seeds are averaged away."""
    keys = [*MODEL, "group", "molecule_id"]
    table: pd.DataFrame = errors.groupby(keys, as_index=False).agg(
        smiles=("smiles", "first"), n_heavy=("n_heavy", "first"), n_atoms=("n_atoms", "first"),
        environments_unseen=("environments_unseen", "first"), error_kcal_mol=(ERROR, "mean"),
    )  # fmt: skip
    return table


@dataclass(frozen=True)
class Drawn:
    """Means of some columns over the molecules of one model and group, and the same of every resample."""

    key: tuple[str, ...]
    n_molecules: int
    estimate: FloatArray  # (n_columns,)
    draws: FloatArray  # (n_resamples, n_columns)


def drawn(
    errors: pd.DataFrame, columns: Sequence[str], keys: Sequence[str], *, resamples: int, seed: int = 0
) -> list[Drawn]:
    """Resample molecules and seeds of each part of the rows, the same molecules for all columns.

    Args:
        errors: with molecule_id, seed (taken as one where there is none) and the columns, which are not negative.
        columns: whose means are wanted.
        keys: columns that name a part.
    """
    alike: dict[tuple[str, ...], list[tuple[tuple[str, ...], pd.DataFrame]]] = {}  # parts of the same molecules
    for key, part in errors.groupby(list(keys), sort=True):
        alike.setdefault(tuple(sorted(part["molecule_id"].unique())), []).append((tuple(map(str, key)), part))
    known = sorted(errors["seed"].unique()) if "seed" in errors else [0]
    found = []
    for molecules, several in alike.items():
        cube = np.full((len(several), len(columns), len(known), len(molecules)), np.nan)
        for i, (_, part) in enumerate(several):
            slot = np.searchsorted(known, part["seed"]) if "seed" in part else np.zeros(len(part), dtype=np.intp)
            code = np.searchsorted(molecules, part["molecule_id"])
            for j, column in enumerate(columns):
                cube[i, j, slot, code] = part[column]
        flat = statistics.resample([cube.reshape(-1, *cube.shape[2:])], resamples=resamples, seed=seed)
        estimates = flat.estimate.reshape(len(several), len(columns))
        draws = flat.draws.reshape(resamples, len(several), len(columns))
        found += [Drawn(key, len(molecules), estimates[i], draws[:, i]) for i, (key, _) in enumerate(several)]
    return sorted(found, key=lambda one: one.key)


def ends(draws: FloatArray) -> tuple[float, float]:
    """The interval of one column of draws."""
    low, high = statistics.interval(draws)
    return float(low), float(high)


@cache
def element_counts(smiles: str) -> dict[str, int] | None:
    """Atoms of each element, hydrogens too; None for a SMILES that RDKit does not read."""
    from rdkit import Chem, rdBase

    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
    if molecule is None:
        return None
    counts: dict[str, int] = {}
    for atom in Chem.AddHs(molecule).GetAtoms():
        counts[atom.GetSymbol()] = counts.get(atom.GetSymbol(), 0) + 1
    return counts


def composition_matrix(smiles: Sequence[object]) -> tuple[list[str], FloatArray]:
    """Elements, and their counts (n_molecules, n_elements); a row of NaN for a molecule without a readable SMILES."""
    counts = [element_counts(one) if isinstance(one, str) else None for one in smiles]  # pandas has NaN for none
    elements = sorted({element for one in counts if one for element in one})
    rows = [[one.get(e, 0) if one else np.nan for e in elements] for one in counts]
    return elements, np.array(rows, dtype=np.float64).reshape(len(counts), len(elements))


def left_out_residuals(x: FloatArray, y: FloatArray) -> FloatArray:
    """What a linear fit leaves of each value when that value takes no part in the fit, (n,).

    Where the others do not determine a coefficient (an element that one molecule alone holds), it is zero.

    Args:
        x: (n, n_terms).
        y: (n,).
    """
    if not x.shape[1]:
        return y.copy()
    hat = x @ np.linalg.pinv(x)
    leverage = np.diag(hat)
    alone = leverage > 1 - 1e-8
    rest = (y - hat @ y) / np.where(alone, 1.0, 1 - leverage)
    for i in np.flatnonzero(alone):
        others = np.arange(len(y)) != i
        rest[i] = y[i] - x[i] @ np.linalg.lstsq(x[others], y[others], rcond=None)[0]
    return np.asarray(rest)
