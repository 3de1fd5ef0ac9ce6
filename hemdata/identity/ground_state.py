"""The multiplicity of a ground state where nobody has said one: of atoms, of small known molecules, else as drawn."""

from collections.abc import Sequence
from functools import cache

from hemdata.errors import DataError

KNOWN = {
    1: """BH AlH BF BCl BBr AlF AlCl C2 CO CS CSe SiO SiS GeO PN CF2 CCl2 CBr2 CHF CHCl CHBr SiH2 GeH2 SiF2 SiCl2 C3 O3
       SO2 CHN C2H2 CH2O CH+ SiH+ PH2+""",
    2: "CH SiH GeH CF CCl CBr SiF SiCl CN CP NH+",
    3: "O2 S2 Se2 SO SeO SSe B2 Si2 BN SiC NH NF NCl NBr PH PF PCl AsH CH2 C2O OH+ SH+ NH2+ NO- CH- SiH-",
}
"""Ground states that a drawing does not tell, or tells wrongly, by multiplicity; where all isomers share it.

Huber and Herzberg, Constants of Diatomic Molecules (NIST Chemistry WebBook); NIST CCCBDB for the polyatomic ones."""
_OF_GROUP = {1: 2, 2: 1, 13: 2, 14: 3, 15: 4, 16: 3, 17: 2, 18: 1}
_BLOCKS = ((1, 2), (3, 10), (11, 18), (19, 36))
LARGEST = 4
"""Atoms of the largest molecule known here."""


def atom_multiplicity(z: int) -> int:
    """The multiplicity of a main-group atom's ground state, by Hund's first rule.

    Raises:
        DataError: for a transition metal, or an element beyond krypton.
    """
    for first, last in _BLOCKS:
        if first <= z <= last:
            place, behind = z - first + 1, last - z
            group = place if place <= 2 and last > 2 else 18 - behind
            if last == 2:
                group = 1 if z == 1 else 18
            if group in _OF_GROUP:
                return _OF_GROUP[group]
    raise DataError("The atom's ground state is not known here.", got=f"atomic number {z}", expected="H to Kr, s and p")


def known_multiplicity(atomic_numbers: Sequence[int], charge: int = 0) -> int | None:
    """The multiplicity of an atom's or a small molecule's ground state; None where it is not known here."""
    electrons = sum(atomic_numbers) - charge
    if len(atomic_numbers) == 1 and electrons > 0:
        try:  # an ion of the main group is as the atom of as many electrons
            return atom_multiplicity(electrons) if atom_multiplicity(atomic_numbers[0]) else None
        except DataError:
            return None
    if not 1 < len(atomic_numbers) <= LARGEST or abs(charge) > 1:
        return None
    return _by_formula().get((tuple(sorted(atomic_numbers)), charge))


def ground_multiplicity(atomic_numbers: Sequence[int], charge: int, drawn: int | None = None) -> int:
    """The multiplicity of a molecule for which nobody has said one.

    Args:
        drawn: unpaired electrons of its SMILES, where it has one; else the lowest multiplicity is taken.

    Raises:
        DataError: if two or more are drawn, which may couple either way, and the ground state is not known here.
    """
    known = known_multiplicity(atomic_numbers, charge)
    if known is not None:
        return known
    if drawn is None:
        return 1 + (sum(atomic_numbers) - charge) % 2
    if drawn > 1:
        raise DataError(
            "The SMILES does not tell how its unpaired electrons couple: its multiplicity has to be said.",
            expected=f"the multiplicity: {' or '.join(map(str, range(drawn % 2 + 1, drawn + 2, 2)))}",
            got=f"{drawn} unpaired electrons",
            fix="Give --multiplicity, or a column `multiplicity` under a first line that names the columns.",
        )
    return 1 + drawn


@cache
def _by_formula() -> dict[tuple[tuple[int, ...], int], int]:
    from ase.formula import Formula
    from ase.symbols import symbols2numbers

    found = {}
    for multiplicity, names in KNOWN.items():
        for name in names.split():
            charge = name.count("+") - name.count("-")
            symbols = list(Formula(name.rstrip("+-")))
            found[tuple(sorted(symbols2numbers(symbols))), charge] = multiplicity
    return found
