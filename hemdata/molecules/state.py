"""Charge and multiplicity as files and ASE's atoms say them, by whichever of the usual names."""

import re
from collections.abc import Mapping
from numbers import Real
from typing import TYPE_CHECKING

from hemdata.errors import DataError
from hemdata.molecules.molecule import Said

if TYPE_CHECKING:
    from ase import Atoms

CHARGE = ("charge", "total_charge", "net_charge", "molecular_charge", "chrg", "qtot", "q", "formal_charge")
MULTIPLICITY = ("multiplicity", "mult", "spin_multiplicity", "spinmult")
UNPAIRED = ("unpaired", "unpaired_electrons", "n_unpaired", "nunpaired", "uhf")
SPIN = ("spin", "total_spin")
NAMES = (*CHARGE, *MULTIPLICITY, *UNPAIRED, *SPIN)
_WHOLE = re.compile(r"[+-]?\d+(\.0*)?")
_BEHIND = re.compile(r"(\d+)([+-])")  # 2-


def stated(values: Mapping[str, str]) -> Said:
    """What named values say of charge and multiplicity.

    Args:
        values: by name, in small letters; an empty one says nothing.

    Raises:
        DataError: if a value is no whole number, or two of them contradict each other.
    """
    said = Said()
    for name, value in values.items():
        if name in NAMES and value.strip():
            number = _whole(name, value.strip())
            if name in CHARGE:
                said = said.over(Said(charge=number))
            elif name in SPIN:
                said = said.over(Said(spin=number))
            else:
                said = said.over(Said(multiplicity=number + (name in UNPAIRED)))
    return said


def said_of_atoms(atoms: "Atoms") -> Said:
    """What ASE's atoms say: `info` by the usual names (`charge`, `multiplicity`, `spin`), and their initial charges.

    Raises:
        DataError: as `stated`; and if `info` gives another charge than the sum of the initial ones, where those are not
            0 in all.
    """
    values = {
        str(name).lower(): f"{value:g}" if isinstance(value, Real) else str(value)
        for name, value in atoms.info.items()
        if value is not None and str(name).lower() in NAMES and name != "q"  # which may be anything there
    }
    initial = round(float(atoms.get_initial_charges().sum()))
    return stated(values).over(Said(charge=initial or None))


def _whole(name: str, value: str) -> int:
    if _WHOLE.fullmatch(value):
        return int(float(value))
    if behind := _BEHIND.fullmatch(value):
        return int(behind[2] + behind[1])
    raise DataError(
        f"The {name} is no whole number.", expected=f"{name}=1, as an example", got=f"{name}={value}", fix="Correct it."
    )
