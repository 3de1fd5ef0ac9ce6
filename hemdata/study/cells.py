"""One cell of a study: one network, one training set, one seed: fit it, judge it on every group, write its rows."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hemdata.catalog import BASELINES, StudyCard, StudyNetwork, TrainingSet, network
from hemdata.errors import CallError
from hemdata.identity import environments_of, flat_graph, share_unseen
from hemdata.levels import level
from hemdata.schema import table_schema
from hemdata.shards import versions
from hemdata.study.data import MIXED, bridged, data_hash, flat_graphs, groups, kept, training_level, training_molecules
from hemdata.study.rows import finished, write_cell
from hemdata.study.settings import keep_settings

SETTINGS = "settings.json"
Progress = Callable[[int, int], None]  # epochs done, epochs in all


@dataclass(frozen=True)
class Cell:
    """A cell of a study's matrix; picklable, so that workers may run it."""

    study: StudyCard
    network: StudyNetwork
    set_name: str
    training_set: TrainingSet  # at one size
    seed: int

    @property
    def training_size(self) -> int:
        """Molecules the model is fitted on."""
        return round(round(self.training_set.size * self.study.split[0]) * self.training_set.share)

    @property
    def name(self) -> str:
        """The cell's id and the name of its folder."""
        return f"{self.network.network}-{self.set_name}-{self.training_size}-s{self.seed}"

    @cached_property
    def configuration(self) -> dict[str, Any]:
        """The network's arguments and training, with the study's number of epochs; empty for a baseline."""
        if self.network.network in BASELINES:
            return {}
        card = network(self.network.network)
        chosen = self.network.configuration or next(iter(card.configurations))
        if chosen not in card.configurations:
            raise CallError(
                f"The network '{card.name}' has no configuration '{chosen}'.",
                where=f"study {self.study.name}",
                expected=", ".join(card.configurations),
                got=chosen,
            )
        configuration = card.configurations[chosen].model_dump()
        if self.network.epochs is not None:
            configuration["training"]["epochs"] = self.network.epochs
        return configuration

    @property
    def epochs(self) -> int:
        """Epochs that the cell trains for; 0 for a baseline."""
        return int(self.configuration["training"]["epochs"]) if self.configuration else 0


def cells(card: StudyCard) -> list[Cell]:
    """All cells of a study, the costliest first: networks before baselines."""
    matrix = [
        Cell(card, one, set_name, at_size, seed)
        for one in card.networks for set_name, training_set in card.sets.items()
        for at_size in training_set.sizes for seed in card.seeds
    ]  # fmt: skip
    return sorted(matrix, key=lambda cell: -cell.epochs * cell.training_size)


def chosen(matrix: list[Cell], patterns: Sequence[str]) -> list[Cell]:
    """The cells whose names fit any of some patterns (`painn-*`, `*-s0`); all where there is none.

    Raises:
        CallError: for a pattern that fits no cell.
    """
    for pattern in patterns:
        if not any(fnmatchcase(cell.name, pattern) for cell in matrix):
            raise CallError(
                "No cell of the study fits.",
                where=f"--cells '{pattern}'",
                expected=", ".join(sorted(cell.name for cell in matrix)),
                got="none",
            )
    return [cell for cell in matrix if not patterns or any(fnmatchcase(cell.name, one) for one in patterns)]


def run_cell(
    cell: Cell,
    data: Path,
    out: Path,
    device: str = "auto",
    progress: Progress | None = None,
    tell: Callable[[str], object] | None = None,
) -> Path:
    """Fit and judge one cell; a finished one is left as it is, a broken one goes on from its last checkpoint.

    Args:
        data: folder of the labelled shards.
        out: folder of the study; the cell's rows go to cells/<cell>/.
        device: auto, cpu or cuda.
        progress: called with the epochs done and the epochs in all.
        tell: called with a sentence about what the trainer had to change.

    Raises:
        CallError, DataError: as `groups`, `training_molecules` and the network's own errors; also if the folder holds
            the cell trained with other settings or data.
    """
    from hemdata.train.data.splits import split_table
    from hemdata.train.fit import fit_network
    from hemdata.train.training_run import TrainingRun

    wanted = cell.training_set
    tests = groups(cell.study, data, wanted.level)
    table = training_molecules(cell.study, wanted, data, without=flat_graphs(tests))
    parts = split_table(table, cell.seed, cell.study.split, cell.study.split_by)
    training, validation, test = (table.take(pa.array(rows)) for rows in (parts.train, parts.validation, parts.test))
    folder = out / "cells" / cell.name
    its_level = training_level(cell.study, wanted, data)
    settings = {
        "configuration": cell.configuration,
        "level": {"name": its_level, "hash": MIXED.join(level(name).hash for name in its_level.split(MIXED))},
        "data": data_hash(table),
        "split": parts.hash,
        "groups": {name: data_hash(group) for name, group in tests.items()},
    }
    settings |= bridged(cell.study, wanted, data)
    if wanted.share < 1:
        training = kept(wanted, training, tests, cell.seed)
        settings["kept"] = data_hash(training)
    if cell.study.delta is not None:
        settings["delta"] = {"name": cell.study.delta, "hash": level(cell.study.delta).hash}
    keep_settings(
        folder / SETTINGS,
        settings,
        "The study folder holds this cell with other settings or data.",
        "Give another --out, or remove the cell's folder to train it again.",
        telling=("bridged",),
    )
    if finished(out, cell.name):
        return folder
    started = time.perf_counter()
    fitted = fit_network(
        cell.network.network,
        cell.configuration,
        training,
        validation,
        TrainingRun(folder / "model", seed=cell.seed, device=device, progress=progress, tell=tell),
        delta=cell.study.delta,
        store=data / "labels.sqlite",
    )
    seconds = time.perf_counter() - started
    common = {
        "study": cell.study.name,
        "cell": cell.name,
        "network": cell.network.network,
        "training_set": cell.set_name,
        "training_size": cell.training_size,
        "seed": cell.seed,
    }
    predictions = _predictions(cell, common | {"level": its_level}, fitted.predict, training, tests)
    own = fitted.predict(test) - test["atomization_energy_kcal_mol"].to_numpy()
    row = common | {
        "level": its_level,
        "validation_size": validation.num_rows,
        "test_size": test.num_rows,
        "in_distribution_mae_kcal_mol": float(np.abs(own).mean()),
        "epochs": len(fitted.curve),
        "seconds": seconds,
        "device": fitted.device,
        "split_hash": parts.hash,
        "data_hash": settings["data"],
        "checkpoint_hash": fitted.checkpoint_hash,
        "versions": json.dumps(versions("torch", "schnetpack", "lightning", "rdkit", "scikit-learn"), sort_keys=True),
    }
    curves = [
        common | {"epoch": epoch, "train_loss": loss, "validation_mae_kcal_mol": mae}
        for epoch, loss, mae in fitted.curve
    ]
    return write_cell(
        out,
        predictions=predictions,
        cell=pa.Table.from_pylist([row], schema=table_schema("cell").arrow),
        curves=pa.Table.from_pylist(curves, schema=table_schema("curve").arrow),
    )


def _predictions(
    cell: Cell,
    common: dict[str, Any],
    predict: Callable[[pa.Table], npt.NDArray[np.float64]],
    training: pa.Table,
    tests: dict[str, pa.Table],
) -> pa.Table:
    seen = environments_of(training["smiles"].to_pylist())
    known = {flat_graph(key) for key in training["inchikey"].to_pylist() if key}
    rows = []
    for name, group in tests.items():
        predicted = predict(group)
        for molecule, energy in zip(group.drop_columns(["positions"]).to_pylist(), predicted, strict=True):
            rows.append(
                common
                | {
                    "group": name,
                    "molecule_id": molecule["id"],
                    "smiles": molecule["smiles"],
                    "n_heavy": molecule["n_heavy"],
                    "n_atoms": molecule["n_atoms"],
                    "reference_kcal_mol": molecule["atomization_energy_kcal_mol"],
                    "predicted_kcal_mol": float(energy),
                    "in_training": molecule["inchikey"] is not None and flat_graph(molecule["inchikey"]) in known,
                    "environments_unseen": share_unseen(molecule["smiles"], seen),
                }
            )
    return pa.Table.from_pylist(rows, schema=table_schema("prediction").arrow)
