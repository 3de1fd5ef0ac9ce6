"""`hemdata levels gap`: one level against another."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hemdata.cli.app import command, out
from hemdata.cli.levels.group import AsJson, Data, Store, Workers, levels, table_of
from hemdata.cli.values import named
from hemdata.console import many, note, print_table
from hemdata.door.progress import stages

if TYPE_CHECKING:
    from hemdata.assess.gap import Gap

NAMED = 20  # molecules of one reason; --json has all


@command(
    "gap",
    "hemdata levels gap qm9 pc9 test-groups\n"
    "hemdata levels gap qm9 pc9 explosives --geometry pc9 --max-heavy 5 --compute",
    levels,
)
def gap(
    a: Annotated[str, typer.Argument(help="A level.", autocompletion=named("level"))],
    b: Annotated[str, typer.Argument(help="Another level.", autocompletion=named("level"))],
    name: Annotated[str, typer.Argument(help="A set that stands at both, its file, or one test group.")],
    geometry: Annotated[
        str | None, typer.Option(help="Level of the geometries, or given; default the first of both.")
    ] = None,
    compute: Annotated[bool, typer.Option("--compute", help="Label at both levels first.")] = False,
    n: Annotated[int | None, typer.Option("-n", min=1, help="How many molecules, as `hemdata label -n`.")] = None,
    max_heavy: Annotated[int | None, typer.Option(min=1, help="Leave out larger molecules.")] = None,
    rows: Annotated[bool, typer.Option("--rows", help="Print every molecule.")] = False,
    store: Store = None,
    workers: Workers = None,
    data: Data = Path("data"),
    as_json: AsJson = False,
) -> None:
    """Tell what a perfect model of level A would err at level B, by group."""
    from hemdata.assess.gap import gap_of, labelled_from
    from hemdata.assess.gap_computed import gap_computed
    from hemdata.label.asked import Asked
    from hemdata.label.how import Files
    from hemdata.label.workers.where import Where

    if compute:
        asked = Asked(labelled_from(name), n, max_heavy=max_heavy)
        where, files = Where(workers), Files(data, store)
        with stages(f"label {name} at {a} and {b}") as progress:
            found = gap_computed(asked, a, b, geometry or "gfn2-xtb", where=where, files=files, progress=progress)
    else:
        found = gap_of(data, name, a, b, geometry, n=n, max_heavy=max_heavy)
    if as_json:
        print(json.dumps(asdict(found) | {"groups": [asdict(group) for group in found.groups()]}, indent=2))
        return
    _print(found, rows)
    for reason, ids in _by_reason(found.left_out).items():
        more = f" and {len(ids) - NAMED:,} more" if len(ids) > NAMED else ""
        note(f"{many(len(ids))} left out ({', '.join(ids[:NAMED])}{more}): {reason}")
    if found.only_one:
        note(f"At one of the two levels only: {many(found.only_one)}.")


def _print(found: "Gap", rows: bool) -> None:
    from hemdata.levels import level

    a, b = found.a, found.b
    out.print(f"{a} less {b}, atomization energies in kcal/mol, each level with its own atoms;")
    out.print(f"both at the same geometries ({found.geometry}), compared atom by atom.")
    engines = [level(each).card.engine for each in (a, b)]
    same_zero = engines[0] == engines[1] != "data"  # a program's total energies have a zero of their own
    last = None if same_zero else -1
    heads = ("group", "molecules", "mean", "least", "most", "per atom", "not linear", f"{b} with {a}'s atoms")
    table = table_of(*heads[:last])
    for group in found.groups():
        numbers = (group.mean, group.smallest, group.largest, group.per_atom, group.rest, group.foreign_atoms)
        table.add_row(group.group, str(group.molecules), *map(_told, numbers[:last]))
    print_table(table)
    if last:
        out.print(f"No column '{heads[-1]}': {_no_common_zero(found, engines)}")
    out.print(_linear(found))
    if rows:
        table = table_of(*("molecule", "atoms", a, b, "difference", "linear part", "foreign atoms")[:last])
        for row in found.rows:
            linear = row.composition if found.fitted else None
            of_row = (row.of_a, row.of_b, row.difference, linear, row.foreign_atoms)
            table.add_row(row.id, str(row.n_atoms), *map(_told, of_row[:last]))
        print_table(table)


def _no_common_zero(found: "Gap", engines: list[str]) -> str:
    """Why total energies of one level are not told with the other's atoms."""
    imported = " and ".join(
        name for name, program in zip((found.a, found.b), engines, strict=True) if program == "data"
    )
    if imported:
        return f"of numbers alone ({imported}) only atomization energies can be compared."
    return f"total energies of {' and '.join(engines)} have no common zero."


def _by_reason(left_out: dict[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for id, reason in left_out.items():
        found.setdefault(reason, []).append(id)
    return found


def _told(number: float | None) -> str:
    return "-" if number is None else f"{number:.2f}"


def _linear(found: "Gap") -> str:
    """What is linear in the composition, or why that is not known."""
    molecules, elements = len(found.rows), len(found.per_element)
    if not found.fitted:
        return (
            f"Linear in the composition: not known; a fit of {many(elements, 'element')} needs more than {elements} "
            f"molecules, and there {'is' if molecules == 1 else 'are'} {molecules}."
        )
    linear = ", ".join(f"{symbol} {value:+.2f}" for symbol, value in found.per_element.items())
    return f"Linear in the composition, per atom, by one fit to all {many(molecules)}: {linear}."
