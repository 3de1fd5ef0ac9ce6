"""The isotopes that a SMILES names, atom by atom."""

import re

import numpy as np
import numpy.typing as npt

from hemdata.errors import DataError
from hemdata.identity.bonds import in_smiles_order
from hemdata.identity.molecule import identify

_NAMED = re.compile(r"\[\d")


def isotopologue(smiles: str | None) -> str | None:
    """The canonical SMILES, where it names other isotopes than the commonest; else None."""
    identity = identify(smiles) if smiles is not None and _NAMED.search(smiles) else None
    if identity is None:
        return None
    return identity.canonical_smiles if any(_mass_numbers(identity.canonical_smiles)) else None


def isotopes_at(
    smiles: str, atomic_numbers: npt.NDArray[np.integer], positions: npt.NDArray[np.float64]
) -> tuple[int, ...]:
    """The mass numbers of a geometry's atoms by an isotopologue's SMILES; 0 for the commonest isotope.

    Args:
        smiles: canonical.
        atomic_numbers: (N,), in the order of RDKit's AddHs.
        positions: (N, 3) angstrom.

    Raises:
        DataError: if the atoms stand in another order, so that the geometry does not tell which are the isotopes.
    """
    if not in_smiles_order(smiles, atomic_numbers, positions):
        raise DataError(
            "The geometry does not tell which of its atoms are the isotopes.",
            where=smiles,
            fix="Have the geometry made from the SMILES.",
        )
    return _mass_numbers(smiles)


def _mass_numbers(smiles: str) -> tuple[int, ...]:
    from rdkit import Chem

    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    commonest = Chem.GetPeriodicTable().GetMostCommonIsotope
    named = ((atom.GetIsotope(), atom.GetAtomicNum()) for atom in molecule.GetAtoms())
    return tuple(0 if mass == commonest(z) else mass for mass, z in named)
