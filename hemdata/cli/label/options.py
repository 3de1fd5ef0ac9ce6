"""Options that `hemdata label` and its store's commands share."""

from pathlib import Path
from typing import Annotated

import typer

from hemdata.cli.values import named

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Data = Annotated[Path, typer.Option(help="Folder of the built datasets.")]
Target = Annotated[
    str,
    typer.Argument(
        metavar="NAME|FILE",
        help="A dataset, or a file (.smi, .xyz, .sdf, .csv ...).",
        autocompletion=named("dataset", "set"),
    ),
]
Charge = Annotated[int | None, typer.Option(help="Of all molecules of a file, where it does not say it.")]
Multiplicity = Annotated[
    int | None, typer.Option(min=1, help="Of all molecules of a file, where it does not say it: 2S + 1.")
]
Force = Annotated[bool, typer.Option("--force", help="Replace other labels that stand there.")]
Number = Annotated[int | None, typer.Option("-n", min=1, help="How many molecules, chosen by the seed; default all.")]
Level = Annotated[str, typer.Option(help="Level of theory.", autocompletion=named("level"))]
Geometry = Annotated[
    str,
    typer.Option(
        help="Level at which geometries are relaxed; `given` takes those there are.", autocompletion=named("level")
    ),
]
Accuracy = Annotated[str, typer.Option(help="`label`, or `reference`: single points plainly converged.")]
Store = Annotated[Path | None, typer.Option(help="The label store; by default DATA/labels.sqlite.")]
Out = Annotated[Path | None, typer.Option("--out", help="Where to write; by default DATA/NAME@LEVEL.")]
Without = Annotated[list[str], typer.Option(help="Leave out the molecules of this dataset, by flat graph.")]
Heavy = Annotated[int | None, typer.Option("--max-heavy", min=1, help="Leave out molecules of more heavy atoms.")]
Seed = Annotated[int, typer.Option(help="Decides which molecules -n takes.")]
Conformers = Annotated[
    int, typer.Option("--conformers", min=1, help="Embedded of each SMILES; the lowest by force field is relaxed.")
]
Enthalpy = Annotated[
    bool, typer.Option("--enthalpy", help="Zero-point energy and enthalpy of formation of the gas as further columns.")
]
Frequencies = Annotated[
    str | None, typer.Option(metavar="LEVEL", help="With --enthalpy: level of the frequencies; by default the card's.")
]
Corrected = Annotated[
    bool, typer.Option("--corrected", help="With --enthalpy: also less the level's error per atom by ATcT.")
]
Stability = Annotated[
    bool, typer.Option("--stability", help="Whether the wave functions are stable, as further columns.")
]
