"""What a study has still to do, and in how many hours, from a rate that was measured."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from hemdata.catalog import StudyCard
from hemdata.errors import HemdataError
from hemdata.levels import level
from hemdata.study.cells import Cell, cells, chosen
from hemdata.study.data import flat_graphs, groups, training_molecules
from hemdata.study.held import in_words, others
from hemdata.study.lock import holder
from hemdata.study.rows import finished

CURVE = "model/curve.csv"
TIMED = 5
"""Molecules whose energies at the cheap level of a study of differences are timed."""


@dataclass(frozen=True)
class Plan:
    """What is known of a cell that is to be run.

    Attributes:
        state: finished, in work (by another process), begun, or to do.
        epochs_done: of those in all that a killed or running one has behind it.
        seconds: that it will still take; None where its data are not there.
        rate_from: what the time is estimated from.
        reason: why it cannot be run, such as data that are not there.
    """

    cell: str
    state: str
    epochs_done: int
    epochs: int
    training_size: int
    seconds: float | None = None
    rate_from: str | None = None
    reason: str | None = None


def plan(
    card: StudyCard,
    data: Path,
    out: Path,
    *,
    only: Sequence[str] = (),
    device: str = "auto",
    measure: bool = True,
    held: bool = False,
) -> list[Plan]:
    """The cells of a study in the order in which they are run, each with what it still needs.

    A network's rate is that of its finished cells in the folder; where there is none, some training steps on the
    study's own molecules are timed (seconds for each network and set).

    Args:
        only: patterns of the names of cells.
        measure: False times nothing: cells of networks none of which is finished have no time.
        held: whether the cells were held against card and data already.
    """
    matrix = chosen(cells(card), only)
    past = _past(out, cells(card))
    timed: dict[tuple[str, str], tuple[float, float, str]] = {}
    found, differ = [], {} if held else others(matrix, data, out)
    below, read = _Below(), dict[str, float]()
    for cell in matrix:
        row = _state(cell, out)
        if cell.name in differ:
            row = replace(row, reason=in_words(differ[cell.name]))
        elif row.state != "finished":
            try:
                row = _with_time(cell, row, data, past, timed, device if measure else None, read)
                row = _with_cheap_level(cell, row, data, out, below)
            except HemdataError as error:
                row = replace(row, reason=str(error))
        found.append(row)
    return found


def hours(plans: Sequence[Plan], places: int) -> float:
    """Hours until the last cell ends, each taken by the first free of some places, in the plans' order."""
    free = [0.0] * max(1, places)
    for row in plans:
        first = min(range(len(free)), key=free.__getitem__)
        free[first] += row.seconds or 0.0
    return max(free) / 3600


def epochs_done(out: Path, cell: str) -> int:
    """Epochs that a cell has behind it, by the curve in its folder."""
    path = out / "cells" / cell / CURVE
    return max(0, len(path.read_text(encoding="utf-8").splitlines()) - 1) if path.is_file() else 0


def _state(cell: Cell, out: Path) -> Plan:
    folder = out / "cells" / cell.name
    row = Plan(cell.name, "to do", 0, cell.epochs, cell.training_size)
    if finished(out, cell.name):
        return replace(row, state="finished", epochs_done=cell.epochs)
    if (folder / CURVE).is_file():
        row = replace(row, state="begun", epochs_done=epochs_done(out, cell.name))
    who = holder(folder)
    return row if who is None else replace(row, state=f"in work by {who}")


def _with_time(
    cell: Cell,
    row: Plan,
    data: Path,
    past: dict[str, float],
    timed: dict[tuple[str, str], tuple[float, float, str]],
    device: str | None,
    read: dict[str, float],
) -> Plan:
    """The plan with its time; of a network that is new here its rate on the cell's set is measured.

    Args:
        device: on which; None where nothing is measured.
        read: seconds of reading the sets that were read, by what is read.
    """
    from hemdata.catalog import cards

    left = row.epochs - row.epochs_done
    name = cell.network.network
    if not cell.epochs:
        return replace(row, seconds=_reading_seconds(cell, data, read), rate_from="reading its molecules")
    if name in past:
        _reading_seconds(cell, data, read)  # whether they are there
        return replace(row, seconds=left * cell.training_size / past[name], rate_from="finished cells")
    if (name, cell.set_name) not in timed:
        table = _molecules(cell, data)
        if device is None or name not in cards("network"):
            return row
        from hemdata.train.rate import measured_rate

        rate = measured_rate(name, cell.configuration, table, device)
        validation = round(table.num_rows * cell.study.split[1])
        one_epoch = rate.epoch_seconds(cell.training_size, validation)
        timed[name, cell.set_name] = one_epoch / cell.training_size, rate.training, device
    a_molecule, speed, _ = timed[name, cell.set_name]
    return replace(row, seconds=left * cell.training_size * a_molecule, rate_from=f"measured: {speed:,.0f} molecules/s")


def _with_cheap_level(cell: Cell, row: Plan, data: Path, out: Path, below: "_Below") -> Plan:
    """The plan with the time that the cheap level of a study of differences takes for the molecules that lack it."""
    if cell.study.delta is None or row.seconds is None:
        return row
    lacking = below.lacking(cell, data, out)
    if not lacking:
        return row
    below.counted |= lacking
    return replace(row, seconds=row.seconds + len(lacking) * below.seconds(cell, data))


@dataclass
class _Below:
    """What is known of the cheap level of a study of differences, whose energies are computed once a molecule.

    Attributes:
        counted: the calculations that a cell before this one makes.
        sides: training sets and sizes that are looked through.
        a_molecule: seconds, of some that were timed.
    """

    counted: set[str] = field(default_factory=set)
    sides: set[tuple[str, int]] = field(default_factory=set)
    a_molecule: float | None = None

    def lacking(self, cell: Cell, data: Path, out: Path) -> set[str]:
        """The calculations that a cell is the first to make: of its molecules, on whichever side, and of its groups."""
        from hemdata.train.data.molecules import Molecules
        from hemdata.train.delta import KEPT, Below

        side = cell.set_name, cell.training_set.size
        if side in self.sides:
            return set()
        self.sides.add(side)
        its = Below(level(str(cell.study.delta)), data / "labels.sqlite", out / KEPT, looks=True)
        asked = [_molecules(cell, data), *groups(cell.study, data, cell.training_set.level).values()]
        found = set[str]()
        for table in asked:
            found |= its.lacking(Molecules.of(table))
        return found - self.counted

    def seconds(self, cell: Cell, data: Path) -> float:
        """Of one molecule."""
        from hemdata.train.data.molecules import Molecules
        from hemdata.train.delta import Below

        if self.a_molecule is None:
            some = Molecules.of(_molecules(cell, data).slice(0, TIMED))
            started = time.perf_counter()
            Below(level(str(cell.study.delta))).atomization_energies(some)
            self.a_molecule = (time.perf_counter() - started) / len(some)
        return self.a_molecule


def _reading_seconds(cell: Cell, data: Path, read: dict[str, float]) -> float:
    """Seconds of reading a cell's molecules, which are read once for all seeds and networks; errors as `groups`."""
    what = f"{cell.set_name} {cell.training_set.model_dump_json()}"
    if what not in read:
        started = time.perf_counter()
        _molecules(cell, data)
        read[what] = time.perf_counter() - started
    return read[what]


def _molecules(cell: Cell, data: Path) -> pa.Table:
    tests = groups(cell.study, data, cell.training_set.level)
    return training_molecules(cell.study, cell.training_set, data, flat_graphs(tests))


def _past(out: Path, matrix: Sequence[Cell]) -> dict[str, float]:
    """Molecules a second, epochs and judging all in, of the networks that have finished cells in the folder."""
    work: dict[str, list[float]] = {}
    for cell in matrix:
        if cell.epochs and finished(out, cell.name):
            row = pq.ParquetFile(out / "cells" / cell.name / "cell.parquet").read().to_pylist()[0]
            done = work.setdefault(cell.network.network, [0.0, 0.0])
            done[0] += row["epochs"] * row["training_size"]
            done[1] += row["seconds"]
    return {name: molecules / seconds for name, (molecules, seconds) in work.items() if seconds > 0}
