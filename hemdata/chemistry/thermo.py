"""Thermal terms and the enthalpy of formation of a gas: rigid rotor, harmonic oscillator, through atomization."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hemdata.chemistry.atct import atom_enthalpies
from hemdata.chemistry.frequencies import Frequencies
from hemdata.errors import DataError
from hemdata.levels import SYMBOLS
from hemdata.units import HARTREE_CM1, HARTREE_KCAL_MOL, KELVIN_HARTREE

ROOM_KELVIN = 298.15
SOFT_CM1 = 100.0  # of a rotor left on top of its barrier; its zero-point energy is at most 0.14 kcal/mol
TERMS = {
    "C": ((1, 0.0), (3, 16.417), (5, 43.413)),
    "O": ((5, 0.0), (3, 158.265), (1, 226.977)),
    "F": ((4, 0.0), (2, 404.141)),
}
"""Degeneracy and 1/cm of the levels of an atom's ground term (NIST Atomic Spectra Database); H and N have one."""


@dataclass(frozen=True)
class Formation:
    """Enthalpies of formation of the gas, kcal/mol, at 0 and at 298.15 K."""

    at_0_kcal_mol: float
    at_298_kcal_mol: float


def minimum(found: Frequencies) -> Frequencies | None:
    """The frequencies of a minimum, where a soft imaginary one counts as a real one; None of any other geometry."""
    if found.wavenumbers.size and found.wavenumbers.min() < -SOFT_CM1:
        return None
    return Frequencies(np.sort(np.abs(found.wavenumbers)), found.linear)


def thermal_enthalpy(found: Frequencies, kelvin: float = ROOM_KELVIN) -> float:
    """H(T) - H(0) of the ideal gas, hartree: translation and RT, rotation, and vibration without zero-point energy.

    Imaginary frequencies are left out; so are electronic terms.
    """
    kt = KELVIN_HARTREE * kelvin
    quanta = found.wavenumbers[found.wavenumbers > 0] / HARTREE_CM1
    vibration = float(np.sum(quanta / np.expm1(quanta / kt)))
    rotation = 0.0 if not found.wavenumbers.size else 1.0 if found.linear else 1.5  # an atom does not turn
    return (2.5 + rotation) * kt + vibration


def atom_enthalpy(symbol: str, kelvin: float = ROOM_KELVIN) -> float:
    """H(T) - H(0) of a free atom, hartree: translation, RT, and the levels of its ground term.

    These levels are 0.13 kcal/mol of an oxygen atom at room temperature, and 0.08 of carbon and fluorine.
    """
    kt = KELVIN_HARTREE * kelvin
    levels = np.array(TERMS.get(symbol, ((1, 0.0),)))
    energies = levels[:, 1] / HARTREE_CM1
    weights = levels[:, 0] * np.exp(-energies / kt)
    return float(2.5 * kt + weights @ energies / weights.sum())


def formation(
    atomization_kcal_mol: float,
    found: Frequencies,
    atomic_numbers: Sequence[int] | npt.NDArray[np.integer],
) -> Formation:
    """The enthalpy of formation that an atomization energy gives with the atoms' experimental enthalpies (ATcT).

    At 0 K: sum of the atoms' less D0, where D0 = De - ZPE. At 298.15 K the atomization's enthalpy takes H(T) - H(0) of
    each atom and loses the molecule's.

    Args:
        atomization_kcal_mol: De, the electronic one, positive when bound.
        found: frequencies, of all N atoms.
        atomic_numbers: (N,).

    Raises:
        DataError: if an element's atom has no enthalpy there.
    """
    counts = Counter(SYMBOLS[int(z)] for z in atomic_numbers)
    atoms_at_0, atoms_at_298 = atom_enthalpies(0), atom_enthalpies(298)
    missing = sorted(set(counts) - set(atoms_at_0))
    if missing:
        raise DataError(
            "There is no experimental enthalpy of an atom.", expected=", ".join(atoms_at_0), got=", ".join(missing)
        )
    d0 = atomization_kcal_mol - found.zero_point_hartree * HARTREE_KCAL_MOL
    of_atoms = sum(n_of * atom_enthalpy(symbol) for symbol, n_of in counts.items())
    thermal = (of_atoms - thermal_enthalpy(found)) * HARTREE_KCAL_MOL
    return Formation(
        sum(n_of * atoms_at_0[symbol] for symbol, n_of in counts.items()) - d0,
        sum(n_of * atoms_at_298[symbol] for symbol, n_of in counts.items()) - d0 - thermal,
    )
