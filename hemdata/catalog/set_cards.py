"""The card model of composed datasets: the steps that make one of others."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from hemdata.catalog.dataset_cards import Name
from hemdata.catalog.folders import cards
from hemdata.catalog.reading import Card, read_card
from hemdata.catalog.yaml_file import read_yaml

Identifier = Literal["flat_graph", "inchikey"]
Taken = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*(@[a-z0-9][a-z0-9._-]*){0,2}$")]
"""A set as its folder is named: NAME, or labelled NAME@LEVEL or NAME@LEVEL@GEOMETRY."""


VERBS = ("take", "mark", "subtract", "filter", "deduplicate", "without", "flag", "plant", "sample")


class Planted(Card):
    """Wrong labels to be made: which share of the rows, and how far off, up or down; the rows get a flag `planted`."""

    share: Annotated[float, Field(gt=0, lt=0.5)]
    kcal_mol: Annotated[float, Field(gt=0, le=1000)]


class Step(Card):
    """One step of a composition; exactly one of its keys is given (`at` belongs to `take`, `by` to the others)."""

    take: list[Taken] | None = Field(
        None, description="datasets, merged in this order; labelled ones as NAME@LEVEL or NAME@LEVEL@GEOMETRY"
    )
    at: Name | None = Field(None, description="the level their labels are taken at, instead of their own")
    mark: dict[Name, str] | None = Field(None, description="dataset: name of a column, true for its molecules")
    subtract: list[Name] | None = Field(None, description="datasets whose molecules are left out")
    filter: str | None = Field(None, description="an SQL condition on the columns")
    deduplicate: Identifier | Literal["geometry"] | None = Field(None, description="the first row of each is kept")
    mirror: bool = Field(False, description="whether `deduplicate: geometry` takes a mirror image for the same")
    without: Literal["suspects", "defects"] | list[str] | None = Field(
        None,
        description="leave out the rows that `hemdata suspects` of the taken datasets names, or that the register of "
        "known defects has (a list of lint's codes: of these alone)",
    )
    flag: Literal["suspects", "defects"] | None = Field(
        None, description="flag those rows `suspect` or `known_defect` instead"
    )
    plant: Planted | None = Field(
        None,
        description="make labels wrong, chosen by `seed`, to see what it does",
        exclude_if=lambda its: its is None,
    )
    sample: Annotated[int, Field(ge=1)] | None = Field(None, description="so many rows, chosen by `seed`")
    seed: int = 0
    by: Identifier | Literal["bridge"] = Field(
        "flat_graph", description="what tells molecules apart; of `take`: `bridge`, how energies get to the level"
    )

    @model_validator(mode="after")
    def _one_thing(self) -> "Step":
        given = [key for key in VERBS if getattr(self, key)]
        if len(given) != 1:
            raise ValueError(f"a step does one of: {', '.join(VERBS)}")
        if self.at is not None and not self.take:
            raise ValueError("`at` belongs to a step that takes")
        if self.by == "bridge" and self.at is None:
            raise ValueError("`by: bridge` belongs to a step that takes at a level")
        if self.at is not None and self.by != "bridge" and any("@" in name for name in self.take or []):
            raise ValueError("a name that says its level (NAME@LEVEL) is taken without `at`, or with `by: bridge`")
        if self.mirror and self.deduplicate != "geometry":
            raise ValueError("`mirror` belongs to `deduplicate: geometry`")
        return self

    @property
    def verb(self) -> str:
        """What the step does."""
        return next(key for key in VERBS if getattr(self, key))


class SetCard(Card):
    """A dataset composed of others, by declared steps."""

    name: Name
    title: str
    about: str
    steps: Annotated[list[Step], Field(min_length=1)]
    mixed_levels: Literal["as published"] | None = None

    @model_validator(mode="after")
    def _takes_first(self) -> "SetCard":
        if [step.verb == "take" for step in self.steps] != [True] + [False] * (len(self.steps) - 1):
            raise ValueError("steps: the first step takes, and no other does")
        return self


def composition(name: str | Path) -> SetCard:
    """The card of a composed dataset, by name or path."""
    return read_card(SetCard, "set", name)


def is_composition(name: str | Path) -> bool:
    """Whether a name, or the card at a path, is that of a composed dataset."""
    if str(name) in cards("set"):
        return True
    path = Path(name)
    return path.suffix in (".yaml", ".yml") and path.is_file() and "steps" in (read_yaml(path) or {})
