"""`hemdata explain`: the training molecules that carry a prediction, and what each atom adds to it."""

import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hemdata.cli.app import command, out
from hemdata.console import error, print_table
from hemdata.door.progress import bar

if TYPE_CHECKING:
    from hemdata.explain.explain import Explanation


@command(
    "explain",
    "hemdata explain runs/demo/cells/pair-distance-ridge-qm9-640-s0 azoxy\n"
    "hemdata explain runs/demo/cells/painn-qm9-640 explosives:tnt --html why.html\n"
    "hemdata explain my-model 'CC(=O)N' --training mine@gfn2-xtb",
)
def explain(
    words: Annotated[
        list[str],
        typer.Argument(metavar="MODEL... MOLECULE|GROUP", help="Models' folders or cells; a SMILES, file or group."),
    ],
    training: Annotated[
        str | None, typer.Option(metavar="SET", help="What the models were trained on, where it is not found.")
    ] = None,
    rows: Annotated[int, typer.Option("--rows", min=1, help="Training molecules that are told.")] = 10,
    page: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page, molecules drawn.")] = None,
    geometry: Annotated[
        str | None, typer.Option(help="Level of geometries made from SMILES; by default the training set's.")
    ] = None,
    device: Annotated[str, typer.Option(help="Where the networks compute: auto, cpu or cuda.")] = "auto",
    data: Annotated[Path, typer.Option(help="Folder of the labelled datasets.")] = Path("data"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with every atom.")] = False,
) -> None:
    """Tell why a prediction: the training molecules that carry it, and what each atom adds to energy and error."""
    from hemdata.errors import CallError
    from hemdata.explain.explain import explain as why

    if len(words) < 2:
        raise CallError("No molecule is given.", expected="a SMILES, a file or a group, after the models", got=words[0])

    def shown(what: str, total: int) -> AbstractContextManager:  # type: ignore[type-arg]
        return bar(what, total)

    found = why(words[:-1], words[-1], data=data, training=training, geometry=geometry, device=device, bar=shown)
    if page is not None:
        from hemdata.report.page.explained import explained_page

        explained_page(found, page)
    if as_json:
        print(json.dumps(found.as_data(rows), indent=1, allow_nan=False))
    else:
        _tell(found, rows)
    for id, reason in found.left_out.items():
        error(f"{id}: {reason}")
    if found.left_out:
        raise SystemExit(1)


def _tell(found: "Explanation", rows: int) -> None:
    from hemdata.explain import told

    for line in told.heading(found):
        out.print(line)
    tables = [told.rows_table(found, rows)]
    if len(found.kinds):
        tables.append(told.kinds_table(found))
    if len(found.molecules) == 1:
        (one,) = found.molecules
        out.print(told.said_of(one))
        tables += [told.atoms_table(one)] if one.atoms else []
    else:
        tables.append(told.molecules_table(found))
    for table in tables:
        out.print()
        print_table(table)
    out.print()
    for line in told.sentences(found):
        out.print(line)
