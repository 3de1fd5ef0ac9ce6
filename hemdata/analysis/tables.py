"""The tables of a study, computed from its rows: what the report shows and draws is here first."""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from hemdata.analysis import statistics
from hemdata.analysis.matrix import MEAN, ErrorMatrix, error_matrix, judged_by_all, largest_size
from hemdata.analysis.ranks import rank_stability
from hemdata.analysis.statistics import FloatArray, Resampled
from hemdata.analysis.training_size import by_training_size
from hemdata.catalog import BASELINES
from hemdata.study.rows import Rows

SIGNIFICANCE = 0.05  # of Holm's corrected p


@dataclass(frozen=True)
class Tables:
    """All tables of a study. Columns end in their unit; `_low` and `_high` are the ends of 95 % intervals."""

    mae: pd.DataFrame  # network, training_set, group: MAE, per atom, probability of being the best set
    summary: pd.DataFrame  # network, training_set: accuracy (mean over groups) and generalizability (their spread)
    comparisons: pd.DataFrame  # network, group, pair of sets: difference, ratio, p, Holm's p, verdict
    baselines: pd.DataFrame  # network, training_set, group, baseline: ratio, verdict
    leaks: pd.DataFrame  # training_set, group: overlap
    in_distribution: pd.DataFrame  # network, training_set
    curves: pd.DataFrame  # network, training_set, seed, epoch
    molecules: pd.DataFrame  # network, training_set, group, molecule: mean over seeds
    by_size: pd.DataFrame  # network, training_set, n_heavy class
    by_training_size: pd.DataFrame  # of `by_training_size`; no rows where no set stands at several sizes
    ranks: pd.DataFrame  # network or training_set, group: how often the best stays so
    not_compared: pd.DataFrame  # group, molecule, training_set whose models were not judged on it; it is in no table
    with_overlap: bool
    leaked_rows: int


def study_tables(
    rows: Rows, *, with_overlap: bool = False, resamples: int = statistics.RESAMPLES, seed: int = 0
) -> Tables:
    """Compute every table of a study; the same rows and seed give the same numbers."""
    shared, not_compared = judged_by_all(rows.predictions)
    matrix = error_matrix(shared, with_overlap=with_overlap)
    mae = statistics.resample(matrix.absolute, resamples=resamples, seed=seed)
    per_atom = statistics.resample(matrix.per_atom(), resamples=resamples, seed=seed)
    predictions = largest_size(shared.to_pandas())
    molecules = _molecules(predictions, with_overlap)
    return Tables(
        mae=_mae(matrix, mae, per_atom),
        summary=_summary(matrix, mae, per_atom),
        comparisons=_comparisons(matrix, mae),
        baselines=_baselines(matrix, mae),
        leaks=_leaks(predictions),
        in_distribution=_in_distribution(largest_size(rows.cells.to_pandas())),
        curves=largest_size(rows.curves.to_pandas()),
        molecules=molecules,
        by_size=_by_size(molecules),
        by_training_size=by_training_size(shared, with_overlap=with_overlap, resamples=resamples, seed=seed),
        ranks=rank_stability(matrix, mae),
        not_compared=not_compared,
        with_overlap=with_overlap,
        leaked_rows=int(predictions["in_training"].sum()),
    )


def errors_with_overlap(rows: Rows, *, resamples: int = statistics.RESAMPLES, seed: int = 0) -> pd.DataFrame:
    """The errors of `Tables.mae` with the molecules that a training set holds."""
    matrix = error_matrix(judged_by_all(rows.predictions)[0], with_overlap=True)
    mae, per_atom = (
        statistics.resample(errors, resamples=resamples, seed=seed) for errors in (matrix.absolute, matrix.per_atom())
    )
    return _mae(matrix, mae, per_atom)


def _by_network(matrix: ErrorMatrix) -> dict[str, list[int]]:
    """Indices of the models of each network, in the matrix's order."""
    networks: dict[str, list[int]] = {}
    for i, model in enumerate(matrix.models):
        networks.setdefault(model.network, []).append(i)
    return networks


def _best_of_set(matrix: ErrorMatrix, resampled: Resampled) -> FloatArray:
    """Probability that a set is the best of its network, (n_models, n_groups)."""
    best = np.full(resampled.estimate.shape, np.nan)
    for models in _by_network(matrix).values():
        best[models] = statistics.probability_best(resampled.draws[:, models])
    best[np.isnan(resampled.estimate)] = np.nan
    return best


def _columns(name: str, resampled: Resampled, i: int, g: int, ends: tuple[FloatArray, FloatArray]) -> dict[str, float]:
    return {name: resampled.estimate[i, g], f"{name}_low": ends[0][i, g], f"{name}_high": ends[1][i, g]}


def _mae(matrix: ErrorMatrix, mae: Resampled, per_atom: Resampled) -> pd.DataFrame:
    best, ends, ends_atom = (
        _best_of_set(matrix, mae),
        statistics.interval(mae.draws),
        statistics.interval(per_atom.draws),
    )
    return pd.DataFrame([
        {**model._asdict(), "baseline": model.is_baseline, "group": group,
         **_columns("mae_kcal_mol", mae, i, g, ends),
         **_columns("mae_kcal_mol_atom", per_atom, i, g, ends_atom),
         "probability_best": best[i, g], "n_molecules": matrix.absolute[g].shape[-1],
         "n_left_out": matrix.leaked[g], "n_seeds": matrix.seeds_of(i)}
        for i, model in enumerate(matrix.models) for g, group in enumerate(matrix.groups)
    ])  # fmt: skip


def _summary(matrix: ErrorMatrix, mae: Resampled, per_atom: Resampled) -> pd.DataFrame:
    measures = {"accuracy_kcal_mol": mae.accuracy(), "generalizability_kcal_mol": mae.generalizability(),
                "accuracy_kcal_mol_atom": per_atom.accuracy()}  # fmt: skip
    ends = {name: statistics.interval(measure.draws) for name, measure in measures.items()}
    best = _best_of_set(matrix, measures["accuracy_kcal_mol"])
    return pd.DataFrame([
        {**model._asdict(), "baseline": model.is_baseline, "n_seeds": matrix.seeds_of(i),
         **{key: value for name, measure in measures.items()
            for key, value in _columns(name, measure, i, 0, ends[name]).items()},
         "probability_best": best[i, 0]}
        for i, model in enumerate(matrix.models)
    ])  # fmt: skip


def _compared(resampled: Resampled, a: int, b: int, g: int) -> dict[str, Any]:
    """The columns of a comparison of two models on one group."""
    estimates = (float(resampled.estimate[a, g]), float(resampled.estimate[b, g]))
    c = statistics.compare(resampled.draws[:, a, g], resampled.draws[:, b, g], estimates)
    return {"difference_kcal_mol": c.difference, "difference_kcal_mol_low": c.difference_interval[0],
            "difference_kcal_mol_high": c.difference_interval[1], "ratio": c.ratio, "ratio_low": c.ratio_interval[0],
            "ratio_high": c.ratio_interval[1], "p": c.p, "verdict": c.verdict}  # fmt: skip


def _comparisons(matrix: ErrorMatrix, mae: Resampled) -> pd.DataFrame:
    """Every pair of sets of a network; the first of a pair is the one with the smaller mean over groups.

    Holm's correction is over all comparisons of one network.
    """
    groups, joined = (*matrix.groups, MEAN), mae.with_accuracy()
    tables = []
    for network, models in _by_network(matrix).items():
        ranked = sorted(models, key=lambda i: (np.nan_to_num(joined.estimate[i, -1], nan=np.inf), i))
        lines = [
            {"network": network, "training_set": matrix.models[a].training_set,
             "against": matrix.models[b].training_set, "group": group, **_compared(joined, a, b, g)}
            for a, b in combinations(ranked, 2) for g, group in enumerate(groups)
            if not np.isnan(joined.estimate[[a, b], g]).any()
        ]  # fmt: skip
        if lines:
            table = pd.DataFrame(lines)
            table["p_holm"] = statistics.holm(table["p"])
            tables.append(table)
    columns = [
        "network",
        "training_set",
        "against",
        "group",
        "ratio",
        "ratio_low",
        "ratio_high",
        "p",
        "p_holm",
        "verdict",
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def _baselines(matrix: ErrorMatrix, mae: Resampled) -> pd.DataFrame:
    """Every network against every baseline trained on the same set."""
    groups, joined = (*matrix.groups, MEAN), mae.with_accuracy()
    index = {(m.network, m.training_set): i for i, m in enumerate(matrix.models)}
    lines = []
    for a, model in enumerate(matrix.models):
        for baseline in BASELINES:
            b = index.get((baseline, model.training_set))
            if model.is_baseline or b is None:
                continue
            lines += [{"network": model.network, "training_set": model.training_set, "group": group,
                       "baseline": baseline, **_compared(joined, a, b, g)}
                      for g, group in enumerate(groups) if not np.isnan(joined.estimate[[a, b], g]).any()]  # fmt: skip
    columns = ["network", "training_set", "group", "baseline", "ratio", "ratio_low", "ratio_high", "p", "verdict"]
    return pd.DataFrame(lines) if lines else pd.DataFrame(columns=columns)


def _leaks(predictions: pd.DataFrame) -> pd.DataFrame:
    """Molecules of each group that a training set holds, in any seed."""
    found = predictions.groupby(["training_set", "group", "molecule_id"])["in_training"].any().reset_index()
    table: pd.DataFrame = found.groupby(["training_set", "group"], as_index=False).agg(
        n_molecules=("molecule_id", "size"), n_in_training=("in_training", "sum")
    )
    return table.assign(n_in_training=table["n_in_training"].astype(int))


def _in_distribution(cells: pd.DataFrame) -> pd.DataFrame:
    """Error on held-back molecules of the training set itself: mean over seeds, Student t interval."""
    lines = []
    for (network, training_set, level), part in cells.groupby(["network", "training_set", "level"], sort=True):
        low, high = statistics.t_interval(part["in_distribution_mae_kcal_mol"])
        lines.append({
            "network": network, "training_set": training_set, "level": level, "baseline": network in BASELINES,
            "training_size": int(part["training_size"].max()),
            "mae_kcal_mol": part["in_distribution_mae_kcal_mol"].mean(), "mae_kcal_mol_low": low,
            "mae_kcal_mol_high": high, "test_size": int(part["test_size"].median()),
            "n_seeds": len(part), "epochs": int(part["epochs"].max()), "seconds": part["seconds"].mean(),
        })  # fmt: skip
    return pd.DataFrame(lines).sort_values(["baseline", "network", "training_set"], ignore_index=True)


def _molecules(predictions: pd.DataFrame, with_overlap: bool) -> pd.DataFrame:
    """Each molecule's mean prediction and mean absolute error over the seeds of a model."""
    frame = predictions if with_overlap else predictions[~predictions["in_training"]]
    frame = frame.assign(error=(frame["predicted_kcal_mol"] - frame["reference_kcal_mol"]).abs())
    keys = ["network", "training_set", "group", "molecule_id"]
    table = frame.groupby(keys, as_index=False).agg(
        smiles=("smiles", "first"), n_heavy=("n_heavy", "first"), n_atoms=("n_atoms", "first"),
        reference_kcal_mol=("reference_kcal_mol", "first"), predicted_kcal_mol=("predicted_kcal_mol", "mean"),
        mae_kcal_mol=("error", "mean"),
    )  # fmt: skip
    order = table["network"].isin(BASELINES)
    return table.assign(baseline=order).sort_values(["baseline", *keys], ignore_index=True)


def _by_size(molecules: pd.DataFrame, width: int = 3) -> pd.DataFrame:
    """Mean error in classes of `width` heavy atoms."""
    classes = (molecules["n_heavy"].astype(int) - 1) // width
    table = (
        molecules.assign(size_class=classes)
        .groupby(["network", "training_set", "size_class"], as_index=False)
        .agg(n_heavy=("n_heavy", "mean"), mae_kcal_mol=("mae_kcal_mol", "mean"), n_molecules=("molecule_id", "size"))
    )
    return table.drop(columns="size_class")
