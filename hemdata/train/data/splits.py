"""Splits by molecule: what is one flat graph never stands on two sides."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hemdata.errors import CallError, DataError, did_you_mean
from hemdata.identity import flat_graph, scaffold

SHARES = (0.8, 0.1, 0.1)


@dataclass(frozen=True, eq=False)
class Split:
    """Rows of a table on three sides, each in ascending order, and a hash of which molecule is where."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]
    hash: str


def split_table(
    table: pa.Table, seed: int, fractions: tuple[float, float, float] = SHARES, by: str = "molecule"
) -> Split:
    """As `split`, of the rows of a table of the record.

    Args:
        by: what keeps the sides apart: `molecule` (identity alone), `scaffold` (ring systems) or `size` (heavy atoms).
    """
    known = ("molecule", "scaffold", "size")
    if by not in known:
        fix = f"{did_you_mean(by, known)}Take one of these."
        raise CallError("There is no such split.", expected=", ".join(known), got=by, fix=fix)
    return split(
        table["id"].to_pylist(),
        table["inchikey"].to_pylist(),
        seed,
        fractions,
        scaffolds=[scaffold(smiles) for smiles in table["smiles"].to_pylist()] if by == "scaffold" else None,
        sizes=table["n_heavy"].to_pylist() if by == "size" else None,
    )


def split(
    ids: Sequence[str],
    inchikeys: Sequence[str | None],
    seed: int,
    fractions: tuple[float, float, float] = SHARES,
    *,
    scaffolds: Sequence[str] | None = None,
    sizes: Sequence[int] | None = None,
) -> Split:
    """Deals molecules to training, validation and test.

    The order in which they are dealt comes from a hash of seed and molecule alone. So neither the order of the rows
    nor the version of a random generator matters, and two sets that share molecules rank them alike. Conformers and
    stereoisomers stay together; a row without an InChIKey is a molecule of its own. The sides are as large as the
    fractions say, but for the few rows that stay together; none is empty.

    Args:
        ids: unique, one a row.
        inchikeys: of the same rows.
        seed: another seed, another split.
        fractions: of the rows, for training, validation and test; positive, with sum 1.
        scaffolds: of the same rows; molecules of one ring scaffold stay together as well, those without rings
            (an empty one) are dealt one by one. The test then asks for ring systems never trained on.
        sizes: of the same rows, such as heavy atoms; the smallest are trained on and the largest are the test,
            molecules of one size in the order of the seed.

    Raises:
        CallError: for fractions that are not.
        DataError: for ids that are not unique, or fewer than three different molecules.
    """
    if len(fractions) != 3 or min(fractions) <= 0 or abs(sum(fractions) - 1) > 1e-9:
        raise CallError("A split needs three positive shares that add up to 1.", got=fractions)
    if len(ids) != len(inchikeys):
        raise CallError("A split needs an InChIKey, or none, for every id.", expected=len(ids), got=len(inchikeys))
    if len(set(ids)) < len(ids):
        raise DataError("Molecules cannot be split: ids occur twice.", got=f"{len(ids) - len(set(ids))} repeated ids")
    names = [f"graph {flat_graph(key)}" if key else f"row {name}" for name, key in zip(ids, inchikeys, strict=True)]
    if scaffolds is not None:
        first_of: dict[str, str] = {}
        for name, scaffold in zip(names, scaffolds, strict=True):
            first_of.setdefault(name, f"scaffold {scaffold}" if scaffold else name)
        names = [first_of[name] for name in names]
    molecules, molecule = np.unique(np.array(names, dtype=np.str_), return_inverse=True)
    if len(molecules) < 3:
        raise DataError("There are too few molecules to split.", expected="at least 3", got=len(molecules))

    drawn = np.argsort([hashlib.sha256(f"{seed} {name}".encode()).digest() for name in molecules])
    if sizes is not None:
        largest = np.zeros(len(molecules), dtype=np.int64)
        np.maximum.at(largest, molecule, np.asarray(sizes, dtype=np.int64))
        drawn = drawn[np.argsort(largest[drawn], kind="stable")]
    rows = np.bincount(molecule)[drawn].cumsum()  # rows dealt so far, molecule by molecule
    first, second = np.searchsorted(rows, np.cumsum(fractions)[:2] * len(ids) - 0.5) + 1
    first = min(first, len(molecules) - 2)
    second = min(max(second, first + 1), len(molecules) - 1)
    side = np.empty(len(molecules), dtype=np.int64)
    side[drawn] = np.repeat([0, 1, 2], [first, second - first, len(molecules) - second])
    train, validation, test = (np.flatnonzero(side[molecule] == which) for which in range(3))
    sides = [sorted(ids[int(row)] for row in part) for part in (train, validation, test)]
    return Split(train, validation, test, hashlib.sha256("\n\n".join("\n".join(s) for s in sides).encode()).hexdigest())
