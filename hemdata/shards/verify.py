"""Verifies a shard folder: every byte, every row, every count."""

import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hemdata.console import many
from hemdata.errors import DataError
from hemdata.levels import atomization_energies, level
from hemdata.schema import TableSchema, lists, migrated, minor, table_schema
from hemdata.shards.ids import Ids
from hemdata.shards.manifest import MANIFEST, Manifest, ShardFile, read_manifest, sha256
from hemdata.shards.read import read_file, version_of

ENERGY_TOLERANCE_KCAL_MOL = 1e-6
_AGAIN = "Build it again; what is there is not what was written."


def verify(folder: str | Path) -> Manifest:
    """Check a shard folder against its manifest, its schema and its levels; return the manifest.

    Raises:
        CallError: if the folder holds no manifest.
        DataError: for the first thing that does not hold.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    _files(folder, manifest)
    for part in [*manifest.shards, manifest.rejected]:
        _bytes(folder / part.file, part)
    schema, version = table_schema(manifest.schema_name, manifest.properties), manifest.schema_version
    if minor(version) > minor(schema.version):
        raise DataError(
            "The shards are of a newer version of the schema, whose columns and rules this hemdata cannot check.",
            where=folder,
            expected=f"at most {schema.version}",
            got=version,
            fix="Verify them with the hemdata that wrote them; they can be read with this one.",
        )
    ids = Ids()
    for part in manifest.shards:
        table = _table(folder / part.file, part, schema, version)
        schema.check(table, where=folder / part.file)
        _energies(folder / part.file, table, manifest)
        if twice := ids.add(table["id"].to_pylist()):
            raise DataError("An id stands in two shards.", where=folder / part.file, got=twice, fix=_AGAIN)
    with tempfile.TemporaryDirectory() as scratch:
        if twice := ids.repeated([folder / part.file for part in manifest.shards], Path(scratch)):
            raise DataError("An id stands in two shards.", where=folder, got=twice, fix=_AGAIN)
    refused = _table(folder / manifest.rejected.file, manifest.rejected, table_schema("rejected"))
    _counts(folder, manifest, dict(Counter(refused["reason"].to_pylist())))
    return manifest


def _files(folder: Path, manifest: Manifest) -> None:
    listed = {part.file for part in [*manifest.shards, manifest.rejected]} | {MANIFEST}
    present = {path.name for path in folder.iterdir()}
    for name in sorted(listed - present):
        raise DataError("A file of the manifest is missing.", where=folder / name, fix=_AGAIN)
    for name in sorted(present - listed):
        raise DataError("A file stands there that the manifest does not list.", where=folder / name, fix="Remove it.")


def _bytes(path: Path, part: ShardFile) -> None:
    size = path.stat().st_size
    if size != part.bytes:
        raise DataError("A file has another size.", where=path, expected=part.bytes, got=size, fix=_AGAIN)
    found = sha256(path)
    if found != part.sha256:
        raise DataError("A file has another SHA-256.", where=path, expected=part.sha256, got=found, fix=_AGAIN)


def _table(path: Path, part: ShardFile, schema: TableSchema, version: str | None = None) -> pa.Table:
    """The rows of a file, which has the schema of its version; one of an older minor version is migrated."""
    table = read_file(path)
    found = version_of(table.schema)
    if version in (None, found):
        table = migrated(table, schema, found)
    if not table.schema.equals(schema.arrow, check_metadata=True):
        raise DataError("A shard has another schema than the manifest says.", where=path, fix=_AGAIN)
    if table.num_rows != part.rows:
        raise DataError("A shard has another number of rows.", where=path, expected=part.rows, got=table.num_rows)
    return table


def _energies(path: Path, table: pa.Table, manifest: Manifest) -> None:
    """Every row's level is declared and unchanged, and its atomization energy is that of its level's own atoms."""
    declared = {entry.name: entry.hash for entry in manifest.levels}
    for name in pc.unique(table["level"]).to_pylist():
        if name is None:
            continue
        if name not in declared:
            raise DataError("A row has a level that the manifest does not name.", where=path, got=name)
        its = level(name)
        if its.hash != declared[name]:
            raise DataError(
                f"The level '{name}' is defined otherwise than when this was built.",
                where=path,
                expected=declared[name],
                got=its.hash,
                fix="Use the level card of that time, or build again.",
            )
        rows = table.filter(pc.equal(table["level"], name))
        rows = rows.filter(rows["energy_hartree"].is_valid())
        again = atomization_energies(rows["energy_hartree"].to_numpy(), *lists(rows["atomic_numbers"]), its)
        off = np.abs(again - rows["atomization_energy_kcal_mol"].to_numpy())
        if not (off <= ENERGY_TOLERANCE_KCAL_MOL).all():
            row = int(off.argmax())
            raise DataError(
                f"An atomization energy is not that of the level '{name}' and its atoms.",
                where=f"{path}, {rows['id'][row]}",
                expected=f"{again[row]:.6f} kcal/mol",
                got=f"{rows['atomization_energy_kcal_mol'][row].as_py():.6f} kcal/mol",
                fix=_AGAIN,
            )


def _counts(folder: Path, manifest: Manifest, reasons: dict[str, int]) -> None:
    counts = manifest.counts
    rows = sum(shard.rows for shard in manifest.shards)
    where = folder / MANIFEST
    if rows != counts.accepted:
        raise DataError("The accepted rows do not add up.", where=where, expected=counts.accepted, got=rows, fix=_AGAIN)
    if reasons != counts.rejected:
        said, found = (
            ", ".join(f"{many(number, 'row')}: {reason}" for reason, number in sorted(each.items())) or "none"
            for each in (counts.rejected, reasons)
        )
        raise DataError("The rejected rows do not add up.", where=where, expected=said, got=found, fix=_AGAIN)
    if counts.read != counts.accepted + sum(counts.rejected.values()):
        told = f"{counts.read:,} read, {counts.accepted:,} accepted, {sum(counts.rejected.values()):,} rejected"
        raise DataError("read is not accepted + rejected.", where=where, got=told, fix=_AGAIN)
