"""Which training molecules carry some predictions: what each prediction, and its error, becomes without them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from hemdata.curate.functional_groups import FUNCTIONAL_GROUPS, NO_RING, functional_groups
from hemdata.explain.leave_out import LeaveOut
from hemdata.train.data.molecules import ENERGY, Molecules
from hemdata.train.fitted import Fitted

FEWEST = 3  # molecules of a kind that is left out as a whole
PART = 64  # molecules whose features are made at a time

Floats = NDArray[np.float64]
Progress = Callable[[int, str], object]
"""Called with the molecules done since the last call, and a note."""


@dataclass(frozen=True)
class Stand:
    """One model, what it was trained on, and the fit from which rows can be left out.

    Attributes:
        model: as it predicts.
        training: table of its training molecules.
        fit: the model itself where that is a ridge, else the ridge on the gradients of its energies.
        elements: of the fit's counts.
    """

    model: Fitted
    training: pa.Table
    fit: LeaveOut
    elements: tuple[int, ...]

    @classmethod
    def of(cls, model: Fitted, training: pa.Table, molecules: Molecules, progress: Progress | None = None) -> Stand:
        """Of a model and its training molecules, as a table and as it learnt them."""
        parts = []
        for start in range(0, training.num_rows, PART):
            part = training.slice(start, PART)
            parts.append(model.features(part))
            if progress:
                progress(part.num_rows, "")
        elements = molecules.elements
        alpha = float(model.about["alpha"]) if "alpha" in model.about else None
        fit = LeaveOut(molecules.counts(elements), np.concatenate(parts), molecules.energies, alpha)
        return cls(model, training, fit, elements)

    @property
    def exact(self) -> bool:
        """Whether the fit is the model itself."""
        return "configuration" not in self.model.about

    @cached_property
    def kinds(self) -> list[tuple[str, int, tuple[Floats, Floats]]]:
        """Kinds of training molecules that are neither rare nor most of the set: name, how many, the fit without."""
        held = [(functional_groups(smiles) or ()) if smiles else () for smiles in self.training["smiles"].to_pylist()]
        found = []
        for kind in (*FUNCTIONAL_GROUPS, NO_RING):
            rows = np.flatnonzero([kind in its for its in held])
            if FEWEST <= len(rows) <= len(held) / 2:
                found.append((kind, len(rows), self.fit.refitted(rows)))
        return found

    def shown(self, table: pa.Table) -> tuple[Floats, NDArray[np.floating]]:
        """What the fit sees of some molecules: their elements' counts and their features."""
        return Molecules.of(table, energies=False).counts(self.elements), self.model.features(table)


@dataclass(frozen=True)
class Carriers:
    """What some predictions become without training molecules, means over the models that were trained on them.

    Attributes:
        predicted: (molecules,) kcal/mol, mean over the models; `spread` their standard deviation, None for one model.
        rows: id, smiles, energy_kcal_mol, change_kcal_mol (of the mean prediction), moved_kcal_mol (mean size of the
            changes), and, where there are references, error_kcal_mol (of the mean absolute error: positive for a
            molecule without which it is larger); in the order of their weight.
        changes: (molecules, rows) kcal/mol, of each prediction, in the order of `rows`.
        kinds: kind (a functional group), molecules (of the training set that hold it), the same three columns, for all
            of them left out at once.
        stand_in_kcal_mol: mean size of what the fit that rows are left out of differs from the models; 0 where it is
            the model.
    """

    predicted: Floats
    spread: Floats | None
    rows: pd.DataFrame
    changes: Floats
    kinds: pd.DataFrame
    stand_in_kcal_mol: float


def carriers(stands: Sequence[Stand], asked: pa.Table) -> Carriers:
    """Which training molecules carry the predictions of some molecules.

    Args:
        stands: models of one level with their training molecules.
        asked: table with id, atomic_numbers, positions and, with nulls where there is none, the reference energy.
    """
    reference = asked[ENERGY].to_numpy(zero_copy_only=False).astype(float)
    places = {id: n for n, id in enumerate(dict.fromkeys(i for s in stands for i in s.training["id"].to_pylist()))}
    changes, error = np.zeros((asked.num_rows, len(places))), np.zeros(len(places))
    times = np.zeros(len(places))
    predicted, apart, kinds = [], [], []
    for stand in stands:
        counts, features = stand.shown(asked)
        said = stand.model.predict(asked)
        at = np.array([places[id] for id in stand.training["id"].to_pylist()])
        each = stand.fit.each(counts, features)
        changes[:, at] += each
        error[at] += error_change(said - reference, each)
        times[at] += 1
        predicted.append(said)
        apart.append(np.abs(_level_free(stand, asked, said) - stand.fit.predict(counts, features)).mean())
        kinds.append(_kinds(stand, counts, features, said - reference))
    changes, error = changes / times, error / times
    table = pa.concat_tables([s.training.select(["id", "smiles", ENERGY]) for s in stands]).to_pandas()
    rows = table.drop_duplicates("id").rename(columns={ENERGY: "energy_kcal_mol"}).reset_index(drop=True)
    rows = rows.assign(
        change_kcal_mol=changes.mean(axis=0), moved_kcal_mol=np.abs(changes).mean(axis=0), error_kcal_mol=error
    )
    order = np.lexsort((rows["id"], -rows["moved_kcal_mol"]))
    every = pd.concat(kinds).groupby("kind", as_index=False, sort=False).mean()
    every = every.sort_values(["moved_kcal_mol", "kind"], ascending=[False, True], ignore_index=True)
    return Carriers(
        np.mean(predicted, axis=0),
        np.std(predicted, axis=0, ddof=1) if len(stands) > 1 else None,
        rows.iloc[order].reset_index(drop=True),
        changes[:, order],
        every,
        0.0 if all(stand.exact for stand in stands) else float(np.mean(apart)),
    )


def error_change(error: Floats, change: Floats) -> Floats:
    """Of the mean absolute error, (rows,) kcal/mol, by changes (molecules, rows); NaN where no error is known."""
    known = np.isfinite(error)
    if not known.any():
        return np.full(change.shape[1], np.nan)
    before, after = np.abs(error[known]), np.abs(error[known, None] + change[known])
    return np.asarray((after - before[:, None]).mean(axis=0))


def _level_free(stand: Stand, asked: pa.Table, said: Floats) -> Floats:
    """What the model itself learnt: of a difference, without the level below."""
    below = getattr(stand.model, "difference", None)
    return said if below is None else np.asarray(below.predict(asked))


def _kinds(stand: Stand, counts: Floats, features: NDArray[np.floating], error: Floats) -> pd.DataFrame:
    """What leaving out all training molecules of a kind does."""
    lines, turned = [], stand.fit.turned(features)
    for kind, number, without in stand.kinds:
        change = stand.fit.changed(without, counts, turned)
        lines.append(
            (kind, float(number), float(change.mean()), float(np.abs(change).mean()),
             float(error_change(error, change[:, None])[0]))
        )  # fmt: skip
    columns = ["kind", "molecules", "change_kcal_mol", "moved_kcal_mol", "error_kcal_mol"]
    return pd.DataFrame(lines, columns=columns)
