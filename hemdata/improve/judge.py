"""What the models of each round err on the validation part of the group, with intervals, and what they disagree."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from hemdata.analysis.matrix import MEAN
from hemdata.analysis.statistics import interval, resample
from hemdata.choose.targets import Target, by_group
from hemdata.errors import DataError
from hemdata.identity import environments_of, share_unseen
from hemdata.improve.bought import Bought
from hemdata.improve.group import Group
from hemdata.schema import table_schema
from hemdata.study.cells import Cell

Floats = npt.NDArray[np.float64]
RADIUS = 2


@dataclass(frozen=True)
class Round:
    """A round of an arm, trained.

    Attributes:
        arm: chosen or control; `number` 0 is the base alone.
        by: how its molecules were chosen.
        bought: of this round and all before it, each with the number of its round.
        cells: its models, one a seed.
    """

    arm: str
    number: int
    by: str
    training_set: str
    bought: tuple[tuple[int, Bought], ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Base:
    """The molecules that every round is trained on."""

    smiles: tuple[str, ...]


def rows_of(
    rounds: Sequence[Round], group: Group, base: Base, out: Path, spreads: Callable[[Round], Mapping[str, float]]
) -> pa.Table:
    """The rows of all rounds of one arm, round 0 first: all that they say is read from what stands on disk.

    Errors are resampled together for all rounds, the same molecules and seeds for each, so that the interval of how
    many times an error went down is that of pairs.

    Args:
        rounds: of one arm.
        group: whose validation part judges.
        base: what they are all trained on.
        out: folder of the cells.
        spreads: of a round where the group has no labels, the mean spread of its models on the validation part by
            group.
    """
    judged = _judged(rounds, group, out) if group.judged else None
    parts = by_group(group.validation)
    names = [*parts, *([MEAN] if len(parts) > 1 else [])]
    rows = []
    for place, each in enumerate(rounds):
        seen = environments_of([*base.smiles, *(one.smiles for _, its in each.bought for one in its.molecules)], RADIUS)
        shown = {name: _seen(its, seen) for name, its in parts.items()}
        spread = dict(spreads(each)) if judged is None else judged.spread[place]
        for name in names:
            rows.append(
                _counts(each, len(base.smiles), out)
                | {"group": name, "seen": shown[name] if name in shown else float(np.mean(list(shown.values())))}
                | {"spread_kcal_mol": _mean(spread) if name == MEAN else spread.get(name)}
                | {"n_validation": len(group.validation) if name == MEAN else len(parts[name])}
                | (dict.fromkeys(ERRORS) if judged is None else judged.errors(place, names.index(name)))
            )
    schema = table_schema("round")
    table = pa.Table.from_pylist(rows, schema=schema.arrow)
    schema.check(table, "rounds")
    return table


ERRORS = (
    "mae_kcal_mol", "mae_kcal_mol_low", "mae_kcal_mol_high", "times_down", "times_down_low", "times_down_high",
    "whole_mae_kcal_mol",
)  # fmt: skip


@dataclass(frozen=True)
class _Judged:
    """Of every round and group, the mean last where there are several: MAE and draws on the validation part."""

    estimate: Floats  # (rounds, groups)
    draws: Floats  # (resamples, rounds, groups)
    whole: Floats  # (rounds, groups)
    spread: list[dict[str, float]]  # of each round, by group; empty for one model

    def errors(self, place: int, group: int) -> dict[str, float | None]:
        """The columns ERRORS; None for the interval on one molecule."""
        low, high = interval(self.draws[:, place, group])
        ratio = self.draws[:, 0, group] / self.draws[:, place, group]
        less, more = interval(ratio)
        found = (
            self.estimate[place, group], low, high, self.estimate[0, group] / self.estimate[place, group], less, more,
            self.whole[place, group],
        )  # fmt: skip
        return {name: None if np.isnan(value) else float(value) for name, value in zip(ERRORS, found, strict=True)}


def _judged(rounds: Sequence[Round], group: Group, out: Path) -> _Judged:
    held = {target.id for target in group.validation}
    frame = pd.concat([_predictions(each, place, out) for place, each in enumerate(rounds)])
    frame["error"] = (frame["predicted_kcal_mol"] - frame["reference_kcal_mol"]).abs()
    validation = frame[frame["molecule_id"].isin(held)]
    absolute, whole, spread = [], [], [dict[str, float]() for _ in rounds]
    for name in by_group(group.validation):
        part = validation[validation["group"] == name]
        if part.empty:
            raise DataError(
                "No molecule of the validation part has a label.", where=name,
                fix="Label the group (`hemdata label`), or give another --seed.",
            )  # fmt: skip
        wide = part.pivot_table(index=["place", "seed"], columns="molecule_id", values="error")
        absolute.append(wide.to_numpy().reshape(len(rounds), -1, wide.shape[1]))
        whole.append(frame[frame["group"] == name].groupby("place")["error"].mean().to_numpy())
        if part["seed"].nunique() > 1:
            of_each = part.groupby(["place", "molecule_id"])["predicted_kcal_mol"].std(ddof=1)
            for place, value in of_each.groupby("place").mean().items():
                spread[int(str(place))][name] = float(value)
    resampled = resample(absolute)
    together = np.stack(whole, axis=-1)
    if len(absolute) > 1:
        resampled = resampled.with_accuracy()
        together = np.concatenate([together, together.mean(-1, keepdims=True)], -1)
    return _Judged(resampled.estimate, resampled.draws, together, spread)


def _predictions(its: Round, place: int, out: Path) -> pd.DataFrame:
    columns = ["group", "molecule_id", "seed", "reference_kcal_mol", "predicted_kcal_mol"]
    paths = [out / "cells" / cell.name / "predictions.parquet" for cell in its.cells]
    found = pa.concat_tables([pq.ParquetFile(path).read(columns) for path in paths])
    frame: pd.DataFrame = found.to_pandas()
    return frame.assign(place=place)


def _counts(its: Round, base: int, out: Path) -> dict[str, Any]:
    own = [bought for number, bought in its.bought if number == its.number]
    cells = [pq.ParquetFile(out / "cells" / cell.name / "cell.parquet").read().to_pylist()[0] for cell in its.cells]
    labelled = sum(bought.labelled for _, bought in its.bought)
    seconds = [bought.seconds for bought in own]
    return {
        "improvement": cells[0]["study"],
        "arm": its.arm,
        "round": its.number,
        "by": its.by,
        "training_set": its.training_set,
        "added": sum(len(bought.molecules) for bought in own),
        "bought": sum(len(bought.molecules) for _, bought in its.bought),
        "labelled": labelled,
        "training_size": base + labelled,
        "n_models": len(cells),
        "label_seconds": None if None in seconds else float(sum(each or 0.0 for each in seconds)),
        "training_seconds": float(sum(cell["seconds"] for cell in cells)),
    }


def _seen(molecules: Iterable[Target], seen: set[int]) -> float:
    shares = [share_unseen(target.smiles, seen, RADIUS) for target in molecules]
    return 1.0 - float(np.mean([share for share in shares if share is not None] or [1.0]))


def _mean(values: Mapping[str, float]) -> float | None:
    return float(np.mean(list(values.values()))) if values else None
