"""`hemdata run`: a study from its card to its report, planned with its cost first."""

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hemdata.cli.app import command, err, out
from hemdata.cli.plans import tell_plan
from hemdata.cli.values import named, on_what
from hemdata.console import error

if TYPE_CHECKING:
    from hemdata.study.planning.steps import Step


@command(
    "run",
    "hemdata run demo\nhemdata run demo --dry-run\nhemdata run my-study.yaml --on 4\n"
    "hemdata run my-study.yaml --on slurm.yaml",
)
def run(
    study: Annotated[
        str, typer.Argument(metavar="STUDY", help="A study's card, by name or path.", autocompletion=named("study"))
    ],
    folder: Annotated[Path | None, typer.Option("--out", help="Rows and report; by default runs/STUDY.")] = None,
    data: Annotated[Path, typer.Option(help="Folder of the built and labelled sets.")] = Path("data"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell the steps and their cost; do nothing.")] = False,
    on: Annotated[
        str | None,
        typer.Option(
            metavar="4|tcp://...|CARD",
            help="Where labels are computed and cells trained: processes here (default one a core), a running Dask "
            "cluster, or jobs of SLURM.",
        ),
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="As --on 4.", hidden=True)] = None,
    device: Annotated[str, typer.Option(help="Of the networks: auto, cpu or cuda.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Do all that leads from a study's card to its report; what is done already is left as it is."""
    from hemdata.catalog import study as study_card
    from hemdata.door.run import changes, impossible, report_stands
    from hemdata.door.run import run as run_study
    from hemdata.errors import CallError
    from hemdata.sources.at_hand import cannot_be_had
    from hemdata.study.cells import cells
    from hemdata.study.held import refuse_others
    from hemdata.study.planning.costs import cost
    from hemdata.study.planning.steps import steps

    if device not in ("auto", "cpu", "cuda"):
        raise CallError("There is no such device.", expected="auto, cpu or cuda", got=device)
    card = study_card(study)
    folder = folder or Path("runs") / card.name
    where = Path(study).parent if Path(study).is_file() else Path()
    if dry_run:
        refuse_others(cells(card), data, folder, study)
        reported = partial(report_stands, card, folder, data)
        found = steps(card, data, folder, where, study, cannot_be_had, reported)
        place = on_what(workers, on, device)
        costs = [cost(step, card, data, folder, device) for step in found]
        rows = [(f"{step.kind} {step.name}", _state(step), its) for step, its in zip(found, costs, strict=True)]
        tell_plan(rows, place.where.at_once, [asdict(step) for step in found] if as_json else None)
        if not as_json:
            for line in [*impossible(found), *changes(found)]:
                err.print(line)
        raise SystemExit(1 if any(step.cannot or step.missing for step in found) else 0)
    ran = run_study(card, data, folder, on=on_what(workers, on, device), where=where, word=study, tell=err.print)
    if as_json:
        told = {"done": [step.name for step in ran.done], "skipped": [step.name for step in ran.skipped]}
        told |= {"cannot": [step.name for step in ran.cannot]}
        answer = ran.answer.sentence if ran.answer else None
        print(json.dumps(told | {"failed": ran.failed, "answer": answer, "page": str(ran.page or "")}, indent=2))
    elif ran.answer:
        out.print(ran.answer.sentence)
        if ran.answer.drivers:
            out.print(ran.answer.drivers)
        out.print(str(ran.page.resolve()) if ran.page else "")
    elif not (ran.cannot or ran.failed):
        out.print(f"{folder}: every cell stands. `hemdata report {folder}` prints its errors.")
    for line in impossible(ran.cannot + ran.done):
        error(line)
    for cell, reason in ran.failed.items():
        error(f"{cell}: {reason}")
    if ran.failed or ran.cannot or ran.missing:
        raise SystemExit(1)


def _state(step: "Step") -> str:
    return "done" if step.done else "cannot be done" if step.cannot else "to do"
