"""`hemdata train-eval` and `hemdata report`: the study run and told."""

import json
from pathlib import Path
from typing import Annotated

import typer

from hemdata.cli.app import command, err, out
from hemdata.cli.progress import bar

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@command("train-eval", "hemdata train-eval pipelines/studies/demo.yaml\nhemdata train-eval demo --out runs/demo")
def train_eval(
    study: Annotated[str, typer.Argument(metavar="STUDY.yaml", help="A study's card, by path or name.")],
    folder: Annotated[Path | None, typer.Option("--out", help="Where the rows go; by default runs/STUDY.")] = None,
    data: Annotated[Path, typer.Option(help="Folder of the labelled datasets.")] = Path("data"),
    workers: Annotated[int | None, typer.Option(min=1, help="Cells at a time; by default one a core.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    as_json: AsJson = False,
) -> None:
    """Train and judge every cell of a study: training set x network x seed."""
    from hemdata.catalog import study as study_card
    from hemdata.errors import CallError
    from hemdata.study.cells import cells
    from hemdata.study.train_eval import train_eval as run_study

    if device not in ("auto", "cpu", "cuda"):
        raise CallError("There is no such device.", expected="auto, cpu or cuda", got=device)
    card = study_card(study)
    folder = folder or Path("runs") / card.name
    matrix = cells(card)
    reached = dict.fromkeys([cell.name for cell in matrix], 0)
    with bar(f"train-eval {card.name}, epochs", sum(cell.epochs or 1 for cell in matrix)) as step:

        def progress(cell: str, done: int, total: int) -> None:
            step(max(done - reached[cell], 0), cell)
            reached[cell] = max(done, reached[cell])

        ran = run_study(card, data, folder, workers=workers, device=device, progress=progress)
    if as_json:
        told = {"folder": str(folder), "done": ran.done, "skipped": ran.skipped, "failed": ran.failed}
        print(json.dumps(told, indent=2))
    else:
        out.print(f"{folder}: {len(ran.done)} cells done, {len(ran.skipped)} stood already, {len(ran.failed)} failed.")
    if ran.failed:
        for cell, reason in ran.failed.items():
            err.print(f"{cell}: {reason}", markup=False)
        raise SystemExit(1)


@command("report", "hemdata report runs/demo\nhemdata report runs/demo --out report.html")
def report(
    folder: Annotated[Path, typer.Argument(help="The folder that train-eval wrote.")],
    page: Annotated[Path | None, typer.Option("--out", help="The page; by default FOLDER/report.html.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the study's page and tell its answer in one sentence."""
    from hemdata.report import write_report

    page = page or folder / "report.html"
    answer = write_report(folder, page)
    if as_json:
        print(json.dumps({"page": str(page), "answer": answer.sentence}))
        return
    out.print(answer.sentence, markup=False)
    out.print(str(page.resolve()), markup=False)
