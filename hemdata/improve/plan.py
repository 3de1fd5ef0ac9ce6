"""What an improvement will buy and train, and its cost, before anything is labelled: the lists are chosen for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from hemdata.catalog import BASELINES, TEST_GROUPS, StudyCard, label_places
from hemdata.choose.select import Pick
from hemdata.errors import DataError
from hemdata.improve.asked import Asked, totals
from hemdata.improve.base import base_of
from hemdata.improve.bought import Bought, kept_list
from hemdata.improve.group import Group, group_of
from hemdata.improve.models import START, Models, card_of
from hemdata.improve.watch import NOBODY
from hemdata.improve.ways import SHORTLIST, Chooser, Known, write_list
from hemdata.label.asked import Asked as ToLabel
from hemdata.label.dataset import plan_labels
from hemdata.label.how import Files, How
from hemdata.levels import START_LEVEL
from hemdata.molecules import dataset_name
from hemdata.shards import read, stands
from hemdata.study.cells import Cell
from hemdata.study.data import labelled_folder
from hemdata.study.on import THIS_MACHINE, On
from hemdata.study.planning.costs import CELL_MB, MEASURED_APART, OTHER, RESULT_KB, Cost
from hemdata.study.planning.needs import TRAINING_GB
from hemdata.study.planning.plan import epochs_done
from hemdata.study.rows import finished

if TYPE_CHECKING:
    from hemdata.train.rate import Rate

BASELINE_SECONDS = 2.0
"""Of one core: a baseline fitted on some hundred molecules, and judged on the test groups."""


@dataclass(frozen=True)
class Planned:
    """One step of an improvement.

    Attributes:
        name: of the step, with how many molecules or models; `done` whether it is done already.
        cost: of what is left of it.
    """

    name: str
    done: bool
    cost: Cost


def plan(asked: Asked, data: Path, out: Path, on: On = THIS_MACHINE) -> list[Planned]:
    """The steps of all rounds with their cost; nothing is labelled or trained, and nothing is written.

    Coverage, amons and random choice do not depend on labels, so what they will choose is chosen here. By uncertainty
    nobody knows what will be: molecules drawn at random stand for it. Where a trial decides (`best`), the first way
    stands for the one that goes on. A target may end the rounds earlier.

    Args:
        asked, data, out, on: as `improve` takes them.

    Raises:
        CallError, DataError: as `improve`, for what is not there.
    """
    with TemporaryDirectory() as place, _with_shipped(asked, data, Path(place)) as there:
        group = group_of(asked.group, asked.level_name, asked.validation, asked.seed, there)
        its = card_of(asked, group, dataset_name(out / f"{out.resolve().name}.smi"))
        return _Plan(asked, group, its, there, Files(data), out, on, Path(place)).steps()


@contextmanager
def _with_shipped(asked: Asked, data: Path, place: Path) -> Iterator[Path]:
    """The data folder; where labels of the test groups would first be put into it, one of links that has them."""
    name = f"{TEST_GROUPS}@{asked.level_name}"
    if stands(data / name) or not any(stands(where / name) for where in label_places()):
        yield data
        return
    there = place / "data"
    there.mkdir()
    for path in data.glob("*") if data.is_dir() else ():
        (there / path.name).symlink_to(path.resolve())
    yield there


class _Plan:
    def __init__(
        self, asked: Asked, group: Group, card: StudyCard, data: Path, files: Files, out: Path, on: On, place: Path
    ) -> None:
        self.asked, self.group, self.files, self.out, self.place = asked, group, files, out, place
        self.name = card.name
        self.base = base_of(card, asked, group, data)
        self.models = Models(card, len(self.base), data, out, on, NOBODY)
        self.chooser = Chooser(asked, data, place / "chosen", on)
        self.table = read(labelled_folder(data, asked.base_name, asked.level_name))
        self.device = on.device
        self.known = Known(group, self.base, ())
        self.rate: Rate | None = None

    def steps(self) -> list[Planned]:
        parts = totals(self.asked.budget, self.asked.rounds)
        arms = {"chosen": self.drawn(self.asked.budget)}
        if self.asked.control:
            arms["control"] = self.chooser.next("random", self.asked.budget, self.known)
        if not arms["chosen"]:
            raise DataError("There is nothing to choose.", where=self.asked.pool or f"amons of {self.asked.group}",
                            fix="Give another --pool, or a larger --max-heavy.")  # fmt: skip
        found = [self.training(START, [])]
        for number, (before, total) in enumerate(zip([0, *parts], parts, strict=False), 1):
            for arm, picks in arms.items():
                if len(picks) > before:
                    found.append(self.labels(arm, number, picks[before:total]))
            for arm, picks in arms.items():
                if len(picks) > before:
                    found.append(self.training(f"{arm}-{number}", picks[:total]))
        return found

    def drawn(self, number: int) -> list[Pick]:
        """What will be chosen, or, by uncertainty, as many among which it will be."""
        way = self.asked.ways[0]
        if way == "uncertainty":
            return self.chooser.at_random(number, self.known)
        return self.chooser.next(way, number, self.known)

    def labels(self, arm: str, number: int, picks: list[Pick]) -> Planned:
        """A round's labels; the list that an earlier run chose, where it came to it."""
        kept = kept_list(self.out / "chosen", f"{self.name}-{arm}-{number}")
        path = kept or write_list(self.place / "lists", f"{self.name}-{arm}-{number}", picks)
        found = plan_labels(ToLabel(path), How(self.asked.level_name), self.files, force=True)  # as `buy`
        parts = [found]
        if arm == "chosen" and "uncertainty" in self.asked.ways and kept is None:  # of so many, the others are relaxed
            parts += (SHORTLIST - 1) * [plan_labels(ToLabel(path), How(START_LEVEL), self.files, force=True)]
        timings = min((stage.timings for stage in found.stages if stage.seconds), default=0)
        cost = Cost(
            sum(each.seconds for each in parts), sum(each.low for each in parts), sum(each.high for each in parts),
            found.memory_gb, len(picks) * RESULT_KB / 1e3, f"{timings:,} timings of the store" if timings else OTHER,
        )  # fmt: skip
        how = "at random" if arm == "control" else f"by {self.asked.by}"
        return _planned(f"round {number}: label {len(picks):,} {how}", cost)

    def training(self, name: str, picks: list[Pick]) -> Planned:
        """The models of a set: the base and what was bought so far."""
        if picks:
            self.models.with_labels(name, [Bought(name, "", (), len(picks), None)])
        cells = self.models.cells(name)
        seconds = sum(self.seconds(cell) for cell in cells if not finished(self.out, cell.name))
        round_name = "start" if name == START else f"round {name.rpartition('-')[2]}"
        told = f"{round_name}: train {len(cells)} on {len(self.base) + len(picks):,} molecules"
        source = "a baseline" if self.asked.study_network.network in BASELINES else "rates measured here"
        cost = Cost(
            seconds, seconds / MEASURED_APART, MEASURED_APART * seconds, TRAINING_GB, CELL_MB * len(cells), source
        )
        return _planned(f"{told}{' (control)' if name.startswith('control') else ''}", cost)

    def seconds(self, cell: Cell) -> float:
        """What a model still takes."""
        if not cell.epochs:
            return BASELINE_SECONDS
        if self.rate is None:
            from hemdata.train.rate import measured_rate

            self.rate = measured_rate(cell.network.network, cell.configuration, self.table, self.device)
        validation = round(cell.training_set.size * cell.study.split[1])
        left = cell.epochs - epochs_done(self.out, cell.name)
        return left * self.rate.epoch_seconds(cell.training_size, validation)


def _planned(name: str, cost: Cost) -> Planned:
    return Planned(name, not cost.seconds, cost if cost.seconds else Cost())
