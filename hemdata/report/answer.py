"""The answer in words, made from the tables: as much as the intervals allow and no more."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from hemdata.analysis.matrix import MEAN
from hemdata.analysis.statistics import NOT_KNOWN
from hemdata.analysis.tables import Tables
from hemdata.analysis.variance import Variance
from hemdata.catalog import shipped_groups
from hemdata.errors import DataError
from hemdata.report.factors import drivers_sentence
from hemdata.report.notes import not_known_sentence, notes_of
from hemdata.report.words import counted, listed, number, number_word, span

OPPOSITE = {"smaller": "larger", "larger": "smaller"}


@dataclass(frozen=True)
class Answer:
    """What a study found.

    Attributes:
        sentence: the answer with its interval, as the command line prints it.
        headline: its first half, the comparison with its interval.
        detail: its second half, what stands behind it.
        network: the network that it speaks of, the one with the smallest mean error.
        best: the training set with the smallest error on the user's own group, else on the mean of the groups.
        against: the set it is compared with, the next best; None where there is one set.
        ratio: how many times larger the error of `against` is, with its interval; NaN where there is one set.
        verdict: "smaller" if the interval leaves no doubt, "not known" where there is none, else "no difference".
        drivers: how much the training set decides and how much the network; empty where the study cannot say.
        others: the same sentence for the other networks.
        notes: what limits the answer: baselines not beaten, leaks, few seeds.
    """

    sentence: str
    headline: str
    detail: str
    network: str
    best: str
    against: str | None
    ratio: float
    ratio_interval: tuple[float, float]
    verdict: str
    drivers: str
    others: tuple[str, ...]
    notes: tuple[str, ...]


def answer(tables: Tables, labels: Mapping[str, str], variance: Variance | None = None) -> Answer:
    """Find and word the answer of a study: over the mean of the groups, or for the user's own group where there is one.

    Args:
        tables: of the study.
        labels: words shown for networks, sets and groups.
        variance: its analysis of variance, if there is one.

    Raises:
        DataError: no model was tested on every group.
    """
    summary = tables.summary.dropna(subset="accuracy_kcal_mol").sort_values("accuracy_kcal_mol")
    if summary.empty:
        raise DataError(
            "No model was tested on every group, so there is no mean error to compare.",
            expected=f"predictions of one model on {listed(sorted(tables.mae['group'].unique()))}",
            fix="Finish the study's cells first.",
        )
    judged = _judged(tables)
    networks = judged[~judged["baseline"]]
    shown = networks if len(networks) else judged  # a study of baselines alone speaks of them
    order = list(dict.fromkeys(shown["network"]))
    first = order[0]
    ranked = judged[judged["network"] == first]
    best = str(ranked["training_set"].iloc[0])
    against = str(ranked["training_set"].iloc[1]) if len(ranked) > 1 else None
    ratio, interval, verdict = float("nan"), (float("nan"), float("nan")), "no difference"
    if against is not None:
        ratio, interval, verdict = _advantage(tables, first, best, against, own_group(tables) or MEAN)
    headline, detail = answer_parts(tables, labels, first)
    return Answer(
        sentence=answer_sentence(tables, labels, first),
        headline=f"{headline}.",
        detail=f"{detail[0].upper()}{detail[1:]}.",
        network=first,
        best=best,
        against=against,
        ratio=ratio,
        ratio_interval=interval,
        verdict=verdict,
        drivers=drivers_sentence(variance, tables, lambda name: labels.get(str(name), str(name))),
        others=tuple(answer_sentence(tables, labels, network) for network in order[1:]),
        notes=tuple(notes_of(tables, labels, order)),
    )


def own_group(tables: Tables) -> str | None:
    """The group of the user's own molecules: the one that does not ship; None where there is none, or several."""
    own = sorted(set(tables.mae["group"]) - set(shipped_groups()))
    return str(own[0]) if len(own) == 1 else None


def _judged(tables: Tables) -> pd.DataFrame:
    """Every model that was tested on every group, the one that the answer finds best first.

    Its `error`, `low` and `high`, kcal/mol, are those of the user's own group, else those of the mean of the groups.
    """
    table = tables.summary.dropna(subset="accuracy_kcal_mol")
    group, measure = own_group(tables), "accuracy_kcal_mol"
    if group is not None:
        whole = table[["network", "training_set"]]
        measure = "mae_kcal_mol"
        table = tables.mae[tables.mae["group"] == group].merge(whole, on=["network", "training_set"])
    table = table.assign(error=table[measure], low=table[f"{measure}_low"], high=table[f"{measure}_high"])
    return table.sort_values("error", kind="stable")


def answer_sentence(tables: Tables, labels: Mapping[str, str], network: str) -> str:
    """The answer for one network in one sentence, with its interval; this is what the command line prints."""
    headline, detail = answer_parts(tables, labels, network)
    return f"{headline}; {detail}."


def answer_parts(tables: Tables, labels: Mapping[str, str], network: str) -> tuple[str, str]:
    """The answer for one network: the comparison with its interval, and what stands behind it; without full stops.

    It says "no difference" where the interval of the ratio holds 1, and why there is none where a group of one molecule
    leaves no interval.
    """
    judged, own = _judged(tables), own_group(tables)
    ranked = judged[judged["network"] == network]
    name = labels.get(network, network)
    sets = [str(each) for each in ranked["training_set"]]
    said = [labels.get(each, each) for each in sets]
    errors = [number(each) for each in ranked["error"]]
    groups = counted(tables.mae["group"].nunique(), "test group")
    on = f" on {labels.get(own, own)}" if own else ""
    what = f"mean error{on} ({_molecules_of(tables, own)})" if own else f"mean error of {groups}"
    if len(sets) == 1:
        low, high = float(ranked["low"].iloc[0]), float(ranked["high"].iloc[0])
        interval = f"95 % interval {span(low, high)}" if pd.notna(low) else not_known_sentence(tables, labels)[:-1]
        headline = f"Trained on {said[0]}, {name} errs by {errors[0]} kcal/mol on average{on} ({interval})"
        of = _molecules_of(tables, own) if own else f"mean of {groups}"
        return headline, f"{of}; one training set leaves nothing to compare"
    ratio, (low, high), verdict = _advantage(tables, network, sets[0], sets[1], own or MEAN)
    interval = f"95 % interval {span(low, high)}"
    several = len(sets) > 2
    if verdict == NOT_KNOWN:
        next_best = f"the next best, {said[1]}" if several else said[1]
        headline = (
            f"Not known: with {said[0]} the error of {name}{on} is {number(ratio)} times smaller than with "
            f"{next_best}, but how certain that is cannot be told ({not_known_sentence(tables, labels)[:-1]})"
        )
    elif verdict == "no difference":
        top = " at the top" if several else ""
        headline = (
            f"No difference{top}: {name} trained on {said[0]} and on {said[1]} cannot be told apart{on} "
            f"(ratio of their errors {number(ratio)}, {interval})"
        )
    else:
        lead = f"Of {number_word(len(sets))} training sets, {said[0]} serves {name} best: its error{on}"
        lead = lead if several else f"Trained on {said[0]}, {name}'s error{on}"
        next_best = f"the next best, {said[1]}" if several else said[1]
        headline = f"{lead} is {number(ratio)} times smaller than with {next_best} ({interval})"
    means = f"{what} {errors[0]} against {errors[1]} kcal/mol"
    return headline, f"{means}; by group, with {said[0]}: {_by_group(tables, labels, network, sets[0], sets[1])}"


def _advantage(
    tables: Tables, network: str, best: str, against: str, group: str
) -> tuple[float, tuple[float, float], str]:
    """How many times larger the error of `against` is, its interval, and the verdict on `best`."""
    c = _compared(tables, network, best, against)
    row = c[c["group"] == group].iloc[0]
    return 1 / row["ratio"], (1 / row["ratio_high"], 1 / row["ratio_low"]), str(row["verdict"])


def _compared(tables: Tables, network: str, best: str, against: str) -> pd.DataFrame:
    """The comparisons of one set with another on every group; the tables have each pair once, in either order."""
    c = tables.comparisons[tables.comparisons["network"] == network]
    rows = c[(c["training_set"] == best) & (c["against"] == against)]
    if len(rows):
        return rows
    rows = c[(c["training_set"] == against) & (c["against"] == best)]
    return rows.assign(
        training_set=best, against=against, ratio=1 / rows["ratio"], ratio_low=1 / rows["ratio_high"],
        ratio_high=1 / rows["ratio_low"], verdict=rows["verdict"].map(lambda said: OPPOSITE.get(said, said)),
    )  # fmt: skip


def _molecules_of(tables: Tables, group: str | None) -> str:
    n = int(tables.mae[tables.mae["group"] == group]["n_molecules"].iloc[0])
    return f"{n:,} molecule{'' if n == 1 else 's'}".replace(",", "\u202f")


def _by_group(tables: Tables, labels: Mapping[str, str], network: str, best: str, against: str) -> str:
    """The groups by verdict: "smaller on azoxy and neuro, no difference on saccharides"."""
    rows = _compared(tables, network, best, against)
    rows = rows[rows["group"] != MEAN]
    parts = []
    for verdict in ("smaller", "larger", "no difference", NOT_KNOWN):
        groups = [labels.get(group, group) for group in rows[rows["verdict"] == verdict]["group"]]
        if groups:
            parts.append(f"{verdict} on {'every one' if len(groups) == len(rows) > 1 else listed(groups)}")
    return ", ".join(parts)
