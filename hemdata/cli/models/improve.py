"""`hemdata improve`: labels chosen for a group, round by round, until it is predicted well enough."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hemdata.cli.app import command, err, out
from hemdata.cli.plans import tell_plan
from hemdata.cli.values import on_what
from hemdata.console import print_table
from hemdata.door.progress import bar, stages

if TYPE_CHECKING:
    import pyarrow as pa


@command(
    "improve",
    "hemdata improve azoxy --base qm9=600 --budget 200\n"
    "hemdata improve azoxy --base qm9=600 --budget 200 --by best --pool pubchem9 --control\n"
    "hemdata improve mine.smi --base pubchem9=800 --budget 100 --target 5 --network painn:small --epochs 30",
)
def improve(
    group: Annotated[str, typer.Argument(metavar="GROUP|FILE", help="A test group, all of them, or a .smi file.")],
    base: Annotated[str, typer.Option(metavar="SET[=N]", help="A labelled set to begin with, as qm9=600.")],
    budget: Annotated[int, typer.Option(help="Molecules that may be labelled.")],
    by: Annotated[str, typer.Option(help="coverage, amons, uncertainty, or best.")] = "amons",
    pool: Annotated[
        str | None, typer.Option(metavar="SET|FILE", help="To choose from: a built set, or a .smi or .smi.gz file.")
    ] = None,
    level: Annotated[str, typer.Option(help="Level of theory of everything.")] = "gfn2-xtb",
    rounds: Annotated[int, typer.Option(help="At most; the labels double from one to the next.")] = 4,
    target: Annotated[float | None, typer.Option(help="kcal/mol below which the interval shall lie.")] = None,
    control: Annotated[bool, typer.Option("--control", help="Also as many molecules at random.")] = False,
    max_heavy: Annotated[int, typer.Option("--max-heavy", help="Heavy atoms of the largest molecule chosen.")] = 12,
    network: Annotated[
        str, typer.Option(metavar="NAME[:CONFIGURATION]", help="A network or a baseline.")
    ] = "painn:small",
    epochs: Annotated[int | None, typer.Option(min=1, help="Instead of the network's card's.")] = None,
    seeds: Annotated[int, typer.Option(help="Models a round.")] = 3,
    validation: Annotated[float, typer.Option(help="Share of the group that is held back, to judge by.")] = 0.3,
    seed: Annotated[int, typer.Option(min=0, help="Of the validation part and of random choices.")] = 0,
    folder: Annotated[Path | None, typer.Option("--out", help="Rows and page; by default runs/improve-GROUP.")] = None,
    data: Annotated[Path, typer.Option(help="Folder of the labelled sets.")] = Path("data"),
    workers: Annotated[
        int | None, typer.Option(min=0, help="Processes at a time; by default one a core; 0: in this one.")
    ] = None,
    on: Annotated[
        str | None, typer.Option(metavar="4|tcp://...|CARD", help="Where labels are computed, as `hemdata label --on`.")
    ] = None,
    device: Annotated[str, typer.Option(help="Of the networks: auto, cpu or cuda.")] = "auto",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell the rounds and their cost; label and train nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Choose molecules for a group, label them, train, judge, and again, until the target or the budget is reached."""
    from hemdata.errors import CallError
    from hemdata.improve.asked import Asked
    from hemdata.improve.rounds import improve as improve_group
    from hemdata.improve.watch import Watch
    from hemdata.report.page.improved import improved_page
    from hemdata.report.rounds import rounds_table, sentence

    if device not in ("auto", "cpu", "cuda"):
        raise CallError("There is no such device.", expected="auto, cpu or cuda", got=device)
    asked = Asked(
        group,
        base,
        budget,
        by,
        pool,
        level,
        rounds,
        target,
        control,
        max_heavy,
        network,
        epochs,
        seeds,
        validation,
        seed,
    )

    def drawn(rows: "pa.Table") -> None:
        if err.is_terminal:
            err.print(rounds_table(rows.to_pylist()))

    folder = folder or Path("runs") / f"improve-{Path(group).stem}"
    if dry_run:
        from hemdata.improve.plan import plan

        place = on_what(workers, on, device)
        planned = plan(asked, data, folder, place)
        steps = [(each.name, "done" if each.done else "to do", each.cost) for each in planned]
        tell_plan(
            steps,
            place.where.at_once,
            [{"name": name, "state": state} for name, state, _ in steps] if as_json else None,
        )
        return
    found = improve_group(
        asked, data, folder, on=on_what(workers, on, device), watch=Watch(err.print, drawn, stages, bar)
    )
    page = improved_page(found, asked, folder / "report.html")
    rows = found.rows.to_pylist()
    if as_json:
        print(json.dumps({"rows": rows, "ended": found.why, "judged": found.judged, "page": str(page)}, indent=2))
        return
    print_table(rounds_table(rows))
    out.print(sentence(rows, found.why))
    out.print(str(page.resolve()))
