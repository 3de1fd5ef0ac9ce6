"""Columns that further calculations at the geometries of labels add to labelled rows."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from hemdata.catalog import Column
from hemdata.label.calculation import CALCULATION, Result
from hemdata.label.store.database import LabelStore
from hemdata.molecules import Molecule


@dataclass(frozen=True)
class Added:
    """What is added to labelled rows.

    Attributes:
        name: under which the manifest tells of it.
        keys: of the further calculation for each molecule; None where it has no label.
        columns: that the rows get.
        fill: a table of rows, and for each what the store holds of its further calculation: the table with the columns,
            and how many rows lack them, by reason.
        stated: what the manifest says of it.
    """

    name: str
    keys: list[str | None]
    columns: list[Column]
    fill: Callable[[pa.Table, Sequence[Result | None]], tuple[pa.Table, Counter[str]]]
    stated: dict[str, Any]


def at_their_labels(
    asked: Sequence[Molecule], labels: Sequence[str], store: LabelStore
) -> Iterator[tuple[int, Molecule, Molecule]]:
    """Each labelled molecule's place, itself, and itself at its label's geometry.

    Args:
        asked, labels: molecules, and the keys of their labels.
    """
    results = {result.key: result for result in store.get(dict.fromkeys(labels))}
    for place, (molecule, key) in enumerate(zip(asked, labels, strict=True)):
        result = results.get(key)
        if result is None or result.reason is not None:
            continue
        there = replace(
            molecule,
            canonical_smiles=None,
            geometry_level=f"{CALCULATION}{key}",
            atomic_numbers=result.atomic_numbers,
            positions=result.positions,
        )
        yield place, molecule, there
