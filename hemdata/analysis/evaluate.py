"""Fitted models judged on labelled molecules, at any level: what they err, and how much of it is the level's."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hemdata.analysis import statistics
from hemdata.analysis.leaked import leaks, training_graphs
from hemdata.analysis.reasons.errors import drawn, ends
from hemdata.assess.compared_rows import same_geometry
from hemdata.catalog import TEST_GROUPS, is_shipped_group
from hemdata.console import many
from hemdata.errors import CallError, DataError
from hemdata.levels import START_LEVEL, level, one_level, readable_levels
from hemdata.molecules import is_file_of_molecules, set_named
from hemdata.predict.domain import Domain
from hemdata.predict.find import packages, refuse_no_model
from hemdata.shards import SetName, read, read_manifest, stands
from hemdata.shards.sets import GIVEN, geometries_of, same_level, without_card
from hemdata.study.data import COLUMNS, dataset_of_group, group_folder
from hemdata.train.fitted import Fitted


@dataclass(frozen=True)
class Evaluation:
    """What some models err on some groups.

    Attributes:
        rows: model (the word that named it), network, seed, level (of its training energies), judged_at, group,
            molecule_id, smiles, n_heavy, n_atoms, reference_kcal_mol, predicted_kcal_mol, own_reference_kcal_mol (the
            reference at the model's own level on the same geometry; NaN where it is not labelled).
        table: model, group, n_molecules, n_seeds, mae_kcal_mol and mae_kcal_mol_atom with _low and _high,
            mean_error_kcal_mol (signed), level_part_kcal_mol (mean size of the difference of the two references) and
            own_mae_kcal_mol (against the reference at the model's own level); NaN where that is not labelled. The ends
            _low and _high are NaN for one molecule.
        notes: what is not known, and how many molecules of a group a model was trained on.
        refused: which molecules a model is not judged on, and why: a sentence for each reason.
    """

    rows: pd.DataFrame
    table: pd.DataFrame
    notes: list[str]
    refused: list[str]


def evaluate(
    models: Sequence[str | Path],
    groups: Sequence[str],
    *,
    data: Path,
    level_name: str | None = None,
    anyway: bool = False,
    resamples: int = statistics.RESAMPLES,
) -> Evaluation:
    """Judge models on groups of labelled molecules, less those of elements or charges never seen in training.

    A model may have been trained on a molecule that it is judged on. A note tells how many these are, by flat graph,
    if the training molecules are found by the hash in its package. A study takes the test groups' molecules out before.

    Args:
        models: packages, cells of a study, or cells' names without the seed, which name all seeds as one model.
        groups: test groups, or a user's files, by name.
        data: folder of the labelled datasets.
        level_name: the level of the references; by default each model's own.
        anyway: whether also molecules of elements and charges that no training molecule had are judged.
        resamples: of the bootstrap over molecules and seeds.

    Raises:
        CallError: for a word that names no model, no such level, or a group that is not labelled at the level.
        DataError: if a package does not read, the seeds of a model are of several levels, or no molecule of a group has
            only elements and a charge that training had.
    """
    from hemdata.train.fit import load_together

    level_name = level(level_name).name if level_name else None
    lines, notes, refused = [], dict[str, None](), list[str]()
    for word in models:
        places = packages(word)
        if not places:
            refuse_no_model(word)
        fitted = load_together(places)
        own_level = one_level([one.level for one in fitted], word)
        graphs = training_graphs(places, fitted, data)
        domain = Domain.common(Domain.of(one.about) for one in fitted)
        for group in groups:
            judged_at = level_name or own_level
            table, told = _within(domain, _group(data, group, judged_at), f"of {group} by {word}", anyway)
            refused += told
            notes |= dict.fromkeys(leaks(graphs, table, group, str(word)))
            own, note = (table["atomization_energy_kcal_mol"].to_pylist(), "") if judged_at == own_level else (
                _own_references(data, group, own_level, judged_at, table)
            )  # fmt: skip
            if note:
                notes[note] = None
            lines += [_rows(str(word), one, judged_at, group, table, own) for one in fitted]
    rows = pd.concat(lines, ignore_index=True)
    errors = _table(rows, resamples)
    for group in errors.loc[errors["n_molecules"] == 1, "group"].unique():
        notes[f"{group} is judged on one molecule, so that the interval of its error is not known."] = None
    return Evaluation(rows, errors, list(notes), refused)


def _within(domain: Domain, table: pa.Table, which: str, anyway: bool) -> tuple[pa.Table, list[str]]:
    """The molecules that are not refused, and of the others how many and why."""
    ids: dict[tuple[str, str | None], list[str]] = defaultdict(list)
    kept = []
    for number, row in enumerate(table.select(["id", "atomic_numbers", "charge"]).to_pylist()):
        try:
            domain.refuse(row["atomic_numbers"], row["charge"], anyway)
            kept.append(number)
        except DataError as error:
            ids[error.what, error.fix].append(row["id"])
    told = [
        f"{len(its)} of {table.num_rows} molecules {which} are not judged, as {its[0]}: {' '.join(filter(None, why))}"
        for why, its in ids.items()
    ]
    if not kept:
        (what, fix), its = next(iter(ids.items()))
        raise DataError(what, where=f"all {table.num_rows} molecules {which}, as {its[0]}", fix=fix)
    return table.take(kept) if told else table, told


def _rows(
    word: str, fitted: Fitted, judged_at: str, group: str, table: pa.Table, own: Sequence[float | None]
) -> pd.DataFrame:
    columns = table.select(["id", "smiles", "n_heavy", "n_atoms", "atomization_energy_kcal_mol"]).to_pandas()
    columns = columns.rename(columns={"id": "molecule_id", "atomization_energy_kcal_mol": "reference_kcal_mol"})
    about = {"model": word, "network": fitted.about["network"], "seed": fitted.about["seed"], "level": fitted.level}
    judged: pd.DataFrame = columns.assign(
        **about, judged_at=judged_at, group=group, predicted_kcal_mol=fitted.predict(table),
        own_reference_kcal_mol=pd.array(list(own), dtype="Float64").to_numpy(float, na_value=float("nan")),
    )  # fmt: skip
    return judged


def _group(data: Path, name: str, level_name: str) -> pa.Table:
    """A group's labelled molecules at a level, in their published order."""
    known = _names(level_name)
    return _rows_of(_folder(data, name, known), name, level_name, known)


def _names(level_name: str) -> list[str]:
    """The names of a level: a card of another name may define the same."""
    return same_level(level_name) if level_name in readable_levels() else [level_name]


def _rows_of(folder: Path, name: str, level_name: str, known: Sequence[str]) -> pa.Table:
    """A group's molecules with an energy in a folder that holds it, alone or among others."""
    its = set_named(name)
    table = read(folder, COLUMNS)
    if SetName.of(folder.name).dataset == TEST_GROUPS != its:
        table = table.filter(pc.starts_with(table["id"], f"{its}:"))
    table = table.filter(pc.is_valid(table["atomization_energy_kcal_mol"]))
    if not table.num_rows:
        raise CallError(f"There is no group '{name}' with labels.", where=folder, got=name)
    found = one_level(pc.unique(table["level"]).to_pylist(), folder)
    if found not in known:
        raise DataError("The molecules are at another level.", where=folder, expected=level_name, got=found)
    return table


def _folder(data: Path, name: str, levels: Sequence[str]) -> Path:
    """Where a group stands at a level of one or several names: alone or with the shipped groups, else as published.

    At GFN2-xTB's geometries if it does, else at others, as labels of a dataset's own geometries that travel.
    """
    its = set_named(name)
    alone = data / str(SetName(its, levels[0]))
    if stands(alone):
        return alone
    found = geometries_of(data, its, levels[0]) if levels[0] in readable_levels() else {}
    if START_LEVEL in found:
        return found[START_LEVEL]
    for each in levels:
        with suppress(CallError):
            folder = group_folder(data, its, each)
            if not found or {at.name for at in read_manifest(folder).levels} <= set(levels):
                return folder
    return next(iter(found.values())) if found else group_folder(data, name, levels[0])


def _folders(data: Path, name: str, levels: Sequence[str]) -> list[Path]:
    """Every folder in which a group stands at a level, on whichever geometries; that of `_folder` first.

    Raises:
        CallError: if it stands nowhere.
    """
    its = set_named(name)
    more: list[Path] = []
    for dataset in (its, *([TEST_GROUPS] if is_shipped_group(its) else [])):
        more += geometries_of(data, dataset, levels[0]).values() if levels[0] in readable_levels() else []
    found = dict.fromkeys([_folder(data, name, levels), *more])  # a composition stands, at whichever level
    return [folder for folder in found if {at.name for at in read_manifest(folder).levels} <= set(levels)]


def _own_references(
    data: Path, group: str, level_name: str, judged_at: str, judged: pa.Table
) -> tuple[list[float | None], str]:
    """References at the model's own level on the geometries judged, molecule by molecule; and what is missing.

    Of a group that stands there on several levels' geometries each molecule's label on the judged one counts.
    """
    known = _names(level_name)
    try:
        folders = _folders(data, group, known)
    except CallError as error:
        fix = _how(data, group, level_name, judged_at) if level_name in readable_levels() else error.fix or ""
        return [None] * judged.num_rows, (
            f"How much of the error on {group} is the level's is not known: {error.what} {fix}".strip()
        )
    at: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for folder in folders:
        table = judged.slice(0, 0)
        with suppress(CallError):  # labels of other groups alone
            table = _rows_of(folder, group, level_name, known)
        for row in table.filter(pc.is_in(table["id"], judged["id"].combine_chunks())).to_pylist():
            at[row["id"]].append(row)
    own = [
        next((one["atomization_energy_kcal_mol"] for one in at[row["id"]] if same_geometry(one, row)), None)
        for row in judged.select(["id", "atomic_numbers", "positions"]).to_pylist()
    ]
    missing = own.count(None)
    note = f"Not labelled at {level_name} on the same geometry: {many(missing)} of {group}." if missing else ""
    return own, f"{note} {_how(data, group, level_name, judged_at)}" if missing == len(own) else note


def _how(data: Path, group: str, level_name: str, judged_at: str) -> str:
    """How a group is labelled at a level on the geometries that it has where it is judged."""
    judged, its = SetName.of(_folder(data, group, _names(judged_at)).name), set_named(group)
    geometry = GIVEN if judged.level is None else judged.geometry
    name = group if is_file_of_molecules(group) else dataset_of_group(its)
    return without_card(data, its) or SetName(name, level_name, geometry).advice


def _table(rows: pd.DataFrame, resamples: int) -> pd.DataFrame:
    error = rows["predicted_kcal_mol"] - rows["reference_kcal_mol"]
    frame = rows.assign(
        signed=error, absolute=error.abs(), of_atom=error.abs() / rows["n_atoms"],
        level_part=(rows["reference_kcal_mol"] - rows["own_reference_kcal_mol"]).abs(),
        own=(rows["predicted_kcal_mol"] - rows["own_reference_kcal_mol"]).abs(),
    )  # fmt: skip
    pieces = dict(list(frame.groupby(["model", "group"])))
    lines = []
    for one in drawn(frame, ["absolute", "of_atom"], ["model", "group"], resamples=resamples):
        part = pieces[one.key]
        mae, atom = map(float, one.estimate)
        measured = (mae, *ends(one.draws[:, 0]), atom, *ends(one.draws[:, 1]), float(part["signed"].mean()))
        level_part, own = float(part["level_part"].mean()), float(part["own"].mean())
        lines.append((*one.key, one.n_molecules, part["seed"].nunique(), *measured, level_part, own))
    columns = ["model", "group", "n_molecules", "n_seeds", "mae_kcal_mol", "mae_kcal_mol_low", "mae_kcal_mol_high",
               "mae_kcal_mol_atom", "mae_kcal_mol_atom_low", "mae_kcal_mol_atom_high", "mean_error_kcal_mol",
               "level_part_kcal_mol", "own_mae_kcal_mol"]  # fmt: skip
    return pd.DataFrame(lines, columns=columns)
