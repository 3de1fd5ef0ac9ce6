"""The rows of a set that an audit recomputes: which have a geometry and an energy, which are picked, at which level."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hemdata.assess.explanations import ZPE, Row, atoms
from hemdata.errors import CallError, DataError
from hemdata.levels import Level
from hemdata.shards import iterate, read_manifest
from hemdata.units import HARTREE_KCAL_MOL

COLUMNS = (
    "id", "atomic_numbers", "positions", "charge", "multiplicity", "energy_hartree", "atomization_energy_kcal_mol",
)  # fmt: skip


def sample(folder: Path, n: int, seed: int = 0) -> pa.Table:
    """n random rows of a shard folder that have a geometry and an energy; streamed, the same rows for the same seed.

    Raises:
        CallError: if it is no shard folder.
        DataError: if it has no such row.
    """
    there = next((batch.schema.names for batch in iterate(folder, batch_rows=1)), list(COLUMNS))
    draw = np.random.default_rng(seed)
    kept: pa.Table | None = None
    for batch in iterate(folder, [name for name in (*COLUMNS, ZPE) if name in there]):
        table = pa.table(batch).append_column("draw", pa.array(draw.random(batch.num_rows)))
        table = table.filter(_usable(table))
        kept = table if kept is None else pa.concat_tables([kept, table])
        kept = kept.sort_by("draw").slice(0, n)
    if kept is None or not kept.num_rows:
        raise DataError("No row has a geometry and an energy.", where=folder, fix="Label the set first.")
    return kept.drop_columns(["draw"])


def claimed_level(folder: Path) -> str:
    """The level that a shard folder's manifest names.

    Raises:
        CallError: if it names none, or several.
    """
    names = [named.name for named in read_manifest(folder).levels]
    if len(names) != 1:
        raise CallError(
            "The set names no single level.", where=folder, got=", ".join(names) or "none", fix="Give --level LEVEL."
        )
    return names[0]


def _usable(table: pa.Table) -> Any:
    energy = pc.or_(pc.is_valid(table["energy_hartree"]), pc.is_valid(table["atomization_energy_kcal_mol"]))
    return pc.and_(energy, pc.greater(pc.fill_null(pc.list_value_length(table["positions"]), 0), 0))


@dataclass(frozen=True)
class Which:
    """Which rows of a set are recomputed: n that the seed decides, or the n smallest."""

    n: int = 20
    seed: int = 0
    smallest_first: bool = False


AT_RANDOM = Which()


def picked(molecules: pa.Table, its: Level, which: Which) -> list[Row]:
    """Those rows, each with its `published` total energy; rows without geometry or energy are none of them.

    Raises:
        DataError: if there is no such row.
    """
    table = molecules.filter(_usable(molecules))
    if not table.num_rows:
        raise DataError("No row has a geometry and an energy.", fix="Audit a set that has both.")
    if which.smallest_first:
        chosen = np.argsort(pc.list_value_length(table["atomic_numbers"]).to_numpy(), kind="stable")[: which.n]
    else:
        chosen = np.random.default_rng(which.seed).permutation(table.num_rows)[: which.n]
    rows: list[Row] = table.select([c for c in (*COLUMNS, ZPE) if c in table.column_names]).take(chosen).to_pylist()
    for row in rows:
        row["published"] = row["energy_hartree"]
        if row["published"] is None:
            row["published"] = atoms(row, its) - row["atomization_energy_kcal_mol"] / HARTREE_KCAL_MOL
    return rows
