"""Stored results as shards in the one schema: labelled rows, and what failed with its reason."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from hemdata.catalog import Column
from hemdata.chemistry.engines import program
from hemdata.label.calculation import Result, programs
from hemdata.label.columns.added import Added
from hemdata.label.store.database import LabelStore
from hemdata.levels import Level, with_atomization
from hemdata.molecules import Molecule, Unread
from hemdata.processes import chunked
from hemdata.schema import table_schema
from hemdata.shards import LevelName, Manifest, ShardWriter, SourceFile

ENGINE = Column(name="engine", type="string", meaning="program and version that computed the energy")
ROWS_PER_TABLE = 2_000
NOT_YET = "It is not labelled yet."


@dataclass(frozen=True)
class Target:
    """Where the labels go, and what their manifest tells.

    Attributes:
        folder: of the shards.
        name: of the set.
        sources: files that the molecules are from.
        made_from: what the set was made from, by which it is known again.
    """

    folder: Path
    name: str
    sources: list[SourceFile]
    made_from: dict[str, Any]


def export(
    molecules: Sequence[Molecule],
    keys: Sequence[str],
    its_level: Level,
    geometry_level: str | None,
    store: LabelStore,
    target: Target,
    added: Sequence[Added] = (),
    unread: Sequence[Unread] = (),
) -> Manifest:
    """Write the labels of the asked molecules, in their order, as a shard folder.

    `geometry_level` is that of all geometries; None where each molecule's own was taken. The rows get
    the columns of what is `added`; a molecule without it keeps its energy.

    A molecule whose calculation failed, or is not done, stands in rejected.parquet with its reason; so does one whose
    label breaks the schema, as of an energy above its atoms'; and what of a file is `unread`.
    """
    labels = table_schema("molecule", [ENGINE])
    schema = table_schema("molecule", [ENGINE, *(column for more in added for column in more.columns)])
    made_from = target.made_from | {"calculations": hashlib.sha256("".join(sorted(keys)).encode()).hexdigest()}
    without: list[Counter[str]] = [Counter() for _ in added]
    further = list(zip(*(more.keys for more in added), strict=True)) or [()] * len(keys)
    with ShardWriter(target.folder, schema) as writer:
        for each in unread:
            writer.reject(each.id, each.reason, each.where, each.text)
        for chunk in chunked(zip(molecules, keys, further, strict=True), ROWS_PER_TABLE):
            wanted = {key: None for _, of_label, of_more in chunk for key in (of_label, *of_more) if key}
            results = {result.key: result for result in store.get(wanted)}
            rows, of_rows = [], []
            for molecule, key, of_more in chunk:
                result = results.get(key) or Result(key, NOT_YET)
                if result.reason is None:
                    rows.append(_row(molecule, result, its_level, geometry_level))
                    of_rows.append([results.get(its or "") for its in of_more])
                else:
                    first, *rest = result.reason.splitlines()
                    writer.reject(molecule.id, first, "\n".join(rest) or None, molecule.smiles)
            table = with_atomization(pa.Table.from_pylist(rows, schema=labels.arrow), its_level)
            if bad := labels.refused(table):
                for row, reason in bad.items():
                    writer.reject(rows[row]["id"], f"schema: {reason.split(':')[0]}", reason, rows[row]["smiles"])
                good = [row for row in range(len(rows)) if row not in bad]
                table, of_rows = table.take(pa.array(good, pa.int64())), [of_rows[row] for row in good]
            for place, more in enumerate(added):
                table, lacking = more.fill(table, [its[place] for its in of_rows])
                without[place].update(lacking)
            writer.add(table)
        for more, lacking in zip(added, without, strict=True):
            made_from |= {more.name: more.stated | {"without": dict(sorted(lacking.items()))}}
        level_names = [LevelName(name=its_level.name, hash=its_level.hash)]
        tools = ("pyarrow", "rdkit", *programs(its_level.card))
        return writer.finish(target.name, len(molecules) + len(unread), target.sources, level_names, made_from, tools)


def _row(molecule: Molecule, result: Result, its_level: Level, geometry_level: str | None) -> dict[str, Any]:
    z = result.atomic_numbers
    engine = program(its_level.card)
    return {
        "id": molecule.id,
        "smiles": molecule.smiles,
        "canonical_smiles": molecule.canonical_smiles,
        "inchikey": molecule.inchikey,
        "atomic_numbers": z,
        "positions": result.positions,
        "n_atoms": len(z),
        "n_heavy": sum(n != 1 for n in z),
        "charge": molecule.charge,
        "multiplicity": molecule.multiplicity,
        "energy_hartree": result.energy_hartree,
        "level": its_level.name,
        "geometry_level": geometry_level or molecule.geometry_level or "given",
        "flags": list(molecule.flags),
        "engine": f"{engine} {result.provenance['versions'][engine]}",
    }
