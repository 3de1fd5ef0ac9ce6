"""The labels that a bridge was fitted on, as a file beside its card: which they are, whatever is labelled later."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq

DIGITS = 6
"""Of a difference in kcal/mol, as the hash has it."""


class DualLabel(Protocol):
    """A molecule labelled at two levels on one geometry; `difference` of its atomization energies, kcal/mol."""

    @property
    def id(self) -> str:
        """Of the molecule."""

    @property
    def smiles(self) -> str:
        """The canonical one."""

    @property
    def difference(self) -> float:
        """At the second level less at the first, kcal/mol."""


Label = tuple[str, str, float]
"""Id, SMILES and rounded difference of a dual label."""


def told(one: DualLabel) -> Label:
    """What the hash and the file have of a dual label."""
    return one.id, one.smiles, round(one.difference, DIGITS)


def digest(found: Sequence[DualLabel]) -> str:
    """A hash of the molecules and their differences, to a millionth of a kcal/mol."""
    return _hash([told(one) for one in found])


def labels_file(card: Path) -> Path:
    """The file of a bridge's labels, beside its card."""
    return card.with_suffix(".labels.parquet")


def write_labels(card: Path, found: Sequence[DualLabel]) -> None:
    """Write the labels of a bridge beside its card."""
    rows = sorted(told(one) for one in found)
    names = ("id", "smiles", "difference_kcal_mol")
    table = pa.table({name: pa.array(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)})
    pq.write_table(table, labels_file(card), compression="zstd", store_schema=False)


def read_labels(card: Path, labels: str) -> list[Label] | None:
    """The labels of a bridge; None where no file tells them, or one of other labels than those of the hash.

    Args:
        card: of the bridge.
        labels: the hash of its labels that the card has.
    """
    path = labels_file(card)
    try:
        rows = [
            (str(r["id"]), str(r["smiles"]), float(r["difference_kcal_mol"])) for r in pq.read_table(path).to_pylist()
        ]
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError):
        return None
    return rows if _hash(rows) == labels else None


def _hash(rows: Sequence[Label]) -> str:
    return hashlib.sha256(json.dumps(sorted(rows)).encode()).hexdigest()
