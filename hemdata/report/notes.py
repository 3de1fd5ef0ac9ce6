"""What limits the answer of a study, in sentences: groups of one molecule, molecules left out, baselines, few seeds."""

from collections.abc import Mapping

from hemdata.analysis.matrix import MEAN
from hemdata.analysis.statistics import NOT_KNOWN
from hemdata.analysis.tables import Tables
from hemdata.catalog import BASELINES
from hemdata.report.words import counted, listed, number_word, whole
from hemdata.study.data import MIXED

NAMED = 5  # molecules that a note names


def notes_of(tables: Tables, labels: Mapping[str, str], networks: list[str]) -> list[str]:
    """What limits the answer."""
    notes = [not_known_sentence(tables, labels), *_not_compared(tables, labels)]
    notes += [_baseline_note(tables, labels, network) for network in networks if network not in BASELINES]
    seeds = tables.summary["n_seeds"]
    if seeds.min() < 2:
        notes.append("Some models have one seed: their intervals hold the choice of test molecules only.")
    sizes = tables.summary.groupby("training_set")["training_size"].max()
    if sizes.nunique() > 1 and sizes.max() > 1.02 * sizes.min():
        said = listed([f"{labels.get(str(name), str(name))} {whole(size)}" for name, size in sizes.items()])
        notes.append(f"The training sets differ in size, which differs in effect: {said} molecules.")
    levels = [level for level in tables.in_distribution["level"].unique() if MIXED not in level]
    if len(levels) > 1:
        notes.append(
            f"The sets stand at different levels of theory ({listed(sorted(levels))}); each model is judged at its own."
        )
    mixed = tables.in_distribution[tables.in_distribution["level"].str.contains(MIXED, regex=False)]
    for name, level in mixed.drop_duplicates("training_set")[["training_set", "level"]].itertuples(index=False):
        notes.append(
            f"{labels.get(name, name)} mixes energies of {listed(level.split(MIXED))} as published: its errors hold "
            "the levels' difference too."
        )
    leaks = tables.leaks[tables.leaks["n_in_training"] > 0]
    if len(leaks) and not tables.with_overlap:
        left_out = tables.mae.drop_duplicates("group")["n_left_out"].sum()
        notes.append(
            f"{counted(int(left_out), 'test molecule').capitalize()} found in a training set "
            f"{'is' if left_out == 1 else 'are'} left out for every model."
        )
    return [note for note in notes if note]


def _not_compared(tables: Tables, labels: Mapping[str, str]) -> list[str]:
    """How many molecules of each group are left out since some models were not judged on them; by name if few."""
    sizes = {row["group"]: int(row["n_molecules"] + row["n_left_out"]) for row in tables.mae.to_dict("records")}
    said = []
    for group, part in tables.not_compared.groupby("group", sort=True):
        names = [str(each).removeprefix(f"{group}:") for each in part["molecule_id"].unique()]
        total = len(names) + sizes[group]
        sets = listed([labels.get(str(each), str(each)) for each in sorted(part["training_set"].unique())])
        which = f" ({', '.join(names)})" if len(names) <= NAMED else ""
        verb, them = ("is", "it") if len(names) == 1 else ("are", "them")
        said.append(
            f"{number_word(len(names)).capitalize()} of the {number_word(total)} molecules of "
            f"{labels.get(str(group), str(group))}{which} {verb} left out for every model, since models of {sets} were "
            f"not judged on {them}."
        )
    return said


def _baseline_note(tables: Tables, labels: Mapping[str, str], network: str) -> str:
    """Where a network is worse than a baseline trained on the same molecules, or cannot be told from it."""
    rows = tables.baselines[(tables.baselines["network"] == network) & (tables.baselines["group"] != MEAN)]
    name = labels.get(network, network)
    if rows.empty:
        return ""
    kinds = [labels.get(each, each) for each in rows["baseline"].unique()]
    known = rows[rows["verdict"] != NOT_KNOWN]
    failed = known[known["verdict"] != "smaller"]
    if known.empty:
        return f"Whether {name} beats {'the baselines' if len(kinds) == 2 else kinds[0]} is not known."
    if failed.empty:
        every = "every group" if len(known) == len(rows) else "every group of more than one molecule"
        return f"{name} beats {'both baselines' if len(kinds) == 2 else kinds[0]} on {every} with every set."
    parts = []
    for verdict, said in (("no difference", "cannot be told from"), ("larger", "is worse than")):
        found = failed[failed["verdict"] == verdict]
        named = []
        for (baseline, training_set), part in found.groupby(["baseline", "training_set"], sort=True):
            groups = listed([labels.get(group, group) for group in part["group"]])
            kind, source = labels.get(str(baseline), str(baseline)), labels.get(str(training_set), str(training_set))
            named.append(f"{kind} on {groups} (trained on {source})")
        if named:
            parts.append(f"{said} {'; '.join(named)}")
    return f"{name} {', and '.join(parts)}."


def not_known_sentence(tables: Tables, labels: Mapping[str, str]) -> str:
    """Which groups have one molecule, and what therefore has no interval; empty where there is none."""
    groups = tables.mae.drop_duplicates("group")
    alone = [labels.get(group, group) for group in groups[groups["n_molecules"] == 1]["group"]]
    if not alone:
        return ""
    has, its = ("has", "its interval") if len(alone) == 1 else ("have", "their intervals")
    mean = " and that of the mean over the groups" if len(groups) > 1 else ""
    are = "are" if mean or len(alone) > 1 else "is"
    return (
        f"{listed(alone)} {has} one molecule{' each' if len(alone) > 1 else ''}, so that {its}{mean} {are} not known."
    )
