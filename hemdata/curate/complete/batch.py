"""One batch of a file's records on its way: what the file has, and what was found wrong or strange of each row."""

from typing import Any

import numpy as np

from hemdata.catalog import DatasetCard
from hemdata.forms.shared.frames import Frames
from hemdata.identity import Identity

Found = dict[int, tuple[str, str | None]]


class Batch:
    """The records, and what is known of them so far.

    Attributes:
        bad: by row, why it is refused, and the detail.
        flags: of each row.
        identities: of each row, once they were looked for.
        seconds: spent on identities.
    """

    def __init__(self, card: DatasetCard, frames: Frames) -> None:
        assert card.imported is not None
        self.card, self.how, self.frames = card, card.imported, frames
        self.bad: Found = dict(frames.faults)
        self.flags: list[list[str]] = [[] for _ in range(frames.n)]
        for row, told in enumerate(self.of("flags") or ()):
            self.flags[row] += told.split() if isinstance(told, str) else [str(flag) for flag in told or ()]
        self.identities: list[Identity | None] = []
        self.seconds = 0.0

    def of(self, name: str) -> Any:
        """The values of a column of the record as the file has them; None where it has none in this batch."""
        its = self.card.columns.get(name)
        return None if its is None else self.frames.values.get(its.column)

    def unit(self, name: str) -> str:
        """The unit that the file has a column in; empty where it says none."""
        its = self.card.columns.get(name)
        return (its.unit if its else None) or ""

    def text(self, row: int) -> str:
        """A row as it is shown to people."""
        told = {
            key: values[row]
            for key, values in self.frames.values.items()
            if row < len(values) and isinstance(values[row], str | int | float | np.number | None)
        }
        return ", ".join(f"{key}={value}" for key, value in told.items())[:500]
