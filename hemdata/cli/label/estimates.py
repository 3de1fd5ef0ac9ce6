"""How the cost of a labelling run is told before it is begun."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from hemdata.console import many, out
from hemdata.door.progress import duration

if TYPE_CHECKING:
    from hemdata.label.estimate import Estimate


def tell_estimate(found: "Estimate", at_once: int | None, as_json: bool) -> None:
    """Print molecules by size, then each stage: what is finished, hours of one core with their interval, memory.

    Args:
        at_once: workers; None where nobody knows how many there will be.
    """
    if as_json:
        told = asdict(found) | {"seconds": found.seconds, "workers": at_once}
        told |= {"wall_seconds": None if at_once is None else found.wall(at_once)}
        print(json.dumps(told, indent=2))
        return
    sizes = ", ".join(f"{number:,} of {heavy}" for heavy, number in found.by_heavy.items())
    out.print(f"{many(sum(found.by_heavy.values()))}, by heavy atoms: {sizes}.")
    for stage in found.stages:
        line = f"{stage.what}: {stage.finished:,} of {stage.asked:,} finished"
        if stage.seconds:
            line += f"; {duration(stage.seconds)} of one core ({_between(stage.low, stage.high)}, "
            line += (
                f"from {stage.timings:,} timings of the store)" if stage.timings else "from another machine's timings)"
            )
            line += f", the longest {duration(stage.longest)}, {stage.memory_gb:.1f} GB of memory each at most"
        out.print(f"{line}.")
        if stage.elsewhere:
            out.print(
                f"  {stage.elsewhere:,} of the finished ones are imported: each is taken if the relaxation here ends "
                "within 1e-6 angstrom of its geometry, and computed again if not."
            )
    if found.seconds:
        line = f"In all {duration(found.seconds)} of one core ({_between(found.low, found.high)})"
        if at_once is not None:
            wall, gb = duration(found.wall(at_once)), at_once * found.memory_gb
            line += f"; {wall if wall.startswith('less') else f'about {wall}'} with {many(at_once, 'worker')}"
            line += f", which {'needs' if at_once == 1 else 'need'} {'less than 1' if gb < 1 else f'{gb:.0f}'} GB"
        out.print(f"{line}.")
    else:
        out.print("Everything is finished: nothing would be computed.")


def _between(low: float, high: float) -> str:
    """The ends of an interval in words; one word where both are the same."""
    ends = dict.fromkeys((duration(low), duration(high)))
    return " to ".join(ends)
