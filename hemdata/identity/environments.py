"""Atom environments: what each heavy atom sees around it, by RDKit's Morgan invariants."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from hemdata.identity.molecule import quiet

RADIUS = 1


@cache
def _generator(radius: int) -> Any:
    from rdkit.Chem import rdFingerprintGenerator

    return rdFingerprintGenerator.GetMorganGenerator(radius=radius, includeRedundantEnvironments=True)


def atom_environments(smiles: str, radius: int = RADIUS) -> list[int]:
    """One number for each heavy atom's surroundings up to `radius` bonds away; equal numbers, equal surroundings.

    Empty where RDKit cannot parse the SMILES.
    """
    from rdkit import Chem
    from rdkit.Chem import rdFingerprintGenerator

    quiet()
    molecule = Chem.MolFromSmiles(smiles)
    if molecule is None:
        return []
    details = rdFingerprintGenerator.AdditionalOutput()
    details.AllocateAtomToBits()
    _generator(radius).GetSparseCountFingerprint(molecule, additionalOutput=details)
    return [bits[-1] for bits in details.GetAtomToBits()]


def environments_of(smiles: Iterable[str | None], radius: int = RADIUS) -> set[int]:
    """All atom environments that some molecules show."""
    return {environment for one in smiles if one is not None for environment in atom_environments(one, radius)}


def share_unseen(smiles: str | None, seen: set[int], radius: int = RADIUS) -> float | None:
    """The share of a molecule's heavy atoms whose environment is not among `seen`; None without a readable SMILES."""
    environments = atom_environments(smiles, radius) if smiles is not None else []
    if not environments:
        return None
    return sum(environment not in seen for environment in environments) / len(environments)
