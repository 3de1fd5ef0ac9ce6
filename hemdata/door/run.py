"""A study run from its card to its report: what is done already is left, what stops it loses nothing."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hemdata.catalog import TEST_GROUPS, StudyCard
from hemdata.door.progress import bar, stages
from hemdata.label.workers.where import Where
from hemdata.shards import verify
from hemdata.study.steps import Step, steps, with_spare

if TYPE_CHECKING:
    from hemdata.report.answer import Answer


@dataclass(frozen=True)
class On:
    """Where the work is done.

    Attributes:
        workers: processes here that build and train, and label where nothing else is said.
        labels: where labels are computed.
        device: of the networks: auto, cpu or cuda.
    """

    workers: int | None = None
    labels: Where | None = None
    device: str = "auto"


@dataclass
class Run:
    """What a run did.

    Attributes:
        done: steps done in this run; `skipped` were done before; `cannot` could not be done.
        failed: cells, with the reason.
        answer: the report's; None where it has no page.
        page: of the report.
    """

    done: list[Step] = field(default_factory=list)
    skipped: list[Step] = field(default_factory=list)
    cannot: list[Step] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    answer: "Answer | None" = None
    page: Path | None = None


def run(
    card: StudyCard,
    data: Path,
    out: Path,
    *,
    on: On = On(),
    where: Path = Path(),
    word: str | None = None,
    tell: Callable[[str], object] = print,
    shown: bool = True,
) -> Run:
    """Do all that leads from a study's card to its report.

    Each step is done whole or not at all, or goes on where it was stopped: the same call after Ctrl-C or a kill ends
    the same.

    Args:
        card: the study.
        data: folder of the built and labelled sets.
        out: folder of the study's rows, and of its page, report.html.
        on: where labels are computed, and the device of the networks.
        where: folder of a user's own files of molecules.
        word: by which the card was given, its name or path.
        tell: called with a line before each step.
        shown: whether progress bars are.

    Raises:
        CallError, DataError: as the steps raise them.
    """
    ran = Run()
    _do(steps(card, data, out, where, word), card, data, out, on, ran, tell, shown)
    return ran


def prepare(card: StudyCard, data: Path, out: Path, *, on: On = On(), where: Path = Path(), shown: bool = True) -> Run:
    """Of `run` all that comes before the training: sets built, labels taken or computed. Raises as `run`."""
    ran = Run()
    before = [step for step in steps(card, data, out, where) if step.kind not in ("train", "report")]
    _do(before, card, data, out, on, ran, lambda _: None, shown)
    return ran


def _do(
    due: list[Step],
    card: StudyCard,
    data: Path,
    out: Path,
    on: On,
    ran: Run,
    tell: Callable[[str], object],
    shown: bool,
) -> None:
    for step in due:
        if step.done:
            ran.skipped.append(step)
            continue
        if step.cannot:
            ran.cannot.append(step)
            continue
        tell(f"{step.kind} {step.name}: {step.command}")
        _DO[step.kind](step, card, data, out, on, ran, shown)
        ran.done.append(step)


def _build(step: Step, card: StudyCard, data: Path, out: Path, on: On, ran: Run, shown: bool) -> None:
    from hemdata.door.build import build

    build(step.name, data, workers=on.workers or None, progress=shown)


def _take(step: Step, card: StudyCard, data: Path, out: Path, on: On, ran: Run, shown: bool) -> None:
    """Copy labels that ship: under another name first, so that they stand whole or not at all."""
    verify(Path(step.target))
    folder = data / step.name
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    data.mkdir(parents=True, exist_ok=True)
    shutil.copytree(step.target, part)
    if folder.exists():
        shutil.rmtree(folder)
    part.rename(folder)


def _label(step: Step, card: StudyCard, data: Path, out: Path, on: On, ran: Run, shown: bool) -> None:
    from hemdata.label.asked import Asked
    from hemdata.label.dataset import label_set
    from hemdata.label.how import Files, How

    number = with_spare(step.number) if step.number else None
    asked = Asked(step.target, number, without=[TEST_GROUPS] if number else [])
    where = on.labels or Where(on.workers)
    with stages(f"label {step.target} at {step.its_level}", shown) as progress:
        label_set(asked, How(step.its_level), where, files=Files(data), progress=progress)


def _train(step: Step, card: StudyCard, data: Path, out: Path, on: On, ran: Run, shown: bool) -> None:
    from hemdata.study.cells import cells
    from hemdata.study.run import train_eval

    reached = {cell.name: 0 for cell in cells(card)}
    with bar(f"train {card.name}, epochs", sum(cell.epochs or 1 for cell in cells(card)), shown) as advance:

        def progress(cell: str, done: int, total: int) -> None:
            advance(max(done - reached[cell], 0), cell)
            reached[cell] = max(done, reached[cell])

        trained = train_eval(card, data, out, workers=on.workers or None, device=on.device, progress=progress)
    ran.failed = trained.failed


def _report(step: Step, card: StudyCard, data: Path, out: Path, on: On, ran: Run, shown: bool) -> None:
    from hemdata.analysis.results import Results
    from hemdata.report.page.page import write_report
    from hemdata.study.rows import read_rows

    if not read_rows(out).predictions.num_rows:  # a study without test groups
        return
    ran.page = out / "report.html"
    ran.answer = write_report(Results.of(out, data=data), ran.page)


_DO: dict[str, Callable[[Step, StudyCard, Path, Path, On, Run, bool], None]] = {
    "build": _build,
    "take": _take,
    "label": _label,
    "train": _train,
    "report": _report,
}
