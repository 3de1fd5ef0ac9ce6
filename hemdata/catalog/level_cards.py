"""The card model of levels of theory."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from hemdata.catalog.dataset_cards import Element, Name
from hemdata.catalog.reading import Card, read_card


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


def level_card(name: str | Path) -> LevelCard:
    """The card of a level of theory, by name or path."""
    return read_card(LevelCard, "level", name)
