"""engines: the programs that compute a level; a new one is one module here, named as the cards' `engine` names it."""

from importlib import import_module
from typing import Any, NoReturn, Protocol, cast

import numpy as np
import numpy.typing as npt

from hemdata.catalog import LevelCard
from hemdata.catalog.level_cards import ENGINES
from hemdata.errors import CallError
from hemdata.levels import Level


class Point(Protocol):
    """What every engine's single point answers: hartree, and its gradient (N, 3) in hartree/bohr where it was asked."""

    energy_hartree: float
    cycles: int
    rungs: tuple[str, ...]


class Engine(Protocol):
    """A module that computes single points and energy surfaces.

    Attributes:
        TAKES_SECONDS: whether a whole molecule's relaxation is a matter of seconds.
        SURFACE_IS_LEVEL: whether the energies along a relaxation are the level's own, so that no single point follows.
    """

    TAKES_SECONDS: bool
    SURFACE_IS_LEVEL: bool

    def refuse_unknown(self, card: LevelCard) -> None:
        """Refuse a functional or method that the engine does not have, before anything is computed."""

    def single_point(
        self,
        atomic_numbers: npt.NDArray[np.integer],
        positions: npt.NDArray[np.float64],
        charge: int,
        multiplicity: int,
        level: Level,
        accuracy: Any = "reference",
    ) -> Point:
        """The total electronic energy at a level; positions (N, 3) angstrom."""

    def surface(
        self,
        atomic_numbers: npt.NDArray[np.integer],
        positions: npt.NDArray[np.float64],
        charge: int,
        multiplicity: int,
        level: Level,
    ) -> Any:
        """A function of (N, 3) angstrom, an accuracy and an earlier point's state, that answers a point."""


def program(card: LevelCard) -> str:
    """The distribution that decides a level's digits: PROGRAM of its engine's module, else the engine's name."""
    if card.engine in ENGINES:
        return card.engine
    return str(getattr(import_module(f"hemdata.chemistry.engines.{card.engine}"), "PROGRAM", card.engine))


def refuse_data(card: LevelCard) -> NoReturn:
    """Say that a level is of numbers alone.

    Raises:
        CallError: always.
    """
    raise CallError(
        f"hemdata runs no program for the level '{card.name}'; its energies can only be imported.",
        got=f"engine: data, method: {card.method}",
        fix="Choose a level that is computed (`hemdata levels list`).",
    )


def engine(level: Level) -> Engine:
    """The engine that computes a level of theory.

    Raises:
        CallError: if hemdata runs no program for it.
    """
    if level.card.engine == "data":
        refuse_data(level.card)
    return cast(Engine, import_module(f"hemdata.chemistry.engines.{level.card.engine}"))
