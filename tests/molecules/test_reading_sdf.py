"""SDF as RDKit writes it: charges, radicals, geometries and drawings; a record that does not parse is named."""

from pathlib import Path

import pytest
from rdkit import Chem
from rdkit.Chem import AllChem

from hemdata.molecules import Molecule, Unread, entries, read_molecules


def record(smiles: str, name: str = "", fields: str = "", hydrogens: bool = True, flat: bool = False) -> str:
    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles)) if hydrogens else Chem.MolFromSmiles(smiles)
    if flat:
        AllChem.Compute2DCoords(molecule)
    else:
        AllChem.EmbedMolecule(molecule, randomSeed=7)
    molecule.SetProp("_Name", name)
    return f"{Chem.MolToMolBlock(molecule)}{fields}$$$$\n"


@pytest.mark.parametrize(
    "smiles", ["CCO", "[NH4+]", "[OH-]", "[CH3]", "C[N+](=O)[O-]", "C[C@H](O)C#N", "[NH3+]CC(=O)[O-]"]
)
def test_molecules_ions_and_radicals_come_back(tmp_path: Path, smiles: str) -> None:
    path = tmp_path / "mine.sdf"
    path.write_text(record(smiles, "a name") + record(smiles, flat=True) + record(smiles, "bare", hydrogens=False))
    whole, flat, bare = read_molecules(path)
    expected = Chem.MolFromSmiles(smiles)
    for found in (whole, flat, bare):
        assert found.canonical_smiles == Chem.CanonSmiles(smiles)
        assert found.charge == Chem.GetFormalCharge(expected)
        assert found.multiplicity == 1 + sum(atom.GetNumRadicalElectrons() for atom in expected.GetAtoms())
    assert [m.id for m in (whole, flat, bare)] == ["mine:a_name", "mine:2", "mine:bare"]
    assert len(whole.positions) == 3 * Chem.AddHs(expected).GetNumAtoms()
    assert flat.positions == bare.positions == []


def test_fields_say_the_state_and_a_broken_record_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.sdf"
    triplet = record("O=O", "o2", ">  <multiplicity>  (1) \n1\n\n")
    path.write_text(triplet + "broken\n\n\n 99 bonds\nM  END\n$$$$\n" + record("CCO", "charged", "> <charge>\n1\n\n"))
    first, broken, charged = entries(path)
    assert isinstance(first, Molecule)
    assert (first.charge, first.multiplicity) == (0, 1)
    assert isinstance(broken, Unread)
    assert broken.reason == "The record does not parse."
    assert str(broken.where).endswith(f"line {triplet.count(chr(10)) + 1}")
    assert isinstance(charged, Unread)
    assert charged.reason == "The SMILES has another charge."
