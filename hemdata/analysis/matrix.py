"""The errors of a study as one matrix: every model on the molecules that all models share."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from hemdata.analysis.statistics import FloatArray
from hemdata.catalog import BASELINES, SAME_SIZE
from hemdata.errors import DataError

MEAN = "mean of groups"
NOT_COMPARED = ("group", "molecule_id", "training_set")


class Model(NamedTuple):
    """What is compared: a network trained on so many molecules of a set; its seeds are its repetitions."""

    network: str
    training_set: str
    training_size: int

    @property
    def is_baseline(self) -> bool:
        """Whether it is one of the linear baselines."""
        return self.network in BASELINES


@dataclass(frozen=True)
class ErrorMatrix:
    """Absolute errors on the molecules that all models share.

    Attributes:
        models: networks first, baselines after.
        absolute: per group (n_models, n_seeds, n_molecules), kcal/mol; a missing seed is a row of NaN.
        atoms: per group (n_molecules,), all atoms of each molecule.
        leaked: per group the molecules left out of it because some model's training set holds them.
        incomplete: per group the molecules left out because some model has no prediction of them.
    """

    OF_GROUP: ClassVar[tuple[str, ...]] = ("groups", "absolute", "atoms", "leaked", "incomplete")

    models: tuple[Model, ...]
    groups: tuple[str, ...]
    seeds: tuple[int, ...]
    absolute: tuple[FloatArray, ...]
    atoms: tuple[FloatArray, ...]
    leaked: tuple[int, ...]
    incomplete: tuple[int, ...]

    def per_atom(self) -> tuple[FloatArray, ...]:
        """The errors divided by the number of atoms of each molecule, kcal/mol per atom."""
        return tuple(errors / atoms for errors, atoms in zip(self.absolute, self.atoms, strict=True))

    def seeds_of(self, model: int) -> int:
        """Seeds that the model has in any group."""
        return int(np.any([~np.isnan(errors[model]).all(-1) for errors in self.absolute], axis=0).sum())


def error_matrix(predictions: pa.Table, *, with_overlap: bool = False, every_size: bool = False) -> ErrorMatrix:
    """Line up the errors of all models on the same molecules.

    A molecule that any model's training set holds is left out for all models, unless `with_overlap`; so is one that
    some model has no prediction of. Of a network and set trained at several sizes the largest is taken; with
    `every_size` each is a model of its own, the sizes as `sizes_apart` tells them.

    Raises:
        DataError: a group that is left without a molecule.
    """
    frame = sizes_apart(predictions.to_pandas()) if every_size else largest_size(predictions.to_pandas())
    keys = ["network", "training_set", "training_size"]
    models = sorted(
        (Model(*row) for row in frame[keys].drop_duplicates().itertuples(index=False, name=None)),
        key=lambda m: (m.is_baseline, *m),
    )
    seeds = tuple(sorted(int(seed) for seed in frame["seed"].unique()))
    groups = tuple(sorted(frame["group"].unique()))
    index = {model: i for i, model in enumerate(models)}
    frame["model"] = [index[Model(*key)] for key in frame[keys].itertuples(index=False, name=None)]
    frame["slot"] = np.searchsorted(seeds, frame["seed"])
    frame["error"] = (frame["predicted_kcal_mol"] - frame["reference_kcal_mol"]).abs()
    absolute, atoms, leaked, incomplete = [], [], [], []
    for group in groups:
        part = frame[frame["group"] == group]
        seen = set() if with_overlap else set(part.loc[part["in_training"], "molecule_id"])
        leaked.append(len(seen))
        part = part[~part["molecule_id"].isin(seen)]
        codes, ids = pd.factorize(part["molecule_id"], sort=True)
        errors = np.full((len(models), len(seeds), len(ids)), np.nan)
        errors[part["model"], part["slot"], codes] = part["error"]
        sizes = np.ones(len(ids))
        sizes[codes] = part["n_atoms"]
        tested = ~np.isnan(errors).all(-1)
        shared = ~np.isnan(errors[tested]).any(0)
        incomplete.append(int((~shared).sum()))
        if not shared.any():
            raise DataError(
                "A test group has no molecule on which the models can be compared.",
                where=f"group {group}",
                got=f"{len(seen)} molecules stand in a training set, {incomplete[-1]} lack a prediction",
                fix="Compare with the overlap, or take the group out of the study.",
            )
        absolute.append(errors[:, :, shared])
        atoms.append(sizes[shared])
    return ErrorMatrix(tuple(models), groups, seeds, tuple(absolute), tuple(atoms), tuple(leaked), tuple(incomplete))


def judged_by_all(predictions: pa.Table) -> tuple[pa.Table, pd.DataFrame]:
    """The predictions of molecules that every cell which judged their group has, and what is left out by that.

    At another level of theory a molecule may have no label. A group of which no molecule would be left stays whole, for
    `error_matrix` to refuse.

    Returns:
        The predictions, in their order; and group, molecule_id and training_set of what is left out: each molecule with
        the sets whose models lack it.
    """
    frame = predictions.select(["group", "molecule_id", "training_set", "cell"]).to_pandas()
    of_group = frame.groupby("group")["cell"].nunique()
    said = frame.groupby(["group", "molecule_id"])["cell"].nunique()
    lacking = said[said < said.index.get_level_values("group").map(of_group)]
    some = set(said.drop(lacking.index).index.get_level_values("group"))
    lacking = lacking[lacking.index.get_level_values("group").isin(some)]
    if lacking.empty:
        return predictions, pd.DataFrame(columns=list(NOT_COMPARED))
    kept = ~pd.MultiIndex.from_frame(frame[["group", "molecule_id"]]).isin(lacking.index)
    judging = frame.groupby(["group", "training_set"])["cell"].nunique()
    by_set = frame[~kept].groupby(["group", "molecule_id", "training_set"])["cell"].nunique()
    lines = [
        (group, molecule, training_set)
        for group, molecule in lacking.index for training_set in judging[group].index
        if by_set.get((group, molecule, training_set), 0) < judging[group][training_set]
    ]  # fmt: skip
    return predictions.filter(pa.array(kept)), pd.DataFrame(lines, columns=list(NOT_COMPARED))


def largest_size(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of each network and set at its largest training size; sizes and errors as `sizes_apart`."""
    apart = sizes_apart(frame)
    return apart[apart["training_size"] == apart.groupby(["network", "training_set"])["training_size"].transform("max")]


def sizes_apart(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows with the training sizes of each network and set told apart: those of one size bear its largest number.

    Raises:
        DataError: two cells of one network, set and seed at one size.
    """
    by_set = frame.groupby(["network", "training_set"])["training_size"]
    frame = frame.assign(training_size=by_set.transform(lambda sizes: sizes.map(same_sizes(sizes))))
    keys = ["network", "training_set", "training_size", "seed"]
    cells = frame[[*keys, "cell"]].drop_duplicates()
    twice = cells[cells.duplicated(keys, keep=False)]
    if len(twice):
        raise DataError(
            "One network, set and seed has two cells of nearly one size.",
            got=", ".join(twice["cell"]),
            fix="Move the folder of one of them away.",
        )
    return frame


def same_sizes(sizes: Iterable[int]) -> dict[int, int]:
    """Each training size and the one that it counts as: itself, or one that is larger by less than 5 %.

    Splits keep the conformers of a molecule together, so sizes differ a little from seed to seed and from set to set.
    """
    counts_as: dict[int, int] = {}
    largest = 0
    for size in sorted({int(each) for each in sizes}, reverse=True):
        largest = largest if size >= SAME_SIZE * largest > 0 else size
        counts_as[size] = largest
    return counts_as
