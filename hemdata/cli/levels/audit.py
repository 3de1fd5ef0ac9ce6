"""`hemdata levels audit`: a level against published rows."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hemdata.cli.app import command, out
from hemdata.cli.levels.group import AsJson, Data, Store, Workers, levels, table_of
from hemdata.console import print_table
from hemdata.door.progress import stages

if TYPE_CHECKING:
    from hemdata.levels import Level


@command("audit", "hemdata levels audit qm9 -n 20\nhemdata levels audit pc9 --level pc9 -n 20 --tolerance 0.05", levels)
def audit(
    name: Annotated[str, typer.Argument(metavar="DATASET", help="A built dataset (DATA/NAME), or its folder.")],
    level: Annotated[str | None, typer.Option(help="The level; by default the one that the set names.")] = None,
    n: Annotated[int, typer.Option("-n", min=1, help="How many rows.")] = 20,
    seed: Annotated[int, typer.Option(help="Decides which rows.")] = 0,
    tolerance: Annotated[
        float, typer.Option(help="What four rows of five may err, and none by ten times more, kcal/mol.")
    ] = 0.01,
    accuracy: Annotated[str, typer.Option(help="`label`, or `reference`: plainly converged.")] = "label",
    workers: Workers = None,
    store: Store = None,
    data: Data = Path("data"),
    as_json: AsJson = False,
) -> None:
    """Recompute published rows at their level; where they differ, name the level or the mistake that explains it."""
    from hemdata.assess.audit import audit as recompute
    from hemdata.assess.audited_rows import Which, claimed_level, sample
    from hemdata.errors import CallError
    from hemdata.levels import level as read_level
    from hemdata.shards import find

    folder = find(name, data)
    if accuracy not in ("label", "reference"):
        raise CallError("There is no such accuracy.", expected="label or reference", got=accuracy)
    its = read_level(level or claimed_level(folder))
    if its.card.engine == "data":
        _name_level(name, folder, its, min(n, 3), as_json)
        return
    picked = sample(folder, n, seed)
    with stages(f"audit {name}") as progress:
        found = recompute(
            picked,
            its,
            Which(n, seed),
            tolerance_kcal_mol=tolerance,
            accuracy=accuracy,
            workers=workers,
            store=store or data / "labels.sqlite",
            progress=progress,
        )
    if as_json:
        print(json.dumps(asdict(found) | {"agrees": found.agrees, "verdict": found.verdict}, indent=2))
    else:
        table = table_of("row", "published, hartree", "computed, hartree", "error, kcal/mol")
        for row in found.rows:
            computed = row.reason if row.computed_hartree is None else f"{row.computed_hartree:.6f}"
            error = "-" if row.error_kcal_mol is None else f"{row.error_kcal_mol:.4f}"
            table.add_row(row.id, f"{row.published_hartree:.6f}", computed, error)
        print_table(table)
        out.print(found.verdict)
    if not found.agrees:
        raise SystemExit(1)


def _name_level(name: str, folder: Path, its: "Level", n: int, as_json: bool) -> None:
    """Say which known level the energies of an unknown one are of; exit code 1 where none is."""
    from hemdata.assess.audited_rows import COLUMNS
    from hemdata.assess.which_level import Candidate, which_level
    from hemdata.shards import read

    def told(candidate: Candidate) -> None:
        off = candidate.reason or f"{candidate.error_kcal_mol:.4f} kcal/mol off"
        if not as_json:
            out.print(f"{candidate.names}: {off}")

    found = which_level(read(folder, COLUMNS), its, n, told)
    last = found[-1]
    if as_json:
        print(json.dumps({"candidates": [asdict(each) for each in found], "agrees": last.agrees}, indent=2))
    elif last.agrees:
        out.print(
            f"The energies of '{name}' are of {last.names}: import the files again with that --level and --force."
        )
    else:
        out.print(f"The energies of '{name}' are of no level that hemdata computes; they stay apart at '{its.name}'.")
    if not last.agrees:
        raise SystemExit(1)
