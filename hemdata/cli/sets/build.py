"""`hemdata build` and `hemdata verify`: datasets made and checked."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from hemdata.cli.app import command, out
from hemdata.cli.values import named
from hemdata.console import many, note

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Data = Annotated[Path, typer.Option(help="Folder of the built datasets.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Worker processes; by default one a core.")]


@command(
    "build",
    "hemdata build pubchem9\nhemdata build od9-1\nhemdata build pc9 --from PC9_data.zip\n"
    "hemdata build qm9 --out elsewhere/qm9",
)
def build(
    name: Annotated[
        str,
        typer.Argument(
            help="A dataset or a composition, or the path of a card.", autocompletion=named("dataset", "set")
        ),
    ],
    given: Annotated[Path | None, typer.Option("--from", help="Its archive or unpacked folder, given by hand.")] = None,
    folder: Annotated[Path | None, typer.Option("--out", help="Where to write; by default DATA/NAME.")] = None,
    workers: Workers = None,
    force: Annotated[bool, typer.Option("--force", help="Build again what stands there.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Download nothing.")] = False,
    audited: Annotated[
        bool,
        typer.Option(
            "--audit/--no-audit",
            help="Compute a few rows of a set whose level nobody has compared yet (minutes); else they stay flagged.",
        ),
    ] = True,
    data: Data = Path("data"),
    as_json: AsJson = False,
) -> None:
    """Build a dataset, or a composition of built ones, into validated Parquet shards with a manifest."""
    from hemdata.catalog import dataset
    from hemdata.door.build import AUDITED_ROWS
    from hemdata.door.build import build as build_any
    from hemdata.shards.sets import without_card

    if offline:
        os.environ["HEMDATA_OFFLINE"] = "1"
    built = build_any(name, data, source=given, out=folder, workers=workers, force=force, audit=audited)
    counts = built.manifest.counts
    if as_json:
        print(json.dumps({"folder": str(built.folder), "new": built.new, "whole": built.whole, **counts.model_dump()}))
        return
    if not built.new:
        out.print(f"{built.folder} stands already: {many(counts.accepted)}. (--force builds it again.)")
        return
    out.print(f"{built.folder}: {counts.read:,} records read, {counts.accepted:,} accepted", end="")
    out.print(f", {sum(counts.rejected.values()):,} rejected" + (":" if counts.rejected else "."))
    for reason, number in sorted(counts.rejected.items(), key=lambda item: -item[1]):
        out.print(f"  {number:>9,}  {reason}")
    if not built.whole:
        expected = dataset(name).accepted
        note(f"this is not the whole set, which has {expected:,} molecules.")
    if built.folder == data / built.manifest.dataset and (sentence := without_card(data, built.manifest.dataset)):
        note(sentence)
    verdict = built.manifest.made_from.get("audit", {}).get("verdict")
    if verdict:
        out.print(f"Audit of {AUDITED_ROWS} rows: {verdict}")
    if built.unaudited:
        note(
            f"{built.unaudited:,} rows carry the flag level_unaudited: "
            "no audit has yet found that their energies are of the level they name."
        )


@command("verify", "hemdata verify data/qm9\nhemdata verify data/test-groups@gfn2-xtb")
def verify(
    folder: Annotated[Path, typer.Argument(help="A folder of shards, or the name of a set.")],
    as_json: AsJson = False,
) -> None:
    """Check every byte, row, count and energy of a folder of shards."""
    from hemdata.shards import find
    from hemdata.shards import verify as verify_folder

    if not folder.exists() and folder.name == str(folder):
        folder = find(folder)

    manifest = verify_folder(folder)
    if as_json:
        print(json.dumps({"folder": str(folder), "verified": True, **manifest.counts.model_dump()}))
        return
    files = len(manifest.shards) + 2
    out.print(f"{folder} holds: {files} files, {many(manifest.counts.accepted)}, every check passed.")
