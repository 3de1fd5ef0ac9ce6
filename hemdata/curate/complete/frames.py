"""Completes records that come column by column (a user's own files): units, identity, flags; refuses what breaks."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from hemdata.catalog import DatasetCard
from hemdata.curate.complete.batch import Batch
from hemdata.curate.complete.electrons import electrons_of
from hemdata.curate.complete.in_bohr import REASON, without_rows_in_bohr
from hemdata.curate.complete.quantities import energies_of, property_of
from hemdata.curate.complete.records import Completed, its_schema, with_flags
from hemdata.curate.complete.structures import geometry_of, identities_of
from hemdata.curate.complete.values import ids, lists_of
from hemdata.forms.shared.frames import Frames
from hemdata.identity import disagreements
from hemdata.levels import Level, level, with_atomization
from hemdata.schema import misfits
from hemdata.schema.columns import sums


@dataclass(frozen=True)
class FramesCompletion:
    """The work of one build, sent to each worker: called with a batch of records, gives their completed rows."""

    card: DatasetCard

    def __call__(self, frames: Frames) -> Completed:
        """Every record ends up in the table or among the rejected."""
        batch = Batch(self.card, frames)
        schema, its_level = its_schema(self.card), _level(self.card.level)
        columns = _columns(batch, its_level)
        table = pa.table([columns[name] for name in schema.arrow.names], schema=schema.arrow)
        good = np.array([row for row in range(frames.n) if row not in batch.bad], dtype=np.int64)
        if len(good) < frames.n:
            table = table.take(pa.array(good))
        if its_level is not None:
            table = with_atomization(table, its_level)
        done = Completed(schema.arrow.empty_table(), read=frames.n, rdkit_seconds=batch.seconds)
        done.misfits.update(misfits(table))
        broken = schema.refused(table)
        for row, reason in broken.items():
            batch.bad[int(good[row])] = (f"schema: {reason.split(':')[0]}", reason)
        if broken:
            left = [row for row in range(table.num_rows) if row not in broken]
            table, good = table.take(pa.array(left, pa.int64())), good[left]
        found = disagreements(table, [batch.identities[row] for row in good.tolist()])
        for flag, rows in found.items():
            rows &= np.array([flag not in batch.flags[row] for row in good.tolist()], dtype=bool)
        done.table, bohr = without_rows_in_bohr(with_flags(table, found))
        done.in_bohr = len(bohr)
        batch.bad |= {int(good[row]): (REASON, None) for row in bohr}
        for row in sorted(batch.bad):
            reason, detail = batch.bad[row]
            done.rejected.append((frames.place(row), reason, detail, batch.text(row)))
        return done


def _columns(batch: Batch, its_level: Level | None) -> dict[str, Any]:
    n = batch.frames.n
    smiles, batch.identities = identities_of(batch)
    z, offsets, xyz = geometry_of(batch)
    charge, multiplicity = electrons_of(batch, z, offsets)
    energy = energies_of(batch, z, offsets, its_level)
    has_energy = ~np.isnan(energy)
    has_geometry = pa.array(np.diff(batch.frames.offsets) == 0)
    atoms = np.diff(offsets)
    heavy = sums(z != 1, offsets)
    if not batch.card.audited:
        for row in has_energy.nonzero()[0].tolist():
            batch.flags[row].append("level_unaudited")
    found = batch.identities
    columns: dict[str, Any] = {
        "id": [f"{batch.card.name}:{word}" for word in ids(batch.of("id"), batch.card.name, batch.frames)],
        "smiles": smiles,
        "canonical_smiles": [its.canonical_smiles if its else None for its in found],
        "inchikey": [(its.inchikey or None) if its else None for its in found],
        "atomic_numbers": lists_of(z.astype(np.uint8), offsets, None),
        "positions": lists_of(xyz.ravel(), 3 * batch.frames.offsets, has_geometry),
        "n_atoms": pa.array(np.minimum(atoms, 65535).astype(np.uint16)),
        "n_heavy": pa.array(np.minimum(heavy, 65535).astype(np.uint16)),
        "charge": pa.array(charge.astype(np.int8)),
        "multiplicity": pa.array(multiplicity.astype(np.uint8)),
        "energy_hartree": pa.array(energy, from_pandas=True),
        "atomization_energy_kcal_mol": pa.nulls(n, pa.float64()),
        "level": [batch.card.level if there else None for there in has_energy.tolist()],
        "geometry_level": [batch.card.geometry_level if n else None for n in np.diff(batch.frames.offsets).tolist()],
        "flags": batch.flags,
    }
    for column in batch.card.properties:
        columns[column.name] = property_of(batch, column.name, column.type)
    arrow = its_schema(batch.card).arrow
    return {
        name: value if isinstance(value, pa.Array) else pa.array(value, arrow.field(name).type)
        for name, value in columns.items()
    }


@cache
def _level(name: str | None) -> Level | None:
    return level(name) if name is not None else None
