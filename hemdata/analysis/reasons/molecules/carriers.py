"""Which training molecules carry each group's predictions: what its error becomes without them."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pandas as pd

from hemdata import catalog
from hemdata.catalog import BASELINES
from hemdata.errors import HemdataError
from hemdata.explain.carriers import Carriers, Stand, carriers
from hemdata.explain.training_set import training_of
from hemdata.study.data import groups
from hemdata.study.rows import Rows
from hemdata.train.fit import load

MOLECULE, KIND = "molecule", "functional group"
HELPFUL, MISLEADING = 4, 2  # that are kept of each group
MOST = 2_000  # training molecules whose gradients a report takes; of baselines there is no such bound
COLUMNS = ["network", "training_set", "group", "what", "name", "smiles", "n_molecules", "n_models", "moved_kcal_mol",
           "error_kcal_mol"]  # fmt: skip


def carried(run: Path, rows: Rows, data: Path) -> pd.DataFrame:
    """What carries the predictions of each group, where models and training molecules are at hand.

    Of baselines all seeds are looked at; of a network the first, since its gradients take time, and training sets of at
    most MOST molecules. A group's error without a molecule, or a kind of them, is computed as `hemdata explain` does.

    Args:
        run: the study's folder, with its card and the models.
        rows: of the study.
        data: folder of the labelled sets.

    Returns:
        network, training_set, group, what (`molecule` or `functional group`), name, smiles, n_molecules left out,
        n_models, moved_kcal_mol (mean size of the change of the predictions), error_kcal_mol (change of the mean
        absolute error: above zero what is left out helps). The most helpful first, the most misleading last.
    """
    found: list[pd.DataFrame] = []
    path = next(iter(sorted(run.glob("*.yaml"))), None)
    if path is None:
        return pd.DataFrame(columns=COLUMNS)
    of_below: dict[str, float] = {}  # seeds and networks share their molecules
    for (network, training_set), cells in _largest(rows).items():
        try:
            card = catalog.study(path)
            stands = [_stand(run / "cells" / cell / "model", data, of_below) for cell in cells]
            tests = groups(card, data, card.sets[training_set].level)
        except HemdataError:  # rows may travel without models and labels
            continue
        for group, table in tests.items():
            told = _told(carriers(stands, table))
            found.append(told.assign(network=network, training_set=training_set, group=group, n_models=len(stands)))
    return pd.concat(found, ignore_index=True)[COLUMNS] if found else pd.DataFrame(columns=COLUMNS)


def _largest(rows: Rows) -> dict[tuple[str, str], list[str]]:
    """The cells of each network and set with the most molecules: of baselines all, of a network the first seed's."""
    cells: defaultdict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    order = sorted(rows.cells.to_pylist(), key=lambda cell: (-cell["training_size"], cell["seed"]))
    for cell in order:
        kept = cells[cell["network"], cell["training_set"]]
        if cell["network"] == "dressed-atoms" or (kept and cell["training_size"] < kept[0]["training_size"]):
            continue
        if cell["network"] in BASELINES or (not kept and cell["training_size"] <= MOST):
            kept.append(cell)
    return {model: [cell["cell"] for cell in its] for model, its in sorted(cells.items()) if its}


def _stand(place: Path, data: Path, of_below: dict[str, float]) -> Stand:
    model = load(place, of_below)
    table, molecules = training_of(place, model.about, data, found=of_below)
    return Stand.of(model, table, molecules)


def _told(found: Carriers) -> pd.DataFrame:
    """The most helpful and the most misleading molecules and kinds."""
    molecules = found.rows.assign(what=MOLECULE, n_molecules=1).rename(columns={"id": "name"})
    kinds = found.kinds.assign(what=KIND, smiles=None).rename(columns={"kind": "name", "molecules": "n_molecules"})
    kept = []
    for table in (molecules, kinds):
        table = table.sort_values(["error_kcal_mol", "name"], ascending=[False, True])
        helpful = table[table["error_kcal_mol"] > 0].head(HELPFUL)
        misleading = table[table["error_kcal_mol"] < 0].tail(MISLEADING)
        kept += [each for each in (helpful, misleading) if len(each)]
    if not kept:
        return pd.DataFrame(columns=COLUMNS)
    every = pd.concat(kept, ignore_index=True)
    return every.assign(n_molecules=every["n_molecules"].round().astype("int64"))
