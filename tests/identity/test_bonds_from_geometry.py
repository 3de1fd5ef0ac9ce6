"""The SMILES that RDKit finds in a geometry is the one that QM9 publishes for it, cages among them."""

import numpy as np
import pytest
from own_files import molecules

from hemdata.identity import identify
from hemdata.identity.from_geometry import smiles_of


def test_qm9s_geometries_show_their_published_graphs() -> None:
    other = []
    rows = molecules("duals-qm9@qm9@given")
    for row in rows:
        shown = smiles_of(np.array(row["atomic_numbers"]), np.reshape(row["positions"], (-1, 3)))
        found = identify(shown) if shown else None
        if found is None or found.inchikey[:14] != row["inchikey"][:14]:
            other.append((row["smiles"], shown))
    assert [published for published, _ in other] == ["O=C1C=C[NH+]2CC[C-]12"]  # found in another resonance form


def test_every_molecule_of_the_test_groups_shows_its_own_graph() -> None:
    """Azoxy compounds and explosives with up to a dozen nitro groups; relaxed at GFN2-xTB from the lists' SMILES."""
    for row in molecules("test-groups@gfn2-xtb"):
        shown = smiles_of(np.array(row["atomic_numbers"]), np.reshape(row["positions"], (-1, 3)))
        found = identify(shown) if shown else None
        assert found is not None, row["id"]
        assert found.inchikey[:14] == row["inchikey"][:14], row["id"]


@pytest.mark.parametrize(
    "smiles",
    ["C[N+](=O)[O-]", "CO[N+](=O)[O-]", "c1cc[n+]([O-])cc1", "C[N+](C)(C)[O-]", "CN=O", "CON=O", "C/N=[N+](/C)[O-]",
     "C[N+]([O-])=C", "NO", "CN(C)O", "O=[N+]([O-])O", "[O-][N+]#N", "CC#[N+][O-]", "C1=[N+]([O-])ON=C1"],
)  # fmt: skip
def test_oxides_of_nitrogen_and_what_only_looks_like_them(smiles: str) -> None:
    from rdkit import Chem
    from rdkit.Chem import AllChem

    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    assert AllChem.EmbedMolecule(molecule, randomSeed=1) == 0
    z = np.array([atom.GetAtomicNum() for atom in molecule.GetAtoms()])
    shown = smiles_of(z, molecule.GetConformer().GetPositions())
    assert identify(str(shown)).inchikey[:14] == identify(smiles).inchikey[:14]  # type: ignore[union-attr]


def test_a_charge_that_the_bonds_cannot_have_is_no_molecule() -> None:
    (row,) = [row for row in molecules("duals-qm9@qm9@given") if row["smiles"] == "CCO"]
    z, xyz = np.array(row["atomic_numbers"]), np.reshape(row["positions"], (-1, 3))
    assert smiles_of(z, xyz, 0) == "CCO"
    assert smiles_of(z, xyz, 1) is None
