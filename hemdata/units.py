"""Units and constants of nature (CODATA 2018), each once.

Energies are hartree inside and kcal/mol for people; lengths are angstrom outside the engines and bohr within.

Example:
    >>> hd.units.HARTREE_KCAL_MOL
    627.5094740631
"""

HARTREE_KCAL_MOL = 627.5094740631
HARTREE_EV = 27.211386245988
HARTREE_CM1 = 219474.63136320
HARTREE_JOULE = 4.3597447222071e-18
BOHR_ANGSTROM = 0.529177210903
JOULE_KCAL = 1 / 4184.0
"""J/mol in kcal/mol: the thermochemical calorie, exact."""
IN_HARTREE = {
    "hartree": 1.0, "eV": 1 / HARTREE_EV, "kcal/mol": 1 / HARTREE_KCAL_MOL,
    "kJ/mol": 1000 * JOULE_KCAL / HARTREE_KCAL_MOL, "rydberg": 0.5,
}  # fmt: skip
"""One of each unit of energy in hartree."""
OF_ENERGY = {**IN_HARTREE, "meV": 0.001 / HARTREE_EV, "1/cm": 1 / HARTREE_CM1}
"""As `IN_HARTREE`, with those that no table of total energies is in, but a user's file may be."""
OF_LENGTH = {"angstrom": 1.0, "bohr": BOHR_ANGSTROM, "nm": 10.0, "pm": 0.01}
"""One of each unit of length in angstrom."""
_SPELLED = {
    "ha": "hartree", "eh": "hartree", "au": "hartree", "a.u.": "hartree", "ev": "eV", "mev": "meV", "ry": "rydberg",
    "kcal": "kcal/mol", "kcalpermol": "kcal/mol", "kj": "kJ/mol", "cm-1": "1/cm", "cm^-1": "1/cm", "ang": "angstrom",
    "a": "angstrom", "å": "angstrom", "angstroms": "angstrom", "bohrs": "bohr", "a0": "bohr", "hartrees": "hartree",
}  # fmt: skip


def spelled(unit: str) -> str:
    """A unit as this package spells it: `Ha` is hartree, `cm-1` is 1/cm, `eV/Ang` is eV/angstrom."""
    if "/" in unit and unit.lower() not in ("kcal/mol", "kj/mol", "1/cm"):
        energy, _, length = unit.rpartition("/")
        return f"{spelled(energy)}/{spelled(length)}"
    known = {**{name.lower(): name for name in (*OF_ENERGY, *OF_LENGTH)}, **_SPELLED}
    return known.get(unit.strip().lower(), unit.strip())


def of_force(unit: str) -> float | None:
    """One of a unit of force, as `eV/angstrom`, in hartree/bohr; None where it is none."""
    energy, _, length = spelled(unit).rpartition("/")
    if energy not in OF_ENERGY or length not in OF_LENGTH:
        return None
    return OF_ENERGY[energy] / OF_LENGTH[length] * BOHR_ANGSTROM


KELVIN_HARTREE = 1.380649e-23 / HARTREE_JOULE
"""The Boltzmann constant in hartree a kelvin."""
ELECTRON_MASS_KG = 9.1093837015e-31
DALTON_KG = 1.66053906660e-27
DALTON_ELECTRON_MASSES = DALTON_KG / ELECTRON_MASS_KG
