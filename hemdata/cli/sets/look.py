"""`hemdata show`, `browse` and `overlap`: a molecule of a built set, a page of the whole, what sets share."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from hemdata.cli.app import command, out
from hemdata.console import print_table
from hemdata.errors import CallError
from hemdata.files import write_whole

NAMED = 20  # shared molecules
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Data = Annotated[Path, typer.Option(help="Folder of the built datasets.")]


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
    from hemdata.shards import find

    folder = find(name, data)
    page = page or data / f"{folder.name}.html"
    out.print(f"{write_page(folder, page, drawn, seed)}: open it in a browser.")


@command("overlap", "hemdata overlap qm9 pubchem9 azoxy explosives\nhemdata overlap pubchem9 azoxy --names")
def overlap(
    datasets: Annotated[list[str], typer.Argument(metavar="NAME|DIR ...", help="Built datasets.")],
    names: Annotated[bool, typer.Option("--names", help="Name the shared molecules.")] = False,
    data: Annotated[Path, typer.Option(help="Folder of the built datasets.")] = Path("data"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Count the molecules that built datasets share: by whole InChIKey, and by connectivity alone."""
    from hemdata.curate.overlap import overlap as overlap_of
    from hemdata.shards import find

    found = overlap_of([find(name, data) for name in datasets])
    if as_json:
        print(json.dumps([asdict(shared) for shared in found], indent=2))
        return
    table = Table(title="shared molecules: InChIKey (connectivity)", title_justify="left", box=None, padding=(0, 2))
    table.add_column("")
    order = list(dict.fromkeys(shared.a for shared in found))
    for name in order:
        table.add_column(name, justify="right")
    cells = {(shared.a, shared.b): f"{shared.exact:,} ({shared.connectivity:,})" for shared in found}
    for a in order:
        table.add_row(a, *(cells.get((a, b), "") for b in order))
    print_table(table)
    for shared in found if names else []:
        if shared.names:
            more = f" and {shared.connectivity - NAMED:,} more" if shared.connectivity > NAMED else ""
            out.print(f"{shared.a} and {shared.b}: {', '.join(shared.names[:NAMED])}{more}")


def _write(path: Path, text: str | None, missing: str) -> None:
    if text is None:
        raise CallError(missing, fix=f"Leave out {path}.")
    write_whole(path, text)
