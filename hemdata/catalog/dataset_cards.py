"""The card models of tables and of datasets. One pydantic model each."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from hemdata.catalog.folders import cards
from hemdata.catalog.reading import Card, read_card

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Element = Annotated[str, Field(pattern=r"^[A-Z][a-z]?$")]
ColumnType = Literal[
    "string", "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "double",
    "list<uint8>", "list<double>", "list<string>",
]  # fmt: skip


_ENERGY, _LENGTH = "hartree|eV|meV|kcal/mol|kJ/mol|rydberg|1/cm", "angstrom|bohr|nm|pm"
Unit = Annotated[str, Field(pattern=f"^({_ENERGY}|{_LENGTH}|({_ENERGY})/({_LENGTH}))$")]
"""Of an energy, a length or a force."""


class Column(Card):
    """One column of a table: its type, unit, meaning and what its values may be."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    type: ColumnType
    meaning: str
    unit: str | None = None
    nullable: bool = False
    unique: bool = False
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    choices: list[str] | None = None
    finite: bool = True

    @model_validator(mode="after")
    def _checks_suit_the_type(self) -> "Column":
        """A check that the type cannot have would never refuse anything."""
        number = self.type != "bool" and "string" not in self.type
        if not number and (self.minimum is not None or self.maximum is not None):
            raise ValueError("minimum and maximum are for numbers")
        if self.type != "string" and (self.pattern is not None or self.choices is not None):
            raise ValueError("pattern and choices are for strings")
        if self.pattern is not None and not (self.pattern.startswith("^") and self.pattern.endswith("$")):
            raise ValueError("pattern: it must say the whole value, from ^ to $")
        try:
            re.compile(self.pattern or "")
        except re.error as error:
            raise ValueError(f"pattern: {error}") from None
        if self.unique and self.type.startswith("list"):
            raise ValueError("unique is not for lists")
        return self


class SchemaCard(Card):
    """A table of schemas/: its columns, and the rules that go beyond one column."""

    name: str
    version: Annotated[str, Field(pattern=r"^\d+\.\d+$")]
    about: str
    columns: list[Column]
    rules: dict[str, str] = {}
    flags: dict[str, str] = Field(
        {}, description="flags that rows of any dataset may bear; a dataset's card has its own"
    )


class RemoteFile(Card):
    """A published file: where it is, how large, with which hash (`md5:...` or `sha256:...`)."""

    name: str
    about: str
    url: str
    bytes: int | None = None
    hash: Annotated[str, Field(pattern=r"^(md5|sha256):[0-9a-f]+$")] | None = None
    mirrors: list[str] = []


class PackagedFiles(Card):
    """Published rows that a Python distribution carries."""

    distribution: str
    version: str
    files: dict[str, str] = Field(description="path inside the distribution: sha256")


class SourceColumn(Card):
    """Where a file has a column of the record: its name there, and its unit where it has one."""

    column: str
    unit: Unit | None = None


class Imported(Card):
    """How a user's own files are read, as `hemdata import` wrote it: which form, which files, what the energy is."""

    form: str = Field(description="as `hemdata import --list` names it")
    paths: Annotated[list[str], Field(min_length=1)]
    sha256: list[str] = Field(description="of each path; of a folder, of its files' hashes and names")
    kind: Literal["total", "total with zero-point energy", "atomization", "cohesive"] = Field(
        "total", description="what the energy is; `cohesive` is an atomization energy with its sign turned"
    )
    gradient: bool = Field(False, description="whether the forces are the energy's gradient, with the other sign")
    missing: float | None = Field(None, description="the number that stands for a missing energy")
    charge: int | None = Field(None, description="of every molecule")
    multiplicity: int | None = Field(None, description="of every molecule")
    bonds: bool = Field(True, description="whether bonds are found from the geometry where no SMILES is given")
    geometry: dict[Literal["atomic_numbers", "positions", "counts"], str] = Field(
        {}, description="keys of the geometry, where they have not the usual names"
    )


class DatasetCard(Card):
    """A published dataset: what it is, where it is, how it is read, and what is known to be wrong with it."""

    name: Name
    title: str
    about: str
    reader: str = Field(
        description="what reads it: a module of hemdata.sources, an entry point of the group hemdata.sources, or a "
        "module of an installed package (my_package.reader)"
    )
    licence: str
    cite: list[str]
    homepage: str | None = None
    level: str | None = None
    geometry_level: str | None = None
    files: list[RemoteFile] = []
    package: PackagedFiles | None = None
    shipped: list[str] = Field([], description="files that travel beside the card")
    columns: dict[str, SourceColumn] = Field({}, description="column of the record: that of a table's file")
    audited: bool = Field(True, description="whether published rows were compared with the level's own calculation")
    accepted: int | None = Field(None, description="rows that a whole build must accept")
    properties: list[Column] = []
    flags: dict[str, str] = {}
    defects: list[str] = []
    assumed: list[str] = []
    imported: Imported | None = Field(
        None, description="of `reader: imported` alone", exclude_if=lambda its: its is None
    )


def dataset(name: str | Path) -> DatasetCard:
    """The card of a dataset, by name or path."""
    return read_card(DatasetCard, "dataset", name)


def shipped_groups() -> list[str]:
    """The datasets of test molecules that travel with hemdata: each group, and all of them together."""
    return list(filter(is_shipped_group, cards("dataset")))


def is_shipped_group(name: str) -> bool:
    """Whether a name is that of one of these."""
    return name in cards("dataset") and dataset(name).reader == "test_groups"


def schema_card(name: str | Path) -> SchemaCard:
    """The card of a table of schemas/, by name or path."""
    return read_card(SchemaCard, "schema", name)


def result_card(name: str | Path) -> SchemaCard:
    """The card of a table of schemas/results/, by name or path."""
    return read_card(SchemaCard, "result", name)
