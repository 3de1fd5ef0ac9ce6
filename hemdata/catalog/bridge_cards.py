"""The card of a bridge between two levels of theory; its numbers stand in a Parquet file beside it."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from hemdata.catalog.dataset_cards import Name
from hemdata.catalog.reading import Card, read_card

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class BridgeEnd(Card):
    """A level of theory as the bridge knew it."""

    level: Name
    hash: str


class BridgeCard(Card):
    """What takes an atomization energy of one level to another: a fitted sum over bonds, with its interval."""

    name: Name
    title: str
    source: BridgeEnd = Field(description="the level of the energies that are converted")
    target: BridgeEnd = Field(description="the level that they are converted to")
    terms: Sha256 = Field(
        description="hash of the Parquet file of terms, named as the card, and of this card's numbers"
    )
    scales_kcal_mol: dict[str, float] = Field(description="by kind of term: how far one may lie from nought")
    noise_kcal_mol: float
    factor: float = Field(description="half width of the 95 % interval over the fit's standard deviation")
    molecules: int = Field(description="dual labels that it was fitted on, one for each geometry of a molecule")
    largest: int | None = Field(None, description="heavy atoms of the largest molecule that it was fitted on")
    labels: Sha256 = Field(description="hash of these molecules and their energies")
    sets: list[str] = Field(description="where they are from, by the first part of their ids (`qm9` of `qm9:gdb_1`)")
    error_kcal_mol: float = Field(description="mean absolute error over labels of molecules left out")
    coverage: float = Field(description="share of labels within the interval of a fit without their molecule")


def bridge_card(name: str | Path) -> BridgeCard:
    """The card of a bridge, by name (`qm9-pc9`) or path."""
    return read_card(BridgeCard, "bridge", name)
