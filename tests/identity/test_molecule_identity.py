"""The identity of a SMILES against InChIKeys as PubChem gives them, and what must and must not share one."""

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemdata.identity import FLAT_GRAPH_LETTERS, flat_graph, identify
from hemdata.identity.molecule import identity_of, parsed

# InChIKeys from PubChem (CIDs 297, 962, 702, 750, 241, 2519).
KNOWN = {
    "C": "VNWKTOKETHGBQD-UHFFFAOYSA-N",
    "O": "XLYOFNOQVPJJNP-UHFFFAOYSA-N",
    "CCO": "LFQSCWFLJHTTHZ-UHFFFAOYSA-N",
    "C(C(=O)O)N": "DHMQDGOQFOQNFH-UHFFFAOYSA-N",
    "C1=CC=CC=C1": "UHOVQNZJYSORNB-UHFFFAOYSA-N",
    "CN1C=NC2=C1C(=O)N(C(=O)N2C)C": "RYYVLZVUVIJVGH-UHFFFAOYSA-N",
}


@pytest.mark.parametrize(("smiles", "inchikey"), KNOWN.items())
def test_known_inchikeys(smiles, inchikey):
    assert identify(smiles).inchikey == inchikey


@pytest.mark.parametrize(("smiles", "inchikey"), KNOWN.items())
def test_the_flat_graph_is_the_first_block(smiles, inchikey):
    assert flat_graph(inchikey) == inchikey.split("-")[0]
    assert len(flat_graph(inchikey)) == FLAT_GRAPH_LETTERS == 14


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O"),  # L- and D-alanine
        ("C[C@H](N)C(=O)O", "CC(N)C(=O)O"),
        ("C/C=C/C", "C/C=C\\C"),
        ("C/C=C/C", "CC=CC"),
        ("C", "[13CH4]"),
        ("C", "[2H]C"),
    ],
)
def test_stereo_and_isotopes_share_the_flat_graph_and_differ_in_the_whole_key(one, other):
    a, b = identify(one), identify(other)
    assert a.inchikey != b.inchikey
    assert a.canonical_smiles != b.canonical_smiles
    assert flat_graph(a.inchikey) == flat_graph(b.inchikey)


@pytest.mark.parametrize(("one", "other"), [("CCO", "COC"), ("CCCC", "CC(C)C"), ("C", "CC"), ("c1ccccc1", "C1CCCCC1")])
def test_constitutional_isomers_and_other_molecules_differ_in_the_flat_graph(one, other):
    assert flat_graph(identify(one).inchikey) != flat_graph(identify(other).inchikey)


@pytest.mark.parametrize(
    ("smiles", "charge", "radicals", "fragments"),
    [
        ("C", 0, 0, 1),
        ("[NH4+]", 1, 0, 1),
        ("[O-]C=O", -1, 0, 1),
        ("C[N+](C)(C)CC(=O)[O-]", 0, 0, 1),
        ("[Na+].[Cl-]", 0, 0, 2),
        ("[CH3]", 0, 1, 1),
        ("[CH2]", 0, 2, 1),
        ("[O][O]", 0, 2, 1),
        ("CC.O.O", 0, 0, 3),
        ("[N+](=O)([O-])c1ccccc1", 0, 0, 1),
    ],
)
def test_charge_radical_electrons_and_fragments(smiles, charge, radicals, fragments):
    found = identify(smiles)
    assert (found.charge, found.radical_electrons, found.fragments) == (charge, radicals, fragments)


@pytest.mark.parametrize(
    ("smiles", "formula"),
    [
        ("C", {6: 1, 1: 4}),
        ("[CH3]", {6: 1, 1: 3}),
        ("[H][H]", {1: 2}),
        ("[2H]C", {6: 1, 1: 4}),
        ("[2H]O[2H]", {8: 1, 1: 2}),
        ("[H+]", {1: 1}),
        ("[H]C#N", {6: 1, 7: 1, 1: 1}),
        ("FC(F)(F)Br", {6: 1, 9: 3, 35: 1}),
        ("CN1C=NC2=C1C(=O)N(C(=O)N2C)C", {6: 8, 1: 10, 7: 4, 8: 2}),
    ],
)
def test_atoms_with_their_hydrogens(smiles, formula):
    z = identify(smiles).atomic_numbers
    assert {n: z.count(n) for n in z} == formula


@pytest.mark.parametrize(
    "smiles",
    [
        "", " ", "nonsense", "C(", "C1CC", "C=C=C=", "[Xx]", "C(C)(C)(C)(C)C", "c1cccc1", "N(=O)(=O)(=O)(=O)C", "C\0C",
    ],
)  # fmt: skip
def test_what_cannot_be_parsed_or_sanitised_has_no_identity(smiles):
    assert identify(smiles) is None


@pytest.mark.parametrize("smiles", ["CCO ethanol", "C C", "C\nC", "C\tC", "CCO |$a;b;c$|"])
def test_text_behind_a_blank_is_not_dropped_in_silence(smiles):
    """RDKit alone reads `C\\nC` as methane."""
    assert identify(smiles) is None


@pytest.mark.parametrize("smiles", ["*", "*C", "C[*:1]", "[#0]C", "[1*]CC"])
def test_a_wildcard_is_no_molecule(smiles):
    assert identify(smiles) is None
    assert parsed(smiles) is None


def test_blanks_around_a_smiles_do_not_matter():
    assert identify(" CCO\n") == identify("CCO")


def test_what_does_not_parse_is_not_told_on_the_terminal(capfd):
    identify("C1CC")
    identify("C(C)(C)(C)(C)C")
    assert capfd.readouterr() == ("", "")


MOLECULES = [
    "CC(=O)Oc1ccccc1C(=O)O", "C[C@H](N)C(=O)O", "OC[C@H]1OC(O)[C@H](O)[C@@H](O)[C@@H]1O", "C/C=C/C(=O)N",
    "[O-][N+](=O)c1cc(cc(c1)[N+]([O-])=O)[N+]([O-])=O", "C[N+](=NC)[O-]", "[CH3]", "[NH3+]CC([O-])=O", "C1CC2CC1C=C2",
]  # fmt: skip


@settings(deadline=None, max_examples=80)
@given(st.sampled_from(MOLECULES), st.randoms(use_true_random=False))
def test_any_order_of_the_atoms_gives_the_same_identity(smiles, random):
    from rdkit import Chem

    molecule = Chem.MolFromSmiles(smiles)
    order = list(range(molecule.GetNumAtoms()))
    random.shuffle(order)
    shuffled = Chem.MolToSmiles(Chem.RenumberAtoms(molecule, order), canonical=False)
    first, again = identify(smiles), identify(shuffled)
    assert sorted(again.atomic_numbers) == sorted(first.atomic_numbers)
    for part in ("canonical_smiles", "inchikey", "charge", "radical_electrons", "fragments"):
        assert getattr(again, part) == getattr(first, part)


@pytest.mark.parametrize("smiles", MOLECULES)
def test_the_canonical_smiles_is_the_same_molecule_and_its_own_canon(smiles):
    first = identify(smiles)
    again = identify(first.canonical_smiles)
    assert (again.canonical_smiles, again.inchikey) == (first.canonical_smiles, first.inchikey)


@pytest.mark.parametrize("smiles", [*MOLECULES, "[H][H]", "[2H]C", "[H]C#N", "C.O", "[He]"])
def test_the_connectivity_is_that_of_rdkits_molecule_with_its_hydrogens(smiles):
    from rdkit import Chem

    found = identify(smiles)
    whole = Chem.AddHs(Chem.MolFromSmiles(smiles))  # appends a heavy atom's hydrogens in the atoms' order, as identify
    assert [atom.GetAtomicNum() for atom in whole.GetAtoms()] == list(found.atomic_numbers)
    assert (Chem.GetAdjacencyMatrix(whole).astype(bool) == found.connectivity).all()


def test_an_identity_travels_between_processes():
    assert pickle.loads(pickle.dumps(identify("CCO"))) == identify("CCO")


@pytest.mark.parametrize(
    "smiles",
    [
        *("CCO", "[CH3]", "C[N+](=O)[O-]", "c1cc[nH]c1", "[2H]C([H])F", "O=O.[Na+].[Cl-]", "ClC(Br)=CI", "BP=S"),
        *("c1ccsc1", "c1ccoc1", "n1ccccc1", "C%10CC%10", "C/C=C\\CN", "Cn1ccc2c1cccc2", "ClC1=NOC(=O)S1"),
    ],
)
def test_without_its_bonds_a_molecule_is_the_same_but_for_them(smiles):
    whole, lean = identify(smiles), identify(smiles, bonds=False)
    assert lean._replace(adjacency=whole.adjacency, carriers=whole.carriers) == whole
    with pytest.raises(ValueError, match="without bonds"):
        _ = lean.connectivity


@pytest.mark.parametrize("smiles", ["CCO", "[CH3]", "C[N+](=O)[O-]", "O=O.[Na+].[Cl-]", "C1.C1", "[2H]C([H])F"])
def test_of_a_molecule_that_was_read_before_the_identity_is_the_same_but_for_its_canonical_smiles(smiles):
    whole = identify(smiles, inchi=False)
    lean = identity_of(parsed(smiles), smiles, inchi=False, canonical=False)
    assert lean._replace(canonical_smiles=whole.canonical_smiles) == whole
