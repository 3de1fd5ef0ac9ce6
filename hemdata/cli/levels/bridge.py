"""`hemdata levels bridge`: what takes energies of one level to another, fitted on molecules labelled at both."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from hemdata.cli.app import command, out
from hemdata.cli.levels.group import AsJson, Data, levels
from hemdata.console import many, note, print_table


@command(
    "bridge",
    "hemdata levels bridge qm9 pc9 --max-heavy 10\n"
    "hemdata levels bridge alchemy qm9 --labels test-groups --write cards/pipelines/bridges",
    levels,
)
def bridge(
    a: Annotated[str, typer.Argument(metavar="A", help="Level of the energies that are to be converted.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Level that they are to be converted to.")],
    labels: Annotated[
        list[str],
        typer.Option(help="Only this set or test group; by default all that stand at both levels."),
    ] = [],  # noqa: B006
    max_heavy: Annotated[
        int | None,
        typer.Option(min=1, help="Fit to molecules of so many heavy atoms; the larger ones are judged by the fit."),
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option(help="Folder for its card and terms; found in pipelines/bridges of cards/ or HEMDATA_CARDS."),
    ] = None,
    data: Data = Path("data"),
    as_json: AsJson = False,
) -> None:
    """Fit the difference of two levels by bond types, and judge the fit on molecules that it has not seen."""
    from hemdata.assess.bridge import bridge as fitted
    from hemdata.assess.duals import duals
    from hemdata.assess.judged_bridge import by_group, by_size, not_held
    from hemdata.bridges.card import is_found_in, own_bridges, write_bridge

    found, left_out = duals(a, b, labels, data)
    judged = fitted(a, b, found, left_out, max_heavy)
    path = None
    if write:
        before = write / f"{a}-{b}.yaml"
        replaced = before.read_bytes() if before.is_file() else None
        path = write_bridge(judged.bridge, write, judged.sets, judged.error, judged.coverage, judged.fitted)
        if replaced not in (None, path.read_bytes()):
            note(f"another bridge stood at {path}; this one replaced it.")
        if not is_found_in(write):
            note(f"a composition finds bridges in {own_bridges()}, not in {write}.")
    groups, sizes = by_group(judged), by_size(judged)
    larger = [] if judged.larger is None else [*by_size(judged.larger), *by_group(judged.larger)]
    if as_json:
        told = {
            "a": a, "b": b, "labels": judged.bridge.molecules, "molecules": judged.graphs, "groups": groups,
            "by_heavy_atoms": sizes, "larger": larger,
            "stages": [{"terms": s.kinds, "error_kcal_mol": s.error, "kept": s.kept} for s in judged.stages],
            "learning_curve": [{"molecules": n, "error_kcal_mol": error} for n, error in judged.curve],
            "bond_types": judged.counts, "left_out": dict(judged.left_out), "card": str(path) if path else None,
        }  # fmt: skip
        print(json.dumps(told, indent=2))
        return
    out.print(
        f"{a} -> {b}: atomization energies in kcal/mol, {judged.bridge.molecules} dual labels of "
        f"{judged.graphs} molecules; errors on molecules that the fit has not seen.",
    )
    _print(groups, ("group", "labels", "raw gap", "by composition", "bridge", "within the interval"))
    _print(sizes, ("heavy atoms", "labels", "raw gap", "by composition", "bridge", "within the interval"))
    if larger:
        out.print(f"Larger than the {max_heavy} heavy atoms of the fit:")
        _print(larger, ("heavy atoms, group", "labels", "raw gap", "by composition", "bridge", "within the interval"))
    for stage in judged.stages:
        out.print(f"  terms: {', '.join(stage.kinds):<36}{stage.error:6.2f}{'' if stage.kept else '  does not pay'}")
    if judged.curve:
        out.print("Molecules labelled and error left: " + ", ".join(f"{n}: {e:.2f}" for n, e in judged.curve) + ".")
    counts = ", ".join(f"{term} {number}" for term, number in judged.counts.items())
    out.print(f"Bond types and the molecules that show them: {counts}.")
    scarce = [term for term in judged.counts if term not in judged.bridge.shown]
    if judged.error > judged.composition_error:
        note("the number of atoms of each element alone leaves less: more molecules at both levels are needed.")
    if scarce:
        out.print(f"Too few to convert others by: {', '.join(scarce)}.")
    if judged.larger is not None and (missed := not_held(judged.larger)):
        note(
            f"of molecules of more than {max_heavy} heavy atoms fewer lie within their 95 % intervals than ought to: "
            f"{', '.join(missed)}. What the bridge says of such molecules is less sure than it claims."
        )
    for reason, number in judged.left_out.items():
        note(f"{many(number, 'label')} left out: {reason}.")
    if path:
        out.print(f"Written: {path}")


def _print(rows: list[dict[str, object]], heads: tuple[str, ...]) -> None:
    table = Table(*heads, box=None, header_style="bold")
    for column in table.columns[1:]:
        column.justify = "right"
    for row in rows:
        name, number, raw, composition, error, coverage = row.values()
        table.add_row(str(name), str(number), f"{raw:.2f}", f"{composition:.2f}", f"{error:.2f}", f"{coverage:.0%}")
    print_table(table)
