"""What is said of an analysis of variance: its factors in words, what it cannot tell and why, and its headline."""

from collections.abc import Callable, Sequence
from typing import Any

from hemdata.analysis.statistics import FEW
from hemdata.analysis.tables import Tables
from hemdata.analysis.variance import CHOSEN, TOGETHER, Variance
from hemdata.catalog import BASELINES
from hemdata.report.words import listed, number_word, share_span


def factor_word(name: str, variance: Variance) -> str:
    """A factor or an interaction in words: of a study of baselines alone, "network" is "baseline"."""
    return name.replace("network", "baseline") if set(variance.networks) <= set(BASELINES) else name


def variance_title(variance: Variance | None) -> str:
    """The question that it answers."""
    factors = variance.factors if variance else ()
    chosen = [factor_word(factor, variance) for factor in factors if variance and factor in CHOSEN]
    if len(chosen) < 2:
        return "What decides the error?"
    return f"{', '.join(chosen[:-1])} or {chosen[-1]}?".capitalize()


def drivers_sentence(variance: Variance | None, tables: Tables, label: Callable[[Any], str]) -> str:
    """How much each factor that is chosen decides, and only several together, with intervals, and where these are too
    short; empty without shares."""
    if variance is None or variance.drivers.empty or variance.drivers["share"].isna().any():
        return ""
    of = {
        factor_word(str(row["driver"]), variance): (
            f"{share_span(row['share'])} ({share_span(row['share_low'], row['share_high'])})"
        )
        for row in variance.drivers.to_dict("records")
    }
    together = of.pop(TOGETHER)
    first, *others = (f"the {driver} {{}}{share}" for driver, share in of.items())
    said = [first.format("explains "), *(other.format("") for other in others)]
    few = _few(variance, tables, label)
    less = f"fewer than {number_word(FEW)} molecules"
    return (
        f"Of what the choice of a model decides, {', '.join(said)}, and only {'both' if len(of) == 2 else 'several'} "
        f"together {together}."
        + (f" These intervals are too short, as {listed(few)} {_have(few)} {less}." if few else "")
    )


def variance_notes(variance: Variance, tables: Tables, label: Callable[[Any], str]) -> list[str]:
    """Which groups are too small for the analysis, which for its intervals, and why there are no shares."""
    alone = [label(group) for group in _sizes(tables) if group not in variance.groups]
    said = [f"Of one molecule, and therefore left out: {listed(alone)}."] if alone else []
    few = _few(variance, tables, label)
    less = f"Of fewer than {number_word(FEW)} molecules: {listed(few)}." if few else ""
    if variance.effects["share"].isna().all():
        noise = "molecules put" if variance.seeds < 2 else "molecules and seeds put"
        why = f"No share is known: the errors of the models differ by no more than the noise that {noise} into them."
        said.append(f"{why} {less}".strip())
    elif few:
        said.append(f"{less} The intervals of the shares are too short for so few.")
    return said


def _sizes(tables: Tables) -> dict[str, int]:
    groups = tables.mae.drop_duplicates("group")
    return dict(zip(groups["group"], groups["n_molecules"], strict=True))


def _few(variance: Variance, tables: Tables, label: Callable[[Any], str]) -> list[str]:
    """The groups of the analysis that are too small for the intervals of its shares."""
    return [label(group) for group, n in _sizes(tables).items() if group in variance.groups and n < FEW]


def _have(names: Sequence[str]) -> str:
    return "has" if len(names) == 1 else "have"
