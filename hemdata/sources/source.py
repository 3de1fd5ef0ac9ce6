"""What a source is: a published archive read record by record. Reading is serial, parsing may run anywhere."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

from hemdata.catalog import DatasetCard
from hemdata.errors import CallError, DataError
from hemdata.forms.shared.frames import Frames
from hemdata.shards import SourceFile

ENTRY_POINTS = "hemdata.sources"


class Raw(NamedTuple):
    """One published record as it stands: where it was found, its text or fields, and the id that it repeats, if any."""

    where: str
    content: Any
    repeats: str | None = None


@dataclass(slots=True)
class Record:
    """One parsed record.

    Attributes:
        source_id: the record's id within its source.
        smiles: as published.
        atomic_numbers: (N,) or None where the source gives no geometry.
        positions: (3N,) angstrom, x y z of each atom in turn.
        charge, multiplicity: of the whole molecule.
        energy_hartree: total electronic energy without zero-point energy, at the level of the card.
        flags: what a user should know; the card explains each.
        properties: the card's further columns by name.
        dataset: the dataset of the id, where it is not the card's name.
    """

    source_id: str
    smiles: str | None = None
    atomic_numbers: list[int] | None = None
    positions: list[float] | None = None
    charge: int = 0
    multiplicity: int = 1
    energy_hartree: float | None = None
    flags: list[str] = field(default_factory=list)
    properties: dict[str, Any] = field(default_factory=dict)
    dataset: str | None = None


class Rejected(Exception):
    """A record that is not accepted: a reason in few words, and what was found."""

    def __init__(self, reason: str, detail: str | None = None) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


class Source(Protocol):
    """A dataset opened for reading. It is sent to worker processes: keep it small and picklable."""

    @property
    def files(self) -> list[SourceFile]:
        """What is read, with hashes."""

    def raws(self) -> Iterator[Raw]:
        """Every published record, in the source's order."""

    def parse(self, raw: Raw) -> Record:
        """One record parsed; raises Rejected."""


@runtime_checkable
class ColumnSource(Protocol):
    """A dataset whose records come column by column, some thousand at a time."""

    @property
    def files(self) -> list[SourceFile]:
        """What is read, with hashes."""

    def frames(self) -> Iterator[Frames]:
        """Every record, in the source's order."""


def open_source(card: DatasetCard, given: Path | None = None) -> Source:
    """The source of a dataset, record by record, from its published place or from a path given by hand.

    Raises:
        CallError: if its records come column by column.
        DataError: if the card names no known reader; else what the reader raises for missing or wrong files.
    """
    source = open_any_source(card, given)
    if isinstance(source, ColumnSource):
        raise CallError(f"'{card.name}' is read as a whole.", fix=f"Build it first: `hemdata build {card.name}`.")
    return source


def open_any_source(card: DatasetCard, given: Path | None = None) -> Source | ColumnSource:
    """As `open_source`, whichever way its records come."""
    source: Source | ColumnSource = _reader(card).open_dataset(card, given)
    return source


def _reader(card: DatasetCard) -> Any:
    """The module that reads a dataset: of this folder, of an entry point, or of any installed package by its name."""
    own = f"hemdata.sources.{card.reader}"
    announced = {point.name: point.value for point in entry_points(group=ENTRY_POINTS)}
    for name in dict.fromkeys((own, announced.get(card.reader), card.reader if "." in card.reader else None)):
        if name is None:
            continue
        try:
            module = import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not (name == error.name or name.startswith(f"{error.name}.")):
                raise
            continue
        if hasattr(module, "open_dataset"):
            return module
    raise DataError(
        "The dataset's card names no known reader.",
        where=f"dataset {card.name}",
        expected=f"a module of hemdata.sources, a name of the entry points {ENTRY_POINTS}"
        f" ({', '.join(sorted(announced)) or 'there are none'}), or a module my_package.reader;"
        " each with open_dataset(card, given)",
        got=card.reader,
        fix="Correct the name, or install its package.",
    )
