"""Frequencies, thermal terms, enthalpies of formation: against PySCF's own and the Active Thermochemical Tables."""

import numpy as np
import pytest

from hemdata.assess.experiment import Measured, atom_equivalents, compare
from hemdata.chemistry.atct import atom_enthalpies, known_molecules
from hemdata.chemistry.embed import embed
from hemdata.chemistry.frequencies import frequencies, harmonic
from hemdata.chemistry.relax import relax
from hemdata.chemistry.thermo import atom_enthalpy, formation, thermal_enthalpy
from hemdata.errors import DataError
from hemdata.levels import level
from hemdata.shield.load_pyscf import load_pyscf


@pytest.fixture(scope="module")
def pyscf_water() -> tuple[object, np.ndarray, np.ndarray, dict[str, tuple[float, str]]]:
    """Water at HF/STO-3G by PySCF, its Hessian, and PySCF's own thermochemistry of it."""
    load_pyscf()
    from pyscf import gto, scf
    from pyscf.hessian import thermo

    x = np.array([[0.0, 0.0, 0.1271], [0.0, 0.7580, -0.5085], [0.0, -0.7580, -0.5085]])
    built = gto.M(atom=[("O", x[0]), ("H", x[1]), ("H", x[2])], basis="sto-3g", verbose=0)
    field = scf.RHF(built).run()
    hessian = field.Hessian().kernel()
    found = thermo.harmonic_analysis(built, hessian)
    return found, hessian.transpose(0, 2, 1, 3).reshape(9, 9), x, thermo.thermo(field, found["freq_au"], 298.15, 101325)


def test_frequencies_and_thermal_enthalpy_are_pyscfs(pyscf_water) -> None:
    theirs, hessian, x, told = pyscf_water
    from pyscf.data.elements import MASSES  # the mean over isotopes, as PySCF takes it

    mass = np.array([MASSES[z] for z in (8, 1, 1)])
    ours = harmonic(hessian, np.array([8, 1, 1]), x, mass)
    assert not ours.linear
    assert ours.wavenumbers == pytest.approx(theirs["freq_wavenumber"].real, abs=0.1)
    assert ours.zero_point_hartree == pytest.approx(told["ZPE"][0], abs=1e-6)
    total = told["H_tot"][0] - told["E0"][0] - told["ZPE"][0]
    assert thermal_enthalpy(ours) == pytest.approx(total, abs=1e-6)


def test_atct_is_read_right() -> None:
    """ATcT 1.112: atoms at 0 K in J/mol, H 216034, C 711388, N 470573, O 246844, F 77268; D0 of water 917.83 kJ/mol."""
    for symbol, joule in {"H": 216034, "C": 711388, "N": 470573, "O": 246844, "F": 77268}.items():
        assert atom_enthalpies(0)[symbol] == pytest.approx(joule / 4184, abs=1e-3)
    known = {one.name: one for one in known_molecules()[0]}
    water = next(one for one in known.values() if one.atomic_numbers.count(8) == 1 and len(one.atomic_numbers) == 3
                 and one.atomic_numbers.count(1) == 2)  # fmt: skip
    assert water.d0_kcal_mol * 4.184 == pytest.approx(917.83, abs=0.1)
    assert len(known) >= 44


def test_an_exact_level_would_give_the_experiments_enthalpies() -> None:
    """D0 of ATcT put in, its enthalpy at 0 K comes out; at 298.15 K too, to what a harmonic water lacks."""
    z, start = embed("O")
    relaxed = relax(z, start, 0, 1)
    found = frequencies(np.array(z), relaxed.positions, 0, 1, level("gfn2-xtb"))
    assert found.imaginary == 0
    water = next(one for one in known_molecules()[0] if sorted(one.atomic_numbers) == [1, 1, 8])
    de = water.d0_kcal_mol + found.zero_point_hartree * 627.5094740631
    out = formation(de, found, z)
    assert out.at_0_kcal_mol == pytest.approx(water.at_0_kcal_mol, abs=1e-9)
    assert out.at_298_kcal_mol == pytest.approx(water.at_298_kcal_mol, abs=0.05)


def test_a_level_is_held_against_the_experiment_and_a_linear_error_is_cured_by_atom_equivalents(tmp_path) -> None:
    its = level("gfn2-xtb")
    found = compare(its, its, its, tmp_path / "labels.sqlite", max_heavy=1, workers=0)
    assert len(found.rows) >= 5
    assert found.absolute_kcal_mol >= abs(found.signed_kcal_mol)
    for row in found.rows:
        assert row.error_kcal_mol == pytest.approx(row.de_kcal_mol - row.zero_point_kcal_mol - row.known.d0_kcal_mol)
    with pytest.raises(DataError, match="Too few molecules"):
        atom_equivalents(found.rows[:3])


def test_an_error_linear_in_the_composition_is_cured_by_atom_equivalents() -> None:
    """Errors made of 1 kcal/mol for each H and -2 for each C: found so, and nothing is left of them."""
    rows = []
    for known in known_molecules()[0]:
        if set(known.atomic_numbers) == {1, 6}:
            error = known.atomic_numbers.count(1) - 2 * known.atomic_numbers.count(6)
            rows.append(Measured(known, known.d0_kcal_mol + error + 10.0, 10.0, 0.0, 0.0))
    corrected = atom_equivalents(rows)
    assert corrected.per_atom == pytest.approx({"H": 1.0, "C": -2.0}, abs=1e-9)
    assert corrected.absolute_kcal_mol == pytest.approx(0.0, abs=1e-9)


def test_atoms_have_the_thermal_enthalpy_of_the_tables() -> None:
    """H(298.15 K) - H(0) of the NIST-JANAF tables, kJ/mol: H 6.197, C 6.536, N 6.197, O 6.725, F 6.518."""
    for symbol, joule in {"H": 6.197, "C": 6.536, "N": 6.197, "O": 6.725, "F": 6.518}.items():
        assert atom_enthalpy(symbol) * 2625.49962 == pytest.approx(joule, abs=0.003)
