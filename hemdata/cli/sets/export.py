"""`hemdata export`: a built set in the forms that other programs read."""

import json
from pathlib import Path
from typing import Annotated

import typer

from hemdata.cli.app import command, out
from hemdata.errors import CallError


@command(
    "export",
    "hemdata export qm9 --to extxyz\nhemdata export qm9 --to huggingface --out hub/qm9\n"
    "hemdata export test-groups@gfn2-xtb --to csv\nhemdata export --list",
)
def export(
    name: Annotated[str | None, typer.Argument(help="A built set of DATA, or a folder of shards.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="FORM", help="One of those that --list shows.")] = None,
    target: Annotated[Path | None, typer.Option("--out", help="By default beside the set, or here.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what stands there.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="Show the forms and which programs read them.")] = False,
    data: Annotated[Path, typer.Option(help="Folder of the built datasets.")] = Path("data"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write a built set in a form that other programs read, its rows streamed."""
    from hemdata.forms.export import export as write
    from hemdata.forms.export import forms
    from hemdata.shards import find

    if listed:
        if as_json:
            print(json.dumps({form.name: form.about for form in forms().values()}, indent=2))
            return
        for form in forms().values():
            out.print(f"{form.name:13} {form.about}")
        return
    if name is None or to is None:
        raise CallError(
            "Which set, and to which form?",
            expected="hemdata export NAME --to " + "|".join(forms()),
            got=name or "nothing",
        )
    written = write(find(name, data), to, target, force)
    size = sum(
        path.stat().st_size for path in ([written] if written.is_file() else written.rglob("*")) if path.is_file()
    )
    if as_json:
        print(json.dumps({"written": str(written), "form": to, "bytes": size}))
        return
    out.print(f"{written}: {size / 1e6:,.1f} MB.")
