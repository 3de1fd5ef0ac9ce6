"""`hemdata list`: what there is."""

import json
from typing import Annotated

import typer
from rich.table import Table

from hemdata.cli.app import command, out
from hemdata.console import print_table


@command("list", "hemdata list\nhemdata list --json")
def list_cards(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the datasets, compositions, levels of theory, networks and studies."""
    from hemdata.catalog import KINDS, titles

    found = {kind: [{"name": name, "title": title} for name, title in titles(kind).items()] for kind in KINDS}
    if as_json:
        print(json.dumps(found, indent=2))
        return
    for kind, entries in found.items():
        table = Table(title=kind, title_justify="left", box=None, show_header=False, padding=(0, 2))
        for entry in entries:
            table.add_row(entry["name"], entry["title"])
        print_table(table)
        out.print()
