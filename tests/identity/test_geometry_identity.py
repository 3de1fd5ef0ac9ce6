"""Identity by geometry: safe under every motion and exchange of like atoms, under reflection where asked."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from hemdata.chemistry.embed import embed
from hemdata.identity import Geometry, relation, superposed

CHIRAL = ["C[C@H](N)C(=O)O", "C[C@@H](O)F", "OC[C@H]1O[C@@H](O)[C@H](O)[C@@H](O)[C@@H]1O"]
FLAT_OR_SYMMETRIC = [
    "[H][H]",
    "O",
    "C",
    "O=C=O",
    "C#N",
    "c1ccccc1",
    "CC(C)(C)C",
    "C1C2CC3CC1CC(C2)C3",
    "C12C3C4C1C5C2C3C45",
]
MOLECULES = [*CHIRAL, *FLAT_OR_SYMMETRIC, "CCO", "C[N+](=NC)[O-]", "CC(=O)Oc1ccccc1C(=O)O"]


@cache
def made(smiles: str, seed: int = 0, told: bool = True) -> Geometry:
    z, x = embed(smiles, seed)
    return Geometry(z, x, smiles if told else None)


def elsewhere(a: Geometry, seed: int, noise: float = 0.0) -> Geometry:
    """The same molecule moved, turned, with its atoms in another order, each moved by up to `noise` angstrom."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(a.atomic_numbers))
    shift = random.normal(size=(len(order), 3))
    shift *= noise * random.random((len(order), 1)) / np.linalg.norm(shift, axis=1, keepdims=True)
    x = (a.positions[order] + shift) @ Rotation.random(random_state=random).as_matrix().T
    return Geometry(a.atomic_numbers[order], x + random.normal(size=3) * 10, a.smiles)


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(MOLECULES), st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.04]))
def test_a_moved_turned_and_renumbered_molecule_is_a_duplicate(smiles, seed, noise):
    a = made(smiles)
    b = elsewhere(a, seed, noise)
    assert relation(a, b) == relation(b, a) == "duplicate"
    found = superposed(a, b)
    assert (b.atomic_numbers[found.order] == a.atomic_numbers).all()
    assert sorted(found.order) == list(range(len(a.atomic_numbers)))
    assert not found.mirrored
    assert found.rmsd_angstrom <= found.farthest_angstrom <= 0.1


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(CHIRAL), st.integers(0, 2**32 - 1))
def test_a_mirror_image_of_a_chiral_molecule_is_a_duplicate_only_where_asked(smiles, seed):
    a = made(smiles)
    b = elsewhere(a.mirrored(), seed)
    assert relation(a, b) == "stereoisomer"
    assert relation(a, b, mirror=True) == "duplicate"
    assert superposed(a, b, mirror=True).mirrored


@settings(deadline=None, max_examples=40)
@given(st.sampled_from([one for one in FLAT_OR_SYMMETRIC if one not in ("CC(C)(C)C",)]), st.integers(0, 2**32 - 1))
def test_a_molecule_that_is_its_mirror_image_needs_no_asking(smiles, seed):
    assert superposed(made(smiles), elsewhere(made(smiles).mirrored(), seed), tolerance=0.2) is not None


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(MOLECULES), st.integers(0, 2**32 - 1))
def test_one_atom_off_by_far_more_than_the_tolerance_is_no_duplicate(smiles, seed):
    a = made(smiles)
    atom = seed % len(a.atomic_numbers)
    x = a.positions.copy()
    away = x[atom] - x.mean(axis=0) + [1e-3, 0, 0]
    x[atom] += 0.8 * away / np.linalg.norm(away)
    assert superposed(a, elsewhere(Geometry(a.atomic_numbers, x), seed)) is None


def test_the_largest_gap_agrees_with_scipys_own_superposition():
    """Oracle: scipy's align_vectors with the order known."""
    a = made("CC(=O)Oc1ccccc1C(=O)O")
    b = elsewhere(a, 7, 0.05)
    found = superposed(a, b)
    x, y = a.positions - a.positions.mean(axis=0), b.positions[found.order]
    y = y - y.mean(axis=0)
    rotation, distance = Rotation.align_vectors(x, y)
    assert found.rmsd_angstrom == pytest.approx(distance / np.sqrt(len(x)), abs=1e-9)
    assert found.farthest_angstrom == pytest.approx(np.linalg.norm(x - rotation.apply(y), axis=1).max(), abs=1e-7)


def test_anti_and_gauche_butane_are_conformers_and_rdkit_agrees_on_their_distance():
    from rdkit import Chem
    from rdkit.Chem import AllChem, rdMolAlign, rdMolTransforms

    molecule = Chem.AddHs(Chem.MolFromSmiles("CCCC"))
    AllChem.EmbedMolecule(molecule, randomSeed=1)
    z = [atom.GetAtomicNum() for atom in molecule.GetAtoms()]
    turned = {}
    for degrees in (180, 178, 60, -60):
        rdMolTransforms.SetDihedralDeg(molecule.GetConformer(), 0, 1, 2, 3, degrees)
        turned[degrees] = Geometry(z, molecule.GetConformer().GetPositions(), "CCCC")
    assert relation(turned[180], turned[178]) == "duplicate"
    assert relation(turned[180], turned[60]) == "conformer"
    assert relation(turned[60], turned[-60]) == "conformer"
    one, other = (Chem.Mol(molecule) for _ in range(2))
    one.GetConformer().SetPositions(turned[180].positions)
    other.GetConformer().SetPositions(turned[178].positions)
    best = rdMolAlign.GetBestRMS(other, one)
    assert superposed(turned[180], turned[178]).rmsd_angstrom == pytest.approx(best, abs=1e-4)


@pytest.mark.parametrize("told", [True, False], ids=["with SMILES", "coordinates alone"])
@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "stereoisomer"),  # enantiomers
        ("C[C@H](F)[C@H](F)C", "C[C@H](F)[C@@H](F)C", "stereoisomer"),  # diastereomers
        ("C/C=C/C", "C/C=C\\C", "stereoisomer"),
        ("C/N=[N+](/C)[O-]", "C/N=[N+](\\C)[O-]", "stereoisomer"),
        ("CC(=O)C", "CC(O)=C", "tautomer"),  # keto and enol: RDKit's enumerator, not InChI
        ("Oc1ccccn1", "O=c1cccc[nH]1", "tautomer"),
        ("c1[nH]cnc1C", "c1[nH]c(C)cn1", "tautomer"),
        ("NCC(=O)O", "[NH3+]CC(=O)[O-]", "tautomer"),
        ("CCO", "COC", "other"),
        ("CCO", "CCN", "other"),
        ("C1CCC2CCCCC2C1", "C1CCCC1C1CCCC1", "other"),
        ("C", "CC", "other"),
    ],
)
def test_relations(one, other, expected, told):
    a, b = made(one, 0, told), elsewhere(made(other, 1, told), 3)
    assert relation(a, b) == relation(b, a) == expected


def test_stereo_is_read_from_the_coordinates_where_the_smiles_have_none():
    """As in QM9, whose SMILES carry no stereo."""
    left, right = (made(smiles) for smiles in ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O"))
    flat = [Geometry(g.atomic_numbers, g.positions, "CC(N)C(=O)O") for g in (left, right)]
    assert relation(*flat) == "stereoisomer"
    assert relation(*flat, mirror=True) in ("duplicate", "conformer")


def test_published_molecules_are_themselves_and_not_each_other(pc9_molecules):
    members = [Geometry(m.atomic_numbers, m.positions, m.smiles) for m in pc9_molecules]
    for number, a in enumerate(members):
        assert relation(a, elsewhere(a, number)) == "duplicate"
        assert all(relation(a, b) not in ("duplicate", "conformer") for b in members[:number])
