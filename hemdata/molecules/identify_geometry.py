"""The identity of molecules that are given as geometries, so that test molecules among them are known."""

from dataclasses import replace

import numpy as np

from hemdata.identity import identify
from hemdata.identity.from_geometry import smiles_of
from hemdata.molecules.molecule import Molecule


def identified(molecule: Molecule) -> Molecule:
    """A molecule with the InChIKey of the bonds that its geometry shows, where it has no SMILES and they are plain.

    The SMILES stays unsaid: the geometry is what a calculation starts from.
    """
    if molecule.inchikey is not None or not molecule.positions:
        return molecule
    z, x = np.array(molecule.atomic_numbers), np.array(molecule.positions).reshape(-1, 3)
    smiles = smiles_of(z, x, molecule.charge)
    identity = identify(smiles, bonds=False) if smiles else None
    return replace(molecule, inchikey=(identity.inchikey or None) if identity else None)
