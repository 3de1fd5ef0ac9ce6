"""The identity of a molecule given as SMILES, by RDKit."""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

FLAT_GRAPH_LETTERS = 14
_ATOMIC_NUMBERS = bytes.maketrans(
    b"BCNOFPSLRIbcnops*", bytes([5, 6, 7, 8, 9, 15, 16, 17, 35, 53, 5, 6, 7, 8, 15, 16, 0])
)
_NO_ATOM = b"0123456789()=#-+/\\.:%$~"


class Identity(NamedTuple):
    """What a SMILES says of its molecule.

    Attributes:
        canonical_smiles: RDKit's canonical isomeric SMILES.
        inchikey: standard InChIKey; empty where InChI cannot make one.
        atomic_numbers: heavy atoms in the order of the SMILES, then hydrogens.
        charge: total formal charge.
        radical_electrons: unpaired electrons as drawn.
        fragments: number of disconnected parts.
        adjacency: of the atoms that the SMILES writes, a square of int32, packed; None where bonds were not asked for.
        carriers: of each further hydrogen, the atom that it is bound to.
    """

    canonical_smiles: str
    inchikey: str
    atomic_numbers: tuple[int, ...]
    charge: int
    radical_electrons: int
    fragments: int
    adjacency: bytes | None
    carriers: tuple[int, ...]

    @property
    def connectivity(self) -> npt.NDArray[np.bool_]:
        """Which of `atomic_numbers` are bound to which, (N, N); made only where it is asked for.

        Raises:
            ValueError: if the SMILES was identified without its bonds.
        """
        if self.adjacency is None:
            raise ValueError("identified without bonds")
        atoms, written = len(self.atomic_numbers), len(self.atomic_numbers) - len(self.carriers)
        bound = np.zeros((atoms, atoms), dtype=bool)
        bound[:written, :written] = np.frombuffer(self.adjacency, dtype=np.int32).reshape(written, written)
        hydrogens, carriers = np.arange(written, atoms), np.array(self.carriers, dtype=np.int64)
        bound[hydrogens, carriers] = bound[carriers, hydrogens] = True
        return bound


def flat_graph(inchikey: str) -> str:
    """The part of an InChIKey that knows the skeleton alone: no stereo, no isotopes, no mobile hydrogens."""
    return inchikey[:FLAT_GRAPH_LETTERS]


@cache
def quiet() -> None:
    """Silence RDKit's own log for this process, and set its switches as RDKit has them where nobody touches them."""
    from rdkit import Chem, rdBase

    rdBase.DisableLog("rdApp.*")  # reasons are reported by us, row by row
    Chem.SetUseLegacyStereoPerception(True)
    Chem.SetAllowNontetrahedralChirality(True)
    if hasattr(Chem, "SetUseLegacyRingFinding"):
        Chem.SetUseLegacyRingFinding(False)


def parsed(smiles: str) -> Any | None:
    """RDKit's molecule of a SMILES, explicit hydrogens merged into their atoms; None as for `identify`."""
    molecule = _read(smiles)
    if molecule is None or not ("*" in smiles or "[" in smiles):  # no other SMILES draws a wildcard
        return molecule
    return None if any(atom.GetAtomicNum() == 0 for atom in molecule.GetAtoms()) else molecule


def identify(smiles: str, bonds: bool = True, inchi: bool = True) -> Identity | None:
    """The identity of a SMILES; None where RDKit cannot parse or sanitise it, or a wildcard leaves an atom open.

    Args:
        smiles: the molecule.
        bonds: whether its `connectivity` will be asked for; a set of millions without geometries does without.
        inchi: whether its InChIKey will be, which takes two thirds of the time; else it is empty.
    """
    molecule = _read(smiles)
    return None if molecule is None else identity_of(molecule, smiles, bonds, inchi)


def identity_of(
    molecule: Any, smiles: str, bonds: bool = True, inchi: bool = True, canonical: bool = True
) -> Identity | None:
    """As `identify`, of the molecule that RDKit has read from the SMILES.

    Args:
        canonical: whether its canonical SMILES will be asked for, which takes half of the rest; else it is empty.
    """
    chem, rdinchi = _rdkit()
    plain = "[" not in smiles  # then it has no charge, no unpaired electron, and says its elements by letters
    letters = _without_brackets(smiles) if plain and not bonds else b""
    if len(letters) == molecule.GetNumAtoms():
        atoms, heavy = [], list(letters)
    else:  # by index: RDKit's `GetAtoms` takes twice as long, and walking atoms costs most beyond RDKit itself
        atoms = [molecule.GetAtomWithIdx(place) for place in range(molecule.GetNumAtoms())]
        heavy = [atom.GetAtomicNum() for atom in atoms]
    if 0 in heavy:
        return None
    carriers = [place for place, atom in enumerate(atoms) for _ in range(atom.GetTotalNumHs())] if bonds else []
    hydrogens = molecule.GetNumAtoms(onlyExplicit=False) - len(heavy)
    canonical_smiles = chem.MolToSmiles(molecule) if canonical else ""
    fragments = canonical_smiles.count(".") + 1 if canonical or "." not in smiles else len(chem.GetMolFrags(molecule))
    return Identity(
        canonical_smiles=canonical_smiles,
        inchikey=rdinchi.MolToInchiKey(molecule) if inchi else "",
        atomic_numbers=(*heavy, *([1] * hydrogens)),
        charge=0 if plain else chem.GetFormalCharge(molecule),
        radical_electrons=0 if plain else sum(atom.GetNumRadicalElectrons() for atom in atoms),
        fragments=fragments,
        adjacency=chem.GetAdjacencyMatrix(molecule).tobytes() if bonds else None,
        carriers=tuple(carriers),
    )


def _without_brackets(smiles: str) -> bytes:
    """The atomic numbers of a SMILES that has no brackets, letter by letter."""
    letters = smiles.replace("Cl", "L").replace("Br", "R")  # L and R stand for nothing else
    return letters.encode().translate(_ATOMIC_NUMBERS, _NO_ATOM)


def _read(smiles: str) -> Any | None:
    quiet()
    if len(smiles.split()) != 1:  # RDKit would read up to the first blank and drop the rest in silence
        return None
    return _rdkit()[0].MolFromSmiles(smiles)


@cache
def _rdkit() -> tuple[Any, Any]:
    """RDKit's two modules, looked up once: an import statement in a function costs at every call."""
    from rdkit import Chem
    from rdkit.Chem import rdinchi

    return Chem, rdinchi
