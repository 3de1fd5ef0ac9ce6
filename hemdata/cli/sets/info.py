"""`hemdata info`: what is known of a card, and what a built set holds, in bars of text as wide as the terminal."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hemdata.cli.app import command, out
from hemdata.cli.values import named
from hemdata.errors import CallError

if TYPE_CHECKING:
    from hemdata.catalog.reading import Card
    from hemdata.curate.describe import Description

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Data = Annotated[Path, typer.Option(help="Folder of the built datasets.")]
WIDEST = 40
_EIGHTHS = " ▏▎▍▌▋▊▉"


@command("info", "hemdata info pc9\nhemdata info qm9 --json\nhemdata info test-groups@gfn2-xtb")
def info(
    name: Annotated[
        str,
        typer.Argument(
            help="A dataset, composition, built set, level, network or study.",
            autocompletion=named("dataset", "set", "level", "network", "study"),
        ),
    ],
    as_json: AsJson = False,
    data: Data = Path("data"),
) -> None:
    """Tell what is known of a dataset, composition, level, network or study; of a built set also what it holds."""
    folder = _stands_in(name, data)
    told = _known(name, folder)
    held = None
    if told["built"]:
        from hemdata.curate.describe import describe

        held = describe(folder)
        told["holds"] = held.as_data()
    if as_json:
        print(json.dumps(told, indent=2))
        return
    told.pop("holds", None)
    for key, value in told.items():
        if value in (None, [], {}, ""):
            continue
        if isinstance(value, list):
            out.print(key, style="bold")
            for entry in value:
                out.print(f"  - {_line(entry)}")
        elif isinstance(value, dict):
            out.print(key, style="bold")
            for inner, entry in value.items():
                if entry is not None:
                    out.print(f"  {inner}: {_line(entry)}")
        else:
            out.print(key, style="bold", end="  ")
            out.print(str(value))
    if held is not None:
        if held.flags.get("level_unaudited"):
            out.print("No energy of this set was compared with its level's own calculation yet.", style="yellow")
        for line in _bars(held, out.width):
            out.print(line)


def _stands_in(name: str, data: Path) -> Path:
    """Where a set of the name stands, or would: labels that travel with hemdata are looked through after `data`."""
    from hemdata.catalog import label_places

    places = (data / name, *(place / name for place in label_places()))
    return next((place for place in places if (place / "manifest.json").is_file()), data / name)


def _line(entry: Any) -> str:
    if not isinstance(entry, dict):
        return str(entry)
    return "; ".join(f"{key}: {value}" for key, value in entry.items() if value not in (None, [], {}, "", False, True))


def _known(name: str, folder: Path) -> dict[str, Any]:
    """Card and manifest of a name; a built set, as `qm9@pc9` or that of a user's file, needs no card."""
    from hemdata.catalog import card_of

    if not (folder / "manifest.json").is_file():
        return _card(*card_of(name)) | {"built": None}
    from hemdata.shards import read_manifest

    manifest = read_manifest(folder)
    try:
        told = _card(*card_of(name))
    except CallError:
        told = {"kind": "built set", "name": name}
    return told | {
        "built": {
            "folder": str(folder),
            "read": manifest.counts.read,
            "accepted": manifest.counts.accepted,
            "rejected": manifest.counts.rejected,
            "shards": len(manifest.shards),
            "levels": ", ".join(f"{level.name} ({level.hash})" for level in manifest.levels),
            "mixed_levels": manifest.made_from.get("mixed_levels"),
            "audit": manifest.made_from.get("audit", {}).get("verdict"),
        }
    }


def _card(kind: str, card: "Card") -> dict[str, Any]:
    """What a card says; not that its level was compared where there is none, or a user's card does not say so."""
    from hemdata.catalog import card_path
    from hemdata.catalog.defects import known_defects
    from hemdata.catalog.folders import roots

    told = {"kind": kind, **card.model_dump(mode="json")}
    unsaid = "audited" in told and "audited" not in card.model_fields_set
    if unsaid and (not told["level"] or not card_path(kind, told["name"]).is_relative_to(roots()[-1])):
        told["audited"] = None
    if kind == "dataset" and (register := known_defects(told["name"])):
        told["known_defects"] = register.told()
    return told


def _bars(held: "Description", width: int) -> Iterator[str]:
    """Line by line: elements, heavy atoms, energies, flags, functional groups."""
    yield from _rows("elements (molecules)", {name: each["molecules"] for name, each in held.elements.items()}, width)
    yield from _rows("heavy atoms", {str(size): count for size, count in held.heavy_atoms.items()}, width)
    for name, spread in held.energies.items():
        edges = zip(spread.edges[:-1:2], [*spread.edges[2::2]], strict=True)
        counts = [a + b for a, b in zip(spread.counts[::2], spread.counts[1::2], strict=True)]
        named = {f"{low:,.0f} to {high:,.0f}": n for (low, high), n in zip(edges, counts, strict=True)}
        yield from _rows(f"{name}, {spread.unit} (median {spread.quantiles['0.5']:,.1f})", named, width)
    yield from _rows("flags", held.flags, width)
    held_by = {name: count for name, count in held.functional_groups.items() if count}
    of = f"a sample of {held.sampled:,}, seed {held.seed}" if held.sampled < held.molecules else "all molecules"
    yield from _rows(f"functional groups (of {of})", held_by, width)


def _rows(title: str, counted: Mapping[str, int], width: int) -> Iterator[str]:
    if not counted:
        return
    yield title
    label = max(map(len, counted))
    number = max(len(f"{count:,}") for count in counted.values())
    room, most = max(0, min(WIDEST, width - label - number - 6)), max(counted.values())
    for name, count in counted.items():
        eighths = round(8 * room * count / most)
        bar = "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
        yield f"  {name:>{label}}  {count:>{number},}  {bar or ('▏' if count and room else '')}".rstrip()
