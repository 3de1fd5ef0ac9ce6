"""One cell: fit its network, judge it on every test group, write its rows."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from hemdata.identity import environments_of, flat_graph, share_unseen
from hemdata.levels import level
from hemdata.schema import table_schema
from hemdata.shards import versions
from hemdata.study.cells import Cell
from hemdata.study.rows import finished, write_cell
from hemdata.study.settings import keep_settings, settings_that_differ
from hemdata.study.sides import Sides

if TYPE_CHECKING:
    from hemdata.train.fitted import Fitted

SETTINGS = "settings.json"
MODEL = "model"
GROUPS = "groups"
"""The one setting that a model does not depend on."""
Progress = Callable[[int, int], None]  # epochs done, epochs in all


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
        cell: the cell.
        data: folder of the labelled shards.
        out: folder of the study; the cell's rows go to cells/<cell>/.
        device: auto, cpu or cuda.
        progress: called with the epochs done and the epochs in all.
        tell: called with a sentence about what the trainer had to change.

    Raises:
        CallError, DataError: as `Sides.of` and the network's own errors; also if the folder holds the cell trained with
            other settings or data.
    """
    sides = Sides.of(cell, data)
    folder = out / "cells" / cell.name
    keep_settings_of(folder, sides)
    if finished(out, cell.name):
        return folder
    started = time.perf_counter()
    fitted = model_of(cell, sides, data, folder, device, progress, tell)
    return write_cell(out, **rows_of(cell, sides, fitted, time.perf_counter() - started))


def keep_settings_of(folder: Path, sides: Sides) -> None:
    """Write down what a cell's rows come of; DataError where the folder was begun with other settings."""
    others = settings_that_differ(folder / SETTINGS, sides.settings)
    fix = "Give another --out, or remove the cell's folder to train it again."
    if others == {GROUPS}:
        fix = "`hemdata train-eval ... --judge-again` judges the models that stand on the groups as they are today."
    keep_settings(
        folder / SETTINGS,
        sides.settings,
        "The study folder holds this cell with other settings or data.",
        fix,
    )


def model_of(
    cell: Cell,
    sides: Sides,
    data: Path,
    folder: Path,
    device: str,
    progress: Progress | None = None,
    tell: Callable[[str], object] | None = None,
) -> "Fitted":
    """The cell's model; where it stands in the folder already, it is read."""
    from hemdata.train.delta import KEPT, Below
    from hemdata.train.fit import fit_network
    from hemdata.train.training_run import TrainingRun

    delta = cell.study.delta
    return fit_network(
        cell.network.network,
        cell.configuration,
        sides.training,
        sides.validation,
        TrainingRun(folder / MODEL, seed=cell.seed, device=device, progress=progress, tell=tell),
        delta=None if delta is None else Below(level(delta), data / "labels.sqlite", folder.parents[1] / KEPT),
    )


def rows_of(cell: Cell, sides: Sides, fitted: "Fitted", seconds: float) -> dict[str, pa.Table]:
    """The three tables of the cell, as `write_cell` takes them."""
    common = {
        "study": cell.study.name,
        "cell": cell.name,
        "network": cell.network.network,
        "training_set": cell.set_name,
        "training_size": cell.training_size,
        "seed": cell.seed,
    }
    own = fitted.predict(sides.test) - sides.test["atomization_energy_kcal_mol"].to_numpy()
    row = common | {
        "level": sides.level,
        "validation_size": sides.validation.num_rows,
        "test_size": sides.test.num_rows,
        "in_distribution_mae_kcal_mol": float(np.abs(own).mean()),
        "epochs": len(fitted.curve),
        "seconds": seconds,
        "device": fitted.device,
        "split_hash": sides.settings["split"],
        "data_hash": sides.settings["data"],
        "checkpoint_hash": fitted.checkpoint_hash,
        "versions": json.dumps(versions("torch", "schnetpack", "lightning", "rdkit", "scikit-learn"), sort_keys=True),
    }
    curves = [
        common | {"epoch": epoch, "train_loss": loss, "validation_mae_kcal_mol": mae}
        for epoch, loss, mae in fitted.curve
    ]
    return {
        "predictions": _predictions(common | {"level": sides.level}, fitted, sides),
        "cell": pa.Table.from_pylist([row], schema=table_schema("cell").arrow),
        "curves": pa.Table.from_pylist(curves, schema=table_schema("curve").arrow),
    }


def _predictions(common: dict[str, Any], fitted: "Fitted", sides: Sides) -> pa.Table:
    seen = environments_of(sides.training["smiles"].to_pylist())
    known = {flat_graph(key) for key in sides.training["inchikey"].to_pylist() if key}
    rows = []
    for name, group in sides.groups.items():
        predicted = fitted.predict(group)
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
