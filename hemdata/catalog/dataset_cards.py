"""The card models of tables, datasets, compositions and levels of theory. One pydantic model each."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from hemdata.catalog.folders import cards
from hemdata.catalog.reading import Card, read_card
from hemdata.catalog.yaml_file import read_yaml

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


class Basis(Card):
    """A Gaussian basis: a built-in name, and exponents of one's own shells added per element."""

    name: str
    added_shells: dict[Element, list[tuple[int, float]]] = Field({}, description="element: [[l, exponent], ...]")


class AgainstExperiment(Card):
    """What a level's atomization energies are off the experiment, as `hemdata levels experiment` tells it."""

    per_atom_kcal_mol: dict[Element, float] = Field(description="to be taken off D0 for each atom")
    absolute_kcal_mol: float = Field(description="mean absolute error left, each molecule judged by a fit without it")
    molecules: int
    source: str


class AgainstBonds(Card):
    """What a level's atomization energies are above a sum of bond energies; `hemdata import` proves energies by it."""

    per_atom_kcal_mol: dict[Element, float] = Field(description="to be added to the sum of bond energies for each atom")
    median_kcal_mol: float = Field(description="median absolute error of an atom that is left")
    molecules: int
    source: str


ENGINES = ("pyscf", "tblite", "xtb", "data")


def _engine(name: str) -> str:
    """An engine that ships, `data`, or another module of the engines' room."""
    if name in ENGINES or (re.fullmatch("[a-z][a-z0-9_]*", name) and find_spec(f"hemdata.chemistry.engines.{name}")):
        return name
    ships = ", ".join(f"'{each}'" for each in ENGINES[:-1])
    raise ValueError(f"expected {ships} or '{ENGINES[-1]}', or a module of hemdata.chemistry.engines")


class LevelCard(Card):
    """A level of theory, and the energies of its own atoms."""

    name: Name
    title: str
    about: str
    engine: Annotated[str, AfterValidator(_engine)] = Field(
        description="what computes it; `data` where hemdata runs no program for it and has its numbers alone",
        json_schema_extra={"anyOf": [{"enum": list(ENGINES)}, {"pattern": "^[a-z][a-z0-9_]*$"}]},
    )
    method: str = Field(description="functional or semi-empirical method, in the engine's words")
    basis: Basis | None = None
    angular: Literal["cartesian", "spherical", "cartesian-d-spherical-f"] | None = None
    grid_level: int | None = None
    dispersion: Literal["d3zero", "d3bj", "d4"] | None = Field(
        None, description="Grimme's correction, with the functional's parameters; needs hemdata[dispersion]"
    )
    atoms_hartree: dict[Element, float]
    atoms_source: str
    frequencies: Name | None = Field(None, description="level of its harmonic frequencies, where not its own")
    cite: list[str] = []
    against_experiment: AgainstExperiment | None = None
    against_bonds: AgainstBonds | None = Field(
        None,
        description="where its atomization energies are not within 1 kcal/mol an atom of experiment, as those of "
        "tight binding are not; else `against_experiment` serves",
        exclude_if=lambda its: its is None,
    )

    @model_validator(mode="after")
    def _engine_has_what_it_needs(self) -> "LevelCard":
        if self.engine == "pyscf" and (self.basis is None or self.angular is None or self.grid_level is None):
            raise ValueError("a pyscf level needs basis, angular and grid_level")
        if self.engine != "pyscf" and (self.basis or self.angular or self.grid_level or self.dispersion):
            raise ValueError(f"a {self.engine} level has no basis, angular, grid_level or dispersion")
        if self.engine == "pyscf" and re.search("ccsd|ccd|mp[2-4]|casscf|caspt|fci|dlpno", self.method.lower()):
            raise ValueError(f"method: '{self.method}' is no density functional; declare it with `engine: data`")
        if self.engine == "pyscf" and re.search("-d[34]", self.method.lower()):
            raise ValueError(f"method: '{self.method}' without its dispersion, which has a key of its own")
        return self


Identifier = Literal["flat_graph", "inchikey"]


VERBS = ("take", "mark", "subtract", "filter", "deduplicate", "without", "flag", "plant", "sample")


class Planted(Card):
    """Wrong labels to be made: which share of the rows, and how far off, up or down; the rows get a flag `planted`."""

    share: Annotated[float, Field(gt=0, lt=0.5)]
    kcal_mol: Annotated[float, Field(gt=0, le=1000)]


class Step(Card):
    """One step of a composition; exactly one of its keys is given (`at` belongs to `take`, `by` to the others)."""

    take: list[Name] | None = Field(None, description="datasets, merged in this order")
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


def dataset(name: str | Path) -> DatasetCard:
    """The card of a dataset, by name or path."""
    return read_card(DatasetCard, "dataset", name)


def level_card(name: str | Path) -> LevelCard:
    """The card of a level of theory, by name or path."""
    return read_card(LevelCard, "level", name)


def composition(name: str | Path) -> SetCard:
    """The card of a composed dataset, by name or path."""
    return read_card(SetCard, "set", name)


def is_composition(name: str | Path) -> bool:
    """Whether a name, or the card at a path, is that of a composed dataset."""
    if str(name) in cards("set"):
        return True
    path = Path(name)
    return path.suffix in (".yaml", ".yml") and path.is_file() and "steps" in (read_yaml(path) or {})


def schema_card(name: str | Path) -> SchemaCard:
    """The card of a table of schemas/, by name or path."""
    return read_card(SchemaCard, "schema", name)


def result_card(name: str | Path) -> SchemaCard:
    """The card of a table of schemas/results/, by name or path."""
    return read_card(SchemaCard, "result", name)
