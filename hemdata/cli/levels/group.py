"""What the commands of `hemdata levels` share."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from hemdata.cli.app import app

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Data = Annotated[Path, typer.Option(help="Folder of the built datasets.")]
Workers = Annotated[int | None, typer.Option(min=0, help="Worker processes; by default one a core; 0: this one.")]
Store = Annotated[Path | None, typer.Option(help="The label store; by default DATA/labels.sqlite.")]

levels = typer.Typer(no_args_is_help=True, help="Levels of theory: list, show, atoms, gap, audit, experiment, bridge.")
app.add_typer(levels, name="levels")


def table_of(*columns: str) -> Table:
    """A plain table: the first column is text, numbers stand at the right."""
    table = Table(box=None, padding=(0, 2))
    for place, column in enumerate(columns):
        text = place == 0 or column in ("title", "engine", "atoms", "hash")
        table.add_column(column, justify="left" if text else "right")
    return table
