"""Shard folders of made-up molecules for the tests beside; run as a program it writes one into the folder given."""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from hemdata.levels import level, with_atomization
from hemdata.schema import table_schema
from hemdata.shards import LevelName, Manifest, ShardWriter, SourceFile, read_manifest, sha256, write_parquet
from hemdata.shards.manifest import MANIFEST

MOLECULE = table_schema("molecule")
QM9 = level("qm9")


def molecules(n: int, first: int = 0) -> pa.Table:
    """Straight alkanes and waters by turns, some without a geometry, some without an energy."""
    rows = []
    for i in range(first, first + n):
        carbons = i % 5
        z = [6] * carbons + [1] * (2 * carbons + 2) if carbons else [8, 1, 1]
        geometry, energy = i % 7 != 3, i % 11 != 4
        rows.append(
            {
                "id": f"made-up:{i}",
                "smiles": "C" * carbons or "O",
                "canonical_smiles": "C" * carbons or "O",
                "inchikey": None,
                "atomic_numbers": z,
                "positions": [x for k in range(len(z)) for x in (1.1 * k, 0.01 * i, -0.5)] if geometry else None,
                "n_atoms": len(z),
                "n_heavy": sum(n != 1 for n in z),
                "charge": 0,
                "multiplicity": 1,
                "energy_hartree": sum(QM9.atoms[n] for n in z) - 0.1 * len(z) - 1e-4 * i if energy else None,
                "level": "qm9" if energy else None,
                "geometry_level": "qm9" if geometry else None,
                "flags": ["no_geometry"] if not geometry else [],
            }
        )
    return with_atomization(pa.Table.from_pylist(rows, schema=MOLECULE.arrow), QM9)


def write(
    folder: Path, n: int = 25, rows_per_shard: int = 10, rejected: int = 3, first: int = 0, parts: int = 7
) -> Manifest:
    """A folder of `n` molecules added `parts` at a time, and some rejected records."""
    table = molecules(n, first)
    with ShardWriter(folder, MOLECULE, rows_per_shard) as writer:
        for start in range(0, n, parts):
            writer.add(table.slice(start, parts))
        for i in range(rejected):
            writer.reject(f"raw.txt, line {i}", "atom count" if i % 2 else "not a number", f"got {i}", f"raw {i}\n")
        return finish(writer, n + rejected)


def finish(writer: ShardWriter, read: int) -> Manifest:
    """Finish with made-up sources."""
    sources = [SourceFile(name="raw.txt", bytes=3, sha256=hashlib.sha256(b"raw").hexdigest())]
    return writer.finish("made-up", read, sources, [LevelName(name="qm9", hash=QM9.hash)], {"card": "made-up µ"})


def hashes(folder: Path) -> dict[str, str]:
    """Every file's name and SHA-256."""
    return {path.name: sha256(path) for path in sorted(folder.iterdir())}


def forge(folder: Path, manifest: Manifest | None = None, **files: Callable[[pa.Table], pa.Table]) -> None:
    """Rewrite Parquet files by name, and the manifest, such that all sizes and hashes are right again."""
    manifest = manifest or read_manifest(folder)
    for part in [*manifest.shards, manifest.rejected]:
        path = folder / part.file
        edit = files.pop(path.stem.replace("-", "_"), None)
        if edit is not None:
            table = edit(pq.read_table(path))
            write_parquet(table, path)
            part.rows, part.bytes, part.sha256 = table.num_rows, path.stat().st_size, sha256(path)
    assert not files, f"no such files: {files}"
    (folder / MANIFEST).write_text(manifest.text(), encoding="utf-8")


def with_value(column: str, row: int, value: object) -> Callable[[pa.Table], pa.Table]:
    """An edit that sets one value of a table."""

    def edited(table: pa.Table) -> pa.Table:
        rows = table.to_pylist()
        rows[row][column] = value
        return pa.Table.from_pylist(rows, schema=table.schema)

    return edited


if __name__ == "__main__":
    write(Path(sys.argv[1]))
