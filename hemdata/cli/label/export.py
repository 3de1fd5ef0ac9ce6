"""`hemdata label export`: what the store holds, written as shards."""

from pathlib import Path
from typing import Annotated

import typer

from hemdata.cli.app import command
from hemdata.cli.label.options import (
    Accuracy,
    AsJson,
    Charge,
    Conformers,
    Corrected,
    Data,
    Enthalpy,
    Force,
    Frequencies,
    Geometry,
    Heavy,
    Level,
    Multiplicity,
    Number,
    Out,
    Seed,
    Stability,
    Store,
    Target,
    Without,
)
from hemdata.cli.label.told import refuse_none, refuse_unknown_accuracy, tell_labelled
from hemdata.console import note


@command(
    "label export",
    "hemdata label export test-groups --level pc9\nhemdata label export my-molecules.smi --partial --out so-far",
)
def export(
    target: Target,
    n: Number = None,
    level: Level = "gfn2-xtb",
    geometry: Geometry = "gfn2-xtb",
    accuracy: Accuracy = "label",
    store: Store = None,
    folder: Out = None,
    without: Without = [],  # noqa: B006
    max_heavy: Heavy = None,
    seed: Seed = 0,
    conformers: Conformers = 1,
    enthalpy: Enthalpy = False,
    frequencies: Frequencies = None,
    corrected: Corrected = False,
    stability: Stability = False,
    charge: Charge = None,
    multiplicity: Multiplicity = None,
    force: Force = False,
    partial: Annotated[bool, typer.Option("--partial", help="Write what there is; the rest is rejected rows.")] = False,
    data: Data = Path("data"),
    as_json: AsJson = False,
) -> None:
    """Write what the label store holds of a dataset or file as shards; compute nothing. A run may be going on."""
    from hemdata.label.asked import Asked
    from hemdata.label.dataset import label_set
    from hemdata.label.how import Files, How
    from hemdata.molecules import Said

    refuse_unknown_accuracy(accuracy)
    labelled = label_set(
        Asked(target, n, seed, without, max_heavy, said=Said(charge, multiplicity)),
        How(level, geometry, accuracy, conformers, enthalpy, frequencies, corrected, stability),
        files=Files(data, store, folder),
        missing="reject" if partial else "refuse",
        force=force,
        note=note,
    )
    tell_labelled(labelled, level, as_json)
    refuse_none(labelled)
