"""Labels that stand already are replaced only by labels of at least the same molecules, made in the same way."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hemdata.errors import CallError, HemdataError
from hemdata.levels import Level
from hemdata.molecules import Molecule
from hemdata.shards import Manifest, SourceFile, iterate, read_manifest, stands

_COLUMNS = ("id", "canonical_smiles", "charge", "multiplicity")
_PLACES = ("atomic_numbers", "positions")


def refuse_loss(
    folder: Path,
    name: str,
    asked: Sequence[Molecule],
    its_level: Level,
    sources: Sequence[SourceFile],
    made_from: dict[str, Any],
) -> None:
    """Refuse to write labels where others stand that would be lost; before anything is computed.

    Labels of more molecules, or with more columns, may take the place of fewer.

    Args:
        folder: where they are to be written.
        name: of the set.
        asked: its molecules.
        its_level: of its energies.
        sources: what they are read from.
        made_from: how they are made; `enthalpy` and `stability` say what is computed beside.

    Raises:
        CallError: names what would be lost.
    """
    if not stands(folder):
        return
    try:
        before = read_manifest(folder)
        lost = _differs(before, name, its_level, made_from) or _missing(folder, before, asked, sources)
    except HemdataError as error:
        lost = f"a set that does not read ({error.what})"
    if lost:
        raise CallError(
            "Other labels stand there, and would be lost.",
            where=folder,
            got=lost,
            fix="Ask for the same again or for more, give another folder (--out) or another file name, or replace them "
            "(--force).",
        )


def _differs(before: Manifest, name: str, its_level: Level, made_from: dict[str, Any]) -> str | None:
    """What is otherwise of a set as a whole."""
    if before.dataset != name:
        return f"the set '{before.dataset}'"
    if any(its.hash != its_level.hash for its in before.levels):
        return f"labels of another definition of '{its_level.name}'"
    for option, default in (("accuracy", "label"), ("conformers", 1)):
        then, now = (its.get(option, default) for its in (before.made_from, made_from))
        if then != now:
            return f"labels made with --{option} {then}"
    for column in ("enthalpy", "stability"):
        if column in before.made_from and not made_from.get(column):
            return f"labels with --{column}"
    return None


def _missing(folder: Path, before: Manifest, asked: Sequence[Molecule], sources: Sequence[SourceFile]) -> str | None:
    """Which molecules of a set are not among those asked."""
    same_source = [its.sha256 for its in before.sources] == [its.sha256 for its in sources]
    now = {molecule.id: molecule for molecule in asked}
    columns = _COLUMNS if all(molecule.canonical_smiles for molecule in asked) else (*_COLUMNS, *_PLACES)
    lost = [
        row["id"]
        for batch in iterate(folder, columns)
        for row in batch.to_pylist()
        if row["id"] not in now or not _same(now[row["id"]], row, same_source)
    ]
    if not lost:
        return None
    return f"{len(lost):,} of {before.counts.accepted:,} molecules that are not asked for now, as {lost[0]}"


def _same(molecule: Molecule, row: dict[str, Any], same_source: bool) -> bool:
    if (molecule.charge, molecule.multiplicity) != (row["charge"], row["multiplicity"]):
        return False
    if molecule.canonical_smiles is not None or row["canonical_smiles"] is not None:
        return bool(molecule.canonical_smiles == row["canonical_smiles"])
    same_place = bool(molecule.atomic_numbers == row["atomic_numbers"] and molecule.positions == row["positions"])
    return same_source or same_place
