"""The ring scaffold of a molecule: its rings and what links them (Bemis and Murcko, 10.1021/jm9602928), by RDKit."""

from typing import Any

from hemdata.identity.molecule import parsed


def scaffold(smiles: str) -> str:
    """The scaffold as canonical SMILES without stereo; empty for a molecule without rings, or none that parses."""
    from rdkit.Chem import MolToSmiles, RemoveStereochemistry
    from rdkit.Chem.Scaffolds import MurckoScaffold

    molecule = parsed(smiles)
    if molecule is None or not molecule.GetRingInfo().NumRings():
        return ""
    found: Any = MurckoScaffold.GetScaffoldForMol(molecule)  # type: ignore[no-untyped-call]
    RemoveStereochemistry(found)
    return str(MolToSmiles(found))
