"""Imports: tells what stands in the files, builds the set, checks it against itself and the test groups."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hemdata.catalog import DatasetCard, LevelCard
from hemdata.curate.build import Built, build
from hemdata.errors import CallError
from hemdata.intake.asked import Asked
from hemdata.intake.checks import checks_of
from hemdata.intake.decided import Decided
from hemdata.intake.declare import card_of, card_stands, level_card_of, write_cards
from hemdata.intake.look import Looked, look
from hemdata.levels import SYMBOLS
from hemdata.shards import rejected, stands


@dataclass(frozen=True)
class Preview:
    """What stands in the files, as lines for people and as data."""

    lines: list[str]
    data: dict[str, Any]


@dataclass
class Imported:
    """A set that was imported.

    Attributes:
        built: its shards.
        cards: the files of its cards, its own last.
        first: reason: the first record rejected for it, and the detail.
        checks: what a user should know of the rows, in sentences.
    """

    built: Built
    cards: list[Path]
    first: dict[str, str] = field(default_factory=dict)
    checks: list[str] = field(default_factory=list)


def preview(paths: Sequence[Path], form: str | None, keys: Mapping[str, str]) -> Preview:
    """What a look at the files finds: form, records, keys with examples and what each seems to be."""
    looked = look(paths, form, keys)
    formulas = _formulas(looked)
    count = f"{looked.records:,}" + ("" if looked.whole else " or more")
    what = "record" if count == "1" else "records"
    lines = [f"{', '.join(map(str, paths))}: {looked.reader.name}, {count} {what}" + (
        f", as {', '.join(formulas)}" if formulas else ", no geometry")]  # fmt: skip
    if looked.unread:
        lines.append(f"  {looked.unread:,} cannot be read, as {'; '.join(looked.first_faults(1))}")
    if others := looked.others:
        named = ", ".join(others[:3]) + (" ..." if len(others) > 3 else "")
        lines.append(f"  {len(others):,} file{'s' if len(others) > 1 else ''} of another form left out: {named}")
    told = {}
    for key in looked.keys.values():
        share = "" if key.there == looked.records - looked.unread else f" (in {key.there:,} records only)"
        seems = f" -> {key.role}" if key.role else ""
        unit = f" {key.unit}" if key.unit else ""
        lines.append(f"  {key.name}: {_example(key.examples)}{unit}{seems}{share}")
        told[key.name] = {"kind": key.kind, "there": key.there, "unit": key.unit, "role": key.role}
    data = {"form": looked.reader.name, "records": looked.records, "whole": looked.whole, "keys": told,
            "unread": looked.unread, "left_out": looked.others, "geometry": looked.geometry}  # fmt: skip
    return Preview(lines, data)


def settled(asked: Asked, found: Decided) -> tuple[DatasetCard, LevelCard | None]:
    """The cards of what was decided."""
    return card_of(asked, found), level_card_of(found)


def import_set(
    card: DatasetCard,
    its_level: LevelCard | None,
    data: Path,
    *,
    workers: int | None = None,
    force: bool = False,
    progress: bool = True,
) -> Imported:
    """Write the cards and build the set; on failure nothing is left of either.

    Raises:
        CallError: if a set of this name stands already.
        DataError: if the files are damaged, or most energies are none that physics allows.
    """
    folder = data / card.name
    before = card_stands(card.name)
    if (before is not None or stands(folder)) and not force:
        raise CallError(
            "A set of this name stands already.", where=before or folder, fix="Give another --name, or --force."
        )
    kept = {path: path.read_bytes() for path in [before] if path is not None}
    written = write_cards(card, its_level)
    try:
        built = build(written[-1], out=folder, workers=workers, force=True)
        if not built.manifest.counts.accepted:
            _nothing_left(built)
    except BaseException:
        for path in written:
            if path in kept:
                path.write_bytes(kept[path])
            else:
                path.unlink(missing_ok=True)
        raise
    done = Imported(built, written)
    refused = rejected(folder)
    for where, reason, detail in zip(
        refused["where"].to_pylist(), refused["reason"].to_pylist(), refused["detail"].to_pylist(), strict=True
    ):
        done.first.setdefault(reason, f"{where}" + (f": {detail}" if detail else ""))
    done.checks = checks_of(folder, data)
    return done


def _nothing_left(built: Built) -> None:
    from hemdata.errors import DataError

    refused = rejected(built.folder)
    reasons = Counter(refused["reason"].to_pylist())
    first = refused.slice(0, 1).to_pylist()[0]
    raise DataError(
        "No record was accepted.",
        where=first["where"],
        got=", ".join(f"{reason} ({number:,})" for reason, number in reasons.most_common(3))
        + (f"; the first: {first['detail']}" if first["detail"] else ""),
        fix="Correct the file, or the options.",
    )


def _formulas(looked: Looked) -> list[str]:
    found: list[str] = []
    for z, _ in looked.geometries():
        if len(z):
            counts = Counter(SYMBOLS[n] if 0 <= n < len(SYMBOLS) else str(n) for n in z.tolist())
            found.append("".join(f"{s}{n if n > 1 else ''}" for s, n in sorted(counts.items())))
        if len(found) == 3:
            break
    return found


def _example(values: list[Any]) -> str:
    words = []
    for value in values[:3]:
        if isinstance(value, np.ndarray | list):
            words.append(f"{list(np.asarray(value).shape)} numbers")
        else:
            words.append(f"{value:.10g}" if isinstance(value, float) else str(value)[:40])
    return ", ".join(words)
