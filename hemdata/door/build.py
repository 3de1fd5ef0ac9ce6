"""A dataset or a composition of datasets built by name, with the audit of a level that nobody has compared yet."""

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from hemdata.catalog import DatasetCard, dataset, is_composition
from hemdata.console import err
from hemdata.door.progress import bar
from hemdata.errors import CallError, DataError

if TYPE_CHECKING:
    from hemdata.curate.build import Built
    from hemdata.curate.wrong_rows.held_back import Audit, Audited

AUDITED_ROWS = 3


def build(
    name: str | Path,
    data: Path = Path("data"),
    *,
    source: Path | None = None,
    out: Path | None = None,
    workers: int | None = None,
    force: bool = False,
    audit: bool = True,
    progress: bool = True,
) -> "Built":
    """Build a dataset, or a composition of built ones, into validated Parquet shards with a manifest.

    Args:
        name: of a dataset or a composition, or the path of a card.
        data: folder of the built datasets.
        source: the dataset's archive or unpacked folder, where it is not to be fetched.
        out: the folder to write, by default `data`/NAME.
        workers: processes; by default as many as cores.
        force: build again what stands there already.
        audit: compute a few rows of a set whose card says that its level is not compared yet.
        progress: whether a bar is shown.

    Raises:
        CallError: for an unknown name, a missing path or parent, a composition with a `source`.
        DataError: for a damaged source, rows that do not come out as the card says, or no accepted row at all.
    """
    if is_composition(name):
        if source is not None:
            raise CallError(
                f"'{name}' is composed of built datasets; nothing is read --from elsewhere.", fix="Leave it out."
            )
        from hemdata.curate.compose import compose

        return _some(compose(name, data, out, force=force))
    from hemdata.curate.build import build as build_dataset

    card = dataset(name)
    with bar(f"build {card.name}", card.accepted if source is None else None, progress) as step:
        built = build_dataset(
            name,
            source,
            out or data / card.name,
            workers=workers,
            progress=lambda done: step(done, ""),
            force=force,
            audit=_audit(card, progress) if audit and not card.audited else None,
        )
    return _some(built)


def _some(built: "Built") -> "Built":
    """A set without a molecule is told as an error; its rejected records stay to be looked at."""
    counts = built.manifest.counts
    if counts.accepted:
        return built
    reasons = ", ".join(f"{number:,} {reason}" for reason, number in counts.rejected.items())
    raise DataError(
        "No record was accepted: the set is empty.",
        where=built.folder,
        got=f"{counts.read:,} records read" + (f"; rejected: {reasons}" if reasons else ""),
        fix="Look at its rejected.parquet, correct the source or the card, and build again (--force).",
    )


def _audit(card: DatasetCard, told: bool) -> "Audit":
    """The audit of a set whose level nobody has compared: its few smallest rows at the level's own calculation."""
    from hemdata.assess.audit import audit
    from hemdata.assess.audited_rows import Which
    from hemdata.levels import level

    def compared(rows: pa.Table) -> "Audited":
        if told:
            where = f"{card.name} at its level, '{card.level}'"
            err.print(f"Computing {AUDITED_ROWS} rows of {where} (--no-audit, or audit=False, leaves it).")
        return audit(rows, level(str(card.level)), Which(AUDITED_ROWS, smallest_first=True))

    return compared
