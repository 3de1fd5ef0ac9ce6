"""One suite for all engines: invariances, gradients against differences, spin, refusals, what a label says of them."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hemdata.catalog import LevelCard, level_card
from hemdata.chemistry.engines import engine
from hemdata.errors import DataError
from hemdata.label.dataset import label_dataset
from hemdata.levels import Level, level_of
from hemdata.shards import read
from hemdata.units import BOHR_ANGSTROM

# Formamide, and the ions and radicals made of its atoms: small, without symmetry, four elements.
Z = np.array([8, 6, 7, 1, 1, 1])
X = np.array(
    [
        [1.1280, 0.2091, 0.0000],
        [0.0000, 0.6260, 0.0300],
        [-1.1100, -0.2200, -0.0100],
        [-0.2100, 1.7000, 0.0600],
        [-1.0000, -1.2200, 0.0400],
        [-2.0300, 0.1700, 0.0300],
    ]
)
HF = """name: hf-sto-3g
title: Hartree-Fock in a minimal basis
about: Cheap.
engine: pyscf
method: hf
basis: {name: sto-3g}
angular: spherical
grid_level: 0
atoms_hartree: {H: -0.466582, C: -37.198393, N: -53.719010, O: -73.804150}
atoms_source: UHF/STO-3G of the free atoms
"""


@dataclass(frozen=True)
class Case:
    """An engine at a level.

    Attributes:
        same: hartree by which a turned or reordered molecule may differ; a quadrature grid does not turn with it.
        slope: hartree/bohr by which a gradient may differ from differences of energies.
    """

    card: Callable[[], LevelCard]
    same: float
    slope: float
    needs: str = "numpy"

    @property
    def level(self) -> Level:
        return level_of(self.card())

    @property
    def engine(self) -> Any:
        return engine(self.level)

    def energy(self, z: np.ndarray = Z, x: np.ndarray = X, charge: int = 0, multiplicity: int = 1) -> float:
        return float(self.engine.single_point(z, x, charge, multiplicity, self.level).energy_hartree)

    def surface(self, z: np.ndarray = Z, x: np.ndarray = X) -> Any:
        return self.engine.surface(z, x, 0, 1, self.level)


def hartree_fock() -> LevelCard:
    import yaml

    return LevelCard.model_validate(yaml.safe_load(HF))


def with_dispersion() -> LevelCard:
    return LevelCard.model_validate(hartree_fock().model_dump() | {"name": "hf-d3bj-sto-3g", "dispersion": "d3bj"})


def by_xtb(name: str) -> LevelCard:
    return LevelCard.model_validate(level_card(name).model_dump() | {"name": f"{name}-by-xtb", "engine": "xtb"})


CASES = {
    "pyscf, Hartree-Fock": Case(hartree_fock, 1e-7, 1e-5),
    "pyscf, Hartree-Fock and D3": Case(with_dispersion, 1e-7, 1e-5),
    # The surface's coarse grid stands still in the gradient, and moves with the atoms in the differences.
    "pyscf, pc9": Case(lambda: level_card("pc9"), 2e-5, 1e-3),
    "tblite, gfn2-xtb": Case(lambda: level_card("gfn2-xtb"), 1e-7, 1e-5),
    "tblite, gfn1-xtb": Case(lambda: level_card("gfn1-xtb"), 1e-7, 1e-5),
    "xtb, gfn2-xtb": Case(lambda: by_xtb("gfn2-xtb"), 1e-7, 1e-5, needs="xtb"),
    "xtb, gfn1-xtb": Case(lambda: by_xtb("gfn1-xtb"), 1e-7, 1e-5, needs="xtb"),
}


# PySCF at a published level takes minutes for the whole suite; tests/chemistry/test_pyscf_engine.py holds its numbers.
PARAMS = [pytest.param(its, id=name, marks=[pytest.mark.slow] * (name == "pyscf, pc9")) for name, its in CASES.items()]


@pytest.fixture(scope="module", params=PARAMS)
def case(request: pytest.FixtureRequest) -> Case:
    its: Case = request.param
    if importlib.util.find_spec(its.needs) is None:
        pytest.skip("xtb-python is not installed; `make xtb` builds it")
    return its


@pytest.fixture(scope="module")
def energy(case: Case) -> float:
    return case.energy()


def test_a_turned_moved_and_reordered_molecule_has_the_same_energy(case: Case, energy: float) -> None:
    turned = X @ Rotation.random(rng=3).as_matrix().T + [5.0, -3.0, 11.0]
    order = [3, 2, 5, 0, 4, 1]
    assert case.energy(Z[order], turned[order]) == pytest.approx(energy, abs=case.same)


def test_the_same_input_gives_the_same_bits(case: Case, energy: float) -> None:
    assert case.energy() == energy


def test_the_gradient_is_that_of_energy_differences(case: Case) -> None:
    surface, step = case.surface(), 2e-3
    gradient = surface(X, 0.01).gradient
    assert gradient.shape == X.shape
    assert gradient.sum(0) == pytest.approx(np.zeros(3), abs=case.slope)  # no net force
    for atom, axis in ((0, 0), (2, 1), (3, 2)):
        moved = np.zeros_like(X)
        moved[atom, axis] = step * BOHR_ANGSTROM
        ahead, behind = (surface(X + sign * moved, 0.01).energy_hartree for sign in (1, -1))
        assert (ahead - behind) / (2 * step) == pytest.approx(gradient[atom, axis], abs=case.slope)


def test_a_surface_started_from_another_geometrys_state_has_the_energy_of_a_fresh_one(case: Case) -> None:
    moved = X + 0.02 * np.sin(np.arange(X.size)).reshape(X.shape)
    surface = case.surface()
    restarted = surface(moved, 0.1, surface(X, 0.1).state).energy_hartree
    assert restarted == pytest.approx(case.surface()(moved, 0.1).energy_hartree, abs=1e-6)


def test_far_atoms_do_not_know_of_each_other(case: Case) -> None:
    """Two waters 100 angstrom apart have twice the energy of one, to what their dipoles still feel of each other."""
    z, x = np.array([8, 1, 1]), np.array([[0, 0, 0.12], [0, 0.76, -0.48], [0, -0.76, -0.48]])
    both = case.energy(np.tile(z, 2), np.concatenate([x, x + np.array([100.0, 0, 0])]))
    assert both == pytest.approx(2 * case.energy(z, x), abs=max(1e-6, case.same))


def test_spin_and_charge_are_the_molecules(case: Case, energy: float) -> None:
    """A molecule with an electron taken off, or two of them unpaired, lies higher by a few eV, and not the same."""
    cation, triplet = case.energy(charge=1, multiplicity=2), case.energy(multiplicity=3)
    assert 0.05 < triplet - energy < 0.5
    assert 0.2 < cation - energy < 0.8
    anion = case.energy(charge=-1, multiplicity=2)
    assert abs(anion - energy) < 0.4
    assert len({energy, cation, triplet, anion}) == 4


REFUSED = {
    "an odd number of electrons as a singlet": (Z[:-1], X[:-1], 0, 1, "Charge and multiplicity do not go together"),
    "an even number as a doublet": (Z, X, 0, 2, "Charge and multiplicity do not go together"),
    "a charge that leaves an odd number": (Z, X, 1, 1, "Charge and multiplicity do not go together"),
    "more unpaired electrons than there are": (Z[3:4], X[3:4], 0, 4, "Charge and multiplicity do not go together"),
    "no multiplicity": (Z, X, 0, 0, "Charge and multiplicity do not go together"),
    "more charge than electrons": (Z[3:4], X[3:4], 3, 1, "Charge and multiplicity do not go together"),
    "uranium": (np.array([92]), X[:1], 0, 1, "There is no such element"),
    "element 120": (np.array([120, 1, 1]), X[:3], 0, 1, "There is no such element"),
    "a ghost": (np.array([0, 1, 1]), X[:3], 0, 1, "There is no such element"),
    "no atoms": (Z[:0], X[:0], 0, 1, "There is no such element"),
    "atoms at one place": (Z, np.vstack([X[:-1], X[:1]]), 0, 1, "Two atoms lie on top of each other"),
    "atoms 0.1 angstrom apart": (Z, np.vstack([X[:-1], X[0] + [0, 0, 0.1]]), 0, 1, "O1 and H6, 0.100 angstrom"),
    "a coordinate that is no number": (Z, np.where(X > 1.6, np.nan, X), 0, 1, "The coordinates are not those"),
    "an atom without a place": (Z, X[:-1], 0, 1, "The coordinates are not those of the atoms"),
}


@pytest.mark.parametrize(("z", "x", "charge", "multiplicity", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_molecule_is_refused_with_a_sentence(
    case: Case, z: np.ndarray, x: np.ndarray, charge: int, multiplicity: int, words: str
) -> None:
    with pytest.raises(DataError, match=words):
        case.energy(z, x, charge, multiplicity)
    with pytest.raises(DataError, match=words):
        case.engine.surface(z, x, charge, multiplicity, case.level)


def test_a_label_tells_engine_and_version(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through a whole run: the engine's version is in the row, in the manifest, and in what the store knows."""
    import yaml

    folder = tmp_path / "cards" / "pipelines" / "levels"
    folder.mkdir(parents=True)
    card = case.card().model_copy(update={"name": "mine"})
    (folder / "mine.yaml").write_text(yaml.safe_dump(card.model_dump(mode="json", exclude_none=True)))
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path / "cards"))
    lines = [f"{'XHHHHHCNO'[z]} {x[0]} {x[1]} {x[2]}" for z, x in zip(Z, X, strict=True)]
    (tmp_path / "formamide.xyz").write_text("\n".join(["6", "", *lines, ""]))
    done = label_dataset(tmp_path / "formamide.xyz", level_name="mine", geometry="given", data=tmp_path, workers=0)
    name = case.level.card.engine
    row = read(done.folder).to_pylist()[0]
    assert row["engine"] == f"{name} {version(name)}"
    assert done.manifest.versions[name] == version(name)
    assert row["energy_hartree"] == pytest.approx(case.energy(), abs=2e-6)


@pytest.mark.parametrize("name", ["gfn2-xtb", "gfn1-xtb"])
def test_the_xtb_program_and_tblite_agree(name: str) -> None:
    """Two programs, one method: water, formamide and a radical to 1e-7 hartree (levels of theory: 3e-9 for water)."""
    pytest.importorskip("xtb", reason="xtb-python is not installed; `make xtb` builds it")
    one, other = CASES[f"tblite, {name}"], CASES[f"xtb, {name}"]
    for z, x, charge, multiplicity in ((Z, X, 0, 1), (Z, X, 1, 2), (Z[:3], X[:3], 0, 2)):
        ours, theirs = (its.energy(z, x, charge, multiplicity) for its in (one, other))
        assert ours == pytest.approx(theirs, abs=1e-7)
