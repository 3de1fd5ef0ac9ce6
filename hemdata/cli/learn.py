"""`hemdata study new`, `hemdata train-eval` and `hemdata report`: a study declared, run and told."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from hemdata.cli.app import app, command, err, out
from hemdata.cli.progress import bar

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

studies = typer.Typer(no_args_is_help=True, help="Studies: new.")
app.add_typer(studies, name="study")


@command(
    "new",
    "hemdata study new\n"
    "hemdata study new mine --molecules my-molecules.smi --set qm9=800 --set pubchem9=800\n"
    "hemdata study new mine --molecules my-molecules.smi --set qm9+my-amons=600+200 --network painn:small --epochs 25",
    studies,
)
def new(
    name: Annotated[str | None, typer.Argument(help="The study's name; asked for if left out.")] = None,
    molecules: Annotated[Path | None, typer.Option(help="Your molecules, a .smi or .xyz file.")] = None,
    sets: Annotated[
        list[str], typer.Option("--set", metavar="NAME=N", help="A training set: qm9=800, or qm9+my-amons=600+200.")
    ] = [],  # noqa: B006
    level: Annotated[str, typer.Option(help="Level of theory of everything.")] = "gfn2-xtb",
    networks: Annotated[
        list[str], typer.Option("--network", metavar="NAME[:CONFIGURATION]", help="Networks or baselines.")
    ] = ["dressed-atoms", "pair-distance-ridge", "painn:small"],  # noqa: B006
    epochs: Annotated[int | None, typer.Option(min=1, help="Of every network, instead of its card's.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="How many.")] = 3,
    file: Annotated[Path | None, typer.Option("--out", help="The card to write; by default NAME.yaml.")] = None,
    data: Annotated[Path, typer.Option(help="Folder of the labelled datasets.")] = Path("data"),
    force: Annotated[bool, typer.Option("--force", help="Write over a card that stands there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the card of a study in which your own molecules are a test group; asks for what is not given."""
    from hemdata.errors import CallError
    from hemdata.study.new import new_study

    asked = {"NAME": name, "--molecules": molecules, "--set": sets}
    missing = [word for word, its in asked.items() if not its]
    if missing and not sys.stdin.isatty():
        raise CallError("A new study needs more.", expected=" ".join(asked), got=f"no {', '.join(missing)}")
    name = name or typer.prompt("Name of the study")
    molecules = molecules or Path(typer.prompt("Your molecules (a .smi or .xyz file)"))
    sets = sets or typer.prompt("Training sets (as qm9=800 pubchem9=800)").split()
    file = file or Path(f"{name}.yaml")
    if file.stem != name or file.suffix != ".yaml":
        raise CallError("A card's file bears its name.", expected=f"{name}.yaml", got=file.name, fix="Rename it.")
    if file.exists() and not force:
        raise CallError("There is a card already.", where=file, fix="Give another name, or --force.")
    told = new_study(
        name,
        molecules,
        sets,
        level_name=level,
        networks={each.partition(":")[0]: each.partition(":")[2] or None for each in networks},
        epochs=epochs,
        seeds=seeds,
        data=data,
        card_path=file,
    )
    part = file.with_name(f".{file.name}.part")
    part.write_text(told.text, encoding="utf-8")
    part.replace(file)
    if as_json:
        print(json.dumps({"card": str(file), "molecules": told.molecules, "steps": told.steps}, indent=2))
        return
    group = told.card.groups[-1]
    out.print(
        f"{file}: {len(told.card.sets)} training sets; your {told.molecules:,} molecules are the group '{group}'."
    )
    out.print("Next:")
    for step in told.steps:
        out.print(f"  {step}", markup=False)


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
