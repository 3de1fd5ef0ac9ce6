"""`hemdata levels atoms`: the energies of free atoms, computed."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from hemdata.cli.app import command, out
from hemdata.cli.levels.group import AsJson, levels, table_of
from hemdata.cli.values import named
from hemdata.console import print_table
from hemdata.door.progress import bar


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
    table = table_of("atom", "multiplicity", "hartree", "card", "difference, kcal/mol")
    for one in found:
        card = ("-", "-") if one.card_hartree is None else (f"{one.card_hartree:.8f}", f"{one.difference_kcal_mol:.4f}")
        table.add_row(one.symbol, str(one.multiplicity), f"{one.energy_hartree:.8f}", *card)
    print_table(table)
    out.print(f"For a card:  {card_line(found)}")
