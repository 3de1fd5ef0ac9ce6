"""`hemdata suspects`: which labels of a set are likely wrong, and whether the worst are."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from hemdata.cli.app import command, out
from hemdata.console import print_table
from hemdata.door.progress import bar, stages

SHOWN = 15


@command(
    "suspects",
    "hemdata suspects qm9 -n 5000\nhemdata suspects mine --recompute 10 --html suspects.html\n"
    "hemdata suspects mine --by painn:small\nhemdata suspects mine --share 0.02 --json",
)
def suspects(
    name: Annotated[str, typer.Argument(metavar="SET", help="A built set (DATA/NAME), or its folder.")],
    n: Annotated[int | None, typer.Option("-n", min=1, help="How many rows, chosen by the seed; default all.")] = None,
    by: Annotated[
        str | None,
        typer.Option(metavar="NAME[:CONFIGURATION]", help="Judge by an ensemble of this network, not by the ridge."),
    ] = None,
    members: Annotated[int, typer.Option(min=1, help="With --by: networks for each of five folds.")] = 3,
    epochs: Annotated[int | None, typer.Option(min=1, help="With --by: instead of the network's card's.")] = None,
    seed: Annotated[int, typer.Option(help="Decides which rows -n takes, and the folds.")] = 0,
    recompute: Annotated[int, typer.Option(min=0, help="Compute so many of the worst at the set's own level.")] = 0,
    share: Annotated[float, typer.Option(help="Share of wrong labels that you expect, for the probabilities.")] = 0.01,
    cheap: Annotated[str, typer.Option(metavar="LEVEL", help="The cheap level.")] = "gfn2-xtb",
    level: Annotated[
        str | None, typer.Option(help="With --recompute: the level; by default the one that the set names.")
    ] = None,
    page: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page, molecules drawn.")] = None,
    rows: Annotated[
        Path | None, typer.Option("--out", help="The rows; by default DATA/NAME.suspects.parquet, ids beside as .txt.")
    ] = None,
    store: Annotated[Path | None, typer.Option(help="The label store; by default DATA/labels.sqlite.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=0, help="Worker processes; by default one a core; 0: this one.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: every suspect, and the most likely others.")] = (
        False
    ),
    data: Annotated[Path, typer.Option(help="Folder of the built datasets and of the store.")] = Path("data"),
) -> None:
    """Rank the labels of a set by how likely they are wrong, by their difference to a cheap level."""
    from hemdata.assess.audited_rows import claimed_level
    from hemdata.assess.suspects.compare import compare
    from hemdata.assess.suspects.recompute import recompute as judged
    from hemdata.assess.suspects.screen import screened
    from hemdata.assess.suspects.written import write_screen
    from hemdata.curate.wrong_rows.suspected import screen_file
    from hemdata.errors import CallError
    from hemdata.levels import level as read_level
    from hemdata.shards import find

    if not 0 < share < 0.5:
        raise CallError("--share is the part of wrong labels.", expected="above 0 and below 0.5", got=share)
    folder = find(name, data)
    its = read_level(level or claimed_level(folder)) if recompute else None
    store = store or data / "labels.sqlite"
    with stages(f"suspects {name}", shown=not as_json) as progress:
        held = compare(folder, store, cheap=cheap, n=n, seed=seed, workers=workers, progress=progress)
    if by is None:
        found = screened(held, share=share, seed=seed)
    else:
        from hemdata.train.doubted import Ensemble

        network, _, configuration = by.partition(":")
        models = data / f"{folder.name}.suspects.models" / by.replace(":", "-")
        with bar(f"train {by}, epochs", None, shown=not as_json) as advance:
            judge = Ensemble(network, models, configuration or None, members, epochs, progress=advance)
            found = screened(held, share=share, seed=seed, judge=judge)
    if its is not None:
        with stages(f"recompute {name}", shown=not as_json) as progress:
            found = judged(found, folder, its, recompute, store, workers=workers, progress=progress)
    target = rows or screen_file(data / folder.name)
    ids = write_screen(found, target)
    if page is not None:
        from hemdata.report.page.suspects import suspects_page

        suspects_page(found, page)
    if as_json:
        told = [
            asdict(row) | {"suspect": row.suspect} for row in found.rows[: max(len(found.suspects), recompute, SHOWN)]
        ]
        facts = {"dataset": found.dataset, "cheap": found.cheap, "rows": len(found.rows), "left_out": found.left_out}
        print(json.dumps(facts | {"noise_kcal_mol": found.noise_kcal_mol, "worst": told}, indent=1))
        return
    table = Table(box=None, padding=(0, 2))
    for column in ("row", "residual, kcal/mol", "score", "probability", "verdict", "off by, kcal/mol", "explanation"):
        table.add_column(column, justify="left" if column in ("row", "verdict", "explanation") else "right")
    for row in found.rows[: max(SHOWN, recompute)]:
        off = "-" if row.error_kcal_mol is None else f"{row.error_kcal_mol:+.2f}"
        cells = (
            f"{row.residual_kcal_mol:+.2f}",
            f"{row.score:+.1f}",
            f"{row.probability:.2f}",
            row.verdict or "-",
            off,
        )
        table.add_row(row.id, *cells, row.explanation or "")
    print_table(table)
    skipped = "".join(f"; {count:,} not screened: {reason}" for reason, count in found.left_out.items())
    many = f"{len(found.suspects):,} suspect{'' if len(found.suspects) == 1 else 's'}"
    out.print(
        f"{len(found.rows):,} rows screened against {found.cheap}; a sound row is left "
        f"{found.noise_kcal_mol:.2f} kcal/mol by the model{skipped}.",
        markup=False,
    )
    out.print(
        f"{many}: {target}, their ids in {ids}.",
        markup=False,
    )
