"""What the steps of a study will cost, from rates measured here or in the label store, with an interval each."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hemdata.catalog import BASELINES, TEST_GROUPS, StudyCard, cards, composition, dataset, label_places
from hemdata.errors import HemdataError
from hemdata.label.asked import Asked
from hemdata.label.calculation import stages
from hemdata.label.dataset import plan_labels
from hemdata.label.estimate import estimate
from hemdata.label.how import Files
from hemdata.levels import level
from hemdata.molecules import Molecule
from hemdata.shards import SetName, read, read_manifest, stands
from hemdata.study.cells import Cell, cells
from hemdata.study.planning.needs import TRAINING_GB, rows_of
from hemdata.study.planning.plan import plan
from hemdata.study.planning.steps import Step, with_spare
from hemdata.study.rows import finished

BUILT_ROWS_A_SECOND = 1_300.0
COMPOSED_ROWS_A_SECOND = 20_000.0
BRIDGED_ROWS_A_SECOND = 300.0
"""Of one core, measured on QM9."""
SCREENED_SECONDS_A_ROW = 0.015
"""Of one core: GFN2-xTB at the geometry, and the model; measured on QM9."""
OTHER = "another machine"
APART = 2.0
"""How far a rate of another machine may be off, either way."""
MEASURED_APART = 1.4
"""How far a rate timed for some seconds may be off."""
REPORT_SECONDS = 30.0
TYPICAL = [6] * 7 + [7, 8] + [1] * 9
"""Atoms of a molecule of a set that is not built yet."""
ROW_KB, RESULT_KB, CELL_MB = 0.4, 3.0, 4.0


@dataclass(frozen=True)
class Cost:
    """What a step costs.

    Attributes:
        seconds: of one core, or of one process that trains; `low` to `high` is the interval.
        memory_gb: of one process; disk_mb: that is written.
        rate_from: what the time is estimated from.
        parallel: whether several processes share the work.
    """

    seconds: float = 0.0
    low: float = 0.0
    high: float = 0.0
    memory_gb: float = 0.0
    disk_mb: float = 0.0
    rate_from: str = ""
    parallel: bool = True


def cost(step: Step, card: StudyCard, data: Path, out: Path, device: str = "auto") -> Cost:
    """The cost of a step that is still to be done; cells that stand were held against the card (`refuse_others`).

    A set that is not built yet is taken to be of molecules of nine heavy atoms; a network that has no finished cell is
    timed for some seconds, on the study's molecules, or on those that ship where the study's are not there yet.
    """
    if step.done or step.cannot:
        return Cost()
    if step.kind == "build":
        return _build(step.name, data)
    if step.kind == "label":
        return _labels(step, data)
    if step.kind == "screen":
        rows = rows_of(step.name)
        seconds = SCREENED_SECONDS_A_ROW * rows
        return Cost(seconds, seconds / APART, APART * seconds, 1.5, RESULT_KB * rows / 1e3, OTHER)
    if step.kind == "train":
        return _training(step, card, data, out, device)
    return Cost(REPORT_SECONDS, REPORT_SECONDS / APART, APART * REPORT_SECONDS, 0.6, 5.0, OTHER, False)


def wall_seconds(costs: Sequence[Cost], workers: int) -> float:
    """Seconds until the last step ends, one after another, each with so many processes where it can use them."""
    return sum(its.seconds / (workers if its.parallel else 1) for its in costs)


def _build(name: str, data: Path) -> Cost:
    seconds = 2.0
    if name in cards("set"):
        made = composition(name).steps[0]
        taken = sum(_rows_taken(SetName.of(parent), data) for parent in made.take or [])
        rows = rows_of(name, taken)
        seconds += taken / COMPOSED_ROWS_A_SECOND
        seconds += rows / BRIDGED_ROWS_A_SECOND if made.by == "bridge" else 0.0
    else:
        rows = rows_of(name)
        seconds += rows / BUILT_ROWS_A_SECOND
    return Cost(seconds, seconds / APART, APART * seconds, 0.8, rows * ROW_KB / 1e3, OTHER)


def _rows_taken(parent: SetName, data: Path) -> int:
    """Rows of a set that a composition takes: as it stands, else as its card tells."""
    folder = next((each for place in (data, *label_places()) if stands(each := place / str(parent))), None)
    return rows_of(parent.dataset) if folder is None else read_manifest(folder).counts.accepted


def _labels(step: Step, data: Path) -> Cost:
    number = with_spare(step.number) if step.number else None
    try:
        if step.target in cards("dataset") and not (data / step.target / "manifest.json").is_file():
            raise HemdataError("It is not built yet.")
        asked = Asked(step.target, number, without=[TEST_GROUPS] if number else [])
        found = plan_labels(asked, step.how, Files(data))
        kept = min((stage.timings for stage in found.stages if stage.seconds), default=0)
    except HemdataError:
        count = number or (dataset(step.target).accepted if step.target in cards("dataset") else None) or 100
        typical = [
            Molecule(str(i), None, None, None, 9, atomic_numbers=TYPICAL, positions=[float(i)] * 3 * len(TYPICAL))
            for i in range(count)
        ]
        found, kept = estimate(typical, stages(level(step.its_level), level("gfn2-xtb")), None), 0
    molecules = sum(found.by_heavy.values())
    source = f"{kept:,} timings of the store" if kept else OTHER
    return Cost(found.seconds, found.low, found.high, found.memory_gb, molecules * RESULT_KB / 1e3, source)


def _training(step: Step, card: StudyCard, data: Path, out: Path, device: str) -> Cost:
    rows = [row for row in plan(card, data, out, device=device, held=True) if row.cell not in step.missing]
    seconds = sum(row.seconds or 0.0 for row in rows)
    unknown = {row.cell for row in rows if row.seconds is None and row.state != "finished"}
    stand_in = [cell for cell in cells(card) if cell.name in unknown and not finished(out, cell.name)]
    seconds += sum(_unseen(cell, device) for cell in stand_in)
    source = "rates measured here" + (", on molecules that ship" if stand_in else "")
    disk = CELL_MB * sum(row.state != "finished" for row in rows)
    return Cost(seconds, seconds / MEASURED_APART, MEASURED_APART * seconds, TRAINING_GB, disk, source)


def _unseen(cell: Cell, device: str) -> float:
    """Seconds of a cell whose molecules are not there yet: its network's rate on those that ship."""
    if cell.network.network in BASELINES or not cell.epochs:
        return 5.0
    rate = _measured(cell.network.network, json.dumps(cell.configuration), device)
    validation = round(cell.training_set.size * cell.study.split[1])
    return cell.epochs * float(rate.epoch_seconds(cell.training_size, validation))


@cache
def _measured(name: str, configuration: str, device: str) -> Any:
    from hemdata.train.rate import measured_rate

    shipped = next(folder for place in label_places() if (folder := place / f"{TEST_GROUPS}@gfn2-xtb").is_dir())
    return measured_rate(name, json.loads(configuration), read(shipped), device)
