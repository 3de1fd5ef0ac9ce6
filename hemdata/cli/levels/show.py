"""`hemdata levels list` and `levels show`: what there is, and what defines one."""

import json
from typing import Annotated

import typer

from hemdata.cli.app import command, out
from hemdata.cli.levels.group import AsJson, levels, table_of
from hemdata.cli.values import named
from hemdata.console import print_table


@command("list", "hemdata levels list", levels)
def list_levels(as_json: AsJson = False) -> None:
    """List the levels of theory that have a card."""
    from hemdata.catalog import cards
    from hemdata.errors import DataError
    from hemdata.levels import level

    found, broken = [], {}
    for name, path in cards("level").items():
        try:
            found.append(level(name))
        except DataError as error:
            broken[name] = f"broken: {error.what} ({path})"
    if as_json:
        told = [{"name": its.name, "hash": its.hash, "title": its.card.title} for its in found]
        told += [{"name": name, "broken": what} for name, what in broken.items()]
        print(json.dumps(told, indent=2))
        return
    table = table_of("level", "hash", "engine", "atoms", "title")
    for its in found:
        table.add_row(its.name, its.hash, its.card.engine, " ".join(its.card.atoms_hartree), its.card.title)
    for name, what in broken.items():
        table.add_row(name, "-", "-", "-", what)
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
    table = table_of("atom", "hartree")
    for symbol, energy in its.card.atoms_hartree.items():
        table.add_row(symbol, f"{energy:.8f}")
    print_table(table)
    out.print(f"atoms: {its.card.atoms_source}")
