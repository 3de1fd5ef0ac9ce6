"""Two runs side by side: every model that both hold, on the molecules that both judged, with the ratio's interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from hemdata.analysis import statistics
from hemdata.analysis.matrix import MEAN, largest_size
from hemdata.errors import DataError
from hemdata.study.rows import read_rows
from hemdata.study.settings import levels_below

MODEL = ["network", "training_set"]
SAME_REFERENCE_KCAL_MOL = 0.01


@dataclass(frozen=True)
class Comparison:
    """Two runs, A and B.

    Attributes:
        table: network, training_set, group (and the mean of groups), n_molecules, a_kcal_mol, b_kcal_mol (MAE),
            difference_kcal_mol (B less A) and ratio (B over A) with _low and _high, p, p_holm (over the whole table),
            verdict on B ("smaller", "larger", "no difference"; "not known" on one molecule, and on a mean with such a
            group).
        notes: what differs between the runs beside the models: levels, references, sizes, models and groups that only
            one has.
    """

    table: pd.DataFrame
    notes: list[str]


def compare_runs(a: Path, b: Path, *, resamples: int = statistics.RESAMPLES, seed: int = 0) -> Comparison:
    """Compare two study folders; a molecule that any training set of either holds is left out.

    Seeds of the same number are paired.

    Raises:
        CallError, DataError: as `read_rows`; also if the runs share no model or no molecule.
    """
    frames = [largest_size(read_rows(folder).predictions.to_pandas()).assign(run=i) for i, folder in enumerate((a, b))]
    models = [set(map(tuple, frame[MODEL].drop_duplicates().to_numpy())) for frame in frames]
    shared = sorted(models[0] & models[1])
    if not shared:
        raise DataError(
            "The two runs share no model.", where=f"{a} and {b}",
            expected="a network trained on the same set in both",
            got="; ".join(", ".join(" on ".join(one) for one in sorted(each)) for each in models),
        )  # fmt: skip
    both = pd.concat(frames, ignore_index=True)
    both["error"] = (both["predicted_kcal_mol"] - both["reference_kcal_mol"]).abs()
    leaked = set(both.loc[both["in_training"], "molecule_id"])
    kept = both[~both["molecule_id"].isin(leaked)]
    lines = []
    for model in shared:
        own = kept[(kept[MODEL] == list(model)).all(axis=1)]
        lines += _of_model(own, resamples, seed)
    if not lines:
        raise DataError("The two runs share no test molecule.", where=f"{a} and {b}")
    columns = ["n_molecules", "a_kcal_mol", "b_kcal_mol", "difference_kcal_mol", "difference_kcal_mol_low",
               "difference_kcal_mol_high", "ratio", "ratio_low", "ratio_high", "p", "verdict"]  # fmt: skip
    table = pd.DataFrame(lines, columns=[*MODEL, "group", *columns])
    table.insert(list(table.columns).index("verdict"), "p_holm", statistics.holm(table["p"]))
    alone = table.loc[(table["n_molecules"] == 1) & (table["group"] != MEAN), "group"].unique()
    notes = [f"One molecule of {', '.join(alone)}: no interval is known, nor of a mean with it."] if len(alone) else []
    return Comparison(table, [*notes, *_notes(both, shared, models, (a, b), leaked, table)])


def _of_model(own: pd.DataFrame, resamples: int, seed: int) -> list[tuple[object, ...]]:
    """One line for each group of a model that both runs judged, and one for the mean of these."""
    seeds = sorted(own["seed"].unique())
    groups, cubes = [], []
    for group, part in own.groupby("group", sort=True):
        wanted = part.groupby("run")["cell"].nunique()
        said = part.groupby(["molecule_id", "run"])["cell"].nunique().unstack().reindex(columns=[0, 1])
        whole = said.index[(said == wanted.reindex([0, 1])).all(axis=1)]
        if not len(whole):
            continue
        part = part[part["molecule_id"].isin(whole)]
        cube = np.full((2, len(seeds), len(whole)), np.nan)
        code = pd.Index(whole).get_indexer(part["molecule_id"])
        cube[part["run"], np.searchsorted(seeds, part["seed"]), code] = part["error"]
        groups.append(str(group))
        cubes.append(cube)
    if not groups:
        return []
    found = statistics.resample(cubes, resamples=resamples, seed=seed)
    model = tuple(own[MODEL].iloc[0])
    estimates = [*found.estimate.T, found.accuracy().estimate[:, 0]]
    draws = [*np.moveaxis(found.draws, -1, 0), found.accuracy().draws[..., 0]]
    counts = [cube.shape[-1] for cube in cubes]
    lines: list[tuple[object, ...]] = []
    for group, n, estimate, drawn in zip([*groups, MEAN], [*counts, sum(counts)], estimates, draws, strict=True):
        first, second = map(float, estimate)
        c = statistics.compare(drawn[:, 1], drawn[:, 0], (second, first))
        lines.append((*model, group, n, first, second, c.difference, *c.difference_interval, c.ratio,
                      *c.ratio_interval, c.p, c.verdict))  # fmt: skip
    return lines


def _groups_apart(kept: pd.DataFrame, table: pd.DataFrame, runs: tuple[Path, Path]) -> list[str]:
    """Which groups of a model that both runs have are not in the table, and therefore not in its mean."""
    held: dict[str, dict[str, list[str]]] = {}  # why, group: models
    shown = set(table[[*MODEL, "group"]].itertuples(index=False, name=None))
    for (network, training_set, group), part in kept.groupby([*MODEL, "group"], sort=True):
        if (network, training_set, group) in shown:
            continue
        its = sorted(part["run"].unique())
        why = f"Groups only in {runs[its[0]]}" if len(its) == 1 else "Groups of which both runs share no molecule"
        held.setdefault(why, {}).setdefault(str(group), []).append(f"{network} on {training_set}")
    every = kept[MODEL].drop_duplicates().shape[0]
    notes = []
    for why, groups in held.items():
        told = [name if len(of) == every else f"{name} ({', '.join(of)})" for name, of in groups.items()]
        notes.append(f"{why}: {', '.join(told)}. The means are over the other groups.")
    return notes


def _notes(
    both: pd.DataFrame,
    shared: Sequence[tuple[str, ...]],
    models: Sequence[set[tuple[str, ...]]],
    runs: tuple[Path, Path],
    leaked: set[str],
    table: pd.DataFrame,
) -> list[str]:
    notes = []
    for only, run in zip((models[0] - models[1], models[1] - models[0]), runs, strict=True):
        if only:
            notes.append(f"Only in {run}: {', '.join(' on '.join(one) for one in sorted(only))}.")
    kept = both[both[MODEL].apply(tuple, axis=1).isin(shared)]
    notes += _groups_apart(kept, table, runs)
    if leaked:
        notes.append(f"{len(leaked)} molecules found in a training set of either are left out.")
    for column, said in (("level", "levels of theory"), ("training_size", "training sizes")):
        values = kept.groupby("run")[column].agg(lambda each: ", ".join(map(str, sorted(set(each)))))
        if values.nunique() > 1:
            notes.append(f"The {said} differ: {values[0]} in A, {values[1]} in B; the ratios hold that too.")
    below = [" and ".join(levels_below(run)) for run in runs]
    if below[0] != below[1]:
        told = [f"differences from {each}" if each else "energies" for each in below]
        notes.append(f"What is learnt differs: {told[0]} in A, {told[1]} in B.")
    references = kept.groupby(["training_set", "molecule_id"])["reference_kcal_mol"].agg(["min", "max"])
    other = int(((references["max"] - references["min"]) > SAME_REFERENCE_KCAL_MOL).sum())
    if other:
        notes.append(f"{other} references of a molecule differ between the runs by more than 0.01 kcal/mol.")
    return notes
