"""A first geometry from a SMILES, and whether a geometry is still the molecule asked for."""

from typing import Any

import numpy as np
import numpy.typing as npt

from hemdata.errors import DataError
from hemdata.identity.molecule import quiet


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
