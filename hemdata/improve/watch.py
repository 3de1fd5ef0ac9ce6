"""What a person sees of an improvement while it goes on."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from hemdata.label.progress import Pace

Step = Callable[[int, str], None]
Labels = Callable[[str], AbstractContextManager["Callable[[Pace], None] | None"]]
Training = Callable[[str, int], AbstractContextManager[Step]]


@contextmanager
def _no_labels(_: str) -> Iterator[None]:
    yield None


@contextmanager
def _no_training(_: str, __: int) -> Iterator[Step]:
    yield lambda done, note: None


@dataclass(frozen=True)
class Watch:
    """Called while rounds are made; by default nobody is.

    Attributes:
        tell: with a sentence.
        rows: with the rows of all rounds so far, after each.
        labels: a context for a labelling run of a name, which gives what to call with its pace.
        training: the same for trainings of a name and so many epochs in all.
    """

    tell: Callable[[str], object] = lambda said: None
    rows: Callable[[pa.Table], object] = lambda rows: None
    labels: Labels = _no_labels
    training: Training = _no_training


NOBODY = Watch()
