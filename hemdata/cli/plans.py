"""How the steps of a run are told before it is begun, each with its cost."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hemdata.console import out, print_table
from hemdata.door.progress import duration

if TYPE_CHECKING:
    from hemdata.study.planning.costs import Cost


def tell_plan(
    rows: Sequence[tuple[str, str, "Cost"]], workers: int | None, as_json: Sequence[Mapping[str, Any]] | None = None
) -> None:
    """Print a table of steps, each with its state and what is left of its cost, and the sum with so many processes.

    Args:
        rows: name, state and cost of each step.
        workers: processes; None where nobody knows how many there will be.
        as_json: print JSON instead: these values of each step, and its cost.
    """
    from rich.table import Table

    from hemdata.study.planning.costs import wall_seconds

    costs = [cost for _, _, cost in rows]
    wall = None if workers is None else wall_seconds(costs, workers)
    if as_json is not None:
        told = [dict(step) | asdict(cost) for step, cost in zip(as_json, costs, strict=True)]
        print(json.dumps({"steps": told, "workers": workers, "wall_seconds": wall}, indent=2))
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("step", "state", "one core", "between", "memory", "disk", "estimated from"):
        table.add_column(name, justify="left" if name in ("step", "state", "estimated from") else "right")
    for name, state, its in rows:
        line = ("-", "-", "-", "-", "-")
        if its.seconds:
            between = f"{duration(its.low)} and {duration(its.high)}"
            line = (duration(its.seconds), between, f"{its.memory_gb:.1f} GB", f"{its.disk_mb:.0f} MB", its.rate_from)
        table.add_row(name, state, *line)
    print_table(table)
    low, high = sum(its.low for its in costs), sum(its.high for its in costs)
    total = f"In all {duration(sum(its.seconds for its in costs))} of one core ({duration(low)} to {duration(high)})"
    if wall is not None:
        total += f", about {duration(wall)} with {workers} {'process' if workers == 1 else 'processes'}"
    out.print(f"{total}.")
