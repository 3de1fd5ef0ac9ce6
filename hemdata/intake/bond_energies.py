"""What a molecule's atomization energy must be, roughly: a sum over its bonds, the same at any sound level of theory.

The terms were fitted on QM9's molecules (every sixth), the four test groups and `duals-groups` at B3LYP, each level's
offset from experiment taken off. On sets that the fit had not seen the median error of an atom is 0.5 kcal/mol, and of
a whole set's median below 0.5: zero-point energy (5 an atom), units, signs and other levels' atoms (0.5 to 20000) stand
out. Bonds of elements below fluorine are mean bond energies of textbooks.
"""

from functools import cache

from hemdata.identity.bond_types import bond_types, small_rings
from hemdata.identity.molecule import parsed
from hemdata.levels import ATOMIC_NUMBERS

TERMS_KCAL_MOL = {
    "C#C": 201.0, "C#N": 213.2, "C-C": 83.0, "C-F": 116.4, "C-H": 105.4, "C-N": 76.0, "C-O": 89.3, "C:C": 121.3,
    "C:N": 102.3, "C:O": 103.4, "C=C": 145.5, "C=N": 138.2, "C=O": 183.2, "F-N": 59.8, "F-O": 46.1, "H-N": 101.7,
    "H-O": 113.5, "N#N": 202.2, "N-N": 56.4, "N-O": 65.2, "N:N": 83.3, "N:O": 79.8, "N=N": 116.2, "N=O": 147.6,
    "O-O": 51.8, "ring of 3": -30.3, "ring of 4": -25.4,
    "H-H": 109.0, "F-H": 141.0, "F-F": 38.0,
    "C-S": 73.0, "C=S": 129.0, "C:S": 95.0, "H-S": 88.0, "S-S": 64.0, "O=S": 125.0, "O-S": 90.0, "N-S": 75.0,
    "C-Cl": 84.0, "Cl-H": 106.0, "Cl-Cl": 58.0, "C-Br": 70.0, "Br-H": 90.0, "C-P": 70.0, "H-P": 79.0, "O-P": 95.0,
    "O=P": 130.0, "B-C": 90.0, "B-H": 92.0, "B-O": 128.0, "C-Si": 79.0, "H-Si": 79.0, "O-Si": 112.0, "F-S": 82.0,
    "F-P": 120.0, "Cl-P": 80.0, "F-Si": 143.0, "Cl-Si": 97.0, "B-F": 155.0, "B-N": 105.0,
}  # fmt: skip
ANY_BOND_KCAL_MOL = 85.0  # of a single bond that has no term
_TIMES = {"-": 1.0, "=": 1.7, "#": 2.3, ":": 1.3, "~": 1.0}
ZERO_POINT_KCAL_MOL = {"H": 7.2, "C": 3.2, "N": 3.2, "O": 2.6, "F": 2.1, "S": 1.5, "Cl": 1.5, "P": 1.5, "Br": 1.0}
"""Zero-point energy by atom, fitted on QM9 to 1.1 kcal/mol a molecule; of the heavier ones estimates."""
SURE = frozenset(ATOMIC_NUMBERS[symbol] for symbol in ("H", "C", "N", "O", "F"))
"""The elements whose terms were fitted."""


@cache
def atomization_estimate(smiles: str) -> float | None:
    """The atomization energy (kcal/mol, without zero-point energy) of a SMILES' bonds; None where it does not parse."""
    molecule = parsed(smiles)
    if molecule is None:
        return None
    terms = bond_types(molecule) + small_rings(molecule)
    return sum(count * _term(name) for name, count in terms.items())


def _term(name: str) -> float:
    if name in TERMS_KCAL_MOL:
        return TERMS_KCAL_MOL[name]
    sign = next(sign for sign in _TIMES if sign in name)
    return ANY_BOND_KCAL_MOL * _TIMES[sign]
