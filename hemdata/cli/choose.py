"""`hemdata amons`, `coverage` and `select`: which molecules to label for those to be predicted."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from hemdata.cli.app import command, err, out

Data = Annotated[Path, typer.Option(help="Folder of the built datasets.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Worker processes; by default one a core.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Groups = Annotated[list[str], typer.Argument(metavar="GROUP|FILE.smi ...", help="Test groups, or a list of SMILES.")]


@command(
    "amons",
    "hemdata amons azoxy --max-heavy 9 --out azoxy-amons.smi\nhemdata amons azoxy explosives --max-heavy 7\n"
    "hemdata amons my-molecules.smi --max-heavy 8 --out my-amons.smi",
)
def amons(
    group: Groups,
    max_heavy: Annotated[int, typer.Option("--max-heavy", min=1, help="Heavy atoms of the largest fragment.")],
    file: Annotated[Path | None, typer.Option("--out", help="A .smi file to write; else they are printed.")] = None,
    as_json: AsJson = False,
) -> None:
    """Cut molecules into their hydrogen-saturated fragments: a training set of their own, no test molecule in it."""
    from hemdata.curate.amons import amons as amons_of
    from hemdata.curate.targets import barred, targets, write_smiles

    molecules = targets(group)
    found = amons_of(molecules, max_heavy, barred(molecules))
    sizes = {size: sum(amon.n_heavy == size for amon in found) for size in sorted({amon.n_heavy for amon in found})}
    if file is not None:
        write_smiles(file, ((amon.smiles, amon.name) for amon in found))
    if as_json:
        rows = [{"name": a.name, "smiles": a.smiles, "n_heavy": a.n_heavy, "molecules": a.of} for a in found]
        print(json.dumps({"molecules": len(molecules), "by_heavy_atoms": sizes, "amons": rows}, indent=2))
        return
    told = f"{len(found):,} amons of {len(molecules):,} molecules, up to {max_heavy} heavy atoms"
    if file is None:
        for amon in found:
            print(amon.smiles, amon.name)
        err.print(f"{told}.", markup=False)
        return
    out.print(f"{file}: {told}.", markup=False)
    out.print("  " + ", ".join(f"{number} of {size}" for size, number in sizes.items()), markup=False)
    out.print(f"Label them: `hemdata label {file}`.", markup=False)


@command(
    "coverage",
    "hemdata coverage pubchem9 azoxy\nhemdata coverage qm9@gfn2-xtb test-groups --times 5\n"
    "hemdata coverage azoxy-amons.smi my-molecules.smi --json",
)
def coverage(
    pool: Annotated[str, typer.Argument(metavar="SET", help="A built set, its folder, or a .smi or .smi.gz file.")],
    group: Groups,
    times: Annotated[int, typer.Option(min=1, help="Molecules that must hold an environment before it is seen.")] = 1,
    workers: Workers = None,
    data: Data = Path("data"),
    as_json: AsJson = False,
) -> None:
    """Tell which atom environments of a group a set has shown, how soon, and how far the group lies from it."""
    from hemdata.curate.coverage import coverage as coverage_of
    from hemdata.curate.pool import place
    from hemdata.curate.targets import by_group, targets

    told = coverage_of(place(pool, data), by_group(targets(group)), times=times, workers=workers)
    if as_json:
        print(json.dumps(told.as_data(), indent=2))
        return
    distinct = ", ".join(f"{number:,} of radius {radius}" for radius, number in told.environments.items())
    out.print(f"{told.pool}: {told.molecules:,} molecules, {told.barred:,} of them test molecules and left out")
    out.print(f"atom environments: {distinct}")
    often = "" if times == 1 else f", in {times} molecules at least"
    table = _table(f"seen{often}")
    for head in ("group", "radius", "environments", "", "atoms", "", "whole"):
        table.add_column(head, justify="left" if head == "group" else "right", no_wrap=True)
    for row in told.shown:
        seen = f"{row.seen:,} of {row.environments:,}", f"{row.share:.0%}"
        atoms = f"{row.atoms_seen:,} of {row.atoms:,}", f"{row.share_of_atoms:.0%}"
        table.add_row(row.group, str(row.radius), *seen, *atoms, f"{row.molecules_seen} of {row.molecules}")
    out.print(table)
    table = _table("distance (0 to 1)")
    for head in ("group", "nearest", "environments", "farthest"):
        table.add_column(head, justify="left" if head in ("group", "farthest") else "right", no_wrap=True)
    for far in told.distances:
        table.add_row(far.group, f"{far.nearest:.2f}", f"{far.environments:.2f}", "{} ({:.2f})".format(*far.farthest))
    out.print(table)
    groups = list(dict.fromkeys(row.group for row in told.shown))
    for radius in told.environments:
        table = _table(f"radius {radius}, in so many molecules drawn at random")
        for head in ("molecules", "environments", *groups):
            table.add_column(head, justify="right")
        for point in told.saturation:
            if point["radius"] == radius:
                shares = (f"{float(point.get(name, 0)):.0%}" for name in groups)
                table.add_row(f"{point['molecules']:,}", f"{float(point['environments']):,.0f}", *shares)
        out.print(table)


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=None, padding=(0, 2))
