"""`hemdata levels experiment`: a level against nature."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from hemdata.cli.app import command, out
from hemdata.cli.levels.group import AsJson, Data, Store, Workers, levels, table_of
from hemdata.cli.values import named
from hemdata.console import many, print_table
from hemdata.door.progress import stages


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
    table = table_of("molecule", "D0, ATcT", "±", f"De, {level}", "ZPE", "D0", "error", "error of Hf298")
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
    out.print(f"Left out of the table: {many(len(found.left_out))} (--json gives each reason).")
