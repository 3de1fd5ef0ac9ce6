"""`hemdata list`, `info`, `show` and `browse`: what there is, and what it looks like."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from hemdata import catalog
from hemdata.cli.app import command, out
from hemdata.cli.histogram import bars
from hemdata.console import print_table
from hemdata.errors import CallError

READERS = {
    "dataset": catalog.dataset,
    "set": catalog.composition,
    "level": catalog.level_card,
    "network": catalog.network,
    "study": catalog.study,
}
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Data = Annotated[Path, typer.Option(help="Folder of the built datasets.")]


@command("list", "hemdata list\nhemdata list --json")
def list_cards(as_json: AsJson = False) -> None:
    """List the datasets, compositions, levels of theory, networks and studies."""
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
        print_table(table)
        out.print()


@command("info", "hemdata info pc9\nhemdata info qm9 --json\nhemdata info test-groups@gfn2-xtb")
def info(
    name: Annotated[str, typer.Argument(help="A dataset, composition, built set, level, network or study.")],
    as_json: AsJson = False,
    data: Data = Path("data"),
) -> None:
    """Tell what is known of a dataset, composition, level, network or study; of a built set also what it holds."""
    told = {} if "@" in name and (data / name / "manifest.json").is_file() else _known(name)
    told.update(_built(data / name))
    held = None
    if told["built"]:
        from hemdata.curate.describe import describe

        held = describe(data / name)
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
        for line in bars(held, out.width):
            out.print(line)


@command(
    "show",
    "hemdata show qm9:gdb_21\nhemdata show qm9:gdb_21 --within qm9@gfn2-xtb --json\n"
    "hemdata show qm9:gdb_21 --svg isobutane.svg --xyz isobutane.xyz",
)
def show(
    id: Annotated[str, typer.Argument(help="A molecule's id, or the place of a rejected record.")],
    svg: Annotated[Path | None, typer.Option(help="Write its 2D picture here.")] = None,
    xyz: Annotated[Path | None, typer.Option(help="Write its geometry here; `-` prints it.")] = None,
    within: Annotated[str | None, typer.Option(help="Look in this built set alone.")] = None,
    as_json: AsJson = False,
    data: Data = Path("data"),
) -> None:
    """Show one molecule of a built set: its record, its picture, its geometry."""
    from hemdata.curate.find import find
    from hemdata.curate.find import xyz as xyz_text
    from hemdata.report.page.drawings import standing_alone
    from hemdata.report.terminal import braille, image, protocol

    found = find(id, data, within)
    smiles = found.record.get("canonical_smiles") or found.record.get("smiles")
    geometry = xyz_text(found.record)
    if svg is not None:
        _write(svg, standing_alone(smiles) if smiles else None, f"'{id}' has no SMILES that can be drawn.")
    if xyz is not None and str(xyz) != "-":
        _write(xyz, geometry, f"'{id}' has no geometry.")
    if as_json:
        print(json.dumps({"set": str(found.folder), "rejected": found.rejected, "record": found.record}, default=str))
        return
    if str(xyz) == "-":
        if geometry is None:
            raise CallError(f"'{id}' has no geometry.", where=found.folder)
        print(geometry, end="")
        return
    if found.rejected:
        out.print(f"Rejected when {found.folder} was built.", style="bold red")
    else:
        out.print(f"{id} in {found.folder}", style="bold")
    width = max(map(len, found.record))
    for key, value in found.record.items():
        unit = found.units.get(key, "")
        if key == "positions":
            told, unit = f"{len(value) // 3} atoms (--xyz gives them)" if value else "none", ""
        else:
            told = "none" if value is None else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        out.print(f"  {key:{width}}  {told}{' ' + unit if unit and value is not None else ''}")
    if smiles:
        how = protocol(os.environ, out.is_terminal)
        picture = image(smiles, how) if how else braille(smiles, max(20, min(60, out.width - 2)))
        if picture:
            print(f"\n{picture}")


@command("browse", "hemdata browse qm9\nhemdata browse test-groups@gfn2-xtb --out groups.html")
def browse(
    name: Annotated[str, typer.Argument(help="A built set.")],
    page: Annotated[Path | None, typer.Option("--out", help="The page; by default DATA/NAME.html.")] = None,
    drawn: Annotated[int, typer.Option(min=0, help="How many molecules are drawn.")] = 48,
    seed: Annotated[int, typer.Option(help="Decides which.")] = 0,
    data: Data = Path("data"),
) -> None:
    """Write one static page of a built set: distributions, molecules, rejected records, provenance."""
    from hemdata.report.page.browse import browse as write_page

    out.print(f"{write_page(data / name, page, drawn, seed)}: open it in a browser.")


def _write(path: Path, text: str | None, missing: str) -> None:
    if text is None:
        raise CallError(missing, fix=f"Leave out {path}.")
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


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
            "mixed_levels": manifest.made_from.get("mixed_levels"),
            "audit": manifest.made_from.get("audit", {}).get("verdict"),
        }
    }
