"""Bridge: what an energy that a bridge gave, and no calculation, adds to the error of a model trained on it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from hemdata.analysis import statistics
from hemdata.analysis.reasons.errors import ERROR
from hemdata.analysis.reasons.labels.bridge_unseen import Unseen, unseen
from hemdata.analysis.reasons.tables import PART, by_group
from hemdata.assess.duals import rows_at
from hemdata.bridges.bridge import Bridge, drawn_state
from hemdata.bridges.card import read_bridge
from hemdata.bridges.rows import said_of
from hemdata.catalog import card_path, cards
from hemdata.errors import DataError
from hemdata.schema import table_schema
from hemdata.shards import sha256

KEYS = ["network", "training_set", "group"]
OF_SET = ("n_rows", "n_bridged", "n_refused", "half_width_kcal_mol", "half_width_most_kcal_mol")
OF_FIT = ("n_labels", "n_labels_gone")
OF_GROUP = ("n_group_refused", "group_half_width_kcal_mol")
COMPARED = ("mae_kcal_mol", "mae_same_kcal_mol", "share", "adds_kcal_mol")
BRIDGE = (*KEYS[:2], "bridge", "group", *OF_SET, *OF_FIT, "n_group", *OF_GROUP, *PART[1:], *COMPARED)


def bridged_sets(run: Path, cells: pa.Table) -> dict[str, dict[str, Any]]:
    """What the settings of a run's cells tell of the training sets whose energies bridges gave, by the set's name."""
    found = {}
    for cell, training_set in zip(*(cells[name].to_pylist() for name in ("cell", "training_set")), strict=True):
        path = run / "cells" / cell / "settings.json"
        told = json.loads(path.read_text(encoding="utf-8")).get("bridged") if path.is_file() else None
        if told:
            found[training_set] = dict(told)
    return found


def bridge_errors(
    errors: pd.DataFrame,
    sets: Mapping[str, Mapping[str, Any]],
    data: Path,
    *,
    resamples: int = statistics.RESAMPLES,
    seed: int = 0,
) -> pd.DataFrame:
    """What the bridges of a study's training sets err on its groups, beside the errors of the models.

    A model that had learned a bridged set by heart would err by what the bridge errs. That is measured on the molecules
    of a group that are labelled at both levels and that it converts, each left out of the bridge's fit. Where the
    bridge at hand is not the one that gave the energies, only what the set itself tells is there. A molecule of a group
    is refused for the same reasons as a row of a training set.

    Args:
        errors: of `signed_errors`.
        sets: of `bridged_sets`.
        data: the folder of labelled datasets; the labels that travel with the package are looked through after it.

    Returns:
        The columns of schemas/results/bridge.yaml.
    """
    rows = []
    for name, told in sorted(sets.items()):
        own = errors[errors["training_set"] == name]
        for bridge, card_hash in sorted(told["by"].items()):
            of_set = {column: told.get(column) for column in OF_SET}
            by = _that(bridge, card_hash)
            judged = None if by is None else unseen(by, data)
            said = {} if by is None else _said(by, data, own.drop_duplicates("molecule_id"))
            for (network, group), part in own.groupby(["network", "group"], sort=True):
                key = {"network": network, "training_set": name, "bridge": bridge, "group": group}
                of_group = _of_group(by, judged, said, part, resamples=resamples, seed=seed)
                rows.append(key | of_set | of_group)
    return pd.DataFrame(rows, columns=list(BRIDGE)).sort_values([*KEYS, "bridge"], ignore_index=True)


def _that(name: str, card_hash: str) -> Bridge | None:
    """The bridge of that name and hash; None where another stands there, none, or one of levels that are others now."""
    if name not in cards("bridge") or sha256(card_path("bridge", name)) != card_hash:
        return None
    try:
        return read_bridge(name)
    except DataError:
        return None


def _said(by: Bridge, data: Path, molecules: pd.DataFrame) -> dict[str, tuple[float, str | None]]:
    """What a bridge says of molecules, by id: the half width of its interval, and why it refuses one.

    A molecule counts as its row at the bridge's second level says, with its geometry and state; without such a row its
    SMILES alone does. A flag of its row at either level counts: it says whether the SMILES tells the bonds.
    """
    ids = molecules["molecule_id"].tolist()
    at_a, at_b = (rows_at(each, data, ids) for each in (by.a, by.b))
    rows = []
    for id, smiles in zip(ids, molecules["smiles"], strict=True):
        row = at_b.get(id) or _drawn(id, smiles)
        rows.append(row | {"flags": [*(row["flags"] or ()), *(at_a.get(id, {}).get("flags") or ())]})
    found = said_of(pa.Table.from_pylist(rows, table_schema("molecule").arrow), by)
    return dict(zip(ids, zip(found.half_width_kcal_mol.tolist(), found.refused, strict=True), strict=True))


def _drawn(id: str, smiles: object) -> dict[str, Any]:
    """A row without a geometry, of what a SMILES draws."""
    drawn = smiles if isinstance(smiles, str) else None
    charge, multiplicity = drawn_state(drawn)
    return {"id": id, "canonical_smiles": drawn, "atomic_numbers": [], "positions": [], "charge": charge,
            "multiplicity": multiplicity, "flags": []}  # fmt: skip


def _of_group(
    by: Bridge | None,
    judged: Unseen | None,
    said: Mapping[str, tuple[float, str | None]],
    part: pd.DataFrame,
    *,
    resamples: int,
    seed: int,
) -> dict[str, Any]:
    """Of one model and group: what the bridge says of its molecules, what it errs, and the model's error beside it."""
    molecules = part.drop_duplicates("molecule_id")
    size = part[ERROR].abs()
    row: dict[str, Any] = {"n_group": len(molecules), "n_molecules": 0, "mae_kcal_mol": float(size.mean())}
    if by is None or judged is None:
        return row
    of_part = {each: said[each] for each in molecules["molecule_id"]}
    converted = [each for each, (_, reason) in of_part.items() if reason is None]
    row["n_labels"], row["n_labels_gone"] = by.molecules, judged.gone
    row["n_group_refused"] = len(of_part) - len(converted)
    widths = [of_part[each][0] for each in converted]
    row["group_half_width_kcal_mol"] = float(np.mean(widths)) if widths else float("nan")
    both = judged.errors[judged.errors["molecule_id"].isin(converted)]
    if both.empty:
        return row
    (found,) = by_group(both, resamples=resamples, seed=seed).to_dict("records")
    row |= {name: found[name] for name in PART[1:]}
    same, bridge = float(size[part["molecule_id"].isin(both["molecule_id"])].mean()), float(row["part_kcal_mol"])
    row["mae_same_kcal_mol"], row["share"] = same, bridge / same if same > 0 else None
    row["adds_kcal_mol"] = same - float(np.sqrt(max(same**2 - bridge**2, 0.0)))
    return row
