"""Enthalpies of formation from predicted atomization energies, where the level has been held against experiment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hemdata.chemistry.frequencies import Frequencies, frequencies
from hemdata.chemistry.thermo import minimum
from hemdata.errors import DataError
from hemdata.levels import START_LEVEL, SYMBOLS, level
from hemdata.molecules import Molecule


@dataclass(frozen=True)
class Thermal:
    """A molecule's frequencies at GFN2-xTB, or why it has none."""

    found: Frequencies | None = None
    reason: str | None = None


def no_formation(level_name: str) -> str | None:
    """Why a level gives no enthalpies of formation; None where it does."""
    from hemdata.catalog import cards

    if level_name not in cards("level"):
        return f"'{level_name}' is no single level of theory"
    if level(level_name).card.against_experiment is None:
        return (
            f"the card of the level '{level_name}' does not say how far it is off the experiment (against_experiment, "
            f"by `hemdata levels experiment --level {level_name}`)"
        )
    return None


def formation_note(level_name: str) -> str:
    """What the enthalpies of formation of a level are worth, in words."""
    its = level(level_name).card.against_experiment
    assert its is not None
    return (
        f"Hf 298 K: enthalpy of formation of the gas, {level_name} mended per atom; against experiment the level "
        f"itself then errs by {its.absolute_kcal_mol:.1f} in the mean ({its.molecules} molecules)"
    )


def thermal(one: Molecule, atomic_numbers: Sequence[int], positions: Sequence[float], relaxed: bool = False) -> Thermal:
    """Frequencies at GFN2-xTB, of a geometry relaxed there, or after relaxing it there."""
    from hemdata.chemistry.relax import relax
    from hemdata.identity import isotopologue
    from hemdata.identity.bonds import perceived

    if one.charge:
        return Thermal(reason="an ion has no enthalpy of formation here")
    if isotopologue(one.smiles):
        return Thermal(reason="an isotopologue has no enthalpy of formation here")
    its = level(START_LEVEL)
    z, x = np.array(atomic_numbers, dtype=np.int64), np.array(positions, dtype=np.float64).reshape(-1, 3)
    try:
        if not relaxed:
            before, x = x, relax(z, x, one.charge, one.multiplicity, its.card.method).positions
            if not np.array_equal(perceived(z, before), perceived(z, x)):
                return Thermal(reason=f"relaxed at {its.name} for its frequencies it becomes another molecule")
        found = frequencies(z.astype(np.uint8), x, one.charge, one.multiplicity, its)
    except DataError as error:
        return Thermal(reason=f"no frequencies: {error.what}")
    lowest = minimum(found)
    return Thermal(lowest, None if lowest else f"its geometry is no minimum at {its.name}")


def formation_kcal_mol(
    atomization_kcal_mol: float, atomic_numbers: Sequence[int], level_name: str, heat: Thermal
) -> tuple[float | None, str | None]:
    """The enthalpy of formation at 298.15 K, kcal/mol; None and the reason where there is none.

    The level's correction per atom (`hemdata levels experiment`) is taken off the atomization energy first.
    """
    from hemdata.chemistry.atct import atom_enthalpies
    from hemdata.chemistry.thermo import formation

    its = level(level_name).card.against_experiment
    if its is None or heat.found is None:
        return None, heat.reason or no_formation(level_name)
    foreign = sorted({SYMBOLS[z] for z in atomic_numbers} - (set(its.per_atom_kcal_mol) & set(atom_enthalpies(298))))
    if foreign:
        return None, f"the experiment has no atom of {' or '.join(foreign)} here"
    mended = atomization_kcal_mol - sum(its.per_atom_kcal_mol[SYMBOLS[z]] for z in atomic_numbers)
    return formation(mended, heat.found, list(atomic_numbers)).at_298_kcal_mol, None
