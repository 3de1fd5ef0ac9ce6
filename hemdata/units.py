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
KELVIN_HARTREE = 1.380649e-23 / HARTREE_JOULE
"""The Boltzmann constant in hartree a kelvin."""
ELECTRON_MASS_KG = 9.1093837015e-31
DALTON_KG = 1.66053906660e-27
DALTON_ELECTRON_MASSES = DALTON_KG / ELECTRON_MASS_KG
