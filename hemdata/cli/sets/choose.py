"""`hemdata amons`, `coverage` and `select`: which molecules to label for those to be predicted."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from hemdata.cli.app import command, err, out
from hemdata.console import many, print_table

Data = Annotated[Path, typer.Option(help="Folder of the built datasets.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Worker processes; by default one a core.")]
Force = Annotated[bool, typer.Option("--force", help="Write over a file that holds something else.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Groups = Annotated[list[str], typer.Argument(metavar="GROUP|FILE ...", help="Test groups, or files of SMILES.")]


@command(
    "amons",
    "hemdata amons azoxy --max-heavy 9 --out azoxy-amons.smi\nhemdata amons azoxy explosives --max-heavy 7\n"
    "hemdata amons my-molecules.smi --max-heavy 8 --out my-amons.smi",
)
def amons(
    group: Groups,
    max_heavy: Annotated[int, typer.Option("--max-heavy", min=1, help="Heavy atoms of the largest fragment.")],
    file: Annotated[Path | None, typer.Option("--out", help="A .smi file to write; else they are printed.")] = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Cut molecules into their hydrogen-saturated fragments: a training set of their own, no test molecule in it."""
    from hemdata.choose.amons import amons as amons_of
    from hemdata.choose.targets import barred, targets, write_smiles

    molecules = targets(group)
    found = amons_of(molecules, max_heavy, barred(molecules))
    sizes = {size: sum(amon.n_heavy == size for amon in found) for size in sorted({amon.n_heavy for amon in found})}
    if file is not None:
        write_smiles(file, ((amon.smiles, amon.name) for amon in found), force)
    if as_json:
        rows = [{"name": a.name, "smiles": a.smiles, "n_heavy": a.n_heavy, "molecules": a.of} for a in found]
        print(json.dumps({"molecules": len(molecules), "by_heavy_atoms": sizes, "amons": rows}, indent=2))
        return
    told = f"{many(len(found), 'amon')} of {many(len(molecules))}, up to {max_heavy} heavy atoms"
    if file is None:
        for amon in found:
            print(amon.smiles, amon.name)
        err.print(f"{told}.")
        return
    out.print(f"{file}: {told}.")
    out.print("  " + ", ".join(f"{number} of {size}" for size, number in sizes.items()))
    out.print(f"Label them: `hemdata label {file}`.")


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
    from hemdata.choose.coverage import coverage as coverage_of
    from hemdata.choose.pool import place
    from hemdata.choose.targets import by_group, targets

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
    print_table(table)
    table = _table("distance (0 to 1)")
    for head in ("group", "nearest", "environments", "farthest"):
        table.add_column(head, justify="left" if head in ("group", "farthest") else "right", no_wrap=True)
    for far in told.distances:
        table.add_row(far.group, f"{far.nearest:.2f}", f"{far.environments:.2f}", "{} ({:.2f})".format(*far.farthest))
    print_table(table)
    groups = list(dict.fromkeys(row.group for row in told.shown))
    for radius in told.environments:
        table = _table(f"radius {radius}, in so many molecules drawn at random")
        for head in ("molecules", "environments", *groups):
            table.add_column(head, justify="right")
        for point in told.saturation:
            if point["radius"] == radius:
                shares = (f"{float(point.get(name, 0)):.0%}" for name in groups)
                table.add_row(f"{point['molecules']:,}", f"{float(point['environments']):,.0f}", *shares)
        print_table(table)


WAYS = ("coverage", "diversity", "uncertainty", "random", "bonds", "pruning")


@command(
    "select",
    "hemdata select pubchem9 --for azoxy --budget 200 --by coverage --out picks.smi\n"
    "hemdata select gdb17.smi.gz --for azoxy --budget 200 --max-heavy 11 --given qm9@gfn2-xtb\n"
    "hemdata select qm9@gfn2-xtb --for azoxy --budget 100 --by uncertainty "
    "--model runs/demo/cells/painn-qm9-640-s0/model --model runs/demo/cells/painn-qm9-640-s1/model\n"
    "hemdata select qm9 --for qm9 --budget 110 --by bonds --max-heavy 8 --out duals.smi\n"
    "hemdata select qm9@gfn2-xtb --by pruning --keep 0.2 --out pipelines/sets/qm9-fifth.yaml\n"
    "hemdata select pubchem9 --by pruning --rule coverage --for azoxy --keep 0.1 --out kept.smi",
)
def select(
    pool: Annotated[str, typer.Argument(metavar="POOL", help="A built set, its folder, or a .smi or .smi.gz file.")],
    group: Annotated[
        list[str],
        typer.Option("--for", help="Test groups, or a list of SMILES, to be predicted; of bonds: sets."),
    ] = [],  # noqa: B006
    budget: Annotated[int | None, typer.Option(min=1, help="How many molecules to choose.")] = None,
    by: Annotated[str, typer.Option(help="coverage, diversity, uncertainty, random, bonds, or pruning.")] = "coverage",
    keep: Annotated[float | None, typer.Option(help="Of pruning: the share of the set to keep.")] = None,
    rule: Annotated[
        str | None, typer.Option(help="Of pruning: influence (the default), coverage, k-centre or random.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of diversity, random and pruning.")] = 0,
    given: Annotated[str | None, typer.Option(help="A set that is there already, for coverage and bonds.")] = None,
    model: Annotated[list[Path], typer.Option(help="Fitted models, for uncertainty.")] = [],  # noqa: B006
    max_heavy: Annotated[
        int | None, typer.Option("--max-heavy", min=1, help="Leave out molecules of more heavy atoms.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--out", help="A .smi file to write; of pruning a composition's .yaml too. Else they are printed."
        ),
    ] = None,
    force: Force = False,
    workers: Workers = None,
    data: Data = Path("data"),
    as_json: AsJson = False,
) -> None:
    """Choose molecules of a pool to label for a group, or the part of a set to keep; never a test molecule."""
    from hemdata.choose.for_bridges import select_for_bridge
    from hemdata.choose.pool import place
    from hemdata.choose.pruned_set import select_pruned, write_composition
    from hemdata.choose.select import Further
    from hemdata.choose.select import select as select_of
    from hemdata.choose.targets import targets, write_smiles
    from hemdata.choose.uncertain import select_uncertain
    from hemdata.errors import CallError, did_you_mean

    if by not in WAYS:
        fix = f"{did_you_mean(by, WAYS)}Take one of these."
        raise CallError("There is no such way of choosing.", expected=", ".join(WAYS), got=by, fix=fix)
    foreign = (given is not None and by not in ("coverage", "bonds")) or (model and by != "uncertainty")
    if foreign or (by == "pruning" and max_heavy is not None) or (by != "pruning" and (keep is not None or rule)):
        raise CallError(
            "An option does not belong to this choice.",
            expected="--given with coverage or bonds, --model with uncertainty, --keep and --rule with pruning",
            got=f"--by {by}",
            fix="Leave it out.",
        )
    where, there = place(pool, data), None if given is None else place(given, data)
    molecules = [] if by == "bonds" else targets(group)
    if by == "pruning":
        told = select_pruned(where, rule or "influence", keep=keep, budget=budget, group=molecules, seed=seed)
    elif budget is None or not group:
        raise CallError(
            "A choice is for molecules to be predicted, and of so many.",
            expected="--for GROUP and --budget NUMBER",
            got="no --budget" if group else "no --for",
        )
    elif by == "uncertainty":
        told = select_uncertain(where, molecules, budget, model, max_heavy=max_heavy)
    elif by == "bonds":
        sets = [place(name, data) for name in group]
        told = select_for_bridge(where, sets, budget, given=there, max_heavy=max_heavy, seed=seed)
    else:
        told = select_of(
            where, molecules, budget, by, seed=seed, max_heavy=max_heavy, workers=workers, further=Further(given=there)
        )
    composed = by == "pruning" and file is not None and file.suffix in (".yaml", ".yml")
    if file is not None and composed:
        write_composition(file, where, told, rule or "influence", force)
    elif file is not None:
        write_smiles(file, ((pick.smiles, pick.id) for pick in told.picks), force)
    if as_json:
        print(json.dumps(asdict(told) | {"picks": [pick._asdict() for pick in told.picks]}, indent=2))
        return
    left_out = f"{told.barred:,} test molecules, {told.large:,} too large and {told.unreadable:,} unreadable left out"
    how = f"pruned by {rule or 'influence'}" if by == "pruning" else f"by {by}"
    said = f"{len(told.picks):,} of {told.candidates:,} candidates, {how} ({told.read:,} read; {left_out})"
    if file is None:
        for pick in told.picks:
            print(pick.smiles, pick.id)
        err.print(f"{said}.")
        return
    out.print(f"{file}: {said}.")
    out.print(f"Build it: `hemdata build {file}`." if composed else f"Label them: `hemdata label {file}`.")


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=None, padding=(0, 2))
