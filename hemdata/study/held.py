"""Cells that stand, held against the card and the data of today: a name does not say what a cell was trained on."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hemdata.errors import DataError, HemdataError
from hemdata.study.cells import Cell
from hemdata.study.data import MIXED
from hemdata.study.fit_and_judge import GROUPS, SETTINGS
from hemdata.study.settings import settings_that_differ
from hemdata.study.sides import Sides, delta_settings

ANOTHER = "Give another --out, or remove the folder to train again."


def others(matrix: Sequence[Cell], data: Path, out: Path) -> dict[str, set[str]]:
    """Of each begun or finished cell that was trained otherwise than its card and data say: by which settings.

    Where the data are not there, what the card says is compared alone.

    Args:
        matrix: the cells.
        data: folder of the labelled shards.
        out: folder of the study.
    """
    known: dict[tuple[str, str, int], Mapping[str, Any] | None] = {}
    found = {}
    for cell in matrix:
        path = out / "cells" / cell.name / SETTINGS
        if not path.is_file():
            continue
        key = cell.set_name, cell.training_set.model_dump_json(), cell.seed
        if key not in known:
            known[key] = _settings(cell, data)
        now = known[key]
        if now is None:
            differ = _of_card(cell, json.loads(path.read_text(encoding="utf-8")))
        else:
            differ = settings_that_differ(path, {**now, "configuration": cell.configuration})
        if differ:
            found[cell.name] = differ
    return found


def refuse_others(matrix: Sequence[Cell], data: Path, out: Path, study: str) -> None:
    """DataError where a study's folder holds cells that were trained otherwise than its card and data say today."""
    found = others(matrix, data, out)
    if not found:
        return
    name, differ = next(iter(found.items()))
    fix = ANOTHER
    if all(each == {GROUPS} for each in found.values()):
        fix = (
            f"Run `hemdata train-eval {study} --out {out} --judge-again`, which judges the models on today's groups."
            " Remove the folder of a cell whose model is gone."
        )
    raise DataError(
        "The study's folder holds cells of another card, or of other data.",
        where=out,
        expected="cells trained and judged as the card says",
        got=f"other {', '.join(sorted(differ))} in {name}" + (f" and {len(found) - 1} more" if len(found) > 1 else ""),
        fix=fix,
    )


def in_words(differ: set[str]) -> str:
    """What differs of a cell, and what to do."""
    if differ == {GROUPS}:
        return "It was judged on other groups: --judge-again judges it on those of today."
    return f"It was trained with other {', '.join(sorted(differ))}. {ANOTHER}"


def _settings(cell: Cell, data: Path) -> dict[str, Any] | None:
    """What a cell's rows come of, but for its network; None where the molecules are not there."""
    try:
        settings = Sides.of(cell, data).settings
    except HemdataError:
        return None
    return {key: value for key, value in settings.items() if key != "configuration"}


def _of_card(cell: Cell, before: Mapping[str, Any]) -> set[str]:
    """What differs, as far as the card alone says."""
    told = json.loads(json.dumps({"configuration": cell.configuration, **delta_settings(cell.study)}))
    found = {key for key in ("configuration", "delta") if before.get(key) != told.get(key)}
    its_level = cell.training_set.level or cell.study.level
    if MIXED not in before["level"]["name"] and before["level"]["name"] != its_level:
        found.add("level")
    return found | ({GROUPS} if set(before[GROUPS]) != set(cell.study.groups) else set())
