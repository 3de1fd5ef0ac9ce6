"""What is told of a labelled set."""

import json
from typing import Any

from hemdata.cli.app import out
from hemdata.console import error, many


def refuse_unknown_accuracy(accuracy: str) -> None:
    """Raise CallError for another word than those of single points."""
    from hemdata.errors import CallError

    if accuracy not in ("label", "reference"):
        raise CallError("There is no such accuracy.", expected="label or reference", got=accuracy)


def tell_labelled(labelled: Any, level: str, as_json: bool) -> None:
    """Print how many are labelled, computed, failed and why; of enthalpies and stability too."""
    counts, outcome = labelled.manifest.counts, labelled.outcome
    if as_json:
        told = {"folder": str(labelled.folder), "computed": outcome.computed, "stored": outcome.stored}
        told |= {"repeated": outcome.repeated}
        told |= {more: labelled.manifest.made_from.get(more) for more in ("enthalpy", "stability")}
        print(json.dumps(told | counts.model_dump()))
        return
    of = f"{outcome.computed:,} computed, {outcome.stored:,} from the store"
    of += f", {outcome.repeated:,} the same as another" if outcome.repeated else ""
    missing = f", {outcome.missing:,} missing" if outcome.missing else ""
    out.print(
        f"{labelled.folder}: {many(counts.accepted)} labelled at {level} ({of}), {outcome.failed:,} failed{missing}."
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


def refuse_none(labelled: Any) -> None:
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
