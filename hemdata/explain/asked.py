"""What an explanation is asked about: a labelled group, one of its molecules, a file of molecules or a SMILES."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hemdata.catalog import TEST_GROUPS, cards, dataset, is_shipped_group, shipped_groups
from hemdata.errors import CallError, DataError, did_you_mean
from hemdata.molecules import Molecule, Unread, is_file_of_molecules
from hemdata.predict.asked import numbered, wanted
from hemdata.predict.domain import Domain
from hemdata.predict.find import named
from hemdata.predict.predict import Question
from hemdata.shards import SetName, find, read, sets_in, stands
from hemdata.train.data.molecules import ENERGY

SCHEMA = pa.schema(
    [("id", pa.string()), ("smiles", pa.string()), ("atomic_numbers", pa.list_(pa.uint8())),
     ("positions", pa.list_(pa.float64())), ("charge", pa.int64()), ("multiplicity", pa.int64()),
     (ENERGY, pa.float64())]
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """Molecules that a model is asked about.

    Attributes:
        name: the word that named them.
        table: a row a molecule, with the columns of SCHEMA; the energy is the reference, null where there is none.
        left_out: molecules that cannot be predicted, and why.
    """

    name: str
    table: pa.Table
    left_out: dict[str, str] = field(default_factory=dict)


def asked(word: str, abouts: Sequence[Mapping[str, Any]], data: Path, geometry: str | None = None) -> Asked:
    """The molecules that a word means.

    Args:
        word: a test group or a labelled set (its references are then used), GROUP:ID for one molecule of it, a file of
            molecules, or a SMILES.
        abouts: what the models' packages say, all of one level.
        data: folder of the labelled sets; the labels that ship are looked through too.
        geometry: level at which geometries are made from SMILES; by default as `hemdata predict` makes them.

    Raises:
        CallError: if the word is none of them, or the group is not labelled at the models' level.
        DataError: if no molecule can be predicted.
    """
    level_name = str(abouts[0]["level"])
    domain = Domain.common(Domain.of(about) for about in abouts)
    group, _, one = word.partition(":")
    if is_group(group, data, level_name) and not is_file_of_molecules(word):
        found = _within(word, labelled_group(data, group, level_name), domain)
        return found if not one else _one(found, word)
    question = Question(abouts, geometry=geometry)
    read_in = list(numbered(wanted(word)))
    if not named(word) and all(isinstance(each, Unread) for each in read_in):
        groups = sorted({*shipped_groups(), *(str(its) for its, _ in sets_in(data))})
        raise CallError(
            "This is neither a group, nor a file, nor a SMILES.",
            expected=f"{', '.join(shipped_groups())}, a labelled set, one of its molecules as azoxy:ID, a file or a "
            "SMILES",
            got=word,
            fix=f"{did_you_mean(word, groups)}Correct the word.",
        )
    rows: list[dict[str, Any]] = []
    left_out: dict[str, str] = {}
    with question.geometries(question.batches(read_in), 0 if len(read_in) == 1 else None) as batches:
        for batch in batches:
            for each, made in zip(batch.asked, batch.made, strict=True):
                if isinstance(each, Molecule) and made.reason is None:
                    rows.append(
                        {"id": each.id, "smiles": each.smiles or made.smiles, "atomic_numbers": list(made.z),
                         "positions": list(made.x), "charge": each.charge, "multiplicity": each.multiplicity}
                    )  # fmt: skip
                else:
                    left_out[each.id] = str(made.reason).partition("\n")[0]
    if not rows:
        name, reason = next(iter(left_out.items()), (word, "there is no molecule"))
        raise DataError("No molecule can be explained.", where=word, got=f"{name}: {reason}")
    return Asked(word, pa.Table.from_pylist(rows, schema=SCHEMA), left_out)


def labelled_group(data: Path, name: str, level_name: str) -> pa.Table:
    """The labelled molecules of a group or a set at a level, those with an energy.

    Raises:
        CallError: if they are not there; gives the command that labels them.
    """
    alone = SetName.of(name) if "@" in name else SetName(name, level_name)
    if is_shipped_group(name) and not stands(data / str(alone)):
        table = read(find(TEST_GROUPS, data, level_name))
        table = table.filter(pc.starts_with(table["id"], f"{name}:")) if name != TEST_GROUPS else table
    else:
        published = name in cards("dataset") and dataset(name).level == level_name
        table = read(find(name if published else str(alone), data))
    table = table.filter(pc.is_valid(table[ENERGY]))
    if not table.num_rows:
        raise CallError(f"No molecule of '{name}' is labelled at {level_name}.", where=data, got=name)
    if pc.unique(table["level"]).to_pylist() != [level_name]:
        raise DataError("The molecules are at another level than the model.", where=name, expected=level_name)
    return table.select(SCHEMA.names).cast(SCHEMA)


def is_group(name: str, data: Path, level_name: str) -> bool:
    """Whether a word names a test group, or a set that stands in `data`."""
    return is_shipped_group(name) or any(
        stands(data / str(its)) for its in (SetName.of(name), SetName(name, level_name)) if "/" not in name
    )


def _one(found: Asked, word: str) -> Asked:
    row = found.table.filter(pc.equal(found.table["id"], word))
    if not row.num_rows and word in found.left_out:
        raise DataError("The molecule cannot be explained.", where=word, got=found.left_out[word])
    if not row.num_rows:
        ids = found.table["id"].to_pylist()
        raise CallError(
            "The group has no such molecule.",
            got=word,
            fix=f"{did_you_mean(word, ids)}Its molecules are {', '.join(ids[:5])}{', ...' if len(ids) > 5 else ''}.",
        )
    return Asked(word, row)


def _within(word: str, table: pa.Table, domain: Domain) -> Asked:
    """The molecules whose elements and charges training has shown, and why the others are left out."""
    kept, left_out = [], {}
    for number, row in enumerate(table.select(["id", "atomic_numbers", "charge"]).to_pylist()):
        try:
            domain.refuse(row["atomic_numbers"], row["charge"])
            kept.append(number)
        except DataError as error:
            left_out[row["id"]] = error.what
    if not kept:
        name, reason = next(iter(left_out.items()))
        raise DataError(f"No molecule of '{word}' can be explained.", where=name, got=reason)
    return Asked(word, table.take(pa.array(kept)), left_out)
