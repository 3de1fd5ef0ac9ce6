"""Builds a dataset: its source's records, completed and checked, as shards with a manifest."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hemdata.catalog import DatasetCard, dataset
from hemdata.catalog.defects import known_defects
from hemdata.curate.complete.frames import FramesCompletion
from hemdata.curate.complete.in_bohr import refuse_set_in_bohr
from hemdata.curate.complete.records import Completed, Completion
from hemdata.curate.wrong_rows.defective import with_known
from hemdata.curate.wrong_rows.held_back import Audit, AwaitedAudit
from hemdata.errors import CallError, DataError
from hemdata.levels import level
from hemdata.processes import chunked, ordered_map
from hemdata.schema import table_schema
from hemdata.shards import LevelName, Manifest, ShardWriter, SourceFile, read_manifest
from hemdata.sources import ColumnSource, Source, open_any_source

RAWS_PER_TASK = 10_000  # the checks cost the same for a small table as for a large one


@dataclass(frozen=True)
class Built:
    """The outcome of a build.

    Attributes:
        folder: where the shards stand.
        manifest: what they hold.
        new: False where the same build stood there already.
        whole: False where rows were expected that the given files do not hold.
        rdkit_seconds: time in RDKit, summed over the workers.
        unaudited: rows that this build wrote with the flag `level_unaudited`.
    """

    folder: Path
    manifest: Manifest
    new: bool
    whole: bool
    rdkit_seconds: float = 0.0
    unaudited: int = 0


def build(
    name: str | Path,
    given: Path | None = None,
    out: Path | None = None,
    *,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
    force: bool = False,
    audit: Audit | None = None,
) -> Built:
    """Build a dataset into validated Parquet shards.

    Args:
        name: a dataset's name, or the path of its card.
        given: its archive or unpacked folder, where it is not to be fetched.
        out: the folder to write, by default data/<name>.
        workers: processes; by default as many as cores.
        progress: called with the number of records accepted since the last call, as the card counts them.
        force: build again what stands there already.
        audit: compares rows of a set whose card says `audited: false` with the level's own calculation. Called
            once, with up to 400 of the first accepted rows that have an energy. Where it agrees, the rows lose the
            flag `level_unaudited`; its verdict stands in the manifest either way.

    Raises:
        CallError: for an unknown dataset, a missing path, an output folder that holds something else, such as a set
            that was read from other files.
        DataError: for a damaged source, or rows that do not come out as the card says.
    """
    card = dataset(name)
    out = Path("data") / card.name if out is None else out
    if given is not None and not given.exists():
        raise CallError("There is nothing at the path given with --from.", where=given, fix="Correct the path.")
    source = open_any_source(card, given)
    audit = None if card.audited else audit
    levels = [LevelName(name=its.name, hash=its.hash) for its in [level(card.level)]] if card.level else []
    made_from: dict[str, Any] = {"card": hashlib.sha256(card.model_dump_json().encode()).hexdigest()}
    register = known_defects(card.name)
    if register is not None:
        made_from["defects"] = hashlib.sha256(register.model_dump_json().encode()).hexdigest()
    stands = None if force else standing(out)
    if stands is not None and _same(stands, made_from, levels, audit) and stands.sources == source.files:
        return Built(out, stands, new=False, whole=_whole(card, stands))
    if stands is not None:
        _refuse_other(out, stands, card, source.files)
    rdkit_seconds = 0.0
    awaited = AwaitedAudit(audit)
    with ShardWriter(out, table_schema("molecule", card.properties)) as writer:
        read = in_bohr = 0
        misfits: Counter[str] = Counter()
        for done in _completed(card, source, workers):
            read += done.read
            rdkit_seconds += done.rdkit_seconds
            misfits += done.misfits
            in_bohr += done.in_bohr
            _in_its_unit(card, misfits, read)
            refuse_set_in_bohr(card.name, in_bohr, read)
            writer.add(awaited.add(with_known(done.table, register)), checked=True)
            for rejection in done.rejected:
                writer.reject(*rejection)
            if progress:
                progress(done.table.num_rows)
        if not read:
            raise DataError("The source holds no records.", where=given or card.name, fix="Check the file or folder.")
        rest = awaited.rest()
        if rest is not None:
            writer.add(rest, checked=True)
        if awaited.found is not None:
            made_from["audit"] = awaited.found
        if given is None and card.accepted is not None and writer.accepted != card.accepted:
            raise DataError(
                f"'{card.name}' did not come out whole.",
                expected=f"{card.accepted} accepted rows",
                got=f"{writer.accepted} of {read} read; rejected: {writer.reasons}",
                fix="The published files or a library changed; compare the reasons with the dataset's page.",
            )
        manifest = writer.finish(card.name, read, source.files, levels, made_from)
    return Built(
        out, manifest, new=True, whole=_whole(card, manifest), rdkit_seconds=rdkit_seconds, unaudited=awaited.flagged
    )


def _completed(card: DatasetCard, source: Source | ColumnSource, workers: int | None) -> Iterator[Completed]:
    """The source's records, completed in worker processes: one by one, or as a user's own files come, in columns."""
    if isinstance(source, ColumnSource):
        return ordered_map(FramesCompletion(card), source.frames(), workers)
    return ordered_map(Completion(card, source), chunked(source.raws(), RAWS_PER_TASK), workers)


def _in_its_unit(card: DatasetCard, misfits: Counter[str], read: int) -> None:
    """Stop where most energies are none that physics allows: the unit or the level is another than the card says.

    Raises:
        DataError: names the unit that they seem to be in.
    """
    if 2 * misfits.total() <= read:
        return
    likely = misfits.most_common(1)[0][0]
    raise DataError(
        "Most energies are not what the card says they are.",
        where=f"dataset {card.name}",
        expected=f"total electronic energies at '{card.level}': between 0 and what bonds give below the atoms'",
        got=f"{misfits.total():,} of {read:,} rows are not; "
        + (f"{misfits[likely]:,} would be right {likely}" if likely else "no other unit would make them right"),
        fix=_right_unit(card, likely),
    )


def _right_unit(card: DatasetCard, likely: str) -> str:
    """What to do about energies that would be right in another unit, or in none; of an import it is an option."""
    if card.imported is not None:
        unit = likely.removeprefix("in ").partition(",")[0]
        return f"Import them with --unit {unit}." if unit else "Import them with the right --kind and --level."
    if likely:
        return (
            "Write the unit that they are in into a copy of the card (energy_hartree, under `columns`), and build that."
        )
    return "Compare the level's atoms with the way these energies were computed; give the right level in the card."


def _refuse_other(out: Path, stands: Manifest, card: DatasetCard, files: list[SourceFile]) -> None:
    """Refuse to build in the place of a set that was read from other files.

    Raises:
        CallError: names what stands there.
    """
    if (stands.dataset, stands.sources) != (card.name, files):
        raise CallError(
            "A set of other files stands there, and would be lost.",
            where=out,
            expected=f"{card.name}, from {', '.join(file.name for file in files)}",
            got=f"{stands.dataset}, {stands.counts.accepted:,} molecules from "
            f"{', '.join(file.name for file in stands.sources)}, which are not the same",
            fix="Give another folder (--out), or replace it (--force).",
        )


def standing(out: Path) -> Manifest | None:
    """The manifest of what stands at `out`, if it has today's schema and its files are there."""
    try:
        manifest = read_manifest(out)
    except (CallError, DataError):
        return None
    same = manifest.schema_version == table_schema("molecule").version
    there = all((out / part.file).is_file() for part in [*manifest.shards, manifest.rejected])
    return manifest if same and there else None


def _same(stands: Manifest, made_from: dict[str, Any], levels: list[LevelName], audit: Audit | None) -> bool:
    """Whether the same card and level made what stands, and it had its audit where one is at hand."""
    without = {key: value for key, value in stands.made_from.items() if key != "audit"}
    return without == made_from and stands.levels == levels and (audit is None or "audit" in stands.made_from)


def _whole(card: DatasetCard, manifest: Manifest) -> bool:
    return card.accepted is None or manifest.counts.accepted == card.accepted
