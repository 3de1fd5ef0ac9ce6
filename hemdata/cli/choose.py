"""`hemdata amons`: which molecules to label next, for the molecules that are to be predicted."""

import json
from pathlib import Path
from typing import Annotated

import typer

from hemdata.cli.app import command, err, out

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
