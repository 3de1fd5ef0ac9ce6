"""What a linear model counts in a molecule: bonds of each type, small rings, and atoms' surroundings."""

from collections import Counter
from typing import Any, Literal

from hemdata.identity.environments import environments_at

Kind = Literal["bond", "distance", "environment", "ring", "element"]
_KINDS: dict[str, Kind] = {
    "environment": "environment", "ring": "ring", "distance": "distance", "element": "element",
}  # fmt: skip

SIGNS = {"SINGLE": "-", "DOUBLE": "=", "TRIPLE": "#", "AROMATIC": ":"}
SMALL_RINGS = (3, 4)


def bond_types(molecule: Any) -> Counter[str]:
    """Bonds of an RDKit molecule by element pair and order, hydrogens' bonds among them: C-H, C-N, C=O, C:N, N#N.

    Elements stand in alphabetical order; a bond in an aromatic ring is `:`.
    """
    found: Counter[str] = Counter()
    for bond in molecule.GetBonds():
        first, second = sorted((bond.GetBeginAtom().GetSymbol(), bond.GetEndAtom().GetSymbol()))
        order = "AROMATIC" if bond.GetIsAromatic() else bond.GetBondType().name
        found[f"{first}{SIGNS.get(order, '~')}{second}"] += 1
    for atom in molecule.GetAtoms():
        hydrogens = atom.GetTotalNumHs()
        if hydrogens:
            first, second = sorted((atom.GetSymbol(), "H"))
            found[f"{first}-{second}"] += hydrogens
    return found


def small_rings(molecule: Any) -> Counter[str]:
    """Rings of three and of four atoms (of the smallest set of rings): `ring of 3`, `ring of 4`."""
    sizes = [len(ring) for ring in molecule.GetRingInfo().AtomRings()]
    return Counter({f"ring of {size}": sizes.count(size) for size in SMALL_RINGS if size in sizes})


def elements(molecule: Any) -> Counter[str]:
    """Atoms of each element, hydrogens among them: `element C`."""
    found = Counter(f"element {atom.GetSymbol()}" for atom in molecule.GetAtoms())
    found["element H"] += sum(atom.GetTotalNumHs() for atom in molecule.GetAtoms())
    return +found


def terms_of(molecule: Any) -> Counter[str]:
    """All that is counted: bonds, small rings, and each heavy atom with its neighbours (`environment 1a2b3c4d`)."""
    around = Counter(f"environment {number:08x}" for number in environments_at(molecule, (1,))[0])
    return bond_types(molecule) + small_rings(molecule) + around


def kind_of(term: str) -> Kind:
    """Whether a term is a bond, a ring, an atom's surroundings, an element, or pairs of atoms at a distance."""
    return _KINDS.get(term.split()[0], "bond")
