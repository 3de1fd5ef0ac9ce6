"""The models of an improvement: a study whose training sets grow, a set a round, trained where studies are."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from hemdata.catalog import StudyCard, TrainingSet
from hemdata.choose.targets import Target, by_group
from hemdata.errors import DataError
from hemdata.improve.asked import LEAST_BASE, Asked
from hemdata.improve.bought import Bought
from hemdata.improve.group import Group
from hemdata.improve.judge import Round
from hemdata.improve.watch import Watch
from hemdata.study.cells import Cell, cells
from hemdata.study.fit_and_judge import run_cell
from hemdata.study.on import On
from hemdata.study.run import epochs_told, keep, train_eval

START = "start"
"""The training set of the base alone."""
SPLIT = (0.85, 0.1, 0.05)
"""Of base and labels: most are trained on, for every label was bought."""


def card_of(asked: Asked, group: Group, name: str) -> StudyCard:
    """The study of a name whose cells are the models: its one set names the base's dataset."""
    return StudyCard(
        name=name, title=f"{asked.group}, improved", level=asked.level_name,
        question=f"Which labels beside {asked.base} make the energies of {asked.group} better, and by how much?",
        sets={START: TrainingSet(dataset=asked.base_name, molecules=LEAST_BASE)},
        groups=list(group.names) if group.judged else [], networks=[asked.study_network],
        seeds=list(range(asked.seeds)), split=SPLIT,
    )  # fmt: skip


class Models:
    """The training sets so far, and the cells that are trained on them.

    Args:
        card: of the study; its one set names the base's dataset.
        base: molecules of the base.
        data: folder of the labelled sets.
        out: folder of the run.
        on: where they are trained.
        watch: who sees it.
    """

    def __init__(self, card: StudyCard, base: int, data: Path, out: Path, on: On, watch: Watch) -> None:
        ((_, alone),) = card.sets.items()
        self._alone = alone.model_copy(update={"molecules": base})
        self._card, self._data, self._out, self._on, self._watch = card, data, out, on, watch
        self._sets: dict[str, TrainingSet] = {START: self._alone}
        self._spreads: dict[str, Mapping[str, float]] = {}

    def with_labels(self, name: str, bought: Sequence[Bought]) -> str:
        """A further training set: the base and what was labelled; its name."""
        plus = {its.name: its.labelled for its in bought if its.labelled}
        self._sets[name] = self._alone.model_copy(update={"plus": plus})
        return name

    def cells(self, training_set: str) -> list[Cell]:
        """The models of a training set, by seed."""
        card = self._card.model_copy(update={"sets": {training_set: self._sets[training_set]}})
        return sorted(cells(card), key=lambda cell: cell.seed)

    def folder(self, cell: Cell) -> Path:
        """Where a fitted model stands."""
        return self._out / "cells" / cell.name / "model"

    def train(self, due: Mapping[str, int], seeds: int | None = None) -> None:
        """Train what is not trained yet.

        Args:
            due: training sets, each with its round.
            seeds: the first so many alone.

        Raises:
            DataError: if a model failed; names each with its reason, the others stand.
        """
        card = self._card.model_copy(update={"sets": dict(self._sets)})
        wanted = [cell for name in due for cell in self.cells(name)[:seeds]]
        if not any(cell.epochs for cell in wanted):  # a second each: not worth a process
            keep(card, self._out)
            for cell in wanted:
                run_cell(cell, self._data, self._out)
            return
        what = f"round {max(due.values())}, train {', '.join(due)}, epochs"
        with self._watch.training(what, sum(cell.epochs for cell in wanted)) as step:
            ran = train_eval(
                card, self._data, self._out, only=[cell.name for cell in wanted], on=self._on,
                progress=epochs_told(step), tell=self._watch.tell,
            )  # fmt: skip
        failed = ran.failed | {name: f"In work by {who}." for name, who in ran.in_work.items()}
        if failed:
            reasons = "\n".join(f"    {cell}: {reason}" for cell, reason in failed.items())
            raise DataError("Models failed.", where=self._out, got=f"\n{reasons}",
                            fix="Mend what they name and run it again; what is finished stands.")  # fmt: skip

    def spreads(self, validation: Sequence[Target], its: Round) -> Mapping[str, float]:
        """The mean standard deviation of a round's models on molecules without labels, by group, kcal/mol.

        Geometries are made from the SMILES; nothing of one model, or where no molecule can be predicted.
        """
        from hemdata.predict.asked import wanted
        from hemdata.predict.find import load_all
        from hemdata.predict.predict import predict

        if len(its.cells) < 2:
            return {}
        if its.training_set not in self._spreads:
            models = load_all([self.folder(cell) for cell in its.cells], self._on.device)
            found = {}
            for name, targets in by_group(validation).items():
                asked = [one for target in targets for one in wanted(target.smiles)]
                said = predict(models, asked, workers=self._on.here, anyway=True)
                widths = [each.spread_kcal_mol for each in said if each.spread_kcal_mol is not None]
                if widths:
                    found[name] = sum(widths) / len(widths)
            self._spreads[its.training_set] = found
        return self._spreads[its.training_set]
