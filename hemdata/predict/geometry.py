"""A worker's part of a prediction: the geometry of each molecule, as it is given or relaxed as label does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hemdata.errors import HemdataError
from hemdata.levels import Level
from hemdata.molecules import Molecule, Unread
from hemdata.predict.asked import Asked
from hemdata.predict.domain import Domain
from hemdata.predict.formation import Thermal, thermal

LARGEST = 100  # atoms; the search for bond orders grows fast
TRIES = 1_000  # of bond orders


@dataclass(frozen=True)
class Making:
    """How geometries are made, and which are not worth it.

    Attributes:
        at: level that a SMILES is relaxed at.
        enthalpy: whether frequencies are wanted too.
        domain: of the models; what it refuses is not relaxed.
        anyway: refuses nothing but what the networks cannot represent.
    """

    at: Level
    enthalpy: bool
    domain: Domain
    anyway: bool = False


@dataclass(frozen=True)
class Made:
    """A molecule's geometry, (N,) and (3N,) angstrom, or why there is none."""

    z: tuple[int, ...] = ()
    x: tuple[float, ...] = ()
    smiles: str | None = None
    thermal: Thermal = field(default_factory=Thermal)
    reason: str | None = None


def made(asked: Sequence[Asked], how: Making) -> list[Made]:
    """The geometry of each; whatever one of them does wrong is its own reason, and the others are made."""
    return [_safely(one, how) for one in asked]


def _safely(one: Asked, how: Making) -> Made:
    if isinstance(one, Unread):
        return Made(reason=one.told)
    try:
        return _given(one, how) if one.positions else _relaxed(one, how)
    except HemdataError as error:
        return Made(reason=str(error))
    except Exception as error:
        return Made(reason=f"It stopped with {type(error).__name__}: {error}")


def _given(one: Molecule, how: Making) -> Made:
    from hemdata.chemistry.engines.refuse_impossible import possible

    z, x = tuple(one.atomic_numbers), tuple(one.positions)
    possible(np.array(z), np.array(x, dtype=np.float64).reshape(-1, 3), one.charge, one.multiplicity)
    how.domain.refuse(z, one.charge, how.anyway)
    heat = thermal(one, z, x) if how.enthalpy else Thermal()
    return Made(z, x, one.smiles or smiles_of(z, x, one.charge), heat)


def _relaxed(one: Molecule, how: Making) -> Made:
    from hemdata.identity.molecule import parsed
    from hemdata.label.calculation import stages
    from hemdata.label.chain import one_after_another

    drawn = parsed(str(one.canonical_smiles))
    if drawn is not None:
        symbols = {atom.GetSymbol() for atom in drawn.GetAtoms()}
        symbols |= {"H"} if any(atom.GetTotalNumHs() for atom in drawn.GetAtoms()) else set()
        how.domain.refuse_symbols(symbols, one.charge, how.anyway)
    done = one_after_another(one, stages(how.at, how.at))
    first, last = done[0], done[-1]
    if last.reason is not None:
        return Made(reason=last.reason)
    heat = thermal(one, first.atomic_numbers, first.positions, relaxed=True) if how.enthalpy else Thermal()
    return Made(tuple(last.atomic_numbers), tuple(last.positions), one.smiles, heat)


def smiles_of(atomic_numbers: Sequence[int], positions: Sequence[float], charge: int = 0) -> str | None:
    """The SMILES that a geometry shows, by RDKit's bond perception; None where it finds none.

    Args:
        atomic_numbers: (N,).
        positions: (3N,) angstrom.
        charge: of the whole molecule.
    """
    from rdkit import Chem, Geometry
    from rdkit.Chem import rdDetermineBonds

    from hemdata.identity.molecule import quiet

    if not 0 < len(atomic_numbers) <= LARGEST:
        return None
    quiet()
    molecule, conformer = Chem.RWMol(), Chem.Conformer(len(atomic_numbers))
    for at, z in enumerate(atomic_numbers):
        atom = Chem.Atom(int(z))
        atom.SetNoImplicit(True)
        molecule.AddAtom(atom)
        conformer.SetAtomPosition(at, Geometry.Point3D(*map(float, positions[3 * at : 3 * at + 3])))
    molecule.AddConformer(conformer)
    try:
        if len(atomic_numbers) > 1:
            rdDetermineBonds.DetermineBonds(molecule, charge=charge, maxIterations=TRIES)
        else:
            molecule.GetAtomWithIdx(0).SetFormalCharge(charge)
        return str(Chem.MolToSmiles(Chem.RemoveHs(molecule)))
    except (ValueError, RuntimeError, IndexError):
        return None
