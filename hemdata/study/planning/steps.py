"""What leads from a study's card to its report: sets to build, labels to compute, cells to train."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from hemdata.catalog import TEST_GROUPS, DatasetCard, StudyCard, cards, composition, dataset, label_places
from hemdata.curate.wrong_rows.suspected import screen_file
from hemdata.errors import CallError
from hemdata.label.asked import Asked
from hemdata.label.dataset import refused
from hemdata.label.how import Files, How
from hemdata.levels import START_LEVEL
from hemdata.shards import SetName, in_catalogue, named_at, stands
from hemdata.shards.manifest import MANIFEST
from hemdata.shards.sets import without_card
from hemdata.study.cells import Cell, cells
from hemdata.study.data import dataset_of_group
from hemdata.study.planning.enough import changed, enough, in_the_way, of_all
from hemdata.study.planning.too_few import Room, own_file
from hemdata.study.rows import finished

SPARE = 20
"""One molecule in so many is labelled beyond what is asked: some fail, some are the test groups'."""
Kind = Literal["build", "label", "screen", "train", "report"]


@dataclass(frozen=True)
class Step:
    """One step of a run.

    Attributes:
        kind: `build` a dataset or composition, `label` molecules, `screen` a set for wrong labels, which a composition
            of it leaves out or flags, `train` the study's cells, or write its `report`. Labels that travel with hemdata
            are done.
        name: of the set, or of the study.
        command: that does the same by hand.
        done: whether it is done already.
        target: what is labelled: a dataset's name, or a file; `its_level` at which level, `number` how many of its
            molecules outside the test groups, 0 for all.
        changed: the file whose labels stand, and that is another now: labels go on with what they lack.
        cannot: why it cannot be done here, and what would help.
        needs: ids of the steps that come before it; of a training, by training set: the cells of one begin when those
            of that set are done.
        missing: of a training, the names of the cells that will be missing; `too_few` why, where a set cannot have as
            many molecules as are asked of it.
    """

    kind: Kind
    name: str
    command: str
    done: bool = False
    target: str = ""
    its_level: str = ""
    number: int = 0
    changed: str | None = None
    cannot: str | None = None
    needs: tuple[str, ...] = ()
    needs_of: tuple[tuple[str, tuple[str, ...]], ...] = ()
    missing: tuple[str, ...] = ()
    too_few: tuple[str, ...] = ()

    @property
    def how(self) -> How:
        """How the molecules of a `label` are labelled."""
        return how_of(SetName.of(self.name))

    @property
    def id(self) -> str:
        """What others need it by: a set by its name, however it comes to stand."""
        return f"{self.kind} {self.name}" if self.kind in ("screen", "train", "report") else self.name

    def begins(self, done: Collection[str]) -> bool:
        """Whether it may begin once these steps are done."""
        some = not self.needs_of or any(set(needs) <= set(done) for _, needs in self.needs_of)
        return some and set(self.needs) <= set(done)

    def cell_begins(self, cell: Cell, done: Collection[str]) -> bool:
        """Whether a cell of a training may begin once these steps are done."""
        return set(dict(self.needs_of)[cell.set_name]) <= set(done)


@dataclass
class _Plan:
    card: StudyCard
    data: Path
    where: Path
    look: Callable[[DatasetCard], str | None]
    found: dict[str, Step] = field(default_factory=dict)

    def add(self, step: Step) -> str:
        """One more step, and its id; the same set asked for with more molecules takes the place of the one before."""
        before = self.found.get(step.id)
        if before is None or (before.number and (not step.number or step.number > before.number)):
            self.found.pop(step.id, None)
            self.found[step.id] = step
        return step.id


def steps(
    card: StudyCard,
    data: Path,
    out: Path,
    where: Path = Path(),
    word: str | None = None,
    look: Callable[[DatasetCard], str | None] = lambda _: None,
    reported: Callable[[], bool] = lambda: False,
) -> list[Step]:
    """The steps of a study, a step's needs before it.

    Args:
        card: the study.
        data: folder of the built and labelled sets.
        out: folder of the study's rows.
        where: folder in which a user's own files of molecules are looked for.
        word: by which the card was given, its name or path; by default its name.
        look: tells of a dataset that is not built yet why it cannot be had, None where it can.
        reported: tells whether a report of the cells as they are stands; asked where every cell is finished.
    """
    plan = _Plan(card, data, where, look)
    room = Room(card, data, where)
    wanted: dict[tuple[str, str], int] = {}
    too_few: dict[tuple[str, int], str] = {}
    of_sets: dict[str, list[tuple[str, str]]] = {}
    for set_name, its in card.sets.items():
        at = its.level or card.level
        of_sets[set_name] = [(dataset_of_group(group), at) for group in card.groups]
    for its_level in dict.fromkeys([card.level, *(its.level or card.level for its in card.sets.values())]):
        for group in card.groups:
            wanted[dataset_of_group(group), its_level] = 0
    for set_name, its in card.sets.items():
        for at_size in its.sizes:
            numbers, why = room.needed(at_size)
            if why is not None:
                too_few[set_name, at_size.size] = why
            for name, number in numbers.items():
                key = (name, its.level or card.level)
                of_sets[set_name].append(key)
                wanted[key] = 0 if wanted.get(key) == 0 else max(number, wanted.get(key, 0))
    ids = {key: _add_set(plan, *key, number) for key, number in wanted.items()}
    found = _what_can_be_done(list(plan.found.values()))
    needs_of = tuple((name, tuple(dict.fromkeys(ids[key] for key in keys))) for name, keys in of_sets.items())
    by_id = {step.id: step for step in found}
    return [*found, *_training_and_report(plan, out, word or card.name, needs_of, by_id, too_few, reported)]


def _what_can_be_done(found: list[Step]) -> list[Step]:
    """The steps, with those that need one that cannot be done told as such too."""
    by_id = {step.id: step for step in found}
    for step in found:
        lost = next((by_id[need] for need in step.needs if not by_id[need].done and by_id[need].cannot), None)
        if lost is not None and not step.done and step.cannot is None:
            by_id[step.id] = replace(step, cannot=f"It needs {lost.name}. {lost.cannot}")
    return list(by_id.values())


def _training_and_report(
    plan: _Plan,
    out: Path,
    word: str,
    needs_of: tuple[tuple[str, tuple[str, ...]], ...],
    sets: dict[str, Step],
    too_few: dict[tuple[str, int], str],
    reported: Callable[[], bool],
) -> list[Step]:
    card, at = plan.card, _at(plan.data)
    due = [cell for cell in cells(card) if not finished(out, cell.name)]
    again = any(not step.done and step.cannot is None for step in sets.values())
    lost = {
        name: [sets[need] for need in needs if sets[need].cannot and not sets[need].done] for name, needs in needs_of
    }
    short = {cell.name: why for cell in due if (why := too_few.get((cell.set_name, cell.training_set.size)))}
    missing = tuple(cell.name for cell in due if lost[cell.set_name] or cell.name in short)
    reason = next((step.cannot for those in lost.values() for step in those), None) or next(iter(short.values()), None)
    none_left = bool(due) and len(missing) == len(due)
    train = Step(
        "train",
        card.name,
        f"hemdata train-eval {word}{at} --out {out}",
        done=not due and not again,  # finished cells are held against their data once more
        cannot=reason if none_left else None,
        needs_of=tuple((name, needs) for name, needs in needs_of if not lost[name]),
        missing=missing,
        too_few=tuple(why for why in dict.fromkeys(short.values()) if not (none_left and why == reason)),
    )
    nothing = none_left and len(due) == len(cells(card))
    needs = () if none_left else (train.id,)
    report = f"hemdata report {out}{at}"
    stands = train.done and reported()
    return [train, Step("report", card.name, report, stands, cannot=reason if nothing else None, needs=needs)]


def _at(data: Path) -> str:
    return "" if data == Path("data") else f" --data {data}"


def _add_set(plan: _Plan, name: str, its_level: str, number: int) -> str:
    its = named_at(name, its_level)
    return _add_build(plan, name) if its.level is None else _add_labels(plan, its, number)


def _add_build(plan: _Plan, name: str) -> str:
    """A dataset or composition as published, after all that it is composed of."""
    needs, cannot = [], None
    done = stands(plan.data / name)
    if name in cards("set") and not done:
        made = composition(name)
        first = made.steps[0]
        for parent in first.take or []:
            its = SetName.of(parent)
            if its.level is not None:
                needs.append(_add_taken(plan, its))
            elif first.at is not None and first.by != "bridge":
                needs.append(_add_set(plan, parent, first.at, 0))
            else:
                needs.append(_add_build(plan, parent))
        for step in made.steps[1:]:
            needs += [_add_build(plan, parent) for parent in [*(step.mark or {}), *(step.subtract or [])]]
        if any("suspects" in (step.without, step.flag) for step in made.steps):
            needs += [_add_screen(plan, parent) for parent in needs[: len(first.take or [])]]
    elif name in cards("dataset") and not done and name not in plan.found:
        cannot = plan.look(dataset(name))
    command = f"hemdata build {name}{_at(plan.data)}"
    return plan.add(Step("build", name, command, done, cannot=cannot, needs=tuple(dict.fromkeys(needs))))


def _add_taken(plan: _Plan, its: SetName) -> str:
    """Labels that a composition takes by their whole name: as they stand, however many, or all of the set's."""
    if any(stands(place / str(its)) for place in (plan.data, *label_places())):
        return plan.add(Step("label", str(its), its.command, True))
    return _add_labels(plan, its, 0)


def _add_screen(plan: _Plan, name: str) -> str:
    """A set's labels ranked; a screen that is older than the set is another set's."""
    folder = plan.data / name
    path = screen_file(folder)
    done = stands(folder) and path.is_file() and path.stat().st_mtime >= (folder / MANIFEST).stat().st_mtime
    return plan.add(Step("screen", name, f"hemdata suspects {name}{_at(plan.data)}", done, needs=(name,)))


def _add_labels(plan: _Plan, its: SetName, number: int) -> str:
    assert its.level is not None
    folder = plan.data / str(its)
    travels = any(enough(place / str(its), its, number) for place in label_places())
    target, cannot = _target(plan, its)
    own = cannot is None and not in_catalogue(its.dataset)
    another = own and changed(folder, Path(target))
    done = (enough(folder, its, number) and not another) or (travels and not stands(folder))
    if another and of_all(folder):
        number = 0  # fewer would be lost
    sample = f" -n {with_spare(number)} --without {TEST_GROUPS}" if number else ""
    geometry = f" --geometry {its.geometry}" if its.geometry else ""
    command = f"hemdata label {target}{sample} --level {its.level}{geometry}{_at(plan.data)}"
    if travels and not done:
        cannot = in_the_way(folder)
    elif own and not done and stands(folder):
        cannot = _refused(plan, target, its, number, command)
    needs: list[str] = []
    if not done and cannot is None:
        made_of = [*([its.dataset] if in_catalogue(its.dataset) else []), *([TEST_GROUPS] if number else [])]
        needs = [_add_build(plan, name) for name in made_of]
    file = target if another else None
    return plan.add(Step("label", str(its), command, done, target, its.level, number, file, cannot, tuple(needs)))


def _refused(plan: _Plan, target: str, its: SetName, number: int, command: str) -> str | None:
    """Why labels cannot take the place of those that stand; None where they can, or nobody knows yet."""
    if number and not stands(plan.data / TEST_GROUPS):
        return None
    asked = Asked(target, with_spare(number) if number else None, without=[TEST_GROUPS] if number else [])
    error = refused(asked, how_of(its), Files(plan.data))
    if error is None:
        return None
    got = f" {error.where}: {error.got}." if error.got is not None else ""
    fix = error.fix or ""
    if isinstance(error, CallError):
        fix = f"Bring back what they have, give the file another name, or replace them: `{command} --force`."
    return f"{error.what}{got} {fix}"


def how_of(its: SetName) -> How:
    """How a labelled set of that name is made."""
    return How(str(its.level), its.geometry or START_LEVEL)


def with_spare(number: int) -> int:
    """How many molecules are labelled, where so many are to be trained on."""
    return number + max(number // SPARE, 10)


def _target(plan: _Plan, its: SetName) -> tuple[str, str | None]:
    """What is labelled: the dataset, or a user's file of that name; and what is missing where there is none."""
    if in_catalogue(its.dataset):
        return its.dataset, None
    path = own_file(plan.where, its.dataset)
    if path is not None:
        return str(path), None
    return (
        f"{its.dataset}.smi",
        without_card(plan.data, its.dataset)
        or f"There is no file of molecules '{its.dataset}' in {plan.where.resolve()}; put it there.",
    )
