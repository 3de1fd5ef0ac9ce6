"""Atom environments: one a heavy atom, equal where the surroundings are, checked against RDKit's own record of bits."""

import pytest

from hemdata.identity import atom_environments, environments_at, environments_of, identify, share_unseen
from hemdata.identity.environments import all_environments
from hemdata.identity.molecule import parsed

MOLECULES = ["C", "CCO", "c1ccccc1O", "CC(=O)N", "C1CC1C#N", "[O-][N+](=O)c1ccccc1", "C[N+](=NC)[O-]", "O=C=O"]


@pytest.mark.parametrize("smiles", MOLECULES)
@pytest.mark.parametrize("radius", [0, 1, 2])
def test_each_number_is_the_bit_that_rdkit_records_for_that_atom_at_the_largest_radius(smiles, radius):
    from rdkit import Chem
    from rdkit.Chem import rdFingerprintGenerator

    details = rdFingerprintGenerator.AdditionalOutput()
    details.AllocateBitInfoMap()
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=radius, includeRedundantEnvironments=True)
    molecule = Chem.MolFromSmiles(smiles)
    generator.GetSparseCountFingerprint(molecule, additionalOutput=details)
    largest: dict[int, tuple[int, int]] = {}  # atom: (radius, bit)
    for bit, places in details.GetBitInfoMap().items():
        for atom, its_radius in places:
            largest[atom] = max(largest.get(atom, (-1, 0)), (its_radius, bit))
    assert atom_environments(smiles, radius) == [largest[atom][1] for atom in range(molecule.GetNumAtoms())]


@pytest.mark.parametrize("smiles", [*MOLECULES, "[2H]C", "[H]C#N", "[2H]O[2H]"])
def test_one_for_every_heavy_atom(smiles):
    heavy = [z for z in identify(smiles).atomic_numbers if z != 1]
    assert len(atom_environments(smiles)) == len(heavy)


def test_equal_surroundings_are_equal_within_and_between_molecules():
    propane, butane = atom_environments("CCC"), atom_environments("CCCC")
    assert propane[0] == propane[2] == butane[0] == butane[3]
    assert butane[1] == butane[2]
    assert len({propane[0], propane[1]}) == 2


def test_other_surroundings_are_other():
    oxygen = {smiles: atom_environments(smiles)[-1] for smiles in ("CO", "C=O", "CCO", "CCCO", "NO")}
    assert oxygen["CCO"] == oxygen["CCCO"]  # both see a CH2; methanol's a CH3
    assert len(set(oxygen.values())) == 4


@pytest.mark.parametrize("smiles", ["", "C1CC", "nonsense", "C\nC", "*"])
def test_without_a_readable_smiles_there_is_nothing(smiles):
    assert atom_environments(smiles) == []
    assert share_unseen(smiles, set()) is None


def test_the_share_unseen():
    seen = environments_of(["CCC", None, "not a smiles"])
    assert seen == set(atom_environments("CCC"))
    assert share_unseen("CCCC", seen) == 0.5  # the ends are known, the inner carbons see another carbon
    assert share_unseen("CCC", seen) == 0.0
    assert share_unseen("O", seen) == 1.0
    assert share_unseen(None, seen) is None


@pytest.mark.parametrize("smiles", ["C", "CC", "[2H]C", "C[N+](=O)[O-]", "OCC(O)C=O", "[Na+].[Cl-]", "c1ccc2ccccc2c1"])
def test_all_environments_are_those_of_every_radius(smiles: str) -> None:
    """Of heavy atoms every one is there; what is more belongs to no heavy atom or to radius 0."""
    molecule = parsed(smiles)
    of_each = environments_at(molecule, (0, 1, 2))
    together = all_environments(molecule, 2)
    assert {number for each in of_each for number in each} <= together
    if "[2H]" not in smiles:
        assert {number for each in of_each for number in each} == together
