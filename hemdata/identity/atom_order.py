"""Which atom of a SMILES each atom of a geometry is, or, of a hydrogen, hangs on."""

from typing import Any

import numpy as np
import numpy.typing as npt

from hemdata.identity.bonds import in_smiles_order, perceived
from hemdata.identity.geometry import _order, _skeleton


def drawn_atoms(
    smiles: str, atomic_numbers: npt.NDArray[np.integer], positions: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64] | None:
    """For each atom of a geometry the atom of RDKit's drawing of the SMILES that shows it, (N,).

    A hydrogen that is not drawn belongs to its neighbour. Atoms that the graph alone does not tell apart may change
    places.

    Args:
        smiles: of the molecule.
        atomic_numbers: (N,), in any order.
        positions: (N, 3) angstrom.

    Returns:
        None where the geometry shows other bonds than the SMILES.
    """
    from rdkit import Chem, rdBase

    with rdBase.BlockLogs():
        drawn = Chem.MolFromSmiles(smiles)
    if drawn is None:
        return None
    whole = Chem.AddHs(drawn)
    z = np.asarray(atomic_numbers, dtype=np.int64)
    if sorted(atom.GetAtomicNum() for atom in whole.GetAtoms()) != sorted(z.tolist()):
        return None
    place = np.arange(len(z))
    if not in_smiles_order(smiles, z, positions):
        order = _order(whole, _skeleton(z, perceived(z, positions, whole.GetNumBonds())))
        if order is None:
            return None
        place[order] = np.arange(len(z))
    owner = np.array([_owner(atom, drawn.GetNumAtoms()) for atom in whole.GetAtoms()])
    return np.asarray(owner[place])


def _owner(atom: Any, drawn: int) -> int:
    return int(atom.GetIdx() if atom.GetIdx() < drawn else atom.GetNeighbors()[0].GetIdx())
