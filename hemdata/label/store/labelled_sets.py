"""The single points of a labelled set, as results under the keys that a run would ask for: shards as a label store."""

from collections.abc import Iterator
from pathlib import Path

from hemdata.chemistry.engines import program
from hemdata.errors import DataError
from hemdata.label.calculation import Result, Stage, Start, calculation_for
from hemdata.label.jobs import POINT
from hemdata.levels import Level, level
from hemdata.shards import Manifest, iterate, read_manifest

COLUMNS = ["id", "canonical_smiles", "atomic_numbers", "positions", "charge", "multiplicity", "energy_hartree",
           "geometry_level", "engine"]  # fmt: skip


def single_points(folder: Path) -> Iterator[Result]:
    """The energies of a labelled set that stand on geometries which another level, or somebody else, made.

    A molecule that was relaxed at the level itself is none of them: where its path began is not in the rows.

    Raises:
        CallError: if the folder holds no shards.
        DataError: if the set was not labelled by this hemdata, at another level of that name, by other versions of
            the engine or of RDKit (the keys hold them), or holds no single points.
    """
    manifest = read_manifest(folder)
    its_level = _level(folder, manifest)
    accuracy = str(manifest.made_from["accuracy"])
    conformers = int(manifest.made_from.get("conformers", 1))
    origin = {"from_shards": manifest.dataset} | ({"conformers": conformers} if conformers > 1 else {})
    stage = Stage(its_level, POINT)
    found = 0
    for batch in iterate(folder, COLUMNS):
        for row in batch.to_pylist():
            if row["geometry_level"] == its_level.name:
                continue
            task = calculation_for(
                stage,
                row["canonical_smiles"],
                row["charge"],
                row["multiplicity"],
                Start(row["atomic_numbers"], row["positions"], row["geometry_level"]),
                accuracy,
            )
            _same_versions(folder, row["id"], row["engine"], manifest, dict(task.versions), its_level)
            found += 1
            told = task.described | origin
            yield Result(task.key, None, row["atomic_numbers"], row["positions"], row["energy_hartree"], told)
    if not found:
        raise DataError(
            "This set holds no single points.",
            where=folder,
            expected="energies at geometries of another level",
            got=f"{manifest.counts.accepted:,} molecules relaxed at {its_level.name} itself",
            fix="Import the label store that they came from.",
        )


def _level(folder: Path, manifest: Manifest) -> Level:
    if len(manifest.levels) != 1 or "calculations" not in manifest.made_from:
        raise DataError(
            "These shards were not made by `hemdata label`.",
            where=folder,
            got=manifest.dataset,
            fix="Give a label store, or the folder of a labelled set (data/NAME@LEVEL).",
        )
    named = manifest.levels[0]
    its_level = level(named.name)
    if its_level.hash != named.hash:
        raise DataError(
            f"The level '{named.name}' of this set is another one than here.",
            where=folder,
            expected=its_level.hash,
            got=named.hash,
            fix="Take the card of the level that made the set (HEMDATA_CARDS).",
        )
    return its_level


def _same_versions(
    folder: Path, row: str, engine: str, manifest: Manifest, here: dict[str, str], its_level: Level
) -> None:
    """The engine and RDKit decide the digits; tblite had no part in a single point of another engine."""
    its = program(its_level.card)
    for wanted, got in (
        (f"{its} {here[its]}", engine),
        (f"rdkit {here['rdkit']}", f"rdkit {manifest.versions.get('rdkit')}"),
    ):
        if wanted != got:
            raise DataError(
                "These labels were computed by another version than is installed, so they would not be found.",
                where=f"{folder}, row {row}",
                expected=wanted,
                got=got,
                fix="Install that version, or compute the labels anew.",
            )
