"""`hemdata overlap`: which molecules datasets share."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from hemdata.cli.app import command, out
from hemdata.console import print_table

SHOWN = 20


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
            more = f" and {shared.connectivity - SHOWN:,} more" if shared.connectivity > SHOWN else ""
            out.print(f"{shared.a} and {shared.b}: {', '.join(shared.names[:SHOWN])}{more}")
