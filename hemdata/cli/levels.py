"""`hemdata levels`: levels of theory shown, their atoms, one against another, against published rows and nature."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from hemdata.cli.app import app, command, out
from hemdata.cli.values import named
from hemdata.console import note, print_table
from hemdata.door.progress import bar, stages

if TYPE_CHECKING:
    from hemdata.levels import Level

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Data = Annotated[Path, typer.Option(help="Folder of the built datasets.")]
Workers = Annotated[int | None, typer.Option(min=0, help="Worker processes; by default one a core; 0: this one.")]
Store = Annotated[Path | None, typer.Option(help="The label store; by default DATA/labels.sqlite.")]


levels = typer.Typer(no_args_is_help=True, help="Levels of theory: list, show, atoms, gap, audit, experiment.")
app.add_typer(levels, name="levels")


@command("list", "hemdata levels list", levels)
def list_levels(as_json: AsJson = False) -> None:
    """List the levels of theory that have a card."""
    from hemdata.catalog import cards
    from hemdata.levels import level

    found = [level(name) for name in cards("level")]
    if as_json:
        print(json.dumps([{"name": its.name, "hash": its.hash, "title": its.card.title} for its in found], indent=2))
        return
    table = _table("level", "hash", "engine", "atoms", "title")
    for its in found:
        table.add_row(its.name, its.hash, its.card.engine, " ".join(its.card.atoms_hartree), its.card.title)
    print_table(table)


@command("show", "hemdata levels show qm9\nhemdata levels show pc9 --json", levels)
def show(
    name: Annotated[str, typer.Argument(help="A level, or the path of a card.", autocompletion=named("level"))],
    as_json: AsJson = False,
) -> None:
    """Show what defines a level, and its atoms."""
    from hemdata.levels import level

    its = level(name)
    card = its.card.model_dump(mode="json", exclude_none=True)
    if as_json:
        print(json.dumps({"hash": its.hash, **card}, indent=2))
        return
    out.print(its.name, style="bold", end="")
    out.print(f"  {its.card.title}  (hash {its.hash})")
    out.print(its.card.about)
    basis = its.card.basis
    told = [("engine", its.card.engine), ("method", its.card.method), ("basis", basis and basis.name)]
    for key, value in [
        *told,
        ("functions", its.card.angular),
        ("grid level", its.card.grid_level),
        ("dispersion", its.card.dispersion),
    ]:
        if value is not None:
            out.print(f"  {key:<11}{value}")
    for element, shells in (basis.added_shells if basis else {}).items():
        out.print(f"  {element:>2} also   " + ", ".join(f"{'spdfg'[shell]} {exponent:g}" for shell, exponent in shells))
    table = _table("atom", "hartree")
    for symbol, energy in its.card.atoms_hartree.items():
        table.add_row(symbol, f"{energy:.8f}")
    print_table(table)
    out.print(f"atoms: {its.card.atoms_source}")


@command("atoms", "hemdata levels atoms gfn2-xtb\nhemdata levels atoms qm9 --element C --element O", levels)
def atoms(
    name: Annotated[
        str, typer.Argument(metavar="LEVEL", help="A level, or the path of a card.", autocompletion=named("level"))
    ],
    element: Annotated[list[str], typer.Option(help="Only this element; also one that the card lacks.")] = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Compute a level's atoms, the lowest state over all multiplicities, and compare with its card."""
    from hemdata.chemistry.free_atoms import atom, card_line
    from hemdata.levels import SYMBOLS, level

    its = level(name)
    wanted = element or [SYMBOLS[z] for z in sorted(its.atoms)]
    found = []
    with bar(f"atoms at {its.name}", len(wanted)) as step:
        for symbol in wanted:
            found.append(atom(symbol, its))
            step(1, symbol)
    if as_json:
        told = [asdict(one) | {"difference_kcal_mol": one.difference_kcal_mol} for one in found]
        print(json.dumps({"level": its.name, "hash": its.hash, "atoms": told}, indent=2))
        return
    table = _table("atom", "multiplicity", "hartree", "card", "difference, kcal/mol")
    for one in found:
        card = ("-", "-") if one.card_hartree is None else (f"{one.card_hartree:.8f}", f"{one.difference_kcal_mol:.4f}")
        table.add_row(one.symbol, str(one.multiplicity), f"{one.energy_hartree:.8f}", *card)
    print_table(table)
    out.print(f"For a card:  {card_line(found)}")


@command(
    "gap",
    "hemdata levels gap qm9 pc9 test-groups\n"
    "hemdata levels gap qm9 pc9 explosives --geometry pc9 --max-heavy 5 --compute",
    levels,
)
def gap(
    a: Annotated[str, typer.Argument(help="A level.", autocompletion=named("level"))],
    b: Annotated[str, typer.Argument(help="Another level.", autocompletion=named("level"))],
    name: Annotated[str, typer.Argument(help="A dataset, labelled at both, or one test group.")],
    geometry: Annotated[str | None, typer.Option(help="Level of the geometries; default the first that both have.")] = (
        None
    ),
    compute: Annotated[bool, typer.Option("--compute", help="Label at both levels first.")] = False,
    n: Annotated[int | None, typer.Option("-n", min=1, help="With --compute: how many molecules.")] = None,
    max_heavy: Annotated[int | None, typer.Option(min=1, help="With --compute: the largest molecules.")] = None,
    rows: Annotated[bool, typer.Option("--rows", help="Print every molecule.")] = False,
    store: Store = None,
    workers: Workers = None,
    data: Data = Path("data"),
    as_json: AsJson = False,
) -> None:
    """Tell what a perfect model of level A would err at level B, by group."""
    from hemdata.assess.gap import gap_of
    from hemdata.assess.gap_computed import gap_computed
    from hemdata.label.asked import Asked
    from hemdata.label.how import Files
    from hemdata.label.workers.where import Where

    if compute:
        asked = Asked(name, n, max_heavy=max_heavy)
        where, files = Where(workers), Files(data, store)
        with stages(f"label {name} at {a} and {b}") as progress:
            found = gap_computed(asked, a, b, geometry or "gfn2-xtb", where=where, files=files, progress=progress)
    else:
        found = gap_of(data, name, a, b, geometry)
    if as_json:
        print(json.dumps(asdict(found) | {"groups": [asdict(group) for group in found.groups()]}, indent=2))
        return
    out.print(f"{a} less {b}, atomization energies in kcal/mol, each level with its own atoms;")
    out.print(f"both at the same geometries ({found.geometry}), compared atom by atom.")
    table = _table("group", "molecules", "mean", "least", "most", "per atom", "not linear", f"{b} with {a}'s atoms")
    for group in found.groups():
        numbers = (group.mean, group.smallest, group.largest, group.per_atom, group.rest, group.foreign_atoms)
        table.add_row(group.group, str(group.molecules), *(f"{number:.2f}" for number in numbers))
    print_table(table)
    linear = ", ".join(f"{symbol} {value:+.2f}" for symbol, value in found.per_element.items())
    out.print(f"Linear in the composition, per atom: {linear}.")
    if rows:
        table = _table("molecule", "atoms", a, b, "difference", "linear part", "foreign atoms")
        for row in found.rows:
            of_row = (row.of_a, row.of_b, row.difference, row.composition, row.foreign_atoms)
            table.add_row(row.id, str(row.n_atoms), *(f"{number:.2f}" for number in of_row))
        print_table(table)
    if found.only_one:
        note(f"{found.only_one} molecules stand at one of the two levels only.")


@command("audit", "hemdata levels audit qm9 -n 20\nhemdata levels audit pc9 --level pc9 -n 20 --tolerance 0.05", levels)
def audit(
    name: Annotated[str, typer.Argument(metavar="DATASET", help="A built dataset (DATA/NAME), or its folder.")],
    level: Annotated[str | None, typer.Option(help="The level; by default the one that the set names.")] = None,
    n: Annotated[int, typer.Option("-n", min=1, help="How many rows.")] = 20,
    seed: Annotated[int, typer.Option(help="Decides which rows.")] = 0,
    tolerance: Annotated[
        float, typer.Option(help="What four rows of five may err, and none by ten times more, kcal/mol.")
    ] = 0.01,
    accuracy: Annotated[str, typer.Option(help="`label`, or `reference`: plainly converged.")] = "label",
    workers: Workers = None,
    store: Store = None,
    data: Data = Path("data"),
    as_json: AsJson = False,
) -> None:
    """Recompute published rows at their level; where they differ, name the level or the mistake that explains it."""
    from hemdata.assess.audit import audit as recompute
    from hemdata.assess.audit import claimed_level, sample
    from hemdata.errors import CallError
    from hemdata.levels import level as read_level
    from hemdata.shards import find

    folder = find(name, data)
    if accuracy not in ("label", "reference"):
        raise CallError("There is no such accuracy.", expected="label or reference", got=accuracy)
    its = read_level(level or claimed_level(folder))
    if its.card.engine == "data":
        _name_level(name, folder, its, min(n, 3), as_json)
        return
    picked = sample(folder, n, seed)
    with stages(f"audit {name}") as progress:
        found = recompute(
            picked,
            its,
            n,
            seed,
            tolerance_kcal_mol=tolerance,
            accuracy=accuracy,
            workers=workers,
            store=store or data / "labels.sqlite",
            progress=progress,
        )
    if as_json:
        print(json.dumps(asdict(found) | {"agrees": found.agrees, "verdict": found.verdict}, indent=2))
    else:
        table = _table("row", "published, hartree", "computed, hartree", "error, kcal/mol")
        for row in found.rows:
            computed = row.reason if row.computed_hartree is None else f"{row.computed_hartree:.6f}"
            error = "-" if row.error_kcal_mol is None else f"{row.error_kcal_mol:.4f}"
            table.add_row(row.id, f"{row.published_hartree:.6f}", computed, error)
        print_table(table)
        out.print(found.verdict)
    if not found.agrees:
        raise SystemExit(1)


def _name_level(name: str, folder: Path, its: "Level", n: int, as_json: bool) -> None:
    """Say which known level the energies of an unknown one are of; exit code 1 where none is."""
    from hemdata.assess.audit import COLUMNS
    from hemdata.assess.which_level import Candidate, which_level
    from hemdata.shards import read

    def told(candidate: Candidate) -> None:
        off = candidate.reason or f"{candidate.error_kcal_mol:.4f} kcal/mol off"
        if not as_json:
            out.print(f"{candidate.names}: {off}")

    found = which_level(read(folder, COLUMNS), its, n, told)
    last = found[-1]
    if as_json:
        print(json.dumps({"candidates": [asdict(each) for each in found], "agrees": last.agrees}, indent=2))
    elif last.agrees:
        out.print(
            f"The energies of '{name}' are of {last.names}: import the files again with that --level and --force."
        )
    else:
        out.print(f"The energies of '{name}' are of no level that hemdata computes; they stay apart at '{its.name}'.")
    if not last.agrees:
        raise SystemExit(1)


@command(
    "experiment",
    "hemdata levels experiment --level gfn2-xtb\nhemdata levels experiment --level pc9 --geometry pc9 --max-heavy 3",
    levels,
)
def experiment(
    level: Annotated[str, typer.Option(help="Level of the energies.", autocompletion=named("level"))] = "gfn2-xtb",
    geometry: Annotated[str, typer.Option(help="Level of the geometries.")] = "gfn2-xtb",
    frequencies: Annotated[
        str | None, typer.Option(help="Level of the zero-point energies; by default the one that the card names.")
    ] = None,
    figure: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the errors, as .svg, .png or .pdf.")] = None,
    max_heavy: Annotated[int | None, typer.Option(min=1, help="Leave out larger molecules.")] = None,
    store: Store = None,
    workers: Workers = None,
    data: Data = Path("data"),
    as_json: AsJson = False,
) -> None:
    """Hold a level against nature: atomization energies at 0 K of the Active Thermochemical Tables."""
    from hemdata.assess.experiment import atom_equivalents, compare
    from hemdata.levels import level as read_level

    card = read_level(level).card
    frequencies = frequencies or card.frequencies or card.name

    with stages(f"experiment at {level}") as progress:
        found = compare(
            read_level(level),
            read_level(geometry),
            read_level(frequencies),
            store or data / "labels.sqlite",
            max_heavy=max_heavy,
            workers=workers,
            progress=progress,
        )
    several = len(found.rows) > len({z for row in found.rows for z in row.known.atomic_numbers})
    corrected = atom_equivalents(found.rows) if several else None
    if figure is not None:
        from hemdata.report.figures.against_experiment import write_figure

        write_figure(found, corrected, figure)
    if as_json:
        rows: list[dict[str, Any]] = [
            asdict(row) | {"d0_kcal_mol": row.d0_kcal_mol, "error_kcal_mol": row.error_kcal_mol} for row in found.rows
        ]
        told: dict[str, Any] = {"level": level, "geometry": geometry, "frequencies": frequencies, "rows": rows}
        told |= {"signed_kcal_mol": found.signed_kcal_mol, "absolute_kcal_mol": found.absolute_kcal_mol}
        print(json.dumps(told | {"corrected": corrected and asdict(corrected), "left_out": found.left_out}, indent=2))
        return
    table = _table("molecule", "D0, ATcT", "±", f"De, {level}", "ZPE", "D0", "error", "error of Hf298")
    for row in found.rows:
        nature = (row.known.d0_kcal_mol, row.known.uncertainty_kcal_mol)
        ours = (row.de_kcal_mol, row.zero_point_kcal_mol, row.d0_kcal_mol, row.error_kcal_mol, row.error_298_kcal_mol)
        table.add_row(row.known.name, *(f"{number:.2f}" for number in (*nature, *ours)))
    print_table(table)
    out.print(f"Energies at {level}, geometries at {geometry}, zero-point energies (harmonic) at {frequencies}.")
    out.print(
        f"{len(found.rows)} molecules: mean signed error of D0 {found.signed_kcal_mol:+.2f} kcal/mol, "
        f"mean absolute {found.absolute_kcal_mol:.2f}; the experiment's mean uncertainty is "
        f"{sum(row.known.uncertainty_kcal_mol for row in found.rows) / len(found.rows):.2f}."
    )
    if corrected is not None:
        shifts = ", ".join(f"{symbol} {value:+.2f}" for symbol, value in corrected.per_atom.items())
        out.print(f"With a correction per atom ({shifts}), each molecule judged by a fit without it:", end=" ")
        out.print(f"mean absolute {corrected.absolute_kcal_mol:.2f}.")
        of = ", ".join(f"{symbol}: {value:.2f}" for symbol, value in corrected.per_atom.items())
        out.print(
            f"For a card:  against_experiment: {{per_atom_kcal_mol: {{{of}}}, absolute_kcal_mol: "
            f"{corrected.absolute_kcal_mol:.2f}, molecules: {len(found.rows)}, source: ...}}",
        )
    out.print(f"{len(found.left_out)} molecules of the table are left out (--json gives each reason).")


def _table(*columns: str) -> Table:
    """A plain table: the first column is text, numbers stand at the right."""
    table = Table(box=None, padding=(0, 2))
    for place, column in enumerate(columns):
        text = place == 0 or column in ("title", "engine", "atoms", "hash")
        table.add_column(column, justify="left" if text else "right")
    return table
