"""`hemdata label`: labels computed, into the store and as shards."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from hemdata.cli.app import command
from hemdata.cli.label.estimates import tell_estimate
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
from hemdata.cli.values import gigabytes, seconds
from hemdata.console import note
from hemdata.door.progress import stages


@command(
    "label",
    "hemdata label test-groups\nhemdata label pubchem9 -n 800 --without test-groups\n"
    "hemdata label my-molecules.smi --level gfn2-xtb --enthalpy --corrected\n"
    "hemdata label test-groups --level pc9 --dry-run\nhemdata label status",
)
def label(
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
    part: Annotated[
        str | None,
        typer.Option(metavar="1/2", help="Only this part, so that machines share the work; `label import` joins them."),
    ] = None,
    conformers: Conformers = 1,
    enthalpy: Enthalpy = False,
    frequencies: Frequencies = None,
    corrected: Corrected = False,
    stability: Stability = False,
    charge: Charge = None,
    multiplicity: Multiplicity = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would be computed, its hours and memory; compute nothing.")
    ] = False,
    force: Force = False,
    retry: Annotated[str | None, typer.Option(help="`failed`: compute just the failed ones again.")] = None,
    time_limit: Annotated[
        str | None, typer.Option(metavar="TIME", help="For each calculation, as 90s, 20m or 6h; then it has failed.")
    ] = None,
    memory_limit: Annotated[
        str | None, typer.Option(metavar="SIZE", help="For each calculation, as 4GB; then it has failed.")
    ] = None,
    on: Annotated[
        str | None,
        typer.Option(
            metavar="4|tcp://...|CARD",
            help="Where: processes here (default one a core; 0: this one), a running Dask cluster, or jobs of SLURM.",
        ),
    ] = None,
    workers: Annotated[int | None, typer.Option(min=0, help="As --on 4.", hidden=True)] = None,
    scheduler: Annotated[str | None, typer.Option(help="As --on tcp://...", hidden=True)] = None,
    cluster: Annotated[str | None, typer.Option(help="As --on CARD.", hidden=True)] = None,
    data: Data = Path("data"),
    as_json: AsJson = False,
) -> None:
    """Compute geometries and energies at a level of theory, into the label store and as shards."""
    from hemdata.errors import CallError
    from hemdata.label.asked import Asked
    from hemdata.label.dataset import label_set, plan_labels
    from hemdata.label.how import Files, How
    from hemdata.label.part import Part
    from hemdata.label.workers.isolated import Limits
    from hemdata.label.workers.where import Where
    from hemdata.molecules import Said

    if retry not in (None, "failed"):
        raise CallError("--retry knows one word.", expected="failed", got=retry)
    refuse_unknown_accuracy(accuracy)
    its_part = Part.read(part) if part else None
    where = Where(workers, scheduler, cluster)
    if on is not None:
        if where != Where():
            raise CallError("--on says where already.", fix="Leave --workers, --scheduler and --cluster out.")
        where = Where.read(on)
    asked = Asked(target, n, seed, without, max_heavy, its_part, Said(charge, multiplicity))
    how = How(level, geometry, accuracy, conformers, enthalpy, frequencies, corrected, stability)
    files = Files(data, store, folder)
    limits = Limits(seconds=seconds(time_limit, "--time-limit"), memory_gb=gigabytes(memory_limit, "--memory-limit"))
    if dry_run:
        if retry:
            note("This plan counts what is not computed yet, and not what --retry computes again.")
        tell_estimate(plan_labels(asked, how, files, note, force=force), where.at_once, as_json)
        return
    where = replace(where, limits=limits)
    with stages(f"label {target} at {level}") as progress:
        labelled = label_set(
            asked,
            how,
            where,
            files=files,
            missing="compute failed" if retry else "compute",
            force=force,
            note=note,
            progress=progress,
        )
    tell_labelled(labelled, level, as_json)
    refuse_none(labelled)
