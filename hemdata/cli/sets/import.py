"""`hemdata import`: a user's own labelled files become a set like any other."""

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hemdata.cli.app import command, out
from hemdata.console import note

if TYPE_CHECKING:
    from hemdata.intake.decided import Unsettled

Key = typer.Option


@command(
    "import",
    "hemdata import mols.extxyz --name mine --dry-run\n"
    "hemdata import mols.extxyz --name mine --unit eV --kind total --level qm9\n"
    "hemdata import runs/ --name mine --level unknown:orca --yes\n"
    "hemdata import table.csv --name mine --energy E_tot --unit Ha --level pc9 --property dipole=debye\n"
    "hemdata import --list",
)
def import_(
    ctx: typer.Context,
    paths: Annotated[list[Path] | None, typer.Argument(help="Files or folders of one form.")] = None,
    name: Annotated[str | None, typer.Option(help="What the set shall be called.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what is found.")] = False,
    form: Annotated[str | None, typer.Option(help="The form, where suffix and first bytes do not say it.")] = None,
    energy: Annotated[str | None, typer.Option(metavar="KEY", help="The key of the energies.")] = None,
    unit: Annotated[str | None, typer.Option(help="hartree, eV, meV, kcal/mol, kJ/mol, 1/cm, rydberg.")] = None,
    kind: Annotated[
        str | None, typer.Option(help="total, 'total with zero-point energy', atomization or cohesive.")
    ] = None,
    level: Annotated[str | None, typer.Option(help="Level of theory of the energies; or unknown:NAME.")] = None,
    zero_point: Annotated[
        str | None, typer.Option("--zero-point", metavar="KEY=UNIT", help="Zero-point energies to be taken off.")
    ] = None,
    missing: Annotated[float | None, typer.Option(help="The number that stands for a missing energy.")] = None,
    length: Annotated[str | None, typer.Option(help="Unit of the coordinates: angstrom, bohr, nm.")] = None,
    geometry_level: Annotated[str | None, typer.Option(help="Level of theory of the geometries.")] = None,
    forces: Annotated[str | None, typer.Option(metavar="KEY", help="The key of the forces.")] = None,
    forces_unit: Annotated[
        str | None, typer.Option(help="As eV/angstrom; by default the energies' and lengths'.")
    ] = None,
    gradient: Annotated[bool, typer.Option("--gradient", help="The forces have the gradient's sign.")] = False,
    smiles: Annotated[str | None, typer.Option(metavar="KEY", help="The key of the SMILES.")] = None,
    id_key: Annotated[str | None, typer.Option("--id", metavar="KEY", help="The key of the ids.")] = None,
    charge: Annotated[str | None, typer.Option(metavar="KEY|NUMBER", help="Charge: a key, or one for all.")] = None,
    multiplicity: Annotated[
        str | None, typer.Option(metavar="KEY|NUMBER", help="Spin multiplicity: a key, or one for all.")
    ] = None,
    keys: Annotated[
        list[str],
        typer.Option("--key", metavar="ROLE=KEY", help="atomic_numbers, positions or counts under another name."),
    ] = [],  # noqa: B006
    properties: Annotated[
        list[str],
        typer.Option("--property", metavar="KEY[=UNIT]", help="A further column to keep; `all` for all."),
    ] = [],  # noqa: B006
    bonds: Annotated[bool, typer.Option("--bonds/--no-bonds", help="Find bonds where no SMILES is given.")] = True,
    yes: Annotated[bool, typer.Option("--yes", help="Take what the numbers prove without a question.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a set of this name.")] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes; by default one a core.")] = None,
    data: Annotated[Path, typer.Option(help="Folder of the built datasets.")] = Path("data"),
    listed: Annotated[bool, typer.Option("--list", help="Show the forms that are read.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Take in your own labelled molecules: look at the files, tell what stands there, build a set of them."""
    from hemdata.errors import CallError
    from hemdata.forms.reading import readers
    from hemdata.intake.asked import Asked
    from hemdata.intake.decide import decide
    from hemdata.intake.decided import Unsettled
    from hemdata.intake.importing import import_set, preview, settled

    if listed:
        forms = {reader.name: f"{' '.join(reader.suffixes):24} {reader.reads}" for reader in readers().values()}
        if as_json:
            print(json.dumps(forms, indent=2))
            return
        for each, told in forms.items():
            out.print(f"{each:14} {told}")
        return
    if not paths or (name is None and not dry_run):
        raise CallError("Which files, and under which name?", expected="hemdata import PATH... --name NAME")
    said = {"energy": energy, "forces": forces, "smiles": smiles, "id": id_key}
    numbers: dict[str, int | None] = {}
    for role, word in (("charge", charge), ("multiplicity", multiplicity)):
        numbers[role] = int(word) if word and word.lstrip("+-").isdigit() else None
        said[role] = word if word and numbers[role] is None else None
    asked = Asked(
        tuple(paths),
        name or "mine",
        form,
        {role: key for role, key in said.items() if key} | dict(_pair(each, "--key") for each in keys),
        unit,
        kind,
        level,
        length,
        forces_unit,
        gradient,
        geometry_level,
        numbers["charge"],
        numbers["multiplicity"],
        _pair(zero_point, "--zero-point") if zero_point else None,
        {each.partition("=")[0]: each.partition("=")[2] or None for each in properties},
        missing,
        bonds,
    )
    shown = preview(asked.paths, asked.form, asked.keys)
    if not as_json:
        for line in shown.lines:
            out.print(line)
    try:
        found = decide(asked)
    except Unsettled as unsettled:
        if not dry_run:
            raise
        _tell_question(unsettled, shown.data if as_json else None)
        return
    card, its_level = settled(asked, found)
    if not as_json:
        for line in found.told:
            out.print(f"  {line}")
    run = _command(ctx, asked.name, found.options)
    if found.inferred and not as_json:
        out.print("Not said, but found from the numbers:")
        for line in found.inferred:
            out.print(f"  {line}")
    if dry_run:
        if as_json:
            print(json.dumps({**shown.data, "told": found.told, "inferred": found.inferred, "command": run}, indent=2))
        else:
            out.print(f"To import it:\n  {run}")
        return
    if found.inferred and not yes and not (sys.stdin.isatty() and typer.confirm("Is that so?")):
        raise CallError(
            "What the energies are was not said.",
            got="; ".join(found.inferred),
            fix=f"Run it again with --yes, or say it: {run}",
        )
    done = import_set(card, its_level, data, workers=workers, force=force, progress=not as_json)
    counts = done.built.manifest.counts
    if as_json:
        print(json.dumps({"folder": str(done.built.folder), "cards": [str(path) for path in done.cards],
                          **counts.model_dump(), "checks": done.checks}, indent=2))  # fmt: skip
        return
    out.print(f"{done.built.folder}: {counts.read:,} records read, {counts.accepted:,} accepted", end="")
    out.print(f", {sum(counts.rejected.values()):,} rejected" + (":" if counts.rejected else "."))
    for reason, number in sorted(counts.rejected.items(), key=lambda item: -item[1]):
        out.print(f"  {number:>9,}  {reason}, as {done.first[reason]}")
    for line in done.checks:
        note(line)
    out.print(f"Its card: {done.cards[-1]} (`hemdata build {card.name}` builds it again).")


def _tell_question(unsettled: "Unsettled", data: dict[str, Any] | None) -> None:
    """What was found, and last what is still to be said; as JSON where the look's data are given."""
    if data is not None:
        asks = {"unsettled": unsettled.what, "got": unsettled.got, "fix": unsettled.fix, "question": unsettled.question}
        print(json.dumps({**data, "told": list(unsettled.told), **asks}, indent=2, default=str))
        return
    for line in unsettled.told:
        out.print(f"  {line}")
    for line in str(unsettled).splitlines():
        out.print(line)
    out.print(unsettled.question)


def _pair(word: str, option: str) -> tuple[str, str]:
    from hemdata.errors import CallError

    left, sign, right = word.partition("=")
    if not sign or not left or not right:
        raise CallError(f"{option} does not read.", expected=f"{option} NAME=VALUE", got=word)
    return left, right


def _command(ctx: typer.Context, name: str, options: list[str]) -> str:
    """The command as it was given, with what was found out."""
    words: list[str] = []
    for parameter in ctx.command.params:
        value = ctx.params.get(str(parameter.name))
        source = ctx.get_parameter_source(str(parameter.name))
        if source is None or source.name != "COMMANDLINE" or parameter.name in ("dry_run", "yes", "as_json"):
            continue
        many = [str(each) for each in value] if isinstance(value, list | tuple) else [str(value)]
        if parameter.param_type_name == "argument":
            words += many
        elif isinstance(value, bool):
            words.append(parameter.opts[0] if value else parameter.secondary_opts[0])
        else:
            words += [word for each in many for word in (parameter.opts[0], each)]
    told = [word for option in options for word in shlex.split(option)]
    for flag, value in [("--name", name), *zip(told[::2], told[1::2], strict=True)]:
        if flag not in words:
            words += [flag, value]
    return " ".join(["hemdata import", *map(shlex.quote, words)])
