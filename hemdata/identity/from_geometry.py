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

    In a neutral molecule each oxygen that is bound to nothing but a nitrogen of three neighbours or more is set aside
    at first, as the oxide [N+][O-] that it is; a nitro group is then a nitroso group. Without that the search for the
    orders of bonds finds no end where there are several nitro and azoxy groups.

    Args:
        atomic_numbers: (N,).
        positions: (N, 3) angstrom.
        charge: of the whole molecule.
    """
    if not 0 < len(atomic_numbers) <= LARGEST:
        return None
    quiet()
    closed = charge == 0 and int(atomic_numbers.sum()) % 2 == 0
    oxides_first = (True, False) if closed and {7, 8} <= set(atomic_numbers.tolist()) else (False,)
    tried = [(way, oxides) for oxides in oxides_first for way in WAYS]
    ways = (_found(atomic_numbers, positions, charge, way, oxides) for way, oxides in tried)
    return next((smiles for smiles in ways if smiles), None)


def _found(
    z: npt.NDArray[Any], positions: npt.NDArray[Any], charge: int, way: dict[str, Any], oxides: bool
) -> str | None:
    from rdkit import Chem
    from rdkit.Chem import rdDetermineBonds

    molecule = _atoms(z, positions)
    try:
        if len(z) == 1:
            molecule.GetAtomWithIdx(0).SetFormalCharge(charge)
        elif oxides:
            _with_oxides(molecule, way)
        else:
            rdDetermineBonds.DetermineBonds(molecule, charge=charge, maxIterations=TRIES, **way)
        Chem.SanitizeMol(molecule)
        Chem.AssignStereochemistryFrom3D(molecule)
        smiles: str = Chem.MolToSmiles(Chem.RemoveHs(molecule))
    except (ValueError, RuntimeError):
        return None
    return smiles if "." not in smiles else None


def _atoms(z: npt.NDArray[Any], positions: npt.NDArray[Any]) -> Any:
    """RDKit's molecule of some atoms, without bonds."""
    from rdkit import Chem, Geometry

    molecule = Chem.RWMol()
    conformer = Chem.Conformer(len(z))
    for at, (number, place) in enumerate(zip(z.tolist(), positions.tolist(), strict=True)):
        atom = Chem.Atom(int(number))
        atom.SetNoImplicit(True)
        molecule.AddAtom(atom)
        conformer.SetAtomPosition(at, Geometry.Point3D(*place))
    molecule.AddConformer(conformer)
    return molecule


def _with_oxides(molecule: Any, way: dict[str, Any]) -> None:
    """Bonds, whose orders are found while the oxygens of oxides of nitrogen are set aside.

    Raises:
        ValueError: if there is no such oxygen, or no bond orders fit.
    """
    from rdkit import Chem
    from rdkit.Chem import rdDetermineBonds

    rdDetermineBonds.DetermineConnectivity(molecule, **way)
    aside: dict[int, int] = {}  # nitrogen: its oxygen
    for atom in molecule.GetAtoms():
        if atom.GetAtomicNum() == 8 and atom.GetDegree() == 1:
            (nitrogen,) = atom.GetNeighbors()
            if nitrogen.GetAtomicNum() == 7 and nitrogen.GetDegree() > 2:
                aside.setdefault(nitrogen.GetIdx(), atom.GetIdx())
    if not aside:
        raise ValueError("no oxide")
    places = molecule.GetConformer().GetPositions()
    order = [at for at in range(molecule.GetNumAtoms()) if at not in set(aside.values())]
    for at in sorted(aside.values(), reverse=True):
        molecule.RemoveAtom(at)
    rdDetermineBonds.DetermineBondOrders(molecule, charge=0, maxIterations=TRIES)
    for nitrogen, oxygen in aside.items():
        its, made = order.index(nitrogen), molecule.AddAtom(Chem.Atom(8))
        molecule.GetConformer().SetAtomPosition(made, places[oxygen].tolist())
        molecule.AddBond(its, made, Chem.BondType.SINGLE)
        molecule.GetAtomWithIdx(made).SetFormalCharge(-1)
        molecule.GetAtomWithIdx(made).SetNoImplicit(True)
        molecule.GetAtomWithIdx(its).SetFormalCharge(molecule.GetAtomWithIdx(its).GetFormalCharge() + 1)
