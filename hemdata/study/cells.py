"""The cells of a study: one network, one training set, one seed each."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from hemdata.catalog import BASELINES, StudyCard, StudyNetwork, TrainingSet, network
from hemdata.errors import CallError
from hemdata.levels import level


@dataclass(frozen=True)
class Cell:
    """A cell of a study's matrix; picklable, so that workers may run it."""

    study: StudyCard
    network: StudyNetwork
    set_name: str
    training_set: TrainingSet  # at one size
    seed: int

    @property
    def training_size(self) -> int:
        """Molecules the model is fitted on."""
        return round(round(self.training_set.size * self.study.split[0]) * self.training_set.share)

    @property
    def name(self) -> str:
        """The cell's id and the name of its folder."""
        return f"{self.network.network}-{self.set_name}-{self.training_size}-s{self.seed}"

    @cached_property
    def configuration(self) -> dict[str, Any]:
        """The network's arguments and training, with the study's number of epochs; empty for a baseline."""
        if self.network.network in BASELINES:
            return {}
        card = network(self.network.network)
        chosen = self.network.configuration or next(iter(card.configurations))
        if chosen not in card.configurations:
            raise CallError(
                f"The network '{card.name}' has no configuration '{chosen}'.",
                where=f"study {self.study.name}",
                expected=", ".join(card.configurations),
                got=chosen,
            )
        configuration = card.configurations[chosen].model_dump()
        if self.network.epochs is not None:
            configuration["training"]["epochs"] = self.network.epochs
        return configuration

    @property
    def epochs(self) -> int:
        """Epochs that the cell trains for; 0 for a baseline."""
        return int(self.configuration["training"]["epochs"]) if self.configuration else 0


def cells(card: StudyCard) -> list[Cell]:
    """All cells of a study, the costliest first: networks before baselines.

    Raises:
        CallError: if differences are to be learnt from a level that there is not, or from the energies' own.
    """
    _refuse_no_difference(card)
    matrix = [
        Cell(card, one, set_name, at_size, seed)
        for one in card.networks for set_name, training_set in card.sets.items()
        for at_size in training_set.sizes for seed in card.seeds
    ]  # fmt: skip
    return sorted(matrix, key=lambda cell: -cell.epochs * cell.training_size)


def _refuse_no_difference(card: StudyCard) -> None:
    if card.delta is None:
        return
    below = level(card.delta)
    for name in dict.fromkeys([card.level, *(its.level for its in card.sets.values() if its.level)]):
        if level(name).hash == below.hash:
            raise CallError(
                "A level has no difference from itself.",
                where=f"study {card.name}, delta",
                expected=f"a cheaper level than '{name}', such as gfn2-xtb",
                got=card.delta if card.delta == name else f"{card.delta}, another name of '{name}'",
            )


def chosen(matrix: list[Cell], patterns: Sequence[str]) -> list[Cell]:
    """The cells whose names fit any of some patterns (`painn-*`, `*-s0`); all where there is none.

    Raises:
        CallError: for a pattern that fits no cell.
    """
    for pattern in patterns:
        if not any(fnmatchcase(cell.name, pattern) for cell in matrix):
            raise CallError(
                "No cell of the study fits.",
                where=f"--cells '{pattern}'",
                expected=", ".join(sorted(cell.name for cell in matrix)),
                got="none",
            )
    return [cell for cell in matrix if not patterns or any(fnmatchcase(cell.name, one) for one in patterns)]
