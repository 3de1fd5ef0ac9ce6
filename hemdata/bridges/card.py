"""Bridges as files: a card for people, and the terms with their covariance as Parquet."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from hemdata.bridges.bridge import Bridge
from hemdata.bridges.labels import DualLabel, labels_file, write_labels
from hemdata.bridges.linear import Floats, Linear
from hemdata.catalog import BridgeCard, bridge_card, card_path, own_folder, roots
from hemdata.catalog.folders import PLACES
from hemdata.errors import DataError
from hemdata.identity.bond_types import Kind, kind_of
from hemdata.levels import level


def write_bridge(
    made: Bridge, folder: Path, sets: list[str], error: float, coverage: float, labels: Sequence[DualLabel] = ()
) -> Path:
    """Write a bridge's card, A-B.yaml, beside it its terms, and its labels if they are given; the card comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    name, linear = f"{made.a}-{made.b}", made.linear
    table = pa.table(
        {
            "term": pa.array(linear.terms),
            "kind": pa.array([kind_of(term) for term in linear.terms]),
            "molecules": pa.array([made.shown.get(term) for term in linear.terms], pa.int64()),
            "weight_kcal_mol": pa.array(linear.weights),
            "covariance_kcal2_mol2": pa.array(  # with the terms before it and itself
                [row[: number + 1] for number, row in enumerate(linear.covariance)], pa.list_(pa.float64())
            ),
        }
    )
    terms = folder / f"{name}.parquet"
    pq.write_table(table, terms, compression="zstd", store_schema=False)
    told = {
        "name": name,
        "title": f"From {made.a} to {made.b}",
        "source": {"level": made.a, "hash": made.hash_a},
        "target": {"level": made.b, "hash": made.hash_b},
        "scales_kcal_mol": {str(kind): round(scale, 6) for kind, scale in linear.scales.items()},
        "noise_kcal_mol": round(linear.noise, 6),
        "factor": made.factor,
        "molecules": made.molecules,
        "largest": made.largest,
        "labels": made.labels,
        "sets": sets,
        "error_kcal_mol": round(error, 4),
        "coverage": round(coverage, 4),
    }
    card = BridgeCard.model_validate(told | {"terms": _seal(told, terms.read_bytes())})
    path = folder / f"{name}.yaml"
    labels_file(path).unlink(missing_ok=True)  # of a bridge that is replaced
    if labels:
        write_labels(path, labels)
    text = yaml.safe_dump(card.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    path.write_text(f"# Fitted by `hemdata levels bridge`; not to be edited.\n{text}", "utf-8")
    return path


def own_bridges() -> Path:
    """The folder in which a user's own bridges are found by their names, there or not."""
    return own_folder() / PLACES["bridge"]


def command(a: str, b: str) -> str:
    """What fits a bridge between two levels and writes it to where it is found."""
    return f"`hemdata levels bridge {a} {b} --write {own_bridges()}`"


def is_found_in(folder: Path) -> bool:
    """Whether bridges in a folder are found by their names."""
    return folder.resolve() in [place.resolve() for place in (own_bridges(), *(r / PLACES["bridge"] for r in roots()))]


def read_bridge(name: str | Path) -> Bridge:
    """A bridge by name (`qm9-pc9`) or by its card's path.

    Raises:
        CallError: if there is none.
        DataError: if a level is defined otherwise today, or the terms are not those of the card.
    """
    card = bridge_card(name)
    where = f"bridge {card.name}"
    anew = command(card.source.level, card.target.level)
    for end in (card.source, card.target):
        if level(end.level).hash != end.hash:
            raise DataError(
                f"The level '{end.level}' is defined otherwise today than where the bridge was fitted.",
                where=where,
                expected=end.hash,
                got=level(end.level).hash,
                fix=f"{anew} fits it anew.",
            )
    path = card_path("bridge", name).with_suffix(".parquet")
    data = path.read_bytes() if path.is_file() else b""
    if _seal(card.model_dump(mode="json", exclude={"terms"}), data) != card.terms:
        raise DataError(
            "The bridge's terms are missing, or they or its card were changed.",
            where=path,
            fix=f"Copy both files as they were written; or {anew} fits it anew.",
        )
    table = pq.read_table(path)
    terms = tuple(table["term"].to_pylist())
    scales: dict[Kind, float] = {_kind(kind, where, anew): scale for kind, scale in card.scales_kcal_mol.items()}
    linear = Linear(
        terms,
        table["weight_kcal_mol"].to_numpy(),
        _covariance(table["covariance_kcal2_mol2"].to_pylist()),
        scales,
        card.noise_kcal_mol,
    )
    shown = {term: n for term, n in zip(terms, table["molecules"].to_pylist(), strict=True) if n is not None}
    ends = card.source.level, card.target.level, card.source.hash, card.target.hash
    return Bridge(*ends, linear, shown, card.factor, card.labels, card.molecules, card.largest)


def _covariance(rows: list[list[float]]) -> Floats:
    """The whole matrix from its rows up to the diagonal."""
    lower = np.zeros((len(rows), len(rows)))
    for number, row in enumerate(rows):
        lower[number, : number + 1] = row
    return lower + np.tril(lower, -1).T


def _seal(told: dict[str, Any], terms: bytes) -> str:
    """A hash of the file of terms and of what else the card says."""
    return hashlib.sha256(terms + json.dumps(told, sort_keys=True).encode()).hexdigest()


def _kind(name: str, where: str, anew: str) -> Kind:
    for kind in get_args(Kind):
        if name == kind:
            known: Kind = kind
            return known
    raise DataError(
        "There is no such kind of term.",
        where=where,
        expected=", ".join(get_args(Kind)),
        got=name,
        fix=f"{anew} fits it anew.",
    )
