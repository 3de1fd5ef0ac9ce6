"""One static page of a built set: what it holds, a sample of it drawn, what was rejected, where it came from."""

from itertools import groupby
from pathlib import Path
from typing import Any

from hemdata.curate.describe import Description, Spread, describe, rejected_examples, sampled_rows
from hemdata.report.page.drawings import draw
from hemdata.report.page.written import page_text, write_page
from hemdata.shards import read_manifest

DRAWN = 48
TEXT = 160  # letters shown of a rejected record's raw text


def browse(folder: str | Path, out: str | Path | None = None, drawn: int = DRAWN, seed: int = 0) -> Path:
    """Write the page of a built set; the same set makes the same page.

    Args:
        folder: of shards.
        out: the page's file; by default NAME.html in the folder that holds the set's.
        drawn: molecules drawn, chosen by the seed.
        seed: decides which molecules are drawn and looked at for functional groups.

    Returns:
        The page's path.

    Raises:
        CallError: if it is no folder of shards.
        DataError: if a shard cannot be read, or the page cannot be written.
    """
    folder = Path(folder)
    out = Path(out) if out is not None else folder.parent / f"{folder.name}.html"
    write_page(out, set_page(folder, drawn, seed))
    return out


def set_page(folder: Path, drawn: int = DRAWN, seed: int = 0) -> str:
    """The page as text."""
    manifest, found = read_manifest(folder), describe(folder, seed=seed)
    examples = [
        {"reason": reason, "rows": [dict(row, text=_short(row["text"])) for row in rows]}
        for reason, rows in groupby(rejected_examples(folder), key=lambda row: row["reason"])
    ]
    return page_text(
        "browse.html.j2",
        (),
        name=folder.name,
        found=found,
        manifest=manifest,
        charts=charts(found),
        molecules=_drawn(folder, drawn, seed),
        rejected=[(reason, n) for reason, n in found.rejected.items()],
        examples=sorted(examples, key=lambda each: -found.rejected.get(str(each["reason"]), 0)),
        seed=seed,
    )


def charts(found: Description) -> dict[str, dict[str, Any]]:
    """What the page shows as bars: columns of a histogram, and rows of counts with their share."""
    n = found.molecules
    sizes = range(min(found.heavy_atoms, default=0), max(found.heavy_atoms, default=-1) + 1)
    return {
        "size": {"bars": _bars([(str(size), found.heavy_atoms.get(size, 0)) for size in sizes])},
        "elements": {"rows": _shares([(name, each["molecules"]) for name, each in found.elements.items()], n)},
        "groups": {"rows": _shares(list(found.functional_groups.items()), found.sampled)},
        "flags": {"rows": _shares(list(found.flags.items()), n)},
        **{name: _histogram(spread) for name, spread in found.energies.items()},
    }


def _bars(counted: list[tuple[str, int]]) -> list[dict[str, Any]]:
    most = max((count for _, count in counted), default=0) or 1
    return [
        {"label": label, "count": count, "height": f"{max(100 * count / most, 0.7 if count else 0):.1f}"}
        for label, count in counted
    ]


def _shares(counted: list[tuple[str, int]], of: int) -> list[dict[str, Any]]:
    whole = max(of, 1)
    return [{"label": label, "count": count, "share": f"{100 * count / whole:.1f}"} for label, count in counted]


def _histogram(spread: Spread) -> dict[str, Any]:
    digits = 0 if spread.edges[-1] - spread.edges[0] > 200 else 1
    labels = [
        f"{low:.{digits}f} to {high:.{digits}f}" for low, high in zip(spread.edges[:-1], spread.edges[1:], strict=True)
    ]
    middle = spread.quantiles
    return {
        "bars": _bars(list(zip(labels, spread.counts, strict=True))),
        "ends": [f"{value:,.{digits}f}" for value in (middle["0"], middle["1"])],
        "middle": f"Half of the molecules from {middle['0.25']:,.1f} to {middle['0.75']:,.1f}, "
        f"median {middle['0.5']:,.1f} {spread.unit}",
    }


def _drawn(folder: Path, n: int, seed: int) -> list[dict[str, Any]]:
    """The sample that can be drawn; those that cannot keep their SMILES."""
    return [dict(row, svg=draw(row["smiles"])) for row in sampled_rows(folder, n, seed)]


def _short(text: str | None) -> str:
    flat = " ".join((text or "").split())
    return flat if len(flat) <= TEXT else flat[: TEXT - 1] + "…"
