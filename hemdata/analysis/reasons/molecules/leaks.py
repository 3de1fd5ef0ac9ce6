"""Leaks: test molecules that a training set holds, by flat graph; errors with them, without them and on them alone."""

import pandas as pd
import pyarrow as pa

from hemdata.analysis import statistics
from hemdata.analysis.matrix import largest_size
from hemdata.analysis.reasons.errors import MODEL, drawn, ends


def leaked_molecules(predictions: pa.Table) -> pd.DataFrame:
    """Every leaked molecule by name: training_set, group, molecule_id, smiles, n_seeds (splits that hold it)."""
    frame = largest_size(predictions.to_pandas())
    found = frame[frame["in_training"]].groupby(["training_set", "group", "molecule_id"], as_index=False)
    table: pd.DataFrame = found.agg(smiles=("smiles", "first"), n_seeds=("seed", "nunique"))
    return table


def leaked_errors(predictions: pa.Table, *, resamples: int = statistics.RESAMPLES, seed: int = 0) -> pd.DataFrame:
    """Each model's error on a group with its leaked molecules, without them, and on them alone.

    A molecule counts as leaked for a model if its set holds it in any seed. Groups without a leak into a model's set
    are told too, with a part of zero.

    Returns:
        network, training_set, group, n_molecules, n_leaked, with_kcal_mol, without_kcal_mol, leaked_kcal_mol (NaN where
        there is none), part_kcal_mol (without less with: by how much leaks flatter the model; with _low and _high, NaN
        where leaks leave fewer than `statistics.FEW` molecules).
    """
    frame = largest_size(predictions.to_pandas())
    keys = [*MODEL, "group"]
    frame["absolute"] = (frame["predicted_kcal_mol"] - frame["reference_kcal_mol"]).abs()
    frame["leaked"] = frame.groupby([*keys, "molecule_id"])["in_training"].transform("any")
    clean = frame["absolute"].where(~frame["leaked"], 0.0)
    frame = frame.assign(clean=clean, counts=(~frame["leaked"]).astype(float))
    pieces = dict(list(frame.groupby(keys)))
    lines = []
    for one in drawn(frame, ["absolute", "clean", "counts"], keys, resamples=resamples, seed=seed):
        part = pieces[one.key]
        n_leaked = part.loc[part["leaked"], "molecule_id"].nunique()
        if n_leaked == one.n_molecules:
            lines.append((*one.key, one.n_molecules, n_leaked, float(one.estimate[0]), float("nan"),
                          float(part["absolute"].mean()), float("nan"), float("nan"), float("nan")))  # fmt: skip
            continue
        without = one.estimate[1] / one.estimate[2]
        found = (float("nan"), float("nan")) if n_leaked else (0.0, 0.0)
        if n_leaked and one.n_molecules - n_leaked >= statistics.FEW:
            of = one.draws[one.draws[:, 2] > 0]
            found = ends(of[:, 1] / of[:, 2] - of[:, 0])
        alone = float(part.loc[part["leaked"], "absolute"].mean()) if n_leaked else float("nan")
        lines.append((*one.key, one.n_molecules, n_leaked, float(one.estimate[0]), float(without), alone,
                      float(without - one.estimate[0]), *found))  # fmt: skip
    columns = ["n_molecules", "n_leaked", "with_kcal_mol", "without_kcal_mol", "leaked_kcal_mol", "part_kcal_mol",
               "part_kcal_mol_low", "part_kcal_mol_high"]  # fmt: skip
    return pd.DataFrame(lines, columns=[*keys, *columns])
