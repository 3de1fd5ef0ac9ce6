"""The card models of studies and networks. One pydantic model each."""

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Field, model_validator

from hemdata.catalog.dataset_cards import Element, Name
from hemdata.catalog.folders import cards
from hemdata.catalog.reading import Card, read_card
from hemdata.errors import CallError, did_you_mean

TEST_GROUPS = "test-groups"
"""The dataset of all four test groups."""
BASELINES = ("dressed-atoms", "pair-distance-ridge")
"""What a network has to beat; they have no card."""
SAME_SIZE = 0.95  # of the larger of two training sizes: they count as one
PruningRule = Literal["coverage", "k-centre", "influence", "random"]
PRUNING_RULES: tuple[str, ...] = get_args(PruningRule)
"""By which `hemdata.choose.pruning` keeps a part of a set."""
Molecules = Annotated[int, Field(ge=20)]
More = Annotated[int, Field(ge=1)]
Mores = Annotated[list[More], Field(min_length=2)]
Share = Annotated[float, Field(gt=0, le=1)]


_MOVED_ADAPTERS = {
    f"hemdata.train.{name}": f"hemdata.train.networks.{name}"
    for name in ("allegro", "dimenetpp", "painn", "torchmd_et")
}


def refuse_unknown_network(name: str) -> None:
    """CallError for what is neither a network with a card nor a baseline."""
    known = (*cards("network"), *BASELINES)
    if name not in known:
        fix = f"{did_you_mean(name, known)}Take one of these names, or give the path of a network's card."
        raise CallError(f"There is no network '{name}'.", expected=", ".join(known), got=name, fix=fix)


def adapter_today(module: str) -> str:
    """Where an adapter stands now: cards and models of versions before 0.2 name its old place."""
    return _MOVED_ADAPTERS.get(module, module)


class TrainingSet(Card):
    """A training set of a study: a dataset, how many of its molecules are taken, and its level if not the study's.

    A dataset is one of the cards, a composition, or a file that was labelled (`my.smi` is `my`). A number may be a list
    of numbers: the set then stands in the study at several sizes, the first numbers together, then the second.

    With `keep` a part of the training side is trained on, chosen by a rule; validation and test sides stay whole.
    """

    dataset: Name
    molecules: Molecules | Annotated[list[Molecules], Field(min_length=2)]
    level: Name | None = None
    plus: dict[Name, More | Mores] = Field({}, description="further datasets: how many of each")
    keep: Share | Annotated[list[Share], Field(min_length=2)] = Field(
        1.0, description="which share of the training side is kept, the rest pruned"
    )
    by: PruningRule = Field("random", description="the rule by which it is kept")
    group: Name | None = Field(None, description="the test group that needs what is kept, instead of the set itself")

    @property
    def sizes(self) -> list["TrainingSet"]:
        """The set at each of its sizes, the smallest first; a number is then a number."""
        if isinstance(self.keep, list):
            return [self.model_copy(update={"keep": share}) for share in self.keep]
        several = [each for each in (self.molecules, *self.plus.values()) if isinstance(each, list)]
        if not several:
            return [self]
        return [
            self.model_copy(update={
                "molecules": _at(self.molecules, i), "plus": {name: _at(n, i) for name, n in self.plus.items()},
            })
            for i in range(len(several[0]))
        ]  # fmt: skip

    @property
    def parts(self) -> list[tuple[str, int]]:
        """Each dataset and how many of its molecules, the set's own first; at its largest size if there are several."""
        return [(self.dataset, _at(self.molecules, -1)), *((name, _at(n, -1)) for name, n in self.plus.items())]

    @property
    def size(self) -> int:
        """Molecules of all its datasets together, at its largest size if there are several; before it is pruned."""
        return sum(number for _, number in self.parts)

    @property
    def share(self) -> float:
        """The share of the training side that is kept; the largest if there are several."""
        return self.keep[-1] if isinstance(self.keep, list) else self.keep

    @model_validator(mode="after")
    def _plus_is_another(self) -> "TrainingSet":
        if self.dataset in self.plus:
            raise ValueError(f"plus: '{self.dataset}' is the dataset itself; ask for more molecules of it")
        return self

    @model_validator(mode="after")
    def _sizes_are_sizes(self) -> "TrainingSet":
        lengths = {len(each) for each in (self.molecules, *self.plus.values()) if isinstance(each, list)}
        if len(lengths) > 1:
            raise ValueError("molecules, plus: lists of sizes are equally long, the first numbers belong together")
        if lengths and isinstance(self.keep, list):
            raise ValueError("keep: a set of several sizes is kept at one share, or one of several shares has one size")
        totals = [each.size * each.share for each in self.sizes]
        if any(small > SAME_SIZE * large for small, large in pairwise(totals)):
            sizes = [each.size for each in self.sizes]
            told = (
                f"keep: the shares {self.keep}"
                if isinstance(self.keep, list)
                else f"molecules, plus: the sizes {sizes}"
            )
            raise ValueError(f"{told} must rise by 5 % at least, or they count as one")
        return self

    @model_validator(mode="after")
    def _kept_by_what_can(self) -> "TrainingSet":
        if self.group is not None and self.by not in ("coverage", "k-centre"):
            raise ValueError("group: coverage and k-centre keep what a group needs; the other rules know no group")
        if self.keep == 1 and (self.by != "random" or self.group is not None):
            raise ValueError("keep: by and group are for a set of which a share below 1 is kept")
        return self


class StudyNetwork(Card):
    """A network of a study: its card and the configuration taken from it; `epochs` overrides the card's."""

    network: Name
    configuration: str | None = None
    epochs: Annotated[int, Field(ge=1)] | None = None


class StudyCard(Card):
    """A matrix of cells: training sets x networks x seeds, each judged on every group at one level."""

    name: Name
    title: str
    question: str
    level: Name
    sets: Annotated[dict[Name, TrainingSet], Field(min_length=1)]
    groups: list[Name]
    networks: Annotated[list[StudyNetwork], Field(min_length=1)]
    seeds: Annotated[list[int], Field(min_length=1)]
    split: tuple[float, float, float] = (0.8, 0.1, 0.1)
    split_by: Literal["molecule", "scaffold", "size"] = Field(
        "molecule",
        description="what keeps the sides apart: identity alone, ring scaffolds, or heavy atoms",
    )
    delta: Name | None = Field(
        None, description="a cheap level, such as gfn2-xtb: networks learn the difference from it at the same geometry"
    )

    @model_validator(mode="after")
    def _kept_for_its_groups(self) -> "StudyCard":
        for name, its in self.sets.items():
            if its.group is not None and its.group not in self.groups:
                raise ValueError(f"sets.{name}.group: '{its.group}' is none of the study's groups")
        return self

    @model_validator(mode="after")
    def _split_is_whole(self) -> "StudyCard":
        if abs(sum(self.split) - 1) > 1e-9 or min(self.split) <= 0:
            raise ValueError("split: the shares of training, validation and test must be positive and add up to 1")
        return self


class Training(Card):
    """How a network is trained."""

    epochs: Annotated[int, Field(ge=1)]
    batch: Annotated[int, Field(ge=1)]
    learning_rate: Annotated[float, Field(gt=0)]
    weight_decay: float = 0.0
    ema_decay: Annotated[float, Field(ge=0, lt=1)] = 0.0
    warmup_steps: int = 0
    schedule: Literal["constant", "plateau", "cosine"] = "constant"
    loss: Literal["mae", "mse", "huber"] = "mae"
    gradient_clip: float | None = None
    early_stopping_patience: int | None = None
    cutoff_angstrom: Annotated[float, Field(gt=0)] = 5.0


class Configuration(Card):
    """One configuration of a network: its own arguments, and its training."""

    network: dict[str, Any]
    training: Training


class NetworkCard(Card):
    """A network: the adapter module that builds it, its library, its configurations."""

    name: Name
    title: str
    adapter: Annotated[str, AfterValidator(adapter_today)]
    library: str
    cite: list[str]
    elements: list[Element]
    configurations: Annotated[dict[str, Configuration], Field(min_length=1)]


def study(name: str | Path) -> StudyCard:
    """The card of a study, by name or path."""
    return read_card(StudyCard, "study", name)


def network(name: str | Path) -> NetworkCard:
    """The card of a network, by name or path."""
    return read_card(NetworkCard, "network", name)


def _at(number: int | list[int], i: int) -> int:
    return number[i] if isinstance(number, list) else number
