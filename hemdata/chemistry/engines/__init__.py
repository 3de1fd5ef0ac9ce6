"""engines: the programs that compute a level; a new one is one module here, named as the cards' `engine` names it."""

from importlib import import_module
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

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


def engine(level: Level) -> Engine:
    """The engine that computes a level of theory."""
    return cast(Engine, import_module(f"hemdata.chemistry.engines.{level.card.engine}"))
