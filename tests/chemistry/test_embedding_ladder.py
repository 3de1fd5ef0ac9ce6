"""The ladder of embeddings: what ETKDGv3 cannot place is placed by a further rung, and a molecule stays what it was.

Energies are GFN2-xTB's of one conformer, from ETKDGv3 without basic knowledge and torsion preferences (strained rings)
or from a hand-made octahedron (SF6), each relaxed by an independent run.
"""

import numpy as np
import pytest
from rdkit import Chem

from hemdata.chemistry.embed import BOUNDS, LADDER, OCTAHEDRAL, embed, embeddings
from hemdata.identity import moved_bonds, same_graph
from hemdata.label.calculation import FROM_SMILES, Stage, Start, calculate, calculation_for
from hemdata.label.jobs import RELAX
from hemdata.levels import level

FREE = "without basic knowledge and torsion preferences"
STRAINED = [("NC1C=C2CN3C2C13", -22.602692), ("CC1=C2CC3C2N3C1", -22.350152), ("C1#CCCCCC1", -19.994581)]
GLYCINE = """N -1.109504 -0.086114 -0.262417
C 0.094842 0.015583 0.648912
C 1.375769 0.099708 -0.213681
O 1.053320 0.059445 -1.447936
O 2.466600 0.188871 0.383908
H -1.720123 0.729039 -0.229751
H -1.592745 -0.981561 -0.207214
H -0.625992 -0.062453 -1.200195
H -0.037999 0.916761 1.252408
H 0.095833 -0.879280 1.275966"""


def relaxed(smiles=None, z=None, x=None):
    stage = Stage(level("gfn2-xtb"), RELAX)
    return calculate(calculation_for(stage, smiles, 0, 1, FROM_SMILES if x is None else Start(z, np.ravel(x).tolist())))


@pytest.mark.parametrize(("smiles", "energy"), STRAINED)
def test_strained_rings_are_embedded_without_preferences_and_keep_their_graph(smiles: str, energy: float) -> None:
    found = relaxed(smiles)
    assert found.reason is None
    assert found.energy_hartree == pytest.approx(energy, abs=2e-6)
    assert found.provenance["rungs"] == [FREE]


@pytest.mark.parametrize(
    ("smiles", "energy"), [("CC1CC23CC(C2)C13", -23.112245986), ("OC12CC(C1)C1COC12", -28.176285084)]
)
def test_bicyclopentanes_of_qm9_embed_by_distances_to_minima_no_higher_than_the_published(
    smiles: str, energy: float
) -> None:
    """gdb_8593 and gdb_68249: the energies are GFN2-xTB's after relaxing QM9's own geometries."""
    found = relaxed(smiles)
    assert found.reason is None
    assert found.energy_hartree is not None
    assert found.energy_hartree < energy + 1e-6
    assert found.provenance["rungs"] == [BOUNDS]


@pytest.mark.parametrize("smiles", ["C[C@H](N)O", "C[C@@H](N)[C@H](F)O", "F/C=C/F", "F/C=C\\F"])
def test_distances_alone_still_give_the_stereo_that_is_drawn(smiles: str) -> None:
    *_, last = embeddings(smiles)
    assert last.rung == BOUNDS
    drawn = Chem.AddHs(Chem.MolFromSmiles(smiles))
    conformer = Chem.Conformer(len(last.positions))
    for atom, place in enumerate(last.positions.tolist()):
        conformer.SetAtomPosition(atom, place)
    drawn.AddConformer(conformer)
    Chem.AssignStereochemistryFrom3D(drawn)
    assert Chem.MolToInchi(Chem.RemoveHs(drawn)) == Chem.MolToInchi(Chem.MolFromSmiles(smiles))


@pytest.mark.parametrize(("smiles", "energy"), [("FS(F)(F)(F)(F)F", -31.755200), ("CS(F)(F)(F)(F)F", -30.656229)])
def test_sulfur_of_six_neighbours_is_an_octahedron(smiles: str, energy: float) -> None:
    found = relaxed(smiles)
    assert found.reason is None
    assert found.energy_hartree == pytest.approx(energy, abs=2e-6)
    assert found.provenance["rungs"] == [OCTAHEDRAL]
    sulfur = found.atomic_numbers.index(16)
    x = np.array(found.positions).reshape(-1, 3)
    bonds = np.delete(x - x[sulfur], sulfur, axis=0)[:6]
    bonds /= np.linalg.norm(bonds, axis=1)[:, None]
    assert np.sort((bonds @ bonds.T).ravel())[:6] == pytest.approx(-1, abs=0.02)  # three straight angles, twice each


def test_a_molecule_that_the_first_rung_places_climbs_no_further() -> None:
    _, x = embed("CCO", seed=4)
    first = next(embeddings("CCO", seed=4))
    assert first.rung == ""
    assert np.array_equal(first.positions, x)
    assert "rungs" not in relaxed("CCO").provenance
    assert [each.rung for each in embeddings("CCO")] == [rung for rung in LADDER if rung != OCTAHEDRAL]


def test_a_molecule_that_no_start_keeps_fails_for_its_first_reason() -> None:
    found = relaxed("[NH3+]CC(=O)[O-]")
    assert found.reason is not None
    assert found.reason.startswith("The relaxed molecule is not the one asked for.")


def test_a_proton_that_moves_is_told_where_no_smiles_was_given() -> None:
    words = [line.split() for line in GLYCINE.splitlines()]
    z = [{"H": 1, "C": 6, "N": 7, "O": 8}[word[0]] for word in words]
    found = relaxed(z=z, x=[[float(value) for value in word[1:]] for word in words])
    assert found.reason is not None
    assert found.reason.startswith("The relaxed molecule is not the one given.")
    assert "broken N1-H8" in found.reason
    assert "formed O4-H8" in found.reason


def test_a_given_geometry_that_keeps_its_bonds_is_relaxed_in_whatever_order_its_atoms_stand() -> None:
    z, x = embed("NCC(=O)O")
    order = np.random.default_rng(0).permutation(len(z))
    assert relaxed(z=z[order].tolist(), x=x[order]).reason is None
    assert relaxed("NCC(=O)O", z[order].tolist(), x[order]).reason is None
    assert same_graph("NCC(=O)O", z[order], x[order]) is None
    assert same_graph("CC(=O)ON", z[order], x[order]) is not None
    assert same_graph("CCO", z[order], x[order]) is not None
    assert moved_bonds(z, x, x[::-1].copy()) is not None
