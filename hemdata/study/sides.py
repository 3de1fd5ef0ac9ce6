"""The molecules of a cell by what they are for, and the settings that its rows come of."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from hemdata.catalog import StudyCard
from hemdata.levels import level
from hemdata.study.cells import Cell
from hemdata.study.data import MIXED, bridged, data_hash, flat_graphs, groups, kept, training_level, training_molecules


@dataclass(frozen=True)
class Sides:
    """Of a cell.

    Attributes:
        training, validation, test: the sides of its training set.
        groups: the study's test groups at its level.
        level: of the training energies; of a set that mixes levels as published, all of them.
        settings: what decides the cell's rows: configuration, level, hashes of all molecules.
    """

    training: pa.Table
    validation: pa.Table
    test: pa.Table
    groups: dict[str, pa.Table]
    level: str
    settings: dict[str, Any]

    @classmethod
    def of(cls, cell: Cell, data: Path) -> "Sides":
        """Read and split a cell's molecules.

        Raises:
            CallError, DataError: as `groups` and `training_molecules`.
        """
        from hemdata.train.data.splits import split_table

        study, wanted = cell.study, cell.training_set
        tests = groups(study, data, wanted.level)
        table = training_molecules(study, wanted, data, without=flat_graphs(tests))
        parts = split_table(table, cell.seed, study.split, study.split_by)
        training, validation, test = (
            table.take(pa.array(rows)) for rows in (parts.train, parts.validation, parts.test)
        )
        its_level = training_level(study, wanted, data)
        settings = {
            "configuration": cell.configuration,
            "level": {"name": its_level, "hash": MIXED.join(level(name).hash for name in its_level.split(MIXED))},
            "data": data_hash(table),
            "split": parts.hash,
            "groups": {name: data_hash(group) for name, group in tests.items()},
        }
        settings |= bridged(study, wanted, data)
        if wanted.share < 1:
            training = kept(wanted, training, tests, cell.seed)
            settings["kept"] = data_hash(training)
        settings |= delta_settings(study)
        return cls(training, validation, test, tests, its_level, settings)


def delta_settings(study: StudyCard) -> dict[str, Any]:
    """The level that differences are learnt from, with its hash; nothing where energies themselves are."""
    return {} if study.delta is None else {"delta": {"name": study.delta, "hash": level(study.delta).hash}}
