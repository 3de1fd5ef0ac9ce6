"""Rounds of an improvement: choose, label, train, judge. All stands on disk, so that a killed run goes on the same.

OUT/improve.json       what was asked
OUT/chosen/*.smi       the list of each round, written when it is chosen
OUT/cells/             the models of each round, as those of a study
OUT/rounds.parquet     the rows, as schemas/round.yaml says
"""

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from hemdata.analysis.matrix import MEAN
from hemdata.choose.targets import Target
from hemdata.errors import CallError, DataError
from hemdata.files import whole
from hemdata.improve.asked import Asked, totals
from hemdata.improve.base import base_of
from hemdata.improve.bought import Bought, buy, kept_list
from hemdata.improve.group import Group, group_of
from hemdata.improve.judge import Base, Round, rows_of
from hemdata.improve.models import START, Models, card_of
from hemdata.improve.watch import NOBODY, Watch
from hemdata.improve.ways import Chooser, Known, write_list
from hemdata.molecules import dataset_name
from hemdata.study.lock import claimed
from hemdata.study.on import THIS_MACHINE, On
from hemdata.study.settings import keep_settings

ROWS, SETTINGS = "rounds.parquet", "improve.json"


@dataclass(frozen=True)
class Improved:
    """What came out.

    Attributes:
        folder: of the run.
        rows: of schemas/round.yaml.
        why: the rounds ended.
        judged: whether the group has reference labels.
    """

    folder: Path
    rows: pa.Table
    why: str
    judged: bool


def improve(asked: Asked, data: Path, out: Path, *, on: On = THIS_MACHINE, watch: Watch = NOBODY) -> Improved:
    """Choose molecules for a group, label them, train on them and judge, until the target or the budget is reached.

    The same call after Ctrl-C or a kill goes on and ends the same.

    Args:
        asked: what is asked.
        data: folder of the built and labelled sets, and of the label store.
        out: folder of the run.
        on: where labels are computed and networks trained.
        watch: who sees what goes on.

    Raises:
        CallError: for an unknown group, a base that is not labelled, a pool that is not there, or a target or a trial
            for a group without reference labels.
        DataError: for a base that holds molecules of the group, a group too small to be parted, a pool without a
            candidate, a model that failed, or a folder that holds a run of other settings.
    """
    with claimed(out):
        return _Run(asked, data, out, on, watch).to_its_end()


def kept_rows(out: Path) -> pa.Table:
    """The rows that a run has kept.

    Raises:
        CallError: if there are none.
    """
    if not (out / ROWS).is_file():
        raise CallError("There is no improvement in this folder.", where=out, expected=ROWS,
                        fix="Give the folder that `hemdata improve` wrote.")  # fmt: skip
    return pq.ParquetFile(out / ROWS).read()


@dataclass
class _Arm:
    """What an arm has bought so far, by round."""

    name: str
    bought: list[tuple[int, Bought]] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)

    @property
    def chosen(self) -> list[Target]:
        return [each for _, its in self.bought for each in its.molecules]


class _Run:
    def __init__(self, asked: Asked, data: Path, out: Path, on: On, watch: Watch) -> None:
        self.asked, self.data, self.out, self.on, self.watch = asked, data, out, on, watch
        self.group = group_of(asked.group, asked.level_name, asked.validation, asked.seed, data)
        self._refuse_what_needs_labels()
        self.name = dataset_name(out / f"{out.resolve().name}.smi")
        card = card_of(asked, self.group, self.name)
        self.base = base_of(card, asked, self.group, data, watch.tell)
        self.models = Models(card, len(self.base), data, out, on, watch)
        keep_settings(
            out / SETTINGS,
            asked.settings(),
            "The folder holds an improvement of other settings.",
            "Give another --out, or remove the folder to begin again.",
        )
        self.chooser = Chooser(asked, data, out / "chosen", on)
        if asked.pool is not None or asked.control:
            self.chooser.pool()
        self.arms = [_Arm("chosen"), *([_Arm("control")] if asked.control else [])]
        self.way = asked.ways[0]

    def to_its_end(self) -> Improved:
        """All rounds."""
        if not self.group.judged:
            self.watch.tell(claims(self.group, self.asked))
        self.models.train({START: 0})
        for arm in self.arms:
            arm.rounds.append(self._round(arm, 0, "nothing", START))
        rows = self._write()
        for number, total in enumerate(totals(self.asked.budget, self.asked.rounds), 1):
            if self._reached(rows):
                break
            if not self._next(number, total):
                if number == 1:
                    raise DataError(
                        "There is nothing to choose: every candidate is a test molecule or labelled already.",
                        where=self.asked.pool or f"amons of {self.asked.group}",
                        fix="Give another --pool, or a larger --max-heavy.",
                    )
                break
            rows = self._write()
        return Improved(self.out, rows, self._why(rows), self.group.judged)

    def _why(self, rows: pa.Table) -> str:
        if self._reached(rows):
            return f"the interval of the error lies below {self.asked.target:g} kcal/mol"
        if len(self.arms[0].chosen) < self.asked.budget:
            return "there are no more candidates (a larger --max-heavy or a --pool has more)"
        return "the budget is spent"

    def _next(self, number: int, total: int) -> bool:
        """One round of every arm, up to so many bought in all; whether there was anything to choose."""
        due = {}
        for arm in self.arms:
            size = total - len(arm.chosen)
            if arm.name == "chosen" and number == 1 and self.asked.by == "best":
                by = "trial"
                self._trial(arm, size)
            else:
                by = "random" if arm.name == "control" else self.way
                self._buy(arm, number, by, size)
            if not any(its == number for its, _ in arm.bought):
                if arm.name == "chosen":
                    return False
                continue
            due[self.models.with_labels(f"{arm.name}-{number}", [its for _, its in arm.bought])] = (arm, by)
        self.models.train(dict.fromkeys(due, number))
        for name, (arm, by) in due.items():
            arm.rounds.append(self._round(arm, number, by, name))
        return True

    def _trial(self, arm: _Arm, size: int) -> None:
        """Some molecules by every way; the way whose few take most off the error of the part chosen for goes on."""
        ways = self.asked.ways
        share = [size // len(ways) + (place < size % len(ways)) for place in range(len(ways))]
        tried = {}
        for way, number in zip(ways, share, strict=True):
            before = len(arm.bought)
            if number:
                self._buy(arm, 1, way, number)
            if len(arm.bought) > before:
                tried[way] = self.models.with_labels(f"trial-{way}", [arm.bought[-1][1]])
        if len(tried) < 2:
            self.way = next(iter(tried), self.way)
            return
        self.models.train(dict.fromkeys(tried.values(), 1), seeds=1)
        errors = {way: self._error_of_trial(name) for way, name in tried.items()}
        self.way = min(errors, key=errors.__getitem__)
        told = ", ".join(f"{way} {error:.1f}" for way, error in errors.items())
        self.watch.tell(f"trial, kcal/mol on the part that is chosen for: {told}; {self.way} goes on")

    def _error_of_trial(self, training_set: str) -> float:
        (cell,) = self.models.cells(training_set)[:1]
        frame = pq.ParquetFile(self.out / "cells" / cell.name / "predictions.parquet").read().to_pandas()
        its = frame[frame["molecule_id"].isin({target.id for target in self.group.chosen_for})]
        error = (its["predicted_kcal_mol"] - its["reference_kcal_mol"]).abs()
        return float(error.groupby(its["group"]).mean().mean())

    def _buy(self, arm: _Arm, number: int, way: str, size: int) -> None:
        stem = f"{self.name}-{arm.name}-{number}" + (f"-{way}" if self.asked.by == "best" and number == 1 else "")
        path = kept_list(self.chooser.folder, stem)
        if path is None:
            models = [self.models.folder(cell) for cell in arm.rounds[-1].cells]
            known = Known(self.group, self.base, arm.chosen, models)
            picks = self.chooser.next(way, size, known)
            if not picks:
                return
            path = write_list(self.chooser.folder, stem, picks)
        with self.watch.labels(f"round {number}, label {path.name} at {self.asked.level_name}") as progress:
            arm.bought.append((number, buy(path, way, self.asked.level_name, self.data, self.on, progress)))

    def _round(self, arm: _Arm, number: int, by: str, training_set: str) -> Round:
        return Round(arm.name, number, by, training_set, tuple(arm.bought), tuple(self.models.cells(training_set)))

    def _write(self) -> pa.Table:
        base = Base(tuple(target.smiles for target in self.base))
        spreads = partial(self.models.spreads, self.group.validation)
        tables = [rows_of(arm.rounds, self.group, base, self.out, spreads) for arm in self.arms]
        rows = pa.concat_tables(tables)
        with whole(self.out / ROWS) as temporary:
            pq.write_table(rows, temporary, compression="zstd")
        self.watch.rows(rows)
        return rows

    def _reached(self, rows: pa.Table) -> bool:
        if self.asked.target is None:
            return False
        name = MEAN if len(self.group.names) > 1 else self.group.names[0]
        own = [row for row in rows.to_pylist() if row["arm"] == "chosen" and row["group"] == name]
        high = own[-1]["mae_kcal_mol_high"]
        return high is not None and bool(high < self.asked.target)

    def _refuse_what_needs_labels(self) -> None:
        if self.group.judged:
            return
        words = {"--target": self.asked.target is not None, "--by best": self.asked.by == "best"}
        for word in (word for word, given in words.items() if given):
            raise CallError(
                f"The group has no reference labels at {self.asked.level_name}, and {word} needs them.",
                got=self.asked.group,
                fix=f"`hemdata label {self.asked.group} --level {self.asked.level_name}` first, or leave it out.",
            )


def claims(group: Group, asked: Asked) -> str:
    """What a run can say of a group without reference labels, and what it cannot."""
    return (
        f"{', '.join(group.names)} has no labels at {asked.level_name}: molecules are chosen and labelled, and the "
        f"spread of {asked.seeds} models is told in place of the error. A spread is no error: where all models err "
        "alike it is small. Nothing here shows that the energies became better."
    )
