"""Bridge: what an energy that a bridge gave, and no calculation, adds to the error of a model trained on it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from hemdata.analysis import statistics
from hemdata.analysis.reasons.errors import ERROR
from hemdata.analysis.reasons.tables import PART, by_group
from hemdata.assess.duals import Dual, duals, geometries, up_to
from hemdata.bridges.bridge import Bridge, Geometry
from hemdata.bridges.card import read_bridge
from hemdata.bridges.linear import fit
from hemdata.catalog import bridge_card, card_path, cards
from hemdata.errors import DataError
from hemdata.shards import sha256

KEYS = ["network", "training_set", "group"]
OF_SET = ("n_rows", "n_bridged", "n_refused", "half_width_kcal_mol", "half_width_most_kcal_mol")
OF_GROUP = ("n_group_refused", "group_half_width_kcal_mol")
COMPARED = ("mae_kcal_mol", "mae_same_kcal_mol", "share", "adds_kcal_mol")
BRIDGE = (*KEYS[:2], "bridge", "group", *OF_SET, "n_group", *OF_GROUP, *PART[1:], *COMPARED)


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
    bridge at hand is not the one that gave the energies, only what the set itself tells is there.

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
            left_out = None if by is None else _left_out(by, data)
            places = {} if by is None else geometries(by.b, data, own["molecule_id"].unique())
            for (network, group), part in own.groupby(["network", "group"], sort=True):
                key = {"network": network, "training_set": name, "bridge": bridge, "group": group}
                of_group = _of_group(by, left_out, places, part, resamples=resamples, seed=seed)
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


def _left_out(by: Bridge, data: Path) -> pd.DataFrame:
    """The bridge's error on every molecule at both levels, by a fit without it: group, molecule_id, n_atoms, signed.

    The fit is on labels of the sets that its card names, up to its size. Other molecules, and larger ones, are judged
    by the bridge as it stands, unless the fit has the same molecule under another name. Of a molecule on two
    geometries the first counts, which is GFN2-xTB's, as the groups'.
    """
    try:
        found, _ = duals(by.a, by.b, [], data)
    except DataError:  # no molecule at both
        return pd.DataFrame(columns=["group", "molecule_id", "n_atoms", "signed"])
    of_card = set(bridge_card(f"{by.a}-{by.b}").sets)
    inside, larger = up_to([dual for dual in found if dual.group in of_card], by.largest)
    others = [*larger, *(dual for dual in found if dual.group not in of_card)]
    signed = [*_without_each(by, inside), *(_beyond(by, inside, dual) for dual in others)]
    found = [*inside, *others]
    frame = pd.DataFrame({
        "group": [dual.group for dual in found], "molecule_id": [dual.id for dual in found],
        "n_atoms": [dual.symbols.total() for dual in found], "signed": signed,
    })  # fmt: skip
    return frame.drop_duplicates("molecule_id")


def _without_each(by: Bridge, inside: Sequence[Dual]) -> list[float]:
    """Residuals of a bridge's own molecules, each by a fit without it, kcal/mol."""
    if not inside:
        return []
    values = np.array([dual.difference for dual in inside])
    graphs = [dual.graph for dual in inside]
    _, left = fit([dual.counted for dual in inside], values, by.linear.scales, by.linear.noise, graphs)
    residual: list[float] = left.residual.tolist()
    return residual


def _beyond(by: Bridge, inside: Sequence[Dual], dual: Dual) -> float:
    """The residual of a molecule that the fit lacks, kcal/mol; where the fit has its graph, by one without that."""
    rest = [one for one in inside if one.graph != dual.graph]
    linear = by.linear
    if len(rest) < len(inside):
        values = np.array([one.difference for one in rest])
        linear, _ = fit([one.counted for one in rest], values, by.linear.scales, by.linear.noise)
    return dual.difference - float(linear.predict([dual.counted])[0][0])


def _of_group(
    by: Bridge | None,
    left_out: pd.DataFrame | None,
    places: Mapping[str, Geometry],
    part: pd.DataFrame,
    *,
    resamples: int,
    seed: int,
) -> dict[str, Any]:
    """Of one model and group: what the bridge says of its molecules, what it errs, and the model's error beside it."""
    molecules = part.drop_duplicates("molecule_id")
    size = part[ERROR].abs()
    row: dict[str, Any] = {"n_group": len(molecules), "n_molecules": 0, "mae_kcal_mol": float(size.mean())}
    if by is None or left_out is None:
        return row
    smiles = [each if isinstance(each, str) else None for each in molecules["smiles"]]
    said = by.convert(smiles, [places.get(each) for each in molecules["molecule_id"]])
    known = said.half_width_kcal_mol[~np.isnan(said.half_width_kcal_mol)]
    row["n_group_refused"] = len(smiles) - len(known)
    row["group_half_width_kcal_mol"] = float(known.mean()) if len(known) else float("nan")
    converted = [id for id, reason in zip(molecules["molecule_id"], said.refused, strict=True) if reason is None]
    both = left_out[left_out["molecule_id"].isin(converted)]
    if both.empty:
        return row
    (found,) = by_group(both, resamples=resamples, seed=seed).to_dict("records")
    row |= {name: found[name] for name in PART[1:]}
    same, bridge = float(size[part["molecule_id"].isin(both["molecule_id"])].mean()), float(row["part_kcal_mol"])
    row["mae_same_kcal_mol"], row["share"] = same, bridge / same if same > 0 else None
    row["adds_kcal_mol"] = same - float(np.sqrt(max(same**2 - bridge**2, 0.0)))
    return row
