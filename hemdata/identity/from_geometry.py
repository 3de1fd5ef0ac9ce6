"""The SMILES that a geometry shows, by RDKit's DetermineBonds."""

from typing import Any

import numpy.typing as npt

from hemdata.identity.molecule import quiet

LARGEST = 100  # atoms; the search for bond orders grows fast
TRIES = 1_000  # of bond orders


def smiles_of(atomic_numbers: npt.NDArray[Any], positions: npt.NDArray[Any], charge: int = 0) -> str | None:
    """The SMILES, stereo in it, of the bonds found in a geometry; None where RDKit finds no bonds that fit.

    Args:
        atomic_numbers: (N,).
        positions: (N, 3) angstrom.
        charge: of the whole molecule.
    """
    from rdkit import Chem, Geometry
    from rdkit.Chem import rdDetermineBonds

    if not 0 < len(atomic_numbers) <= LARGEST:
        return None
    quiet()
    molecule = Chem.RWMol()
    conformer = Chem.Conformer(len(atomic_numbers))
    for at, (z, place) in enumerate(zip(atomic_numbers.tolist(), positions.tolist(), strict=True)):
        atom = Chem.Atom(int(z))
        atom.SetNoImplicit(True)
        molecule.AddAtom(atom)
        conformer.SetAtomPosition(at, Geometry.Point3D(*place))
    molecule.AddConformer(conformer)
    try:
        if len(atomic_numbers) > 1:
            rdDetermineBonds.DetermineBonds(molecule, charge=charge, maxIterations=TRIES)
        else:
            molecule.GetAtomWithIdx(0).SetFormalCharge(charge)
        Chem.SanitizeMol(molecule)
        Chem.AssignStereochemistryFrom3D(molecule)
        whole = Chem.RemoveHs(molecule)
    except (ValueError, RuntimeError):
        return None
    smiles: str = Chem.MolToSmiles(whole)
    return smiles if "." not in smiles else None
