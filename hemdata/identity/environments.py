"""Atom environments: what each heavy atom sees around it, by RDKit's Morgan invariants."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from hemdata.identity.molecule import parsed

RADIUS = 1


@cache
def _generator(radius: int) -> Any:
    from rdkit.Chem import rdFingerprintGenerator

    return rdFingerprintGenerator.GetMorganGenerator(radius=radius, includeRedundantEnvironments=True)


def atom_environments(smiles: str, radius: int = RADIUS) -> list[int]:
    """One number for each heavy atom's surroundings up to `radius` bonds away; equal numbers, equal surroundings.

    Empty where the SMILES is none that `identify` can name.
    """
    from rdkit.Chem import rdFingerprintGenerator

    molecule = parsed(smiles)
    if molecule is None:
        return []
    details = rdFingerprintGenerator.AdditionalOutput()
    details.AllocateAtomToBits()
    _generator(radius).GetSparseCountFingerprint(molecule, additionalOutput=details)
    each = zip(molecule.GetAtoms(), details.GetAtomToBits(), strict=True)
    return [bits[-1] for atom, bits in each if atom.GetAtomicNum() != 1]  # a deuterium is an atom of its own to RDKit


def environments_of(smiles: Iterable[str | None], radius: int = RADIUS) -> set[int]:
    """All atom environments that some molecules show."""
    return {environment for one in smiles if one is not None for environment in atom_environments(one, radius)}


def share_unseen(smiles: str | None, seen: set[int], radius: int = RADIUS) -> float | None:
    """The share of a molecule's heavy atoms whose environment is not among `seen`; None without a readable SMILES."""
    environments = atom_environments(smiles, radius) if smiles is not None else []
    if not environments:
        return None
    return sum(environment not in seen for environment in environments) / len(environments)
