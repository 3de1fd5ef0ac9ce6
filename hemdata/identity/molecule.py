"""The identity of a molecule given as SMILES, by RDKit."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

FLAT_GRAPH_LETTERS = 14


@dataclass(frozen=True)
class Identity:
    """What a SMILES says of its molecule.

    Attributes:
        canonical_smiles: RDKit's canonical isomeric SMILES.
        inchikey: standard InChIKey; empty where InChI cannot make one.
        atomic_numbers: heavy atoms in the order of the SMILES, then hydrogens.
        charge: total formal charge.
        radical_electrons: unpaired electrons as drawn.
        fragments: number of disconnected parts.
        adjacency: of the atoms that the SMILES writes, a square of int32, packed.
        carriers: of each further hydrogen, the atom that it is bound to.
    """

    canonical_smiles: str
    inchikey: str
    atomic_numbers: tuple[int, ...]
    charge: int
    radical_electrons: int
    fragments: int
    adjacency: bytes
    carriers: tuple[int, ...]

    @property
    def connectivity(self) -> npt.NDArray[np.bool_]:
        """Which of `atomic_numbers` are bound to which, (N, N); made only where it is asked for."""
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
    """Silence RDKit's own log for this process."""
    from rdkit import rdBase

    rdBase.DisableLog("rdApp.*")  # reasons are reported by us, row by row


def parsed(smiles: str) -> Any | None:
    """RDKit's molecule of a SMILES, explicit hydrogens merged into their atoms; None as for `identify`."""
    from rdkit import Chem

    quiet()
    if len(smiles.split()) != 1:  # RDKit would read up to the first blank and drop the rest in silence
        return None
    molecule = Chem.MolFromSmiles(smiles)
    if molecule is None or any(atom.GetAtomicNum() == 0 for atom in molecule.GetAtoms()):
        return None
    return molecule


def identify(smiles: str) -> Identity | None:
    """The identity of a SMILES; None where RDKit cannot parse or sanitise it, or a wildcard leaves an atom open."""
    from rdkit import Chem
    from rdkit.Chem import rdinchi

    molecule = parsed(smiles)
    if molecule is None:
        return None
    heavy: list[int] = []
    carriers: list[int] = []
    radical_electrons = 0
    for atom in molecule.GetAtoms():  # one pass: walking RDKit's atoms from Python costs as much as the InChI
        carriers += [len(heavy)] * atom.GetTotalNumHs()
        heavy.append(atom.GetAtomicNum())
        radical_electrons += atom.GetNumRadicalElectrons()
    return Identity(
        canonical_smiles=Chem.MolToSmiles(molecule),
        inchikey=rdinchi.MolToInchiKey(molecule),
        atomic_numbers=(*heavy, *([1] * len(carriers))),
        charge=Chem.GetFormalCharge(molecule),
        radical_electrons=radical_electrons,
        fragments=len(Chem.GetMolFrags(molecule)),
        adjacency=Chem.GetAdjacencyMatrix(molecule).tobytes(),
        carriers=tuple(carriers),
    )
