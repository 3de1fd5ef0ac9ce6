"""Completes parsed records: identity, counts, level, atomization energy; refuses the rows that break the schema."""

import gc
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hemdata.catalog import DatasetCard
from hemdata.curate.complete.in_bohr import REASON, without_rows_in_bohr
from hemdata.identity import Identity, disagreements, identify
from hemdata.levels import SYMBOLS, Level, level, with_atomization
from hemdata.schema import TableSchema, misfits, table_schema
from hemdata.sources import Raw, Record, Rejected, Source


@dataclass
class Completed:
    """What became of some raw records: rows of the molecule schema, and (where, reason, detail, text) of the rest.

    `misfits` counts the rows whose energy is none that physics allows, by the unit that it seems to be in (or ""), and
    `in_bohr` those whose coordinates seem to be in bohr; both are among the rejected.
    """

    table: pa.Table
    rejected: list[tuple[str, str, str | None, str]] = field(default_factory=list)
    read: int = 0
    misfits: Counter[str] = field(default_factory=Counter)
    rdkit_seconds: float = 0.0
    in_bohr: int = 0


@dataclass(frozen=True)
class Completion:
    """The work of one build, sent to each worker: called with some raw records, gives their completed rows."""

    card: DatasetCard
    source: Source

    def __call__(self, raws: Sequence[Raw]) -> Completed:
        """Parse, identify and check; every raw record ends up in the table or among the rejected."""
        with _uncollected():
            return self._completed(raws)

    def _completed(self, raws: Sequence[Raw]) -> Completed:
        schema, its_level = its_schema(self.card), _level(self.card.level)
        rows: list[dict[str, Any]] = []
        identities: list[Identity | None] = []
        kept: list[Raw] = []
        done = Completed(schema.arrow.empty_table(), read=len(raws))
        for raw in raws:
            try:
                molecule = self.source.parse(raw)
                started = time.thread_time()
                identity = _identity(molecule)
                done.rdkit_seconds += time.thread_time() - started
                rows.append(self._row(molecule, identity, its_level))
                identities.append(identity)
                kept.append(raw)
            except Rejected as refusal:
                done.rejected.append((raw.where, refusal.reason, refusal.detail, _text(raw)))
        table = pa.Table.from_pylist(rows, schema=schema.arrow)
        if its_level is not None:
            table = with_atomization(table, its_level)
        bad = schema.refused(table)
        done.misfits.update(misfits(table))
        for row, reason in bad.items():
            name = reason.split(":")[0]
            done.rejected.append((kept[row].where, f"schema: {name}", reason, _text(kept[row])))
        if bad:
            good = [row for row in range(table.num_rows) if row not in bad]
            table, identities = table.take(pa.array(good, pa.int64())), [identities[row] for row in good]
            kept = [kept[row] for row in good]
        done.table, bohr = without_rows_in_bohr(with_flags(table, disagreements(table, identities)))
        done.rejected += [(kept[row].where, REASON, None, _text(kept[row])) for row in bohr]
        done.in_bohr = len(bohr)
        return done

    def _row(self, molecule: Record, identity: Identity | None, its_level: Level | None) -> dict[str, Any]:
        z, charge = molecule.atomic_numbers, molecule.charge
        flags = list(molecule.flags)
        if z is None:
            if identity is None:
                raise Rejected("the SMILES does not parse", f"got {molecule.smiles!r}")
            z, charge = list(identity.atomic_numbers), identity.charge  # a graph alone has no other
        elif identity is None and molecule.smiles is not None:
            flags.append("smiles_unparsed")
        elif identity is not None and sorted(z) != sorted(identity.atomic_numbers):
            flags.append("smiles_other_formula")
        if its_level is not None and molecule.energy_hartree is not None:
            foreign = sorted({SYMBOLS[n] for n in z if n not in its_level.atoms})
            if foreign:
                raise Rejected(f"the level '{its_level.name}' has no atom of this element", ", ".join(foreign))
        energy = molecule.energy_hartree
        if energy is not None and not self.card.audited:
            flags.append("level_unaudited")
        return {
            "id": f"{molecule.dataset or self.card.name}:{molecule.source_id}",
            "smiles": molecule.smiles,
            "canonical_smiles": identity.canonical_smiles if identity else None,
            "inchikey": (identity.inchikey or None) if identity else None,
            "atomic_numbers": z,
            "positions": molecule.positions,
            "n_atoms": len(z),
            "n_heavy": len(z) - z.count(1),
            "charge": charge,
            "multiplicity": molecule.multiplicity,
            "energy_hartree": energy,
            "level": self.card.level if energy is not None else None,
            "geometry_level": self.card.geometry_level if molecule.positions is not None else None,
            "flags": flags,
            **molecule.properties,
        }


@contextmanager
def _uncollected() -> Iterator[None]:
    """No search for cycles among a chunk's half a million lists: there are none, and it takes a seventh of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def with_flags(table: pa.Table, found: dict[str, npt.NDArray[np.bool_]]) -> pa.Table:
    """The table with further flags in the rows that they are found in."""
    if not any(rows.any() for rows in found.values()):
        return table
    flags = table["flags"].to_pylist()
    for flag, rows in found.items():
        for row in rows.nonzero()[0].tolist():
            flags[row].append(flag)
    at = table.schema.get_field_index("flags")
    return table.set_column(at, table.schema.field(at), pa.array(flags, type=table.schema.field(at).type))


def _identity(molecule: Record) -> Identity | None:
    return identify(molecule.smiles, bonds=molecule.positions is not None) if molecule.smiles is not None else None


def _text(raw: Raw) -> str:
    return raw.content if isinstance(raw.content, str) else str(raw.content)


_schemas: dict[str, TableSchema] = {}


def its_schema(card: DatasetCard) -> TableSchema:
    """The schema of a dataset's rows, made once."""
    key = card.model_dump_json()
    if key not in _schemas:
        _schemas[key] = table_schema("molecule", card.properties)
    return _schemas[key]


@cache
def _level(name: str | None) -> Level | None:
    return level(name) if name is not None else None
