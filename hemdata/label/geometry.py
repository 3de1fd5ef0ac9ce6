"""A first geometry from a SMILES, and whether a geometry is still the molecule asked for."""

from typing import Any

import numpy as np
import numpy.typing as npt

from hemdata.errors import DataError
from hemdata.identity.molecule import quiet

FORMED, BROKEN = 1.15, 1.3  # times the sum of covalent radii


def embed(smiles: str, seed: int = 0, conformers: int = 1) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float64]]:
    """A 3D geometry of a SMILES by RDKit's ETKDGv3, cleaned up by MMFF94 (UFF where MMFF has no parameters).

    Args:
        seed: decides the embedding.
        conformers: how many are tried; the lowest by force field is kept.

    Returns:
        Atomic numbers (N,), hydrogens after the heavy atoms, and positions (N, 3) angstrom.

    Raises:
        DataError: if it does not parse, is more than one fragment, or does not embed.
    """
    from rdkit import Chem
    from rdkit.Chem import AllChem, rdDistGeom

    quiet()
    parsed = Chem.MolFromSmiles(smiles)
    if parsed is None:
        raise DataError("The SMILES does not parse.", where=smiles, fix="Correct the SMILES.")
    if len(Chem.GetMolFrags(parsed)) > 1:
        raise DataError("The SMILES has more than one fragment.", where=smiles, expected="one molecule")
    molecule = Chem.AddHs(parsed)
    settings: Any = rdDistGeom.ETKDGv3()
    settings.randomSeed = seed + 1
    found = list(rdDistGeom.EmbedMultipleConfs(molecule, conformers, settings))
    if not found:
        settings.useRandomCoords = True
        settings.maxIterations = 50
        found = list(rdDistGeom.EmbedMultipleConfs(molecule, conformers, settings))
    if not found:
        raise DataError("The SMILES does not embed.", where=smiles, fix="Give a geometry instead (an XYZ file).")
    best = min(found, key=_energies(molecule, AllChem).__getitem__) if molecule.GetNumAtoms() > 1 else found[0]
    z = np.array([atom.GetAtomicNum() for atom in molecule.GetAtoms()], dtype=np.uint8)
    return z, np.asarray(molecule.GetConformer(best).GetPositions(), dtype=np.float64)


def _energies(molecule: Any, force_fields: Any) -> dict[int, float]:
    """Relax every conformer by force field; its energy by conformer id."""
    if force_fields.MMFFHasAllMoleculeParams(molecule):
        relaxed = force_fields.MMFFOptimizeMoleculeConfs(molecule, maxIters=2000)
    elif force_fields.UFFHasAllMoleculeParams(molecule):
        relaxed = force_fields.UFFOptimizeMoleculeConfs(molecule, maxIters=2000)
    else:
        relaxed = [(0, 0.0)] * molecule.GetNumConformers()
    ids = [conformer.GetId() for conformer in molecule.GetConformers()]
    return {number: energy for number, (_, energy) in zip(ids, relaxed, strict=True)}


def same_graph(smiles: str, atomic_numbers: npt.NDArray[np.integer], positions: npt.NDArray[np.float64]) -> str | None:
    """None where a geometry still is its SMILES' molecule, else a sentence that names the bonds.

    A bond of the SMILES is broken above 1.3 times the covalent radii; one it has not is formed below 1.15 times, a
    limit that the close contacts of cages do not reach.

    Args:
        atomic_numbers: (N,), in the order of RDKit's AddHs.
        positions: (N, 3) angstrom.
    """
    from ase.data import covalent_radii
    from rdkit import Chem

    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    z = np.asarray(atomic_numbers, dtype=np.int64)
    asked = np.zeros((len(z), len(z)), dtype=bool)
    for bond in molecule.GetBonds():
        i, j = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        asked[i, j] = asked[j, i] = True
    distance = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    ratio = distance / (covalent_radii[z][:, None] + covalent_radii[z][None])
    upper = np.triu(np.ones_like(asked), 1)
    changes = [
        f"{word} {_named(z, i)}-{_named(z, j)} ({distance[i, j]:.2f} angstrom)"
        for word, where in (("broken", asked & (ratio > BROKEN)), ("formed", ~asked & (ratio < FORMED)))
        for i, j in zip(*np.nonzero(where & upper), strict=True)
    ]
    return ", ".join(changes) or None


def _named(z: npt.NDArray[np.int64], index: int) -> str:
    from hemdata.levels import SYMBOLS

    return f"{SYMBOLS[z[index]]}{index + 1}"
