"""Finished cells judged on the test groups as they are today: their models stand, only the answers are new."""

from collections.abc import Callable, Sequence
from pathlib import Path

from hemdata.catalog import StudyCard
from hemdata.study.cells import Cell, cells, chosen
from hemdata.study.fit_and_judge import GROUPS, MODEL, SETTINGS, keep_settings_of, model_of, rows_of
from hemdata.study.lock import claimed
from hemdata.study.rows import cell_row, finished, unfinish, write_cell
from hemdata.study.settings import settings_that_differ
from hemdata.study.sides import Sides


def judge_again(
    card: StudyCard,
    data: Path,
    out: Path,
    *,
    only: Sequence[str] = (),
    device: str = "auto",
    progress: Callable[[str], object] = lambda _: None,
) -> list[str]:
    """Judge a study's finished cells anew where nothing but its groups has changed: a group more, or more labels.

    No model is trained. The rows of such a cell are replaced; a cell that is not finished, was judged on these very
    groups, has other settings changed too (`run_cell` refuses it), or whose model is gone, is left as it is.

    Args:
        card: the study.
        data: folder of the labelled shards.
        out: folder of the study's rows.
        only: patterns of the names of the cells; by default all.
        device: auto, cpu or cuda.
        progress: called with each cell's name when it is seen to.

    Returns:
        The names of the cells that were judged again.

    Raises:
        CallError: for a pattern that fits no cell.
        CallError, DataError: as `Sides.of` and the network's own errors; if another process is at work on a cell.
    """
    judged = []
    for cell in chosen(cells(card), only):
        if finished(out, cell.name):
            with claimed(out / "cells" / cell.name):
                if _judged(cell, data, out, device):
                    judged.append(cell.name)
        progress(cell.name)
    return judged


def _judged(cell: Cell, data: Path, out: Path, device: str) -> bool:
    """Whether there was anything to do."""
    from hemdata.train.package import CARD

    folder, sides = out / "cells" / cell.name, Sides.of(cell, data)
    if settings_that_differ(folder / SETTINGS, sides.settings) != {GROUPS} or not (folder / MODEL / CARD).is_file():
        return False
    took = cell_row(out, cell.name)["seconds"]
    rows = rows_of(cell, sides, model_of(cell, sides, data, folder, device), took)
    unfinish(out, cell.name)
    (folder / SETTINGS).unlink()
    keep_settings_of(folder, sides)
    write_cell(out, **rows)
    return True
