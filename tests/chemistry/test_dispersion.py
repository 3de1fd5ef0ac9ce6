"""A level's dispersion correction: two atoms by hand, its hash, its refusals."""

import importlib.metadata
from pathlib import Path

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from hemdata.catalog import LevelCard, level_card
from hemdata.chemistry.engines import pyscf as pyscf_engine
from hemdata.errors import CallError, DataError
from hemdata.label.calculation import installed
from hemdata.label.dataset import label_dataset
from hemdata.levels import level_hash, level_of
from hemdata.shards import read
from hemdata.shield.load_pyscf import load_pyscf

BOHR_ANGSTROM = 0.529177210903
HELIUM = np.array([2, 2])


def card(**changes: object) -> LevelCard:
    small = {"name": "small", "basis": {"name": "6-31g"}, "grid_level": 0, "atoms_hartree": {"He": 0.0}}
    return LevelCard.model_validate(level_card("pc9").model_dump() | small | changes)


def energy(distance: float, accuracy: pyscf_engine.Accuracy, **changes: object) -> float:
    x = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, distance]])
    return pyscf_engine.single_point(HELIUM, x, 0, 1, level_of(card(**changes)), accuracy).energy_hartree


@pytest.mark.parametrize("accuracy", ["label", "reference"])
@pytest.mark.parametrize("distance", [2.2, 3.0, 5.0])
def test_two_helium_atoms_attract_as_by_hand(accuracy: pyscf_engine.Accuracy, distance: float) -> None:
    """B3LYP-D3(BJ) of Grimme, Ehrlich and Goerigk, J. Comput. Chem. 2011, 32, 1456: s8 1.9889, a1 0.3981, a2 4.4211.

    Helium: C6 1.5583 hartree bohr^6, sqrt(Q) 1.56637 (D3's reference data, J. Chem. Phys. 2010, 132, 154104).
    """
    r, c6 = distance / BOHR_ANGSTROM, 1.5583
    c8 = 3 * c6 * 1.56637132**2
    damping = 0.3981 * np.sqrt(c8 / c6) + 4.4211
    by_hand = -c6 / (r**6 + damping**6) - 1.9889 * c8 / (r**8 + damping**8)
    found = energy(distance, accuracy, dispersion="d3bj") - energy(distance, accuracy)
    assert found == pytest.approx(by_hand, abs=1e-9)


def test_it_stands_in_the_place_of_vv10() -> None:
    """PySCF's own reading of wB97M-D3(BJ)."""
    load_pyscf()
    from pyscf import dft, gto

    water = np.array([[0.0, 0.0, 0.12], [0.0, 0.76, -0.48], [0.0, -0.76, -0.48]])
    z, its = np.array([8, 1, 1]), level_of(card(method="wb97m-v", dispersion="d3bj"))
    molecule = gto.M(atom=list(zip("OHH", water.tolist(), strict=True)), basis="6-31g", cart=True, verbose=0)
    field = dft.RKS(molecule, xc="wb97m-d3bj")
    field.grids.level = 0
    assert pyscf_engine.single_point(z, water, 0, 1, its).energy_hartree == pytest.approx(field.kernel(), abs=1e-8)


def test_another_correction_is_another_level_and_none_is_the_level_that_was() -> None:
    hashes = {level_hash(card(dispersion=kind)) for kind in (None, "d3zero", "d3bj", "d4")}
    assert len(hashes) == 4
    assert level_hash(level_card("pc9")) == "f11a981e2078"
    far = [energy(3.0, "label", dispersion=kind) for kind in ("d3zero", "d3bj", "d4")]
    assert len({round(each, 9) for each in far}) == 3


def test_a_free_atom_has_none() -> None:
    alone = [
        pyscf_engine.single_point(HELIUM[:1], np.zeros((1, 3)), 0, 1, level_of(card(dispersion=kind))).energy_hartree
        for kind in (None, "d3bj", "d4")
    ]
    assert alone == pytest.approx([alone[0]] * 3, abs=1e-12)


def test_a_functional_without_parameters_is_refused_in_words() -> None:
    with pytest.raises(DataError, match="no parameters for this functional") as refused:
        energy(3.0, "label", dispersion="d3bj", method="lda,vwn")
    assert "lda,vwn" in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"method": "b3lyp-d3bj"}, "a key of its own"),
        ({"dispersion": "d2"}, "d3zero"),
        ({"engine": "tblite", "basis": None, "angular": None, "grid_level": None, "dispersion": "d4"}, "tblite level"),
    ],
)
def test_a_card_that_says_it_otherwise_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        card(**changes)


def test_without_the_extra_the_run_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr("hemdata.label.calculation.version", missing)
    with pytest.raises(CallError, match=r"hemdata\[dispersion\]"):
        installed.__wrapped__(("pyscf-dispersion",))
    monkeypatch.setattr("hemdata.chemistry.engines.pyscf_set_up.find_spec", lambda name: None)
    with pytest.raises(CallError, match=r"hemdata\[dispersion\]"):
        energy(3.0, "label", dispersion="d3bj")


def test_a_label_by_the_path_of_a_card_tells_its_dispersion(tmp_path: Path) -> None:
    """The folder bears the level's name, not the path; the manifest the version of what computed the correction."""
    own = card(name="mine", method="hf", basis={"name": "sto-3g"}, dispersion="d3bj", atoms_hartree={"H": -0.466582})
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(own.model_dump(mode="json", exclude_none=True)))
    (tmp_path / "few.smi").write_text("[H][H] hydrogen\n")
    done = label_dataset(tmp_path / "few.smi", level_name=str(path), data=tmp_path, workers=0)
    assert done.folder == tmp_path / "few@mine"
    assert done.manifest.versions["pyscf-dispersion"] == importlib.metadata.version("pyscf-dispersion")
    assert read(done.folder)["level"].to_pylist() == ["mine"]
