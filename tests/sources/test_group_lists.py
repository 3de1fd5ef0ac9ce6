"""The test groups: their lists as they travel with the package."""

from collections import Counter
from pathlib import Path

import pytest

from hemdata.catalog import dataset
from hemdata.errors import DataError
from hemdata.sources import Raw, Record, Rejected, open_source

SIZES = {"azoxy": 45, "explosives": 40, "neuro": 35, "saccharides": 40}
HEADER = "id,name,smiles,heavy_atoms,formula,structure,pubchem_cid,note"


def read(name: str, given: Path | None = None) -> list[Record]:
    source = open_source(dataset(name), given)
    return [source.parse(raw) for raw in source.raws()]


def test_the_four_groups_by_their_own_names() -> None:
    molecules = read("test-groups")
    assert Counter(molecule.dataset for molecule in molecules) == SIZES
    for name, size in SIZES.items():
        assert [m for m in molecules if m.dataset == name] == read(name)
        assert dataset(name).accepted == size
    assert dataset("test-groups").accepted == 160


def test_rows_as_they_are_written() -> None:
    neuro = {molecule.source_id: molecule for molecule in read("neuro")}
    assert neuro["glycine"].smiles == "NCC(=O)O"
    assert neuro["glycine"].properties["pubchem_cid"] == 750
    azoxy = read("azoxy")
    assert azoxy[0].smiles == "C/N=[N+](/C)[O-]"
    assert sum(molecule.properties["pubchem_cid"] is None for molecule in azoxy) == 35
    quoted = next(m for m in read("saccharides") if m.source_id == "dihydroxyacetone")
    assert quoted.properties["name"] == "1,3-dihydroxyacetone"


def test_lists_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "azoxy.csv"
    path.write_text(f"{HEADER}\nmine,My compound,C#N,2,CHN,nitrile,,none\n\n", encoding="utf-8")
    for given in (path, tmp_path):
        (molecule,) = read("azoxy", given)
        assert (molecule.dataset, molecule.source_id, molecule.smiles) == ("azoxy", "mine", "C#N")
        assert molecule.properties["pubchem_cid"] is None


@pytest.mark.parametrize("text", ["", "id,name\n", HEADER.replace("smiles", "SMILES"), HEADER.replace(",", ";")])
def test_other_columns_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "azoxy.csv").write_text(text)
    with pytest.raises(DataError, match="other columns"):
        open_source(dataset("azoxy"), tmp_path)


def test_a_list_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "azoxy.csv").write_bytes(HEADER.encode() + b"\n\xff\n")
    with pytest.raises(DataError, match="not UTF-8"):
        open_source(dataset("azoxy"), tmp_path)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a,b,C", "wrong number of columns"),
        ("a,b,C,1,CH4,alkane,,x,y", "wrong number of columns"),
        (",b,C,1,CH4,alkane,,x", "no id or no SMILES"),
        ("a,b,,1,CH4,alkane,,x", "no id or no SMILES"),
        ("a b,b,C,1,CH4,alkane,,x", "no id or no SMILES"),
        ("a,b,C,1,CH4,alkane,CID 1,x", "not a number"),
    ],
)
def test_a_bad_row_is_refused_for_its_reason(line: str, reason: str) -> None:
    with pytest.raises(Rejected) as caught:
        open_source(dataset("azoxy")).parse(Raw("azoxy.csv, line 2", line))
    assert caught.value.reason == reason


def test_every_molecule_is_neutral_closed_shell_and_of_five_elements() -> None:
    from rdkit import Chem

    for molecule in read("test-groups"):
        parsed = Chem.AddHs(Chem.MolFromSmiles(molecule.smiles))
        assert Chem.GetFormalCharge(parsed) == 0, molecule.source_id
        assert not any(atom.GetNumRadicalElectrons() for atom in parsed.GetAtoms()), molecule.source_id
        assert {atom.GetSymbol() for atom in parsed.GetAtoms()} <= {"H", "C", "N", "O", "F"}, molecule.source_id
        assert len(Chem.GetMolFrags(parsed)) == 1, molecule.source_id


def test_amino_acids_are_not_zwitterions() -> None:
    """In the gas phase, where all energies are, an amino acid is neutral at both ends."""
    from rdkit import Chem

    carboxylate, ammonium = Chem.MolFromSmarts("C(=O)[O-]"), Chem.MolFromSmarts("[NX4+]")
    acids = 0
    for molecule in read("neuro"):
        parsed = Chem.MolFromSmiles(molecule.smiles)
        acids += parsed.HasSubstructMatch(Chem.MolFromSmarts("C(=O)[OX2H]"))
        assert not parsed.HasSubstructMatch(carboxylate), molecule.source_id
        assert not parsed.HasSubstructMatch(ammonium), molecule.source_id
    assert acids >= 5


def test_every_acyclic_azoxy_group_is_trans() -> None:
    """Oracle: the dihedral angle C-N=N-C of an embedded geometry, not the letters of the SMILES."""
    from rdkit import Chem
    from rdkit.Chem import rdMolTransforms
    from rdkit.Chem.rdDistGeom import EmbedMolecule

    azoxy = Chem.MolFromSmarts("[*;!$([O-])]~[NX2]=!@[NX3+](~[*;!$([O-])])[O-]")
    seen = 0
    for molecule in read("azoxy"):
        parsed = Chem.AddHs(Chem.MolFromSmiles(molecule.smiles))
        found = parsed.GetSubstructMatches(azoxy)
        if found:
            assert EmbedMolecule(parsed, randomSeed=7) == 0, molecule.source_id
        for place in found:
            angle = rdMolTransforms.GetDihedralDeg(parsed.GetConformer(), *place[:4])
            assert abs(angle) > 150, molecule.source_id
            seen += 1
    assert seen >= 35
