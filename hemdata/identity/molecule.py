"""The identity of a molecule given as SMILES, by RDKit."""

from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any

import numpy as np

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
        bonds: pairs of indices into `atomic_numbers`, without their orders.
    """

    canonical_smiles: str
    inchikey: str
    atomic_numbers: tuple[int, ...]
    charge: int
    radical_electrons: int
    fragments: int
    bonds: tuple[tuple[int, int], ...]


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
    carriers: list[int] = []  # of each hydrogen
    radical_electrons = 0
    for atom in molecule.GetAtoms():  # one pass: walking RDKit's atoms from Python costs as much as the InChI
        carriers += [len(heavy)] * atom.GetTotalNumHs()
        heavy.append(atom.GetAtomicNum())
        radical_electrons += atom.GetNumRadicalElectrons()
    drawn = np.nonzero(np.triu(Chem.GetAdjacencyMatrix(molecule)))
    return Identity(
        canonical_smiles=Chem.MolToSmiles(molecule),
        inchikey=rdinchi.MolToInchiKey(molecule),
        atomic_numbers=(*heavy, *([1] * len(carriers))),
        charge=Chem.GetFormalCharge(molecule),
        radical_electrons=radical_electrons,
        fragments=len(Chem.GetMolFrags(molecule)),
        bonds=(*zip(*(ends.tolist() for ends in drawn), strict=True), *zip(carriers, count(len(heavy)))),
    )
