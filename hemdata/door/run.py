"""A study run from its card to its report: what is done already is left, what stops it loses nothing."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hemdata.catalog import TEST_GROUPS, StudyCard
from hemdata.chemistry.engines import engine
from hemdata.door.progress import Stopped, Together, bar, stages, together
from hemdata.door.side_by_side import side_by_side
from hemdata.label.workers.cluster import slurm_cluster
from hemdata.levels import level
from hemdata.processes import machine_gb, one_thread, script_run_once
from hemdata.sources.at_hand import cannot_be_had
from hemdata.study.cells import cells
from hemdata.study.held import refuse_others
from hemdata.study.on import THIS_MACHINE, On
from hemdata.study.planning.needs import MEMORY_SHARE, beside_labels_gb, memory_gb, rows_of
from hemdata.study.planning.steps import Step, steps, with_spare
from hemdata.study.rows import finished

if TYPE_CHECKING:
    from hemdata.report.answer import Answer

PAGE = "report.html"


@dataclass
class Run:
    """What a run did.

    Attributes:
        done: steps done in this run; `skipped` were done before; `cannot` could not be done.
        failed: cells, with the reason; `missing` could not be trained since a step before them could not be done.
        answer: the report's; None where it has no page.
        page: of the report.
    """

    done: list[Step] = field(default_factory=list)
    skipped: list[Step] = field(default_factory=list)
    cannot: list[Step] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    answer: "Answer | None" = None
    page: Path | None = None


@dataclass
class _Doing:
    """What all steps share: the card and the word by which it was given, and where; `changes` is whether some make or
    alter sets, after the cells were held against them."""

    card: StudyCard
    data: Path
    out: Path
    on: On
    shown: bool
    word: str
    room_gb: float = field(default_factory=lambda: MEMORY_SHARE * machine_gb())
    changes: bool = False
    ran: Run = field(default_factory=Run)
    done: set[str] = field(default_factory=set)
    side: Together = field(default_factory=lambda: Together(None))

    def needs_gb(self, step: Step) -> float:
        """Memory of a step."""
        return memory_gb(step, self.on.here)

    def labels_gb(self, step: Step) -> float:
        """Memory that labels may take: all but what is built and trained beside them, where that is enough."""
        left = self.room_gb - beside_labels_gb(self.on.here)
        return left if left >= self.needs_gb(step) else self.room_gb


def run(
    card: StudyCard,
    data: Path,
    out: Path,
    *,
    on: On = THIS_MACHINE,
    where: Path = Path(),
    word: str | None = None,
    tell: Callable[[str], object] = print,
    shown: bool = True,
) -> Run:
    """Do all that leads from a study's card to its report.

    Each step is done whole or not at all, or goes on where it was stopped: the same call after Ctrl-C or a kill ends
    the same. Steps that do not need each other are done side by side, where memory allows: one set is labelled while
    another is built and the cells of a third are trained.

    Args:
        card: the study.
        data: folder of the built and labelled sets.
        out: folder of the study's rows, and of its page, report.html.
        on: where labels are computed and cells trained, and the device of the networks.
        where: folder of a user's own files of molecules.
        word: by which the card was given, its name or path.
        tell: called with what cannot be done and the cells that will be missing, then with a line before each step.
        shown: whether progress bars are.

    Raises:
        CallError, DataError: as the steps raise them; if the folder holds cells of another card or of other data.
    """
    refuse_others(cells(card), data, out, word or card.name)
    found = steps(card, data, out, where, word, cannot_be_had, lambda: report_stands(card, out, data))
    for line in [*impossible(found), *changes(found)]:
        tell(line)
    ran = _do(found, _Doing(card, data, out, on, shown, word or card.name), tell)
    if card.groups and any(step.kind == "report" for step in ran.skipped):
        _tell_report(out, data, ran)
    return ran


def report_stands(card: StudyCard, out: Path, data: Path) -> bool:
    """Whether a study's page stands, made from the results of its cells and labels as they are; without test groups
    there is none to write."""
    from hemdata.analysis import statistics
    from hemdata.analysis.kept import FOLDER, INDEX, kept, sources

    if not card.groups:
        return True
    page, index = out / PAGE, out / FOLDER / INDEX
    try:
        newer = page.stat().st_mtime_ns >= index.stat().st_mtime_ns
    except FileNotFoundError:
        return False
    return newer and kept(out, sources(out, data, statistics.RESAMPLES)) is not None


def _tell_report(out: Path, data: Path, ran: Run) -> None:
    """The answer of a report that stands, from its results: nothing is computed or written."""
    from hemdata.analysis.results import Results
    from hemdata.report.answer import answer
    from hemdata.report.titles import titles_of

    results = Results.of(out, data=data)
    ran.page, ran.answer = out / PAGE, answer(results.tables, titles_of(results.rows, None), results.variance)


def impossible(found: list[Step]) -> list[str]:
    """What cannot be done of a study, in words, and the cells that will be missing."""
    lines = [f"{step.kind} {step.name} cannot be done: {step.cannot}" for step in found if step.cannot]
    for step in found:
        lines += step.too_few
        if step.missing:
            cells = "1 cell" if len(step.missing) == 1 else f"{len(step.missing)} cells"
            lines.append(f"{cells} will be missing: {', '.join(step.missing)}")
    return lines


def changes(found: list[Step]) -> list[str]:
    """The files of molecules that are others than when their labels were made, in words."""
    return [
        f"{step.changed} has changed since {step.name} was made: what is missing is labelled. If finished cells do not "
        "know these molecules, the run ends there and says how to judge or train them again."
        for step in found
        if step.changed and not step.cannot
    ]


def prepare(
    card: StudyCard, data: Path, out: Path, *, on: On = THIS_MACHINE, where: Path = Path(), shown: bool = True
) -> Run:
    """Of `run` all that comes before the training: sets built, labels computed. Raises as `run`."""
    before = [step for step in steps(card, data, out, where) if step.kind not in ("train", "report")]
    return _do(before, _Doing(card, data, out, on, shown, card.name), lambda _: None)


def _do(found: list[Step], doing: _Doing, tell: Callable[[str], object]) -> Run:
    if doing.on.where.cluster is not None:
        slurm_cluster()
    ran, due = doing.ran, list[Step]()
    for step in found:
        (ran.skipped if step.done else ran.cannot if step.cannot else due).append(step)
        ran.missing += step.missing
    doing.done |= {step.id for step in ran.skipped}
    doing.changes = any(step.kind not in ("train", "report") for step in due)
    for step in due:
        if step.kind == "label":  # PySCF is loaded with settings of its own, not while other threads start processes
            engine(level(step.its_level)).refuse_unknown(level(step.its_level).card)

    def do(step: Step) -> None:
        if step.kind == "report" and ran.failed and not _some_finished(doing):
            ran.cannot.append(replace(step, cannot="No cell of the study is finished."))
            return
        tell(f"{step.kind} {step.name}: {step.command}")
        _DO[step.kind](step, doing)
        ran.done.append(step)

    first = sorted(due, key=lambda step: rows_of(step.name) if step.kind == "build" else 0)
    # Blocks of several threads that each set the environment would end in another order than they began: these hold.
    with one_thread(), script_run_once(), together(doing.shown) as doing.side:
        side_by_side(first, doing.done, do, memory_gb=doing.needs_gb, room_gb=doing.room_gb, stop=doing.side.stop)
    return ran


def _some_finished(doing: _Doing) -> bool:
    return any(finished(doing.out, cell.name) for cell in cells(doing.card))


def _build(step: Step, doing: _Doing) -> None:
    from hemdata.door.build import build

    build(step.name, doing.data, workers=doing.on.here, progress=doing.shown)


def _label(step: Step, doing: _Doing) -> None:
    from hemdata.label.asked import Asked
    from hemdata.label.dataset import label_set
    from hemdata.label.how import Files

    number = with_spare(step.number) if step.number else None
    asked = Asked(step.target, number, without=[TEST_GROUPS] if number else [])
    where = replace(doing.on.where, memory_gb=doing.labels_gb(step))
    with stages(f"label {step.target} at {step.its_level}", doing.shown) as progress:
        label_set(asked, step.how, where, files=Files(doing.data), progress=progress)


def _screen(step: Step, doing: _Doing) -> None:
    from hemdata.assess.suspects.screen import screen
    from hemdata.assess.suspects.written import write_screen
    from hemdata.curate.wrong_rows.suspected import screen_file
    from hemdata.label.how import Files

    folder = doing.data / step.name
    with stages(f"suspects {step.name}", doing.shown) as progress:
        found = screen(folder, Files(doing.data).labels, workers=doing.on.where.workers, progress=progress)
    write_screen(found, screen_file(folder))


def _train(step: Step, doing: _Doing) -> None:
    from hemdata.study.ran import When
    from hemdata.study.run import epochs_told, run_cells

    card = doing.card
    begun = dict(step.needs_of)
    due = [cell for cell in cells(card) if cell.set_name in begun and cell.name not in step.missing]
    if doing.changes:
        refuse_others(due, doing.data, doing.out, doing.word)
    with bar(f"train {card.name}, epochs", sum(cell.epochs or 1 for cell in due), doing.shown) as advance:

        def step_on(epochs: int, cell: str) -> None:
            with suppress(Stopped):  # the training is told so by `look`
                advance(epochs, cell)

        trained = run_cells(
            due, doing.data, doing.out, on=doing.on, progress=epochs_told(step_on),
            when=When(lambda cell: step.cell_begins(cell, doing.done), doing.side.look),
        )  # fmt: skip
    doing.ran.failed = trained.failed | {name: f"In work by {who}." for name, who in trained.in_work.items()}


def _report(step: Step, doing: _Doing) -> None:
    from hemdata.analysis.results import Results
    from hemdata.report.page.page import write_report
    from hemdata.study.rows import read_rows

    if not read_rows(doing.out).predictions.num_rows:  # a study without test groups
        return
    doing.ran.page = doing.out / PAGE
    doing.ran.answer = write_report(Results.of(doing.out, data=doing.data), doing.ran.page)


_DO: dict[str, Callable[[Step, _Doing], None]] = {
    "build": _build,
    "label": _label,
    "screen": _screen,
    "train": _train,
    "report": _report,
}
