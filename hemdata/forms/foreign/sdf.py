"""SDF by RDKit: geometry, graph, formal charge and property fields."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from hemdata.forms.shared.frames import Frames, Gathered, Wanted
from hemdata.identity.molecule import quiet

READS = "SDF, V2000 and V3000: geometry, graph and property fields"
SUFFIXES = (".sdf", ".sd", ".mol")


def frames(path: Path, wanted: Wanted) -> Iterator[Frames]:
    """Every record; `graph_smiles` is the SMILES of its bonds, `formal_charge` that of its atoms."""
    from rdkit import Chem

    quiet()
    found = Gathered(path.name, "record")
    with path.open("rb") as file:
        for molecule in Chem.ForwardSDMolSupplier(file, sanitize=False, removeHs=False):
            if molecule is None:
                found.fault("not an SDF record", "RDKit cannot read it: a wrong count or line, or a truncated file")
            else:
                add(found, molecule, wanted)
            if found.full:
                yield found.taken()
    if found.n:
        yield found.taken()


def add(found: Gathered, molecule: Any, wanted: Wanted) -> None:
    """One molecule of RDKit's, with explicit hydrogens where it has a geometry."""
    values: dict[str, Any] = {name: molecule.GetProp(name) for name in molecule.GetPropNames() if wanted.asks(name)}
    if wanted.asks("title") and molecule.HasProp("_Name") and molecule.GetProp("_Name").strip():
        values["title"] = molecule.GetProp("_Name").strip()
    z = [molecule.GetAtomWithIdx(i).GetAtomicNum() for i in range(molecule.GetNumAtoms())]
    if 0 in z or not z:
        found.fault("no element" if z else "no atoms", "an atom is a query or a dummy" if z else None)
        return
    if wanted.asks("formal_charge"):
        values["formal_charge"] = sum(a.GetFormalCharge() for a in molecule.GetAtoms())
    place: list[float] = []
    if molecule.GetNumConformers():
        conformer = molecule.GetConformer()
        if conformer.Is3D() or 1 in z:  # a drawing has no hydrogens; a planar molecule may lie in the plane of z = 0
            place = np.asarray(conformer.GetPositions()).ravel().tolist()
    if wanted.asks("graph_smiles"):
        hidden, smiles = graph_of(molecule)
        values["graph_smiles"] = smiles
        if hidden and place:
            found.fault("hydrogens are missing", f"{hidden} hydrogens of the graph have no coordinates")
            return
    found.add(z if place else (), place, values)


def graph_of(molecule: Any) -> tuple[int, str | None]:
    """How many hydrogens have no atom of their own, and the SMILES; None where RDKit cannot sanitise the graph."""
    from rdkit import Chem

    copy = Chem.Mol(molecule)
    try:
        Chem.SanitizeMol(copy)
        hidden = sum(atom.GetTotalNumHs(includeNeighbors=False) for atom in copy.GetAtoms())
        Chem.AssignStereochemistryFrom3D(copy)
        return hidden, Chem.MolToSmiles(Chem.RemoveHs(copy))
    except (ValueError, RuntimeError):
        return 0, None
