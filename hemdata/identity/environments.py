"""Atom environments: what each heavy atom sees around it, by RDKit's Morgan invariants."""

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
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
    return list(_of_smiles(smiles, radius))


@lru_cache(maxsize=50_000)  # the cells of a study ask for the same molecules again
def _of_smiles(smiles: str, radius: int) -> tuple[int, ...]:
    molecule = parsed(smiles)
    return () if molecule is None else tuple(environments_at(molecule, (radius,))[0])


def environments_at(molecule: Any, radii: Sequence[int]) -> list[list[int]]:
    """For each radius, a number for each heavy atom of an RDKit molecule, as `atom_environments` has it."""
    from rdkit.Chem import rdFingerprintGenerator

    details = rdFingerprintGenerator.AdditionalOutput()
    details.AllocateAtomToBits()
    _generator(max(radii)).GetSparseCountFingerprint(molecule, additionalOutput=details)
    # A deuterium is an atom of its own to RDKit; an atom without a neighbour has no surroundings beyond radius 0.
    each = zip(molecule.GetAtoms(), details.GetAtomToBits(), strict=True)
    heavy = [bits for atom, bits in each if atom.GetAtomicNum() != 1]
    return [[bits[min(radius, len(bits) - 1)] for bits in heavy] for radius in radii]


def all_environments(molecule: Any, radius: int) -> set[int]:
    """What an RDKit molecule shows around any atom at any radius up to this one, in one call of RDKit.

    The numbers are those of `environments_at`; each knows its radius, so that those of two radii are never equal.
    """
    return set(counted_environments(molecule, radius))


def counted_environments(molecule: Any, radius: int) -> dict[int, int]:
    """How often an RDKit molecule shows each surroundings of any radius up to this one, in one call of RDKit."""
    found: dict[int, int] = _generator(radius).GetSparseCountFingerprint(molecule).GetNonzeroElements()
    return found


def environments_of(smiles: Iterable[str | None], radius: int = RADIUS) -> set[int]:
    """All atom environments that some molecules show."""
    return {environment for one in smiles if one is not None for environment in atom_environments(one, radius)}


def share_unseen(smiles: str | None, seen: set[int], radius: int = RADIUS) -> float | None:
    """The share of a molecule's heavy atoms whose environment is not among `seen`; None without a readable SMILES."""
    environments = atom_environments(smiles, radius) if smiles is not None else []
    if not environments:
        return None
    return sum(environment not in seen for environment in environments) / len(environments)
