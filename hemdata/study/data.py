"""The molecules of a study: training sets at their level, and the test groups at that same level, from shards."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hemdata.bridges.rows import HALF_WIDTH
from hemdata.catalog import TEST_GROUPS, StudyCard, TrainingSet, is_shipped_group, label_places
from hemdata.errors import CallError, DataError
from hemdata.identity import flat_graph
from hemdata.levels import level, one_level
from hemdata.molecules import drawn
from hemdata.shards import SetName, named_at, read, read_manifest, stands
from hemdata.shards.sets import in_catalogue, without_card

MIXED = "+"  # between the levels of a set that mixes them
COLUMNS = (
    "id", "smiles", "inchikey", "atomic_numbers", "positions", "n_atoms", "n_heavy", "charge", "multiplicity",
    "energy_hartree", "atomization_energy_kcal_mol", "level", "geometry_level",
)  # fmt: skip


def labelled_folder(data: Path, name: str, level_name: str) -> Path:
    """Where a dataset stands at a level: as published if that is its level, else where `hemdata label` wrote it, or
    among the labels that travel with hemdata.

    A composed dataset stands where it was built; its card says at which level. A name without a card is that of a
    user's file, which stands where it was labelled.

    Raises:
        CallError: if it is not there; gives the command that makes it; or if there is no such level.
    """
    its = named_at(name, level_name)
    folder = next((its_folder for place in (data, *label_places()) if stands(its_folder := place / str(its))), None)
    if folder is None:
        if its.level is not None and MIXED not in its.level:
            level(its.level)  # a level that there is not is told instead of a command that cannot work
        what = f"'{name}' is not there at the level '{level_name}'."
        raise CallError(what, where=data / str(its), fix=without_card(data, name) or its.advice)
    return folder


def hiding(card: StudyCard, data: Path) -> list[str]:
    """Sentences about a user's own labels that hide more of the same, which travel with hemdata."""
    told = []
    names = dict.fromkeys(dataset_of_group(name) for name in card.groups)
    names |= dict.fromkeys(name for wanted in card.sets.values() for name, _ in wanted.parts)
    for its in (named_at(name, card.level) for name in names):
        own = data / str(its)
        travels = next((place / str(its) for place in label_places() if stands(place / str(its))), None)
        if travels is None or not stands(own):
            continue
        few, many = (read_manifest(folder).counts.accepted for folder in (own, travels))
        if few < many:
            told.append(f"{own} holds {few:,} molecules, and hides the {many:,} that travel with hemdata.")
    return told


def groups(card: StudyCard, data: Path, level_name: str | None = None) -> dict[str, pa.Table]:
    """The study's test groups by name, each in its published order, at a level, by default the study's.

    A group that is none of the shipped ones is a user's labelled file.

    Raises:
        CallError: if they are not labelled, or there is no such group.
        DataError: if they are at another level.
    """
    level_name = level_name or card.level
    found = {}
    for name in card.groups:
        folder = group_folder(data, name, level_name)
        table = read(folder, COLUMNS)
        _at_level(table, level_name, folder)
        if SetName.of(folder.name).dataset == TEST_GROUPS:
            table = table.filter(pc.starts_with(table["id"], f"{name}:"))
        found[name] = table.filter(pc.is_valid(table["atomization_energy_kcal_mol"]))
        if not found[name].num_rows:
            raise CallError(f"There is no test group '{name}' with labels.", where=folder, got=name)
    return found


def group_folder(data: Path, name: str, level_name: str) -> Path:
    """Where a test group stands at a level: with the shipped ones, or on its own if it is a user's file."""
    return labelled_folder(data, dataset_of_group(name), level_name)


def dataset_of_group(name: str) -> str:
    """The dataset that holds a group: that of all shipped ones, or a user's own."""
    return TEST_GROUPS if is_shipped_group(name) else name


def training_molecules(card: StudyCard, wanted: TrainingSet, data: Path, without: set[str]) -> pa.Table:
    """So many molecules of a training set, none of which has a flat graph among `without`.

    They are taken in the order of `hemdata label -n`, a hash of the id: labelling more changes nothing, and a smaller
    number is within a larger. A user's file is taken from its top: what `hemdata select` wrote there begins with the
    best. Of a set of several datasets those of `plus` come first, and no InChIKey comes twice.

    Raises:
        CallError: if the set is not labelled at its level.
        DataError: if too few molecules are, or they are at another level (a set that mixes levels as published must
            have its own among them).
    """
    parts: list[pa.Table] = []
    taken = set[str]()
    own, *plus = wanted.parts
    for name, number in [*plus, own]:
        parts.append(_part(card, wanted, data, name, number, without, taken))
        taken |= set(parts[-1]["inchikey"].to_pylist()) - {None}
    return pa.concat_tables([parts[-1], *parts[:-1]])


def candidates(
    card: StudyCard,
    wanted: TrainingSet,
    data: Path,
    name: str,
    without: set[str],
    taken: set[str],
    columns: Sequence[str] = COLUMNS,
) -> pa.Table:
    """All molecules of one dataset of a training set that may be trained on.

    Args:
        without: flat graphs that none of them has.
        taken: InChIKeys of molecules that another dataset of the set gave.
        columns: that are read; `id`, `inchikey`, `level` and the energy at least.

    Raises:
        CallError, DataError: as `training_molecules`.
    """
    own = wanted.level or card.level
    folder = labelled_folder(data, name, own)
    table = read(folder, columns)
    table = table.filter(pc.is_valid(table["atomization_energy_kcal_mol"]))
    its_level = training_level(card, wanted, data)
    if MIXED in its_level and own in its_level.split(MIXED):  # the model made of it will bear both names
        at = table.schema.get_field_index("level")
        table = table.set_column(at, "level", pa.array([its_level] * table.num_rows))
    else:
        _at_level(table, own, folder)
    keys = table["inchikey"].to_pylist()
    return table.filter(
        pa.array([key is None or (flat_graph(key) not in without and key not in taken) for key in keys], pa.bool_())
    )


def first(table: pa.Table, name: str, number: int) -> pa.Table:
    """So many molecules of a dataset's candidates, in the order in which they are taken."""
    if not in_catalogue(name):
        return table.slice(0, number)
    ids = table["id"].to_pylist()
    order = sorted(range(len(ids)), key=lambda row: drawn(ids[row]))
    return table.take(pa.array(sorted(order[:number]), pa.int64()))


def _part(
    card: StudyCard, wanted: TrainingSet, data: Path, name: str, number: int, without: set[str], taken: set[str]
) -> pa.Table:
    """So many molecules of one dataset of a training set, whose InChIKey is not among those `taken` already."""
    table = candidates(card, wanted, data, name, without, taken)
    if table.num_rows < number:
        own = wanted.level or card.level
        more = number + number // 20
        another = f"Run `hemdata label {name} -n {more} --level {own}`, or ask" if in_catalogue(name) else "Ask"
        raise DataError(
            f"Too few molecules of '{name}' are labelled at '{own}'.",
            where=labelled_folder(data, name, own),
            expected=f"{number} outside the test groups" + (" and the other datasets" if taken else ""),
            got=table.num_rows,
            fix=f"{another} for fewer in the study.",
        )
    return first(table, name, number)


def kept(wanted: TrainingSet, training: pa.Table, tests: dict[str, pa.Table], seed: int) -> pa.Table:
    """The part of a training side that the set's rule keeps, in the side's order.

    Args:
        wanted: the set, at one share.
        training: the whole side.
        tests: the study's groups, one of which the set may be kept for; nothing but their SMILES is read.
        seed: of the cell.
    """
    from hemdata.choose.pruning import prune

    number = max(1, round(training.num_rows * wanted.share))
    group = [one for one in tests[wanted.group]["smiles"].to_pylist() if one] if wanted.group is not None else ()
    return training.take(pa.array(np.sort(prune(training, number, wanted.by, group=group, seed=seed))))


def training_level(card: StudyCard, wanted: TrainingSet, data: Path) -> str:
    """The level of a set's training energies: its own or the study's; of one that mixes levels as published, all."""
    own = wanted.level or card.level
    manifest = read_manifest(labelled_folder(data, wanted.dataset, own))
    mixed = "mixed_levels" in manifest.made_from
    return MIXED.join(sorted(level.name for level in manifest.levels)) if mixed else own


def bridged(card: StudyCard, wanted: TrainingSet, data: Path) -> dict[str, Any]:
    """Of a set whose energies were taken to its level by bridges: which, how many rows, and the intervals' half widths.

    Nothing of a set whose energies were computed.
    """
    folder = labelled_folder(data, wanted.dataset, wanted.level or card.level)
    manifest = read_manifest(folder)
    bridges = manifest.made_from.get("bridges")
    if not bridges:
        return {}
    widths = read(folder, [HALF_WIDTH.name])[HALF_WIDTH.name]
    mean, most = (
        None if each is None else round(each, 6) for each in (pc.mean(widths).as_py(), pc.max(widths).as_py())
    )
    told = {
        "by": bridges, "half_width_kcal_mol": mean, "half_width_most_kcal_mol": most, "n_rows": len(widths),
        "n_bridged": len(widths) - widths.null_count, "n_refused": sum(manifest.counts.rejected.values()),
    }  # fmt: skip
    return {"bridged": told}


def flat_graphs(tables: dict[str, pa.Table]) -> set[str]:
    """The flat graphs of all molecules of some groups."""
    return {flat_graph(key) for table in tables.values() for key in table["inchikey"].to_pylist() if key}


def data_hash(table: pa.Table) -> str:
    """Sixteen hex digits over the ids, geometries and energies of some molecules."""
    digest = hashlib.sha256()
    for column in ("id", "atomic_numbers", "positions", "atomization_energy_kcal_mol"):
        array = table[column].combine_chunks()
        values = array.flatten() if pa.types.is_list(array.type) else array
        digest.update("\n".join(map(repr, values.to_pylist())).encode())
    return digest.hexdigest()[:16]


def _at_level(table: pa.Table, level_name: str, where: Path) -> None:
    found = one_level(pc.unique(table["level"]).to_pylist(), where)
    if found != level_name:
        raise DataError(
            "The molecules are at another level than the study says.", where=where, expected=level_name, got=found
        )
