"""What the user says of the files, and refusals of what no file could make right."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hemdata.catalog import cards, dataset
from hemdata.errors import CallError
from hemdata.intake.proof import KINDS
from hemdata.units import OF_ENERGY, OF_LENGTH, of_force, spelled


@dataclass(frozen=True)
class Asked:
    """What the user says of the files; what is None or missing is found out.

    Attributes:
        paths: files or folders of one form.
        name: of the set.
        form: of the files.
        keys: role: key (`energy`, `smiles`, `charge` ...).
        unit, kind, level: of the energies.
        length: unit of the coordinates.
        forces_unit: as `eV/angstrom`; `gradient` where they have the other sign.
        geometry_level: level of the geometries.
        charge, multiplicity: of every molecule.
        zero_point: key and unit of the zero-point energies that are in the energies.
        properties: keys to be kept, each with its unit or None; `all` for all.
        missing: the number that stands for a missing energy.
        bonds: whether bonds are found from the geometry where there is no SMILES.
    """

    paths: tuple[Path, ...]
    name: str
    form: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    unit: str | None = None
    kind: str | None = None
    level: str | None = None
    length: str | None = None
    forces_unit: str | None = None
    gradient: bool = False
    geometry_level: str | None = None
    charge: int | None = None
    multiplicity: int | None = None
    zero_point: tuple[str, str] | None = None
    properties: Mapping[str, str | None] = field(default_factory=dict)
    missing: float | None = None
    bonds: bool = True


def refuse_wrong_call(asked: Asked) -> None:
    """Refuse a name that is taken, and units and kinds that are none.

    Raises:
        CallError: for each of these.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", asked.name):
        raise CallError("A set's name is small letters, digits, '.', '_' and '-'.", got=asked.name, fix="Rename it.")
    taken = asked.name in cards("set") or (asked.name in cards("dataset") and not dataset(asked.name).imported)
    if taken:
        raise CallError("A dataset of this name is there already.", got=asked.name, fix="Give another --name.")
    for what, unit, known in (("unit", asked.unit, OF_ENERGY), ("length", asked.length, OF_LENGTH)):
        if unit is not None and spelled(unit) not in known:
            raise CallError(f"--{what} is no unit that is known.", expected=", ".join(known), got=unit)
    if asked.forces_unit is not None and of_force(asked.forces_unit) is None:
        raise CallError("--forces-unit is no unit of force.", expected="as eV/angstrom", got=asked.forces_unit)
    if asked.kind is not None and asked.kind not in KINDS:
        raise CallError(
            "A set holds total electronic energies; no other comes out of this kind.",
            expected=", ".join(KINDS),
            got=f"--kind {asked.kind}",
            fix="Enthalpies of formation, interaction and relative energies can be kept: --property KEY=UNIT.",
        )
    if asked.kind == "total with zero-point energy" and asked.zero_point is None:
        raise CallError(
            "Zero-point energy can be taken off only where the file has it.",
            expected="--zero-point KEY=UNIT",
            fix="Give the key of the zero-point energies, or keep the energies as a property.",
        )
