"""`hemdata build`, `hemdata verify` and `hemdata label`: datasets and labels made and checked."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from hemdata.cli.app import command, err, out
from hemdata.cli.progress import bar

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Data = Annotated[Path, typer.Option(help="Folder of the built datasets.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Worker processes; by default one a core.")]


@command(
    "build",
    "hemdata build pubchem9\nhemdata build od9-1\nhemdata build pc9 --from PC9_data.zip\n"
    "hemdata build qm9 --out elsewhere/qm9",
)
def build(
    name: Annotated[str, typer.Argument(help="A dataset or a composition, or the path of a card.")],
    given: Annotated[Path | None, typer.Option("--from", help="Its archive or unpacked folder, given by hand.")] = None,
    folder: Annotated[Path | None, typer.Option("--out", help="Where to write; by default DATA/NAME.")] = None,
    workers: Workers = None,
    force: Annotated[bool, typer.Option("--force", help="Build again what stands there.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Download nothing.")] = False,
    data: Data = Path("data"),
    as_json: AsJson = False,
) -> None:
    """Build a dataset, or a composition of built ones, into validated Parquet shards with a manifest."""
    from hemdata.catalog import dataset, is_composition
    from hemdata.curate import build as build_dataset
    from hemdata.curate import compose
    from hemdata.errors import CallError

    if offline:
        os.environ["HEMDATA_OFFLINE"] = "1"
    composed = is_composition(name)
    if composed and given is not None:
        raise CallError(
            f"'{name}' is composed of built datasets; nothing is read --from elsewhere.", fix="Leave it out."
        )
    if composed:
        built = compose(name, data, folder, force=force)
    else:
        folder = folder or data / dataset(name).name
        with bar(f"build {name}", dataset(name).accepted if given is None else None) as step:
            built = build_dataset(name, given, folder, workers=workers, progress=lambda n: step(n, ""), force=force)
    counts = built.manifest.counts
    if as_json:
        print(json.dumps({"folder": str(built.folder), "new": built.new, "whole": built.whole, **counts.model_dump()}))
        return
    if not built.new:
        out.print(f"{built.folder} stands already: {counts.accepted:,} molecules. (--force builds it again.)")
        return
    out.print(f"{built.folder}: {counts.read:,} records read, {counts.accepted:,} accepted", end="")
    out.print(f", {sum(counts.rejected.values()):,} rejected" + (":" if counts.rejected else "."))
    for reason, number in sorted(counts.rejected.items(), key=lambda item: -item[1]):
        out.print(f"  {number:>9,}  {reason}", markup=False)
    if not built.whole:
        expected = dataset(name).accepted
        err.print(f"[yellow]Note:[/] this is not the whole set, which has {expected:,} molecules.")
    if not composed and built.unaudited:
        err.print(
            f"[yellow]Note:[/] {built.unaudited:,} rows carry the flag level_unaudited: "
            "no audit has yet found that their energies are of the level they name."
        )


@command("verify", "hemdata verify data/qm9\nhemdata verify data/test-groups@gfn2-xtb")
def verify(
    folder: Annotated[Path, typer.Argument(help="A folder of shards.")],
    as_json: AsJson = False,
) -> None:
    """Check every byte, row, count and energy of a folder of shards."""
    from hemdata.shards import verify as verify_folder

    manifest = verify_folder(folder)
    if as_json:
        print(json.dumps({"folder": str(folder), "verified": True, **manifest.counts.model_dump()}))
        return
    files = len(manifest.shards) + 2
    out.print(f"{folder} holds: {files} files, {manifest.counts.accepted:,} molecules, every check passed.")


@command(
    "label",
    "hemdata label test-groups\nhemdata label pubchem9 -n 800 --without test-groups\n"
    "hemdata label my-molecules.smi --level gfn2-xtb",
)
def label(
    target: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A dataset, or a .smi or .xyz file.")],
    n: Annotated[
        int | None, typer.Option("-n", min=1, help="How many molecules, chosen by the seed; default all.")
    ] = None,
    level: Annotated[str, typer.Option(help="Level of theory.")] = "gfn2-xtb",
    geometry: Annotated[
        str, typer.Option(help="Level at which geometries are relaxed; `given` takes those that are there.")
    ] = "gfn2-xtb",
    accuracy: Annotated[str, typer.Option(help="`label`, or `reference`: single points plainly converged.")] = "label",
    store: Annotated[Path | None, typer.Option(help="The label store; by default DATA/labels.sqlite.")] = None,
    folder: Annotated[Path | None, typer.Option("--out", help="Where to write; by default DATA/NAME@LEVEL.")] = None,
    without: Annotated[list[str], typer.Option(help="Leave out the molecules of this dataset, by flat graph.")] = [],  # noqa: B006
    max_heavy: Annotated[
        int | None, typer.Option("--max-heavy", min=1, help="Leave out molecules of more heavy atoms.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides which molecules -n takes.")] = 0,
    retry: Annotated[str | None, typer.Option(help="`failed`: compute failed molecules again.")] = None,
    workers: Workers = None,
    data: Data = Path("data"),
    as_json: AsJson = False,
) -> None:
    """Compute geometries and energies at a level of theory, into the label store and as shards."""
    from hemdata.errors import CallError
    from hemdata.label import label_dataset

    if retry not in (None, "failed"):
        raise CallError("--retry knows one word.", expected="failed", got=retry)
    if accuracy not in ("label", "reference"):
        raise CallError("There is no such accuracy.", expected="label or reference", got=accuracy)
    failed = 0
    with bar(f"label {target} at {level}", n) as step:

        def progress(result: object, number: int) -> None:
            nonlocal failed
            failed += getattr(result, "reason", None) is not None
            step(number, f"{failed} failed" if failed else "")

        labelled = label_dataset(
            target,
            n=n,
            level_name=level,
            geometry=geometry,
            accuracy=accuracy,
            store=store,
            out=folder,
            without=without,
            max_heavy=max_heavy,
            seed=seed,
            retry_failed=retry == "failed",
            workers=workers,
            data=data,
            progress=progress,
        )
    counts, outcome = labelled.manifest.counts, labelled.outcome
    if as_json:
        told = {"folder": str(labelled.folder), "computed": outcome.computed, "stored": outcome.stored}
        print(json.dumps(told | counts.model_dump()))
        return
    out.print(
        f"{labelled.folder}: {counts.accepted:,} molecules labelled at {level}"
        f" ({outcome.computed:,} computed, {outcome.stored:,} from the store), {outcome.failed:,} failed."
    )
    for reason, number in sorted(counts.rejected.items(), key=lambda item: -item[1]):
        out.print(f"  {number:>6,}  {reason}", markup=False)
