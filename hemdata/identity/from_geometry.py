"""The SMILES that a geometry shows, by RDKit's DetermineBonds."""

from typing import Any

import numpy.typing as npt

from hemdata.identity.bonds import FORMED
from hemdata.identity.molecule import quiet

LARGEST = 100  # atoms; the search for bond orders grows fast
TRIES = 1_000  # of bond orders
WAYS: tuple[dict[str, Any], ...] = ({}, {"useVdw": True, "covFactor": FORMED})
"""How connections are found: RDKit's own way, which takes the near atoms of cages for bound; then by this limit."""


def smiles_of(atomic_numbers: npt.NDArray[Any], positions: npt.NDArray[Any], charge: int = 0) -> str | None:
    """The SMILES, stereo in it, of the bonds found in a geometry; None where RDKit finds no bonds that fit.

    Args:
        atomic_numbers: (N,).
        positions: (N, 3) angstrom.
        charge: of the whole molecule.
    """
    if not 0 < len(atomic_numbers) <= LARGEST:
        return None
    quiet()
    return next((smiles for way in WAYS if (smiles := _found(atomic_numbers, positions, charge, way))), None)


def _found(z: npt.NDArray[Any], positions: npt.NDArray[Any], charge: int, way: dict[str, Any]) -> str | None:
    from rdkit import Chem, Geometry
    from rdkit.Chem import rdDetermineBonds

    molecule = Chem.RWMol()
    conformer = Chem.Conformer(len(z))
    for at, (number, place) in enumerate(zip(z.tolist(), positions.tolist(), strict=True)):
        atom = Chem.Atom(int(number))
        atom.SetNoImplicit(True)
        molecule.AddAtom(atom)
        conformer.SetAtomPosition(at, Geometry.Point3D(*place))
    molecule.AddConformer(conformer)
    try:
        if len(z) > 1:
            rdDetermineBonds.DetermineBonds(molecule, charge=charge, maxIterations=TRIES, **way)
        else:
            molecule.GetAtomWithIdx(0).SetFormalCharge(charge)
        Chem.SanitizeMol(molecule)
        Chem.AssignStereochemistryFrom3D(molecule)
        smiles: str = Chem.MolToSmiles(Chem.RemoveHs(molecule))
    except (ValueError, RuntimeError):
        return None
    return smiles if "." not in smiles else None
