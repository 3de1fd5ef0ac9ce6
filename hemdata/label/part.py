"""A part of what is to be labelled, for machines that share nothing: each does its own, `label import` joins them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hemdata.errors import CallError
from hemdata.molecules import Molecule


@dataclass(frozen=True)
class Part:
    """The `number`-th of `parts` parts, which are disjoint, together everything, and alike in sizes.

    Attributes:
        number: from 1.
        parts: how many.
    """

    number: int
    parts: int

    @classmethod
    def read(cls, text: str) -> "Part":
        """The part that a text such as `1/2` spells.

        Raises:
            CallError: if it is no part.
        """
        found = re.fullmatch(r"(\d+)/(\d+)", text)
        number, parts = (int(found[1]), int(found[2])) if found else (0, 0)
        if not 1 <= number <= parts:
            raise CallError("This is no part of the work.", where="--part", expected="1/2, 2/2 or the like", got=text)
        return cls(number, parts)

    def __str__(self) -> str:
        return f"{self.number}/{self.parts}"

    def of(self, molecules: Sequence[Molecule]) -> list[Molecule]:
        """Every `parts`-th of the molecules by size and id, in the order in which they came."""
        order = sorted(range(len(molecules)), key=lambda i: (molecules[i].n_heavy, molecules[i].id))
        return [molecules[i] for i in sorted(order[self.number - 1 :: self.parts])]
