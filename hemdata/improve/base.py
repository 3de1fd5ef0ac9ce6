"""The base of an improvement: the labelled molecules that every round is trained on."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from hemdata.catalog import StudyCard, TrainingSet
from hemdata.choose.targets import Target
from hemdata.errors import CallError, DataError
from hemdata.identity import flat_graph
from hemdata.improve.asked import LEAST_BASE, Asked
from hemdata.improve.group import Group
from hemdata.shards import read
from hemdata.study.data import flat_graphs, groups, labelled_folder, training_molecules


def base_of(
    card: StudyCard, asked: Asked, group: Group, data: Path, tell: Callable[[str], object] = lambda said: None
) -> list[Target]:
    """The molecules of the base, as every round's models are trained on them.

    Args:
        card: of the run: its level and groups.
        asked: names the base.
        group: none of whose molecules may be among them; a judged group's are left out, and counted.
        data: folder of the labelled sets.
        tell: called with how many were left out.

    Raises:
        CallError: if the base is not labelled at the level.
        DataError: if too few of it are, or it holds molecules of a group without labels.
    """
    folder = labelled_folder(data, asked.base_name, asked.level_name)
    table = read(folder, ["id", "inchikey", "atomization_energy_kcal_mol"])
    table = table.filter(pc.is_valid(table["atomization_energy_kcal_mol"]))
    without = flat_graphs(groups(card, data)) if group.judged else set[str]()
    left_out = _of(table, without)
    if left_out:
        tell(f"{folder.name}: {len(left_out):,} molecules of the group are left out of the base.")
    there = table.num_rows - len(left_out)
    number = asked.base_number or there
    if number < LEAST_BASE:
        raise CallError("The base is too small.", where=folder, expected=f"{LEAST_BASE} labelled molecules at least",
                        got=number, fix="Label more of it.")  # fmt: skip
    wanted = TrainingSet(dataset=asked.base_name, molecules=number)
    rows = training_molecules(card, wanted, data, without)
    _refuse_group(rows, group, folder)
    columns = (rows[name].to_pylist() for name in ("id", "smiles", "inchikey"))
    return [Target(id, smiles or "", smiles or "", key or "") for id, smiles, key in zip(*columns, strict=True)]


def _of(table: pa.Table, graphs: set[str]) -> list[str]:
    """The ids of the rows that have one of some flat graphs."""
    pairs = zip(table["id"].to_pylist(), table["inchikey"].to_pylist(), strict=True)
    return [id for id, key in pairs if key is not None and flat_graph(key) in graphs]


def _refuse_group(rows: pa.Table, group: Group, folder: Path) -> None:
    found = _of(rows, {flat_graph(target.inchikey) for target in group.molecules if target.inchikey})
    if found:
        raise DataError(
            "The base holds molecules of the group.",
            where=folder.name,
            expected="no molecule that is to be predicted",
            got=f"{len(found):,}: {', '.join(found[:5])}{' ...' if len(found) > 5 else ''}",
            fix="Label the group, so that they are known and left out, or give a base without them.",
        )
