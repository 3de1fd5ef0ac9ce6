"""`hemdata list` and `hemdata info`: what there is."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from hemdata import catalog
from hemdata.cli.app import command, out
from hemdata.errors import CallError

READERS = {
    "dataset": catalog.dataset,
    "level": catalog.level_card,
    "network": catalog.network,
    "study": catalog.study,
}
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@command("list", "hemdata list\nhemdata list --json")
def list_cards(as_json: AsJson = False) -> None:
    """List the datasets, levels of theory, networks and studies."""
    found = {
        kind: [{"name": name, "title": str(getattr(read(name), "title", ""))} for name in catalog.cards(kind)]
        for kind, read in READERS.items()
    }
    if as_json:
        print(json.dumps(found, indent=2))
        return
    for kind, entries in found.items():
        table = Table(title=kind, title_justify="left", box=None, show_header=False, padding=(0, 2))
        for entry in entries:
            table.add_row(entry["name"], entry["title"])
        out.print(table)
        out.print()


@command("info", "hemdata info pc9\nhemdata info qm9 --json")
def info(
    name: Annotated[str, typer.Argument(help="A dataset, level, network or study.")],
    as_json: AsJson = False,
    data: Annotated[Path, typer.Option(help="Folder of the built datasets.")] = Path("data"),
) -> None:
    """Tell what is known of a dataset, a level of theory, a network or a study."""
    told = _known(name)
    told.update(_built(data / name))
    if as_json:
        print(json.dumps(told, indent=2))
        return
    for key, value in told.items():
        if value in (None, [], {}, ""):
            continue
        if isinstance(value, list):
            out.print(f"[bold]{key}[/]")
            for entry in value:
                out.print(f"  - {_line(entry)}", markup=False)
        elif isinstance(value, dict):
            out.print(f"[bold]{key}[/]")
            for inner, entry in value.items():
                out.print(f"  {inner}: {_line(entry)}", markup=False)
        else:
            out.print(f"[bold]{key}[/]  ", end="")
            out.print(str(value), markup=False)


def _line(entry: Any) -> str:
    if not isinstance(entry, dict):
        return str(entry)
    return "; ".join(f"{key}: {value}" for key, value in entry.items() if value not in (None, [], {}, "", False, True))


def _known(name: str) -> dict[str, Any]:
    for kind, read in READERS.items():
        if name in catalog.cards(kind):
            card: dict[str, Any] = {"kind": kind, **read(name).model_dump(mode="json")}
            return card
    names = [known for kind in READERS for known in catalog.cards(kind)]
    raise CallError(f"There is nothing named '{name}'.", expected=", ".join(names), fix="`hemdata list` tells them.")


def _built(folder: Path) -> dict[str, Any]:
    from hemdata.shards import read_manifest

    if not (folder / "manifest.json").is_file():
        return {"built": None}
    manifest = read_manifest(folder)
    return {
        "built": {
            "folder": str(folder),
            "read": manifest.counts.read,
            "accepted": manifest.counts.accepted,
            "rejected": manifest.counts.rejected,
            "shards": len(manifest.shards),
            "levels": ", ".join(f"{level.name} ({level.hash})" for level in manifest.levels),
        }
    }
