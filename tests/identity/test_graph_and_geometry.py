"""Graph against geometry: agreement on real molecules, and a geometry for each way to disagree."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemdata.catalog import dataset
from hemdata.chemistry.embed import embed
from hemdata.identity import disagreements, identify
from hemdata.identity.bonds import OTHER_GRAPH, UNUSUAL_LENGTH, graph_hashes
from hemdata.shards import read
from hemdata.sources import open_source

COLUMNS = pa.schema([("atomic_numbers", pa.list_(pa.uint8())), ("positions", pa.list_(pa.float64()))])


def flags(smiles, z, x):
    """The flags of one geometry."""
    positions = None if x is None else np.asarray(x).ravel().tolist()
    table = pa.Table.from_pylist([{"atomic_numbers": list(z), "positions": positions}], schema=COLUMNS)
    found = disagreements(table, [identify(smiles) if smiles else None])
    return [flag for flag, rows in found.items() if rows[0]]


def hashed(smiles, order=None):
    identity = identify(smiles)
    order = np.arange(len(identity.atomic_numbers)) if order is None else np.asarray(order)
    z = np.array(identity.atomic_numbers)[order]
    return int(graph_hashes(z[None], identity.connectivity[np.ix_(order, order)][None])[0])


def test_the_test_groups_relaxed_by_hemdata_agree(labelled: Path) -> None:
    table = read(labelled / "test-groups@gfn2-xtb")
    found = disagreements(table, [identify(smiles) for smiles in table["smiles"].to_pylist()])
    assert {flag: int(rows.sum()) for flag, rows in found.items()} == {OTHER_GRAPH: 0, UNUSUAL_LENGTH: 0}


def test_molecules_of_qm9_that_are_not_their_smiles() -> None:
    """Seen by eye: in gdb_133857 a bond of a small ring has moved, in gdb_37496 a C-C is 1.73 angstrom long."""
    wanted = {"gdb_1": [], "gdb_37496": [UNUSUAL_LENGTH], "gdb_133857": [OTHER_GRAPH]}
    members = [f"dsgdb9nsd_{int(name[4:]):06d}.xyz" for name in wanted]
    source, found = open_source(dataset("qm9")), {}
    for raw in source.raws():
        if any(name in raw.content for name in members):
            molecule = source.parse(raw)
            found[molecule.source_id] = flags(molecule.smiles, molecule.atomic_numbers, molecule.positions)
    assert found == wanted


ISOMERS = [
    ("CCO", "COC"), ("CC(=O)C", "CC(O)=C"), ("CCCC", "CC(C)C"), ("c1ccccc1", "C1=CC2C1C=C2"),
    ("NCC(=O)O", "[NH3+]CC(=O)[O-]"), ("C[N+](=NC)[O-]", "CN(C)N=O"), ("C1CCC2CCCCC2C1", "C1CCCC1C1CCCC1"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), ISOMERS)
def test_an_isomers_geometry_has_another_graph(one, other):
    z, x = embed(one)
    assert flags(one, z, x) == []
    assert OTHER_GRAPH in flags(other, z, x)


@pytest.mark.parametrize(
    "smiles", ["CCO[N+]([O-])=O", "[O-][N+](=O)N1CCN1[N+]([O-])=O", "C[N+](=NC)[O-]", "OO", "FC#N"]
)
def test_what_bond_orders_a_smiles_lost_does_not_matter(smiles):
    """PC9 writes `CCO[N][O]`: bonds are compared, not their orders."""
    from rdkit import Chem

    z, x = embed(smiles)
    lost = Chem.AddHs(Chem.MolFromSmiles(smiles))
    for bond in lost.GetBonds():
        bond.SetBondType(Chem.BondType.SINGLE)
    for atom in lost.GetAtoms():
        atom.SetFormalCharge(0)
        atom.SetNoImplicit(True)
    Chem.SanitizeMol(lost, Chem.SANITIZE_ALL ^ Chem.SANITIZE_PROPERTIES)
    assert flags(Chem.MolToSmiles(lost), z, x) == []


def test_a_bond_may_be_of_the_graph_and_still_no_bond_of_these_elements():
    """Ethane's halves drawn to 1.85 angstrom, and a hydrogen pushed to 0.9: any graph of bonds is still ethane's."""
    z, x = embed("CC")
    for stretch in (0.0, 1.85):
        halves = np.where(np.linalg.norm(x - x[0], axis=1) < np.linalg.norm(x - x[1], axis=1), 0, 1)
        along = (x[1] - x[0]) / np.linalg.norm(x[1] - x[0])
        moved = x + np.outer(halves, along) * ((stretch or np.linalg.norm(x[1] - x[0])) - np.linalg.norm(x[1] - x[0]))
        assert flags("CC", z, moved) == ([UNUSUAL_LENGTH] if stretch else [])
    hydrogen = int(np.flatnonzero(z == 1)[0])
    pushed = x.copy()
    pushed[hydrogen] = x[0] + (x[hydrogen] - x[0]) * 0.9 / np.linalg.norm(x[hydrogen] - x[0])
    assert flags("CC", z, pushed) == [UNUSUAL_LENGTH]


def test_a_broken_and_a_formed_bond():
    z, x = embed("CCO")
    broken = x.copy()
    broken[2] = x[1] + (x[2] - x[1]) * 1.5  # the oxygen alone, off its hydrogen too
    assert OTHER_GRAPH in flags("CCO", z, broken)
    formed = x.copy()
    formed[2] = x[0] + (x[2] - x[0]) * 1.4 / np.linalg.norm(x[2] - x[0])
    assert OTHER_GRAPH in flags("CCO", z, formed)


def test_without_a_geometry_or_a_smiles_of_these_atoms_there_is_no_other_graph():
    z, x = embed("CCO")
    assert flags("CCO", z, None) == []
    assert flags(None, z, x) == []
    assert flags("CCN", z, x) == []
    assert flags("CCO", z, np.full_like(x, np.nan)) in ([], [OTHER_GRAPH])  # refused elsewhere; never a crash
    assert flags("[He]", [2], [[0.0, 0, 0]]) == []
    assert flags("[He].[He]", [2, 2], [[0.0, 0, 0], [0, 0, 3]]) == []
    assert flags("[He].[He]", [2, 2], [[0.0, 0, 0], [0, 0, 0.5]]) == [OTHER_GRAPH]


def test_the_published_members_of_pc9_agree(pc9_molecules):
    assert [m.source_id for m in pc9_molecules if flags(m.smiles, m.atomic_numbers, m.positions)] == []


def test_a_table_of_several_sizes_gives_each_row_its_own(labelled: Path):
    table = read(labelled / "neuro@gfn2-xtb")
    smiles = table["smiles"].to_pylist()
    identities = [identify(one) for one in smiles]
    dopamine = smiles.index("NCCc1ccc(O)c(O)c1")
    identities[dopamine] = identify("NCCc1cc(O)cc(O)c1")  # one hydroxyl elsewhere
    assert disagreements(table, identities)[OTHER_GRAPH].nonzero()[0].tolist() == [dopamine]


def test_hashes_differ_where_rdkits_canonical_skeletons_do(labelled: Path):
    from rdkit import Chem

    def skeleton(smiles):
        molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
        bare = Chem.RWMol()
        for atom in molecule.GetAtoms():
            new = Chem.Atom(atom.GetAtomicNum())
            new.SetNoImplicit(True)
            bare.AddAtom(new)
        for bond in molecule.GetBonds():
            bare.AddBond(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), Chem.BondType.SINGLE)
        bare.UpdatePropertyCache(strict=False)
        return Chem.MolToSmiles(bare)

    smiles = [
        *read(labelled / "test-groups@gfn2-xtb")["smiles"].to_pylist(),
        *(one for pair in ISOMERS for one in pair),
    ]
    by_hash, by_skeleton = {}, {}
    for one in smiles:
        by_hash.setdefault(hashed(one), set()).add(skeleton(one))
        by_skeleton.setdefault(skeleton(one), set()).add(hashed(one))
    assert all(len(found) == 1 for found in [*by_hash.values(), *by_skeleton.values()])


@settings(deadline=None, max_examples=60)
@given(st.sampled_from([one for pair in ISOMERS for one in pair]), st.randoms(use_true_random=False))
def test_a_hash_knows_no_order_of_the_atoms(smiles, random):
    order = list(range(len(identify(smiles).atomic_numbers)))
    random.shuffle(order)
    assert hashed(smiles, order) == hashed(smiles)
