"""GFN2 geometries: the energy of an independent optimiser, finite differences, the molecule asked for."""

import csv
from pathlib import Path

import numpy as np
import pytest

from hemdata.catalog import roots
from hemdata.chemistry.embed import embed
from hemdata.chemistry.engines.tblite import Engine, Point
from hemdata.chemistry.model_hessian import model_hessian
from hemdata.chemistry.relax import descend, minimum, relax
from hemdata.errors import DataError
from hemdata.identity import same_graph
from hemdata.units import BOHR_ANGSTROM

MOLECULES = ["C=O", "C[N+](=O)[O-]", "NCC(=O)O", "C/N=[N+](/C)[O-]", "C#CC#N", "OO"]
CAGES = {
    "cubane": "C12C3C4C1C5C2C3C45",
    "adamantane": "C1C2CC3CC1CC(C2)C3",
    "quadricyclane": "C1C2C3C2C4C1C34",
    "bicyclobutane": "C1C2C1C2",
}


@pytest.mark.parametrize("smiles", MOLECULES)
def test_the_relaxed_energy_is_that_of_ases_bfgs(smiles: str) -> None:
    """Oracle: ASE's BFGS over tblite's own ASE calculator, from the same start, to tighter forces."""
    from ase import Atoms
    from ase.optimize import BFGS
    from tblite.ase import TBLite

    z, start = embed(smiles)
    atoms = Atoms(numbers=z, positions=start)
    atoms.calc = TBLite(method="GFN2-xTB", verbosity=0)
    BFGS(atoms, logfile=None).run(fmax=0.005, steps=500)
    ours = relax(z, start, 0, 1)
    off = (ours.energy_hartree - atoms.get_potential_energy() / 27.211386245988) * 627.5094740631
    assert abs(off) < 0.02  # kcal/mol: how far apart two stops with forces of 0.01 eV/angstrom lie on a soft mode
    assert ours.max_force < 0.03
    assert same_graph(smiles, z, ours.positions) is None


def test_waters_energy_is_that_of_two_programs() -> None:
    """GFN2-xTB of water, relaxed: tblite -5.0700 hartree."""
    z, start = embed("O")
    assert abs(relax(z, start, 0, 1).energy_hartree + 5.0705) < 1e-3


def test_the_gradient_is_that_of_finite_differences() -> None:
    z, x = embed("C[N+](=O)[O-]")
    engine = Engine(z, x, 0, 1, "GFN2-xTB")
    gradient = engine(x, 0.01).gradient
    for atom, axis in ((0, 0), (2, 1), (5, 2)):
        step = np.zeros_like(x)
        step[atom, axis] = 1e-3 * BOHR_ANGSTROM
        numeric = (engine(x + step, 0.01).energy_hartree - engine(x - step, 0.01).energy_hartree) / 2e-3
        assert abs(numeric - gradient[atom, axis]) < 1e-5


def test_a_turned_molecule_relaxes_to_the_same_energy() -> None:
    from scipy.spatial.transform import Rotation

    z, x = embed("NCC(=O)O")
    turned = x @ Rotation.random(rng=1).as_matrix().T + 3.0
    assert abs(relax(z, x, 0, 1).energy_hartree - relax(z, turned, 0, 1).energy_hartree) < 1e-6


@pytest.mark.parametrize("smiles", ["C#CC#N", "NCC(=O)O", *CAGES.values()])
def test_the_model_hessian_is_symmetric_positive_and_blind_to_translation(smiles: str) -> None:
    z, x = embed(smiles)
    hessian = model_hessian(z, x / BOHR_ANGSTROM)
    assert hessian.shape == (3 * len(z), 3 * len(z))
    assert np.allclose(hessian, hessian.T, atol=1e-12)
    assert np.linalg.eigvalsh(hessian).min() > -1e-9
    assert np.abs(hessian @ np.tile(np.eye(3), (len(z), 1))).max() < 1e-8


def test_too_few_steps_are_a_sentence() -> None:
    z, x = embed("CCCCO")
    with pytest.raises(DataError, match="did not converge"):
        relax(z, x, 0, 1, max_steps=1)


@pytest.mark.parametrize("smiles", CAGES.values(), ids=CAGES)
def test_cages_are_not_called_broken(smiles: str) -> None:
    z, x = embed(smiles)
    assert same_graph(smiles, z, relax(z, x, 0, 1).positions) is None


def test_a_broken_and_a_formed_bond_are_named() -> None:
    z, x = embed("CCO")
    stretched = x.copy()
    stretched[2] += (x[2] - x[1]) * 0.8
    assert "broken C2-O3" in (same_graph("CCO", z, stretched) or "")
    pushed = x.copy()
    pushed[2] = x[0] + np.array([1.4, 0.0, 0.0])
    assert "formed C1-O3" in (same_graph("CCO", z, pushed) or "")


def test_members_of_every_group_embed_as_themselves() -> None:
    for group in ("azoxy", "explosives", "neuro", "saccharides"):
        path = next(p for root in roots() if (p := Path(root) / "datasets" / "test-groups" / f"{group}.csv").is_file())
        with path.open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))[::15]
        for row in rows:
            z, x = embed(row["smiles"])
            assert same_graph(row["smiles"], z, x) is None
            assert int((z != 1).sum()) == int(row["heavy_atoms"])


def test_the_seed_decides_the_geometry() -> None:
    first, again, other = (embed("CCCCO", seed=seed)[1] for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)


@pytest.mark.parametrize(("smiles", "words"), [("C1CC", "does not parse"), ("C.C", "more than one fragment")])
def test_what_cannot_be_embedded_says_why(smiles: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        embed(smiles)


@pytest.mark.parametrize("curvature", [-0.0024, -0.0035, -0.02])
def test_a_start_beside_a_saddle_is_left_downhill(curvature: float) -> None:
    """A made surface: a double well along one coordinate, minima one bohr beside the saddle, springs along the rest."""
    springs = np.array([curvature, 0.3, 0.3, 0.3, 0.5, 0.5])

    def surface(positions: np.ndarray, accuracy: float = 1.0, state: object = None) -> Point:
        q = positions.ravel() / BOHR_ANGSTROM
        gradient = springs * q
        gradient[0] -= curvature * q[0] ** 3
        energy = 0.5 * float(springs @ q**2) - 0.25 * curvature * float(q[0] ** 4)
        return Point(energy, gradient.reshape(-1, 3), None)

    start = np.zeros((2, 3))
    start[0, 0] = 0.2 * BOHR_ANGSTROM
    relaxed = descend(surface, start, np.diag(springs))
    assert relaxed.energy_hartree == pytest.approx(0.25 * curvature, abs=2e-5)
    assert relaxed.gradients < 20


def test_where_cartesian_steps_get_lost_internal_coordinates_go_on() -> None:
    z, x = embed("NCC(=O)O")
    engine = Engine(z, x, 0, 1, "GFN2-xTB")
    hessian = model_hessian(z, x / BOHR_ANGSTROM)
    lost = minimum(engine, z, x, hessian, cartesian=2)
    assert lost.rungs == ("internal coordinates",)
    assert lost.gradients > 3
    assert lost.max_force < 0.01
    assert lost.energy_hartree == pytest.approx(relax(z, x, 0, 1).energy_hartree, abs=1e-5)
    with pytest.raises(DataError, match="did not converge"):
        minimum(engine, z, x, hessian, max_steps=4, cartesian=2)
