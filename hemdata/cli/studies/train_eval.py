"""`hemdata train-eval`: the cells of a study planned, run here, or handed to a SLURM cluster."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from hemdata.cli.app import command, err, out
from hemdata.cli.values import named, on_what, seconds
from hemdata.console import note, print_table
from hemdata.door.progress import bar, duration

if TYPE_CHECKING:
    from hemdata.catalog import StudyCard
    from hemdata.study.cells import Cell
    from hemdata.study.on import On


@command(
    "train-eval",
    "hemdata train-eval pipelines/studies/demo.yaml\n"
    "hemdata train-eval demo --dry-run\n"
    "hemdata train-eval demo --cells 'painn-*' --cells '*-s0' --max-time 8h\n"
    "hemdata train-eval demo --on 4\n"
    "hemdata train-eval demo --submit my-cluster.yaml",
)
def train_eval(
    study: Annotated[
        str,
        typer.Argument(metavar="STUDY.yaml", help="A study's card, by path or name.", autocompletion=named("study")),
    ],
    folder: Annotated[Path | None, typer.Option("--out", help="Where the rows go; by default runs/STUDY.")] = None,
    data: Annotated[Path, typer.Option(help="Folder of the labelled datasets.")] = Path("data"),
    only: Annotated[list[str], typer.Option("--cells", metavar="PATTERN", help="Only cells named so.")] = [],  # noqa: B006
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print cells and estimated hours; train nothing.")] = False,
    again: Annotated[
        bool, typer.Option("--judge-again", help="First judge finished cells anew whose groups have changed since.")
    ] = False,
    max_time: Annotated[
        str | None, typer.Option(metavar="TIME", help="As 90s, 20m or 6h; the rest is left for the next time.")
    ] = None,
    on: Annotated[
        str | None,
        typer.Option(
            metavar="4|tcp://...|CARD",
            help="Where: processes here, each with a cell (default one a core, or a GPU), a running Dask cluster, or "
            "jobs of SLURM that this command waits for.",
        ),
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="As --on 4.", hidden=True)] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    to: Annotated[
        str | None,
        typer.Option("--submit", metavar="CARD", help="Leave one job a cell to SLURM, and end: `slurm`, or your card."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Train and judge the cells of a study: training set x network x seed."""
    from hemdata.catalog import study as study_card
    from hemdata.errors import CallError
    from hemdata.study.cells import cells, chosen
    from hemdata.study.ran import When
    from hemdata.study.run import train_eval as run_study

    if device not in ("auto", "cpu", "cuda"):
        raise CallError("There is no such device.", expected="auto, cpu or cuda", got=device)
    limit = seconds(max_time, "--max-time")
    place = on_what(workers, on, device)
    if to is not None and on is not None:
        raise CallError("--submit leaves the cells to SLURM.", got=f"--on {on}", fix="Give one of the two.")
    card = study_card(study)
    folder = folder or Path("runs") / card.name
    matrix = chosen(cells(card), only)
    if to is not None:
        _submit(matrix, study, to, data, folder, device, dry_run, as_json)
        return
    if dry_run:
        _plan(card, data, folder, only, place, as_json)
        return
    judged = _judge_again(card, data, folder, only, device) if again else []
    reached = dict.fromkeys([cell.name for cell in matrix], 0)
    with bar(f"train-eval {card.name}, epochs", sum(cell.epochs or 1 for cell in matrix)) as step:

        def progress(cell: str, done: int, total: int) -> None:
            step(max(done - reached[cell], 0), cell)
            reached[cell] = max(done, reached[cell])

        ran = run_study(
            card,
            data,
            folder,
            only=only,
            on=place,
            when=When(max_seconds=limit),
            progress=progress,
            tell=note,
        )
    if as_json:
        told = {"folder": str(folder), "done": ran.done, "skipped": ran.skipped, "failed": ran.failed}
        told |= {"judged_again": judged} if again else {}
        print(json.dumps(told | {"in_work": ran.in_work, "left": ran.left}, indent=2))
    else:
        if again:
            out.print(f"{folder}: {len(judged)} cells judged again on other groups.")
        rest = [f"{len(ran.left)} left when the time was over"] if ran.left else []
        rest += [f"{len(ran.in_work)} in work by other processes"] if ran.in_work else []
        counts = [f"{len(ran.done)} cells done, {len(ran.skipped)} stood already, {len(ran.failed)} failed"]
        out.print(f"{folder}: {', '.join(counts + rest)}.")
    for cell, who in ran.in_work.items():
        err.print(f"{cell}: in work by {who}")
    if ran.left:
        err.print("The same command goes on with what is left.")
    if ran.failed:
        for cell, reason in ran.failed.items():
            err.print(f"{cell}: {reason}")
        raise SystemExit(1)


def _judge_again(card: "StudyCard", data: Path, folder: Path, only: Sequence[str], device: str) -> list[str]:
    from hemdata.study.cells import cells, chosen
    from hemdata.study.judge_again import judge_again

    with bar(f"judge again {card.name}, cells", len(chosen(cells(card), only))) as step:
        return judge_again(card, data, folder, only=only, device=device, progress=lambda cell: step(1, cell))


def _plan(
    card: "StudyCard",
    data: Path,
    folder: Path,
    only: Sequence[str],
    on: "On",
    as_json: bool,
) -> None:
    from dataclasses import asdict

    from hemdata.study.planning.plan import hours, plan
    from hemdata.study.run import places

    rows = plan(card, data, folder, only=only, device=on.device)
    at_once = places(on.device) if on.where.workers is None and not on.where.elsewhere else on.where.at_once
    at_once = None if at_once is None else min(at_once, len(rows))
    total = sum(row.seconds or 0.0 for row in rows) / 3600
    unknown = sum(row.seconds is None and row.state != "finished" for row in rows)
    if as_json:
        told: dict[str, Any] = {"folder": str(folder), "cells": [asdict(row) for row in rows]}
        told |= {"hours": total, "at_once": at_once, "unknown": unknown}
        told |= {"elapsed": None if at_once is None else hours(rows, at_once)}
        print(json.dumps(told, indent=2))
    else:
        table = Table(box=None, padding=(0, 2))
        for place, column in enumerate(("cell", "state", "epochs", "molecules", "time", "estimated from")):
            table.add_column(column, justify="right" if place in (2, 3, 4) else "left")
        for row in rows:
            epochs = f"{row.epochs_done} of {row.epochs}" if row.epochs else "-"
            time = "-" if row.seconds is None else duration(row.seconds)
            table.add_row(row.cell, row.state, epochs, f"{row.training_size:,}", time, row.rate_from or "-")
        print_table(table)
        finished = sum(row.state == "finished" for row in rows)
        if unknown:
            timed = f"at least {duration(3600 * total)}" if total else "an unknown time"
            which = "1 cell" if unknown == 1 else f"{unknown} cells"
            rest = f"{timed} of one process is left: {which} cannot be estimated"
        elif total:
            rest = f"{duration(3600 * total)} of one process are left"
            if at_once is not None:
                rest += f", {duration(3600 * hours(rows, at_once))} with {at_once} at a time"
        else:
            rest = "nothing is left"
        out.print(f"{folder}: {len(rows)} cells, {finished} finished; {rest}.")
    wrong = {row.reason: row for row in rows if row.reason is not None}
    if wrong:
        for reason, row in wrong.items():
            err.print(f"{row.cell}: {reason}")
        raise SystemExit(1)


def _submit(
    matrix: "list[Cell]",
    study: str,
    to: str,
    data: Path,
    folder: Path,
    device: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    from hemdata.catalog import cluster_card
    from hemdata.study.jobs import job_script, submit
    from hemdata.study.rows import finished

    cluster = cluster_card(to)
    due = [cell.name for cell in matrix if not finished(folder, cell.name)]
    if not due:
        out.print(f"{folder}: every cell stands already; nothing is submitted.")
        return
    path = Path(study)
    script = job_script(
        cluster,
        due,
        study=str(path.resolve()) if path.is_file() else study,
        study_name=matrix[0].study.name,
        data=data,
        out=folder,
        device=device,
    )
    if dry_run:
        print(script, end="")
        return
    number = submit(script, cluster, folder)
    if as_json:
        print(json.dumps({"folder": str(folder), "job": number, "cells": due}))
        return
    out.print(f"{folder}: job {number} with {len(due)} cells, at most {cluster.maximum_jobs} at a time.")
    out.print("`squeue` shows it; the same command submits again what it leaves.")
