"""`hemdata study new` and `hemdata report`: a study declared, and told."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from hemdata.cli.app import app, command, out
from hemdata.console import note, print_table
from hemdata.files import write_whole

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
    molecules: Annotated[Path | None, typer.Option(help="Your molecules: a file, or a set you imported.")] = None,
    sets: Annotated[
        list[str],
        typer.Option(
            "--set", metavar="NAME=N", help="A training set: qm9=800, qm9=200,400,800 or qm9+my-amons=600+200."
        ),
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
    molecules = molecules or Path(typer.prompt("Your molecules (a file, or a set you imported)"))
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
    )
    steps = told.steps(file)
    write_whole(file, told.text)
    if as_json:
        print(json.dumps({"card": str(file), "molecules": told.molecules, "steps": steps}, indent=2))
        return
    group = told.card.groups[-1]
    out.print(
        f"{file}: {len(told.card.sets)} training sets; your {told.molecules:,} molecules are the group '{group}'."
    )
    out.print("Next:")
    for step in steps:
        out.print(f"  {step}")


@command(
    "report",
    "hemdata report runs/demo\n"
    "hemdata report runs/demo --out report.html --figures figures\n"
    "hemdata report --compare runs/demo runs/demo-2",
)
def report(
    folder: Annotated[Path | None, typer.Argument(help="The folder that train-eval wrote.")] = None,
    page: Annotated[Path | None, typer.Option("--out", help="The page; by default FOLDER/report.html.")] = None,
    figures: Annotated[Path | None, typer.Option(help="Also write figures and tables for a paper here.")] = None,
    compare: Annotated[
        tuple[Path, Path] | None, typer.Option(metavar="A B", help="Instead: two runs side by side.")
    ] = None,
    data: Annotated[Path, typer.Option(help="Folder of labels at two levels, beside those that ship.")] = Path("data"),
    as_json: AsJson = False,
) -> None:
    """Write the study's page and tell its answer in one sentence; or compare two runs."""
    from hemdata.errors import CallError

    if (folder is None) == (compare is None):
        raise CallError(
            "A report is of one run, or compares two.", expected="FOLDER, or --compare A B",
            got="both" if folder else "neither",
        )  # fmt: skip
    if folder is None:
        assert compare is not None
        _compare(compare, page, figures, as_json)
        return
    from hemdata.analysis.results import Results
    from hemdata.report.page.page import write_report
    from hemdata.study.rows import read_rows

    if not read_rows(folder).predictions.num_rows:
        _learning_curve(folder, page, figures, as_json)
        return
    page = page or folder / "report.html"
    answer = write_report(Results.of(folder, data=data), page, figures=figures)
    if as_json:
        told = {"page": str(page), "answer": answer.sentence, "drivers": answer.drivers}
        print(json.dumps(told | ({"figures": str(figures)} if figures else {})))
        return
    out.print(answer.sentence)
    if answer.drivers:
        out.print(answer.drivers)
    out.print(str(page.resolve()))
    if figures:
        out.print(str(figures.resolve()))


def _learning_curve(folder: Path, page: Path | None, figures: Path | None, as_json: bool) -> None:
    """Print, and draw where asked, the errors of a study without test groups, on molecules like those trained on."""
    from rich.table import Table

    from hemdata.analysis.learning_curve import learning_curve
    from hemdata.errors import CallError

    if page is not None:
        raise CallError("A study without test groups has no page; its errors are printed.", got=page)
    points = learning_curve(folder)
    if figures is not None:
        from hemdata.report.learning_curves import write_learning_curves

        write_learning_curves(points, figures)
    if as_json:
        print(json.dumps([point._asdict() for point in points], indent=2))
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("network", "set", "trained on", "seeds", "MAE, kcal/mol", "seconds"):
        table.add_column(name, justify="left" if name in ("network", "set") else "right", no_wrap=True)
    for each in points:
        spread = "" if each.deviation_kcal_mol is None else f" ± {each.deviation_kcal_mol:.2f}"
        words = (each.network, each.training_set, f"{each.training_size:,}", str(each.seeds))
        table.add_row(*words, f"{each.mae_kcal_mol:.2f}{spread}", f"{each.seconds:.0f}")
    print_table(table)
    if figures is not None:
        out.print(str(figures.resolve()))


def _compare(runs: tuple[Path, Path], page: Path | None, figures: Path | None, as_json: bool) -> None:
    """Print two runs side by side, and write them as CSV where `--out` says so."""
    from rich.table import Table

    from hemdata.analysis.compare_runs import compare_runs
    from hemdata.errors import CallError
    from hemdata.report.words import number, span

    if figures is not None or (page is not None and page.suffix != ".csv"):
        raise CallError("A comparison is printed, or written as CSV.", expected="--out NAME.csv", got=figures or page)
    found = compare_runs(*runs)
    if page is not None:
        write_whole(page, found.table.to_csv(index=False))
    if as_json:
        print(json.dumps({"notes": found.notes, "rows": json.loads(found.table.to_json(orient="records"))}, indent=2))
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("network", "trained on", "group"):
        table.add_column(name, no_wrap=True)
    for name in ("A", "B", "B / A", "95 %", "error of B"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in found.table.to_dict("records"):
        table.add_row(
            row["network"], row["training_set"], row["group"], number(row["a_kcal_mol"]), number(row["b_kcal_mol"]),
            number(row["ratio"]), span(row["ratio_low"], row["ratio_high"]), row["verdict"],
        )  # fmt: skip
    out.print(f"MAE in kcal/mol of A = {runs[0]} and B = {runs[1]}, on the same molecules:")
    print_table(table)
    for each in found.notes:
        note(each)
