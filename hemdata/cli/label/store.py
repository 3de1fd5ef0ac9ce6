"""`hemdata label status` and `label import`: a label store counted, and another machine's merged into it."""

import json
from pathlib import Path
from typing import Annotated

import typer

from hemdata.cli.app import command, err, out
from hemdata.cli.label.options import AsJson, Data, Store
from hemdata.console import error
from hemdata.door.progress import duration


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
