"""What leads from a study's card to its report: sets to build, labels to take or compute, cells to train."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from hemdata.catalog import TEST_GROUPS, StudyCard, cards, composition, dataset, label_places
from hemdata.errors import DataError
from hemdata.levels import START_LEVEL, level
from hemdata.molecules import dataset_name, is_file_of_molecules
from hemdata.shards import SetName, in_catalogue, named_at, read_manifest, stands
from hemdata.study.cells import cells
from hemdata.study.rows import finished

SPARE = 20
"""One molecule in so many is labelled beyond what is asked: some fail, some are the test groups'."""
Kind = Literal["build", "take", "label", "train", "report"]


@dataclass(frozen=True)
class Step:
    """One step of a run.

    Attributes:
        kind: `build` a dataset or composition, `take` labels that ship, `label` molecules, `train` the study's cells,
            or write its `report`.
        name: of the set, or of the study.
        command: that does the same by hand.
        done: whether it is done already.
        target: what is labelled: a dataset's name, or a file; `its_level` at which level, `number` how many of its
            molecules outside the test groups, 0 for all.
        cannot: why it cannot be done here, and what would help.
    """

    kind: Kind
    name: str
    command: str
    done: bool = False
    target: str = ""
    its_level: str = ""
    number: int = 0
    cannot: str | None = None


@dataclass
class _Plan:
    card: StudyCard
    data: Path
    where: Path
    found: dict[tuple[Kind, str], Step] = field(default_factory=dict)

    def add(self, step: Step) -> None:
        """One more step; the same set asked for with more molecules takes the place of the one before."""
        before = self.found.get((step.kind, step.name))
        if before is None or (before.number and step.number > before.number):
            self.found[step.kind, step.name] = step


def steps(card: StudyCard, data: Path, out: Path, where: Path = Path(), word: str | None = None) -> list[Step]:
    """The steps of a study in the order in which they are done; a step's needs come before it.

    Args:
        card: the study.
        data: folder of the built and labelled sets.
        out: folder of the study's rows.
        where: folder in which a user's own files of molecules are looked for.
        word: by which the card was given, its name or path; by default its name.
    """
    plan = _Plan(card, data, where)
    levels = dict.fromkeys([card.level, *(its.level or card.level for its in card.sets.values())])
    for its_level in levels:
        for group in card.groups:
            _add_set(plan, TEST_GROUPS if _shipped_group(group) else group, its_level, 0)
    for training_set in card.sets.values():
        for name, number in training_set.parts:
            _add_set(plan, name, training_set.level or card.level, number)
    at = "" if data == Path("data") else f" --data {data}"
    trained = all(finished(out, cell.name) for cell in cells(card))
    train = f"hemdata train-eval {word or card.name}{at} --out {out}"
    return [
        *plan.found.values(),
        Step("train", card.name, train, trained),
        Step("report", card.name, f"hemdata report {out}{at}"),
    ]


def _shipped_group(name: str) -> bool:
    return name in cards("dataset") and dataset(name).reader == "test_groups"


def _add_set(plan: _Plan, name: str, its_level: str, number: int) -> None:
    its = named_at(name, its_level)
    if its.level is None:
        _add_build(plan, name)
    else:
        _add_labels(plan, its, number)


def _add_build(plan: _Plan, name: str) -> None:
    """A dataset or composition as published, after all that it is composed of."""
    if name in cards("set") and not stands(plan.data / name):
        made = composition(name)
        first = made.steps[0]
        for parent in first.take or []:
            if first.at is not None and first.by != "bridge":
                _add_set(plan, parent, first.at, 0)
            else:
                _add_build(plan, parent)
        for step in made.steps[1:]:
            for parent in [*(step.mark or {}), *(step.subtract or [])]:
                _add_build(plan, parent)
    at = "" if plan.data == Path("data") else f" --data {plan.data}"
    plan.add(Step("build", name, f"hemdata build {name}{at}", stands(plan.data / name)))


def _add_labels(plan: _Plan, its: SetName, number: int) -> None:
    assert its.level is not None
    at = "" if plan.data == Path("data") else f" --data {plan.data}"
    folder, shipped = plan.data / str(its), _that_ships(its, number)
    told = {"its_level": its.level, "number": number}
    if _enough(folder, its, number) or shipped is None:
        target, cannot = _target(plan, its)
        sample = f" -n {with_spare(number)} --without {TEST_GROUPS}" if number else ""
        command = f"hemdata label {target}{sample} --level {its.level}{at}"
        done = _enough(folder, its, number)
        if not done and cannot is None and in_catalogue(its.dataset):
            _add_build(plan, its.dataset)
            if number:
                _add_build(plan, TEST_GROUPS)
        plan.add(Step("label", str(its), command, done, target=target, cannot=cannot, **told))  # type: ignore[arg-type]
        return
    plan.add(Step("take", str(its), f"cp -r {shipped} {folder}", False, target=str(shipped), **told))  # type: ignore[arg-type]


def with_spare(number: int) -> int:
    """How many molecules are labelled, where so many are to be trained on."""
    return number + max(number // SPARE, 10)


def _target(plan: _Plan, its: SetName) -> tuple[str, str | None]:
    """What is labelled: the dataset, or a user's file of that name; and what is missing where there is none."""
    if in_catalogue(its.dataset):
        return its.dataset, None
    places = [path for path in sorted(plan.where.glob("*")) if path.is_file() and is_file_of_molecules(path)]
    for path in places:
        if dataset_name(path) == its.dataset:
            return str(path), None
    return (
        f"{its.dataset}.smi",
        f"There is no file of molecules '{its.dataset}' in {plan.where.resolve()}; put it there.",
    )


def _that_ships(its: SetName, number: int) -> Path | None:
    """The folder of these labels where they travel with the package, as many as are asked for."""
    for place in label_places():
        if _enough(place / str(its), its, number):
            return place / str(its)
    return None


def _enough(folder: Path, its: SetName, number: int) -> bool:
    """Whether a labelled set holds what a study asks of it: made at this level, from all molecules or enough of the
    sample that begins with those asked for."""
    if not stands(folder):
        return False
    try:
        manifest = read_manifest(folder)
    except DataError:
        return False
    made = manifest.made_from
    same = [named.hash for named in manifest.levels] == [level(str(its.level)).hash]
    whole = made.get("max_heavy") is None and "part" not in made and made.get("geometry", START_LEVEL) == START_LEVEL
    if not number:
        return same and whole and made.get("n") is None
    sampled = made.get("n") is None or (made.get("seed") == 0 and TEST_GROUPS in made.get("without", []))
    return same and whole and sampled and manifest.counts.accepted >= number
