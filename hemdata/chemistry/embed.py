"""First geometries from a SMILES: a ladder of embeddings, each rung for what the rungs before it cannot place."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hemdata.errors import DataError
from hemdata.identity.molecule import quiet

TRIES = 50
OCTAHEDRAL = "octahedral coordination"
BOUNDS = "bounds of distances alone"
BOUNDS_TRIES = 10
_PLAIN: dict[str, Any] = {}
_RANDOM = {"useRandomCoords": True, "maxIterations": TRIES}
_FREE = {"useBasicKnowledge": False, "useExpTorsionAnglePrefs": False}  # bent alkynes and alkenes, fused small rings
LADDER: dict[str, dict[str, Any]] = {
    "": _PLAIN,
    OCTAHEDRAL: _PLAIN,
    "random coordinates": _RANDOM,
    "without basic knowledge and torsion preferences": _FREE,
    "random coordinates without basic knowledge and torsion preferences": _FREE | _RANDOM,
    BOUNDS: _PLAIN,
}
"""RDKit's settings by the name of the rung; ETKDGv3 as it is has none."""


@dataclass(frozen=True)
class Embedding:
    """A first geometry.

    Attributes:
        atomic_numbers: (N,), hydrogens after the heavy atoms.
        positions: (N, 3) angstrom.
        rung: of the ladder; empty for ETKDGv3 as it is.
    """

    atomic_numbers: npt.NDArray[np.uint8]
    positions: npt.NDArray[np.float64]
    rung: str


def embed(smiles: str, seed: int = 0, conformers: int = 1) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float64]]:
    """The first geometry of `embeddings`: atomic numbers (N,) and positions (N, 3) angstrom. Errors as there."""
    first = next(embeddings(smiles, seed, conformers))
    return first.atomic_numbers, first.positions


def embeddings(smiles: str, seed: int = 0, conformers: int = 1) -> Iterator[Embedding]:
    """3D geometries of a SMILES by RDKit, cleaned up by MMFF94 (UFF where MMFF has no parameters), rung by rung.

    ETKDGv3 comes first; a caller goes on where its geometry does not relax to the molecule. The octahedral rung places
    the neighbours of atoms that have six. The last knows distances alone, since RDKit's test of tetrahedral atoms
    refuses the flat ones of bicyclo[1.1.1]pentanes; of ten such geometries the lowest is kept.

    Args:
        seed: decides the embedding.
        conformers: how many are tried; the lowest by force field is kept.

    Raises:
        DataError: if it does not parse, is more than one fragment, or no rung embeds it.
    """
    from rdkit import Chem

    quiet()
    parsed = Chem.MolFromSmiles(smiles)
    if parsed is None:
        raise DataError("The SMILES does not parse.", where=smiles, fix="Correct the SMILES.")
    if len(Chem.GetMolFrags(parsed)) > 1:
        raise DataError("The SMILES has more than one fragment.", where=smiles, expected="one molecule")
    none = True
    for rung, settings in LADDER.items():
        molecule = Chem.AddHs(_octahedral(Chem, parsed) if rung == OCTAHEDRAL else parsed)
        if rung == OCTAHEDRAL and not _six(molecule):
            continue
        if rung == BOUNDS:
            _embed_bounds(molecule, seed, max(conformers, BOUNDS_TRIES))
        else:
            _embed(molecule, seed, conformers, settings)
        if not molecule.GetNumConformers():
            continue
        none = False
        yield Embedding(*_lowest(molecule), rung)
    if none:
        raise DataError("The SMILES does not embed.", where=smiles, fix="Give a geometry instead (an XYZ file).")


def _embed(molecule: Any, seed: int, conformers: int, settings: dict[str, Any]) -> None:
    """Give a molecule the conformers that RDKit finds."""
    from rdkit.Chem import rdDistGeom

    parameters: Any = rdDistGeom.ETKDGv3()
    parameters.randomSeed = seed + 1
    for name, value in settings.items():
        setattr(parameters, name, value)
    rdDistGeom.EmbedMultipleConfs(molecule, conformers, parameters)


def _embed_bounds(molecule: Any, seed: int, conformers: int) -> None:
    """Give a molecule conformers that keep its bounds of distances, cleaned up, and of its stereo where it has any."""
    from rdkit import Chem, DistanceGeometry
    from rdkit.Chem import AllChem, rdDistGeom
    from rdkit.Geometry import Point3D

    bounds: Any = rdDistGeom.GetMoleculeBoundsMatrix(molecule)
    DistanceGeometry.DoTriangleSmoothing(bounds, 0.0)
    for number in range(TRIES + conformers):
        if molecule.GetNumConformers() == conformers:
            return
        random = (TRIES + conformers) * seed + number + 1
        try:
            positions = DistanceGeometry.EmbedBoundsMatrix(bounds, 10, True, 2, randomSeed=random)
        except ValueError:
            continue
        placed = Chem.Mol(molecule)
        placed.RemoveAllConformers()
        conformer = Chem.Conformer(len(positions))
        for atom, place in enumerate(positions):
            conformer.SetAtomPosition(atom, Point3D(*map(float, place)))
        placed.AddConformer(conformer)
        _energies(placed, AllChem)
        if _same_stereo(Chem, molecule, placed):
            molecule.AddConformer(placed.GetConformer(), assignId=True)


def _same_stereo(chem: Any, molecule: Any, placed: Any) -> bool:
    """Whether coordinates have the stereo that is drawn; what is not drawn is free."""
    drawn = {atom.GetIdx() for atom in molecule.GetAtoms() if atom.GetChiralTag() != chem.ChiralType.CHI_UNSPECIFIED}
    double = {bond.GetIdx() for bond in molecule.GetBonds() if bond.GetStereo() > chem.BondStereo.STEREOANY}
    if not drawn and not double:
        return True
    seen = chem.Mol(placed)
    chem.AssignStereochemistryFrom3D(seen)
    for atom in seen.GetAtoms():
        if atom.GetIdx() not in drawn:
            atom.SetChiralTag(chem.ChiralType.CHI_UNSPECIFIED)
    for bond in seen.GetBonds():
        if bond.GetIdx() not in double:
            bond.SetStereo(chem.BondStereo.STEREONONE)
    return bool(chem.MolToSmiles(chem.RemoveHs(seen)) == chem.MolToSmiles(chem.RemoveHs(molecule)))


def _lowest(molecule: Any) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float64]]:
    """Atomic numbers (N,) and positions (N, 3) angstrom of the conformer that is lowest by force field."""
    from rdkit.Chem import AllChem

    ids = [conformer.GetId() for conformer in molecule.GetConformers()]
    best = min(ids, key=_energies(molecule, AllChem).__getitem__) if molecule.GetNumAtoms() > 1 else ids[0]
    z = np.array([atom.GetAtomicNum() for atom in molecule.GetAtoms()], dtype=np.uint8)
    return z, np.asarray(molecule.GetConformer(best).GetPositions(), dtype=np.float64)


def _six(molecule: Any) -> list[Any]:
    """The atoms with six neighbours."""
    return [atom for atom in molecule.GetAtoms() if atom.GetTotalDegree() == 6]


def _octahedral(chem: Any, molecule: Any) -> Any:
    """A copy whose atoms of six neighbours are octahedral; which neighbours face each other, their order decides."""
    copy = chem.Mol(molecule)
    for atom in _six(copy):
        atom.SetChiralTag(chem.ChiralType.CHI_OCTAHEDRAL)
        atom.SetIntProp("_chiralPermutation", 1)
    return copy


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
