"""`hemdata evaluate`: fitted models judged on labelled molecules, at their own level or another."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from hemdata.cli.app import command, out
from hemdata.console import error, note, print_table
from hemdata.files import write_whole

if TYPE_CHECKING:
    from hemdata.analysis.evaluate import Evaluation

ALL_GROUPS = ("azoxy", "explosives", "neuro", "saccharides")


@command(
    "evaluate",
    "hemdata evaluate runs/demo/cells/painn-pubchem9-640\n"
    "hemdata evaluate runs/demo/cells/painn-qm9-640-s0 my-model --group azoxy --level pc9 --out errors.csv",
)
def evaluate(
    models: Annotated[list[str], typer.Argument(metavar="MODEL...", help="Models' folders, or cells of a study.")],
    group: Annotated[
        list[str] | None, typer.Option(help="A test group, or a labelled file of yours; by default the four groups.")
    ] = None,
    level: Annotated[
        str | None, typer.Option(help="Level of the references; by default that of the model's training.")
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also on elements and charges that no training molecule had.")
    ] = False,
    file: Annotated[Path | None, typer.Option("--out", help="Write each prediction to this CSV file.")] = None,
    data: Annotated[Path, typer.Option(help="Folder of the labelled datasets.")] = Path("data"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Judge models on labelled molecules; at another level, also tell how much of the error is the level's."""
    from hemdata.analysis.evaluate import evaluate as judged

    found = judged(models, group or ALL_GROUPS, data=data, level_name=level, anyway=anyway)
    if file is not None:
        write_whole(file, found.rows.to_csv(index=False))
    if as_json:
        errors = json.loads(found.table.to_json(orient="records"))
        print(json.dumps({"notes": found.notes, "refused": found.refused, "errors": errors}, indent=2))
    else:
        _print(found)
    for each in found.refused:
        error(each)
    if found.refused:
        raise SystemExit(1)


def _print(found: "Evaluation") -> None:
    from hemdata.report.words import number, span

    levels = found.rows[["level", "judged_at"]].drop_duplicates()
    another = bool((levels["level"] != levels["judged_at"]).any())
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("model", "group"):
        table.add_column(name, no_wrap=True)
    heads = ["molecules", "seeds", "MAE", "95 %", "mean error"] + (
        ["level's part", "at its own level"] if another else []
    )
    for name in heads:
        table.add_column(name, justify="right", no_wrap=True)
    for row in found.table.to_dict("records"):
        cells = [number(row["mae_kcal_mol"]), span(row["mae_kcal_mol_low"], row["mae_kcal_mol_high"]),
                 number(row["mean_error_kcal_mol"])]  # fmt: skip
        if another:
            cells += [number(row["level_part_kcal_mol"]), number(row["own_mae_kcal_mol"])]
        table.add_row(row["model"], row["group"], str(row["n_molecules"]), str(row["n_seeds"]), *cells)
    said = " and ".join(f"{own} judged at {at}" for own, at in levels.itertuples(index=False))
    out.print(f"Errors in kcal/mol; {said}.")
    print_table(table)
    for each in found.notes:
        note(each)
