"""`hemdata label` and its store: labels computed, counted, written as shards, merged from another machine's."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from hemdata.cli.app import command, err, out
from hemdata.cli.estimates import tell_estimate
from hemdata.cli.values import gigabytes, named, seconds
from hemdata.console import error, note
from hemdata.door.progress import duration, stages

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
    _known(accuracy)
    its_part = Part.read(part) if part else None
    where = Where(workers, scheduler, cluster)
    if on is not None:
        if where != Where():
            raise CallError("--on says where already.", fix="Leave --workers, --scheduler and --cluster out.")
        where = Where.read(on)
    asked = Asked(target, n, seed, without, max_heavy, its_part, Said(charge, multiplicity))
    how = How(level, geometry, accuracy, conformers, enthalpy, frequencies, corrected, stability)
    files = Files(data, store, folder)
    if dry_run:
        tell_estimate(plan_labels(asked, how, files, note), where.workers, as_json)
        return
    limits = Limits(seconds=seconds(time_limit, "--time-limit"), memory_gb=gigabytes(memory_limit, "--memory-limit"))
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
    _tell(labelled, level, as_json)
    _refuse_none(labelled)


@command(
    "label status",
    "hemdata label status\nhemdata label status --store elsewhere/labels.sqlite\nhemdata label status --json",
)
def status(
    store: Store = None,
    data: Data = Path("data"),
    as_json: AsJson = False,
) -> None:
    """Count what a label store holds, by level: finished, failed and why, time, machines. A run may be going on."""
    from hemdata.label.store.database import LabelStore
    from hemdata.label.store.status import status as count

    path = store or data / "labels.sqlite"
    with LabelStore(path, read_only=True) as open_store:
        held = count(open_store)
    if as_json:
        print(json.dumps({"store": str(path), "levels": [its.as_dict() for its in held]}, indent=2))
        return
    out.print(f"{path}: {sum(its.finished + its.failed.total() for its in held):,} calculations.")
    for its in held:
        hosts = ", ".join(f"{host} ({number:,})" for host, number in its.hosts.most_common())
        out.print(f"{its.level}, {its.title}: {its.finished:,} finished, {its.failed.total():,} failed")
        for reason, number in its.failed.most_common():
            out.print(f"  {number:>6,}  {reason}")
        out.print(f"  {duration(its.seconds)} of one core, on {hosts}")
        for rung, number in its.rungs.most_common():
            out.print(f"  {number:>6,}  needed: {rung}")


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

    _known(accuracy)
    labelled = label_set(
        Asked(target, n, seed, without, max_heavy, said=Said(charge, multiplicity)),
        How(level, geometry, accuracy, conformers, enthalpy, frequencies, corrected, stability),
        files=Files(data, store, folder),
        missing="reject" if partial else "refuse",
        force=force,
        note=note,
    )
    _tell(labelled, level, as_json)
    _refuse_none(labelled)


@command(
    "label import",
    "hemdata label import from-the-cluster.sqlite\nhemdata label import b.sqlite --store a.sqlite\n"
    "hemdata label import data/test-groups@pc9",
)
def import_(
    other: Annotated[Path, typer.Argument(metavar="OTHER", help="A label store, or a folder of labelled shards.")],
    store: Store = None,
    data: Data = Path("data"),
    as_json: AsJson = False,
) -> None:
    """Bring another machine's results into the label store; energies that differ by over 1e-6 hartree are named."""
    from hemdata.label.store.database import LabelStore
    from hemdata.label.store.merge import merge

    path = store or data / "labels.sqlite"
    with LabelStore(path) as open_store:
        merged = merge(open_store, other)
    if as_json:
        conflicts = [vars(conflict) for conflict in merged.conflicts]
        print(json.dumps({"store": str(path), **vars(merged), "conflicts": conflicts}))
    else:
        out.print(
            f"{path}: {merged.added:,} results added, {merged.mended:,} in the place of failed ones, "
            f"{merged.same:,} were there."
        )
    if merged.conflicts:
        error(f"{len(merged.conflicts):,} calculations have another energy in {other}; those of {path} stay.")
        for its in merged.conflicts:
            err.print(
                f"  {its.what}: {its.here:.8f} here ({its.hosts[0]}), {its.there:.8f} there ({its.hosts[1]}) hartree, "
                f"calculation {its.key[:12]}",
            )
        raise SystemExit(1)


def _known(accuracy: str) -> None:
    from hemdata.errors import CallError

    if accuracy not in ("label", "reference"):
        raise CallError("There is no such accuracy.", expected="label or reference", got=accuracy)


def _tell(labelled: Any, level: str, as_json: bool) -> None:
    counts, outcome = labelled.manifest.counts, labelled.outcome
    if as_json:
        told = {"folder": str(labelled.folder), "computed": outcome.computed, "stored": outcome.stored}
        told |= {more: labelled.manifest.made_from.get(more) for more in ("enthalpy", "stability")}
        print(json.dumps(told | counts.model_dump()))
        return
    missing = f", {outcome.missing:,} missing" if outcome.missing else ""
    out.print(
        f"{labelled.folder}: {counts.accepted:,} molecules labelled at {level}"
        f" ({outcome.computed:,} computed, {outcome.stored:,} from the store), {outcome.failed:,} failed{missing}."
    )
    for reason, number in sorted(counts.rejected.items(), key=lambda item: -item[1]):
        out.print(f"  {number:>6,}  {reason}")
    _tell_stability(labelled)
    of = labelled.manifest.made_from.get("enthalpy")
    if of:
        without = of["without"]
        out.print(f"Enthalpies of formation, frequencies at {of['frequencies']}: {sum(without.values()):,} without.")
        for reason, number in without.items():
            out.print(f"  {number:>6,}  {reason}")


def _refuse_none(labelled: Any) -> None:
    """Exit code 1 where no molecule of those asked for is labelled."""
    rejected = labelled.manifest.counts.rejected
    if rejected and not labelled.manifest.counts.accepted:
        error(f"No molecule is labelled. {max(rejected, key=lambda reason: rejected[reason])}")
        raise SystemExit(1)


def _tell_stability(labelled: Any) -> None:
    from hemdata.shards import read

    of = labelled.manifest.made_from.get("stability")
    if not of:
        return
    rows = read(labelled.folder, ["id", "internally_stable", "spin_stable"]).to_pylist()
    unstable = [row["id"] for row in rows if False in (row["internally_stable"], row["spin_stable"])]
    names = f": {', '.join(unstable[:5])}{' ...' if len(unstable) > 5 else ''}" if unstable else ""
    out.print(f"Wave functions: {len(unstable):,} of {len(rows):,} unstable{names}.")
    for reason, number in of["without"].items():
        out.print(f"  {number:>6,}  {reason}")
