"""The sides of a set for training: a table in memory, or, of a large set, files that are mapped into it."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hemdata.shards import read, read_manifest
from hemdata.train.data.decoded import decoded
from hemdata.train.data.molecules import ENERGY, Molecules
from hemdata.train.data.splits import split_table

LARGE = 500_000  # molecules: some gigabytes as a table


def sides_of(
    folder: Path, seed: int, fractions: tuple[float, float, float], cache: Path
) -> tuple[pa.Table | Molecules, pa.Table | Molecules]:
    """The molecules to train on and those to validate with; only those that have an energy.

    Args:
        folder: of shards at one level.
        seed, fractions: of the split, as `split_table` has it.
        cache: folder for the decoded files of a set of more than LARGE molecules.

    Raises:
        DataError: for fewer than three molecules with an energy; else as `Molecules.of`.
    """
    large = read_manifest(folder).counts.accepted > LARGE
    table = read(folder, ["id", "inchikey", ENERGY] if large else None)
    known = np.asarray(pc.is_valid(table[ENERGY]).to_numpy(), dtype=np.bool_)
    with_energy = table.filter(pa.array(known))
    parts = split_table(with_energy, seed, fractions)
    if not large:
        return with_energy.take(pa.array(parts.train)), with_energy.take(pa.array(parts.validation))
    places = np.flatnonzero(known)

    def side(rows: NDArray[np.int64]) -> Molecules:
        chosen = np.zeros(len(known), dtype=np.bool_)
        chosen[places[rows]] = True
        return decoded(folder, cache, chosen)

    return side(parts.train), side(parts.validation)
