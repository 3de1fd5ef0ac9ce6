"""The molecules that a model was trained on, found again: a package has their hash and not their names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hemdata import catalog
from hemdata.catalog import label_places
from hemdata.errors import CallError, DataError
from hemdata.levels import level
from hemdata.shards import find, read, read_manifest, sets_in
from hemdata.study.cells import cells
from hemdata.study.data import flat_graphs, groups, training_molecules
from hemdata.train.data.molecules import ENERGY, Molecules
from hemdata.train.data.splits import SHARES, split_table

MOST = 50_000
"""Molecules: for each of them the gradients of a network take some milliseconds, and eight kilobytes."""


def training_of(
    place: Path,
    about: dict[str, Any],
    data: Path,
    given: str | Path | None = None,
    found: dict[str, float] | None = None,
) -> tuple[pa.Table, Molecules]:
    """The table of a model's training molecules, and the molecules as it learnt them.

    Looked for in the set that is given, else in the study that the model is a cell of, else in all sets of `data`, then
    among the labels that ship; the whole set, and the training side of its split by the model's seed. What is taken
    has the hash of the package.

    Args:
        place: the package's folder.
        about: what it says.
        data: folder of the labelled sets.
        given: the set, by name or folder.
        found: energies of levels below, as `Below` has them, for models that share them.

    Raises:
        CallError: if the set or the study's data are not there, or the molecules are too many.
        DataError: if no molecules have the hash.
    """
    wanted, number = str(about["data"]["training_sha256"]), int(about["training_range"]["molecules"])
    if number > MOST:
        raise CallError(
            "The model was trained on too many molecules to be explained.",
            where=place,
            expected=f"{MOST:,} at most",
            got=f"{number:,}",
            fix="Explain a model of a smaller training set, such as a smaller cell of the study.",
        )
    for table in _candidates(place, about, data, given):
        if table.num_rows == number:
            molecules = _as_learnt(table, about, data, place, found)
            if molecules.digest == wanted:
                return table, molecules
    raise DataError(
        "The molecules that the model was trained on are not at hand.",
        where=place,
        expected=f"{number:,} molecules with the hash {wanted[:12]}, whole or as the training side of a set's split",
        got=f"none such in {given or data}",
        fix="Give the set that it was trained on: --training SET, a name or a folder. One that was labelled or built "
        "anew since then is another.",
    )


def _candidates(place: Path, about: dict[str, Any], data: Path, given: str | Path | None) -> Iterator[pa.Table]:
    if given is not None:
        yield from _sides(find(given, data), about)
        return
    study = _study(place)
    if study is not None:
        yield _of_cell(study, place.parent.name, data)
    for _, folder in (each for there in (data, *label_places()) for each in sets_in(there)):
        if about["training_range"]["molecules"] <= read_manifest(folder).counts.accepted <= 2 * MOST:
            yield from _sides(folder, about)


def _sides(folder: Path, about: dict[str, Any]) -> Iterator[pa.Table]:
    """The rows with an energy at the model's level: all, and the training side of the split."""
    table = read(folder)
    table = table.filter(pc.is_valid(table[ENERGY])) if ENERGY in table.column_names else table.slice(0, 0)
    if not table.num_rows or pc.unique(table["level"]).to_pylist() != [about["level"]]:
        return
    yield table
    if table.num_rows > 2:
        yield table.take(pa.array(split_table(table, int(about["seed"]), SHARES).train))


def _study(place: Path) -> Path | None:
    """The card that stands with the run of which the package is a cell."""
    if place.name != "model" or place.parent.parent.name != "cells":
        return None
    return next(iter(sorted(place.parents[2].glob("*.yaml"))), None)


def _of_cell(path: Path, name: str, data: Path) -> pa.Table:
    """The training side of a study's cell, as `hemdata train-eval` took it."""
    card = catalog.study(path)
    cell = next((cell for cell in cells(card) if cell.name == name), None)
    if cell is None:
        raise DataError("The study's card has no such cell.", where=path, got=name, fix="Restore the card of the run.")
    tests = groups(card, data, cell.training_set.level)
    table = training_molecules(card, cell.training_set, data, without=flat_graphs(tests))
    return table.take(pa.array(split_table(table, cell.seed, card.split, card.split_by).train))


def _as_learnt(
    table: pa.Table, about: dict[str, Any], data: Path, place: Path, found: dict[str, float] | None
) -> Molecules:
    molecules = Molecules.of(table)
    if "below" not in about:
        return molecules
    from hemdata.train.delta import Below, less

    below = Below.of(level(about["below"]["level"]), place, found)
    return less(molecules, replace(below, store=data / "labels.sqlite"))
