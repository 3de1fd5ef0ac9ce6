"""`hemdata predict`: fitted models asked about a user's own molecules."""

import csv
import gc
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from hemdata.cli.app import command, err, out
from hemdata.console import error, print_table
from hemdata.door.progress import bar

if TYPE_CHECKING:
    from hemdata.predict.predict import Predicted


@command(
    "predict",
    "hemdata predict runs/demo/cells/painn-pubchem9-640 'CC(=O)N'\n"
    "hemdata predict runs/demo/cells/painn-pubchem9-640-s0 my-molecules.smi --out energies.csv\n"
    "hemdata predict my-model another-model geometries.xyz",
)
def predict(
    words: Annotated[
        list[str],
        typer.Argument(metavar="MODEL... FILE|SMILES...", help="Models' folders or cells, then molecules."),
    ],
    file: Annotated[Path | None, typer.Option("--out", help="Write the rows to this CSV file too.")] = None,
    geometry: Annotated[
        str | None, typer.Option(help="Level of geometries made from SMILES; by default the training set's.")
    ] = None,
    formation: Annotated[bool, typer.Option(help="Enthalpies of formation where the level has the data.")] = True,
    charge: Annotated[int | None, typer.Option(help="Of all molecules, where a file does not say it.")] = None,
    multiplicity: Annotated[
        int | None, typer.Option(min=1, help="Of all molecules, where a file does not say it: 2S + 1.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes; by default one a core.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Predict atomization energies of your molecules: the mean and spread over models, and what to be wary of."""
    from hemdata.errors import CallError
    from hemdata.molecules import Said
    from hemdata.predict.find import load_all, packages
    from hemdata.predict.predict import predict as ask
    from hemdata.predict.predict import wanted

    if file is not None and file.suffix != ".csv":
        raise CallError("--out writes CSV.", expected="a name that ends in .csv", got=file.name)
    found = {word: packages(word) for word in words}
    molecules = [one for word in words if not found[word] for one in wanted(word, Said(charge, multiplicity))]
    if not molecules:
        raise CallError("No molecules are given.", expected="a .smi or .xyz file, or a SMILES, after the models")
    with _kept_to_the_end():
        models = load_all(place for word in words for place in found[word])
    with bar("geometries", len(molecules)) as step:
        rows = ask(
            models,
            molecules,
            geometry=geometry,
            formation=formation,
            workers=workers,
            progress=lambda done: step(done, ""),
        )
    if file is not None:
        _write(file, rows)
    of = _named(models)
    if as_json:
        print(
            json.dumps({"models": of, "level": models[0].level, "molecules": [_row(each) for each in rows]}, indent=2)
        )
    else:
        _tell(rows, of, models[0].level, len(models))
    failed = [each for each in rows if each.reason is not None]
    for each in failed:
        err.print(f"{each.id}: {_line(each.reason)}")
    if failed:
        error(f"{len(failed):,} of {len(rows):,} molecules have no energy.")
        raise SystemExit(1)


@contextmanager
def _kept_to_the_end() -> Iterator[None]:
    """Nothing inside is looked at by the garbage collector, neither then nor later.

    The libraries of a network make half a million objects at import, which live as long as the process: to walk over
    them, most of all at its end, takes longer than to predict a molecule.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _named(models: Sequence[Any]) -> list[str]:
    return [f"{model.name}, seed {model.about['seed']}" for model in models]


def _tell(rows: Sequence["Predicted"], of: list[str], level: str, models: int) -> None:
    from hemdata.predict.formation import formation_note

    table = Table(box=None, padding=(0, 2))
    for place, column in enumerate(("molecule", "atoms", "atomization energy", "spread", "Hf 298 K", "warnings")):
        table.add_column(column, justify="right" if place else "left")
    for each in rows:
        if each.reason is not None:
            table.add_row(each.id, "-", "failed", "-", "-", "-")
            continue
        numbers = (each.atomization_energy_kcal_mol, each.spread_kcal_mol, each.formation_298_kcal_mol)
        told = ["-" if number is None else f"{number:.2f}" for number in numbers]
        table.add_row(each.id, str(len(each.atomic_numbers)), *told, str(len(each.warnings) or "-"))
    print_table(table)
    spread = f"; spread: standard deviation over {models} models" if models > 1 else ""
    out.print(f"kcal/mol, at {level}, by {'; '.join(of)}{spread}.")
    if any(each.formation_298_kcal_mol is not None for each in rows):
        out.print(f"{formation_note(level)}.")
    reasons = dict.fromkeys(each.no_formation for each in rows if each.no_formation)
    for reason in reasons:
        out.print(f"No enthalpy of formation: {reason}.")
    for each in rows:
        for warning in each.warnings:
            out.print(f"{each.id}: {warning}")


def _row(each: "Predicted") -> dict[str, Any]:
    return {
        "id": each.id,
        "smiles": each.smiles,
        "n_atoms": len(each.atomic_numbers) or None,
        "n_heavy": each.n_heavy or None,
        "atomization_energy_kcal_mol": each.atomization_energy_kcal_mol,
        "spread_kcal_mol": each.spread_kcal_mol,
        "formation_298_kcal_mol": each.formation_298_kcal_mol,
        "no_formation": each.no_formation,
        "warnings": list(each.warnings),
        "failed": _line(each.reason),
    }


def _line(reason: str | None) -> str | None:
    """A reason of several lines in one."""
    return None if reason is None else ", ".join(line.strip().rstrip(".") for line in reason.splitlines())


def _write(file: Path, rows: Sequence["Predicted"]) -> None:
    part = file.with_name(f".{file.name}.part")
    with part.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(_row(rows[0])))
        writer.writeheader()
        for each in rows:
            writer.writerow(_row(each) | {"warnings": "; ".join(each.warnings)})
    part.replace(file)
