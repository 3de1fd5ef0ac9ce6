"""Enthalpies of formation as columns of labels: PySCF's own thermochemistry as oracle, what has none says why."""

from pathlib import Path

import numpy as np
import pytest

from hemdata.catalog import level_card
from hemdata.chemistry.atct import atom_enthalpies
from hemdata.chemistry.frequencies import Frequencies
from hemdata.chemistry.thermo import atom_enthalpy, minimum, thermal_enthalpy
from hemdata.errors import CallError
from hemdata.label.calculation import Calculation, Stage, Start, calculation_for
from hemdata.label.columns.enthalpy import enthalpy
from hemdata.label.dataset import label_dataset
from hemdata.label.jobs import POINT, RELAX, VIBRATE
from hemdata.levels import level
from hemdata.shards import read, verify
from hemdata.shield.load_pyscf import load_pyscf
from hemdata.units import HARTREE_KCAL_MOL

CARD = """
name: hf-sto-3g
title: Hartree-Fock in a minimal basis
about: Cheap.
engine: pyscf
method: hf
basis: {name: sto-3g}
angular: spherical
grid_level: 0
atoms_hartree: {H: -0.466582, O: -73.804150}
atoms_source: UHF/STO-3G of the free atoms
against_experiment: {per_atom_kcal_mol: {H: 1.5, O: -4.0}, absolute_kcal_mol: 1.0, molecules: 3, source: made up}
"""
FORMATION = ["formation_enthalpy_0_kcal_mol", "formation_enthalpy_298_kcal_mol"]


def test_a_labelled_water_has_the_enthalpies_that_pyscf_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Energy, Hessian and thermochemistry by PySCF alone at the label's geometry: the same to 1e-6 hartree."""
    load_pyscf()
    from pyscf import gto, scf
    from pyscf.hessian import thermo

    folder = tmp_path / "cards" / "pipelines" / "levels"
    folder.mkdir(parents=True)
    (folder / "hf-sto-3g.yaml").write_text(CARD)
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path / "cards"))
    (tmp_path / "water.smi").write_text("O water\n")
    done = label_dataset(
        tmp_path / "water.smi", level_name="hf-sto-3g", geometry="hf-sto-3g", accuracy="reference", enthalpy=True,
        corrected=True, data=tmp_path, workers=0,
    )  # fmt: skip
    verify(done.folder)
    (row,) = read(done.folder).to_pylist()
    place = np.array(row["positions"]).reshape(-1, 3)
    mass = {"O": {"mass": 15.99491461957}, "H": {"mass": 1.00782503223}}  # the isotopes that ours are
    built = gto.Mole(atom=list(zip("OHH", place, strict=True)), basis="sto-3g", verbose=0)
    built.nucprop = mass
    built.build()
    field = scf.RHF(built).run(conv_tol=1e-11)
    found = thermo.harmonic_analysis(built, field.Hessian().kernel())
    told = {key: value[0] for key, value in thermo.thermo(field, found["freq_au"], 298.15, 101325).items()}
    assert row["energy_hartree"] == pytest.approx(field.e_tot, abs=1e-6)
    assert row["imaginary_frequencies"] == 0
    assert row["frequency_level"] == "hf-sto-3g"
    assert row["zero_point_kcal_mol"] == pytest.approx(told["ZPE"] * HARTREE_KCAL_MOL, abs=6e-4)
    above_zero = told["H_tot"] - field.e_tot - told["ZPE"]
    assert row["thermal_enthalpy_kcal_mol"] == pytest.approx(above_zero * HARTREE_KCAL_MOL, abs=6e-4)
    free = {"O": -73.804150, "H": -0.466582}
    at_0 = (
        sum(atom_enthalpies(0)[s] - free[s] * HARTREE_KCAL_MOL for s in "OHH")
        + (field.e_tot + told["ZPE"]) * HARTREE_KCAL_MOL
    )
    at_298 = sum(atom_enthalpies(298)[s] - (free[s] + atom_enthalpy(s)) * HARTREE_KCAL_MOL for s in "OHH")
    at_298 += told["H_tot"] * HARTREE_KCAL_MOL
    assert [row[name] for name in FORMATION] == pytest.approx([at_0, at_298], abs=2e-3)
    corrected = [row[name.replace("_kcal", "_corrected_kcal")] for name in FORMATION]
    assert corrected == pytest.approx([at_0 + 2 * 1.5 - 4.0, at_298 + 2 * 1.5 - 4.0], abs=2e-3)
    stated = done.manifest.made_from["enthalpy"]
    assert stated["corrected"]["absolute_kcal_mol"] == 1.0  # cross-validated error of the correction
    assert stated["without"] == {}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Labelled with enthalpies: two molecules, one with sulphur, an ion, and one that cannot be labelled."""
    data = tmp_path_factory.mktemp("mixed")
    (data / "mixed.smi").write_text("CO methanol\nC#N hcn\nCS thiol\n[NH4+] ammonium\nC.C two\n")
    label_dataset(data / "mixed.smi", enthalpy=True, data=data, workers=0)
    return data


def test_what_has_no_enthalpy_keeps_its_energy_and_is_counted_with_the_reason(mixed: Path) -> None:
    again = label_dataset(mixed / "mixed.smi", enthalpy=True, data=mixed, workers=0)
    assert again.outcome.computed == 0
    verify(again.folder)
    rows = {row["id"].split(":")[1]: row for row in read(again.folder).to_pylist()}
    assert set(rows) == {"methanol", "hcn", "thiol", "ammonium"}
    has = {name for name, row in rows.items() if row["formation_enthalpy_298_kcal_mol"] is not None}
    assert has == {"methanol", "hcn"}
    assert all(row["zero_point_kcal_mol"] > 5 and row["energy_hartree"] < 0 for row in rows.values())
    assert again.manifest.made_from["enthalpy"]["without"] == {
        "An ion has no enthalpy of formation here.": 1,
        "There is no experimental enthalpy of an atom.": 1,
    }


def test_the_corrected_enthalpies_are_those_of_the_experiment_to_the_levels_error(mixed: Path) -> None:
    """ATcT 1.112 at 298.15 K: methanol -200.9, hydrogen cyanide 129.3 kJ/mol. The card's correction leaves 9.75."""
    done = label_dataset(mixed / "mixed.smi", enthalpy=True, corrected=True, data=mixed, out=mixed / "c", workers=0)
    rows = {row["id"].split(":")[1]: row for row in read(done.folder).to_pylist()}
    left = level_card("gfn2-xtb").against_experiment
    assert left is not None
    for name, joule in {"methanol": -200.9, "hcn": 129.3}.items():
        plain, corrected = (rows[name][f"formation_enthalpy_298_{x}kcal_mol"] for x in ("", "corrected_"))
        assert abs(corrected - joule / 4.184) < 2 * left.absolute_kcal_mol
        assert abs(plain - joule / 4.184) > 100  # tight binding overbinds by far


def test_export_writes_the_enthalpies_there_are_and_computes_none(mixed: Path) -> None:
    options = {"missing": "refuse", "data": mixed, "out": mixed / "exported"}
    done = label_dataset(mixed / "mixed.smi", enthalpy=True, **options)
    assert read(done.folder).equals(read(mixed / "mixed@gfn2-xtb"))
    at_gfn1 = label_dataset(mixed / "mixed.smi", enthalpy=True, frequencies="gfn1-xtb", **options)
    assert at_gfn1.manifest.made_from["enthalpy"]["without"] == {"Its frequencies are not computed yet.": 4}
    assert read(at_gfn1.folder)["formation_enthalpy_0_kcal_mol"].null_count == 4


def test_frequencies_of_another_level_are_at_its_own_minimum_also_of_a_given_geometry(tmp_path: Path) -> None:
    """A stretched water as given: the energy is that of the stretched one, the frequencies those of a minimum."""
    place = [[0.0, 0.0, 0.15], [0.0, 0.90, -0.55], [0.0, -0.80, -0.45]]
    lines = [f"{symbol} {x} {y} {z}" for symbol, (x, y, z) in zip("OHH", place, strict=True)]
    (tmp_path / "water.xyz").write_text("\n".join(["3", "", *lines, ""]))
    done = label_dataset(
        tmp_path / "water.xyz", geometry="given", enthalpy=True, frequencies="gfn1-xtb", data=tmp_path, workers=0
    )
    (row,) = read(done.folder).to_pylist()
    assert np.array(row["positions"]).reshape(-1, 3) == pytest.approx(np.array(place))
    assert (row["level"], row["frequency_level"], row["imaginary_frequencies"]) == ("gfn2-xtb", "gfn1-xtb", 0)
    assert 12.0 < row["zero_point_kcal_mol"] < 14.5  # experiment, harmonic: 13.5
    assert row["energy_hartree"] > -5.06


def test_the_card_says_at_which_level_frequencies_are_and_a_correction_must_be_known() -> None:
    assert enthalpy(level("pc9")).frequencies.name == "gfn2-xtb"
    assert enthalpy(level("gfn1-xtb")).frequencies.name == "gfn1-xtb"
    assert enthalpy(level("pc9"), "pc9").frequencies.name == "pc9"
    with pytest.raises(CallError, match="has no correction by the experiment") as refused:
        enthalpy(level("gfn1-xtb"), corrected=True)
    assert "hemdata levels experiment --level gfn1-xtb" in str(refused.value)
    with pytest.raises(CallError, match="belong to --enthalpy"):
        label_dataset("test-groups", corrected=True)


def test_a_soft_imaginary_mode_counts_as_real_and_a_saddle_has_no_enthalpy() -> None:
    assert minimum(Frequencies(np.array([-400.0, 900.0]), False)) is None
    soft = minimum(Frequencies(np.array([-60.0, 900.0]), False))
    assert soft is not None
    assert soft.wavenumbers.tolist() == [60.0, 900.0]


def test_a_free_atom_neither_turns_nor_vibrates() -> None:
    atom = Frequencies(np.array([]), False)
    assert thermal_enthalpy(atom) == pytest.approx(atom_enthalpy("H"))  # hydrogen's ground term has one level


def test_vibrations_have_a_key_of_their_own_and_older_stores_keep_theirs() -> None:
    """The key of a relaxation as the first stores have it, digit for digit."""
    its = level("gfn2-xtb")
    shared = {"smiles": "O", "charge": 0, "multiplicity": 1, "level": "gfn2-xtb", "level_hash": its.hash}
    task = Calculation(**shared, job=RELAX, fmax_ev_angstrom=0.01, versions=(("rdkit", "1"), ("tblite", "2")))
    assert task.key == "d15ddbaf24f636df474cd7c70cb9bc6a46c2404a35bf267b23337e95ee1292c8"
    chain = [Stage(its, job) for job in (POINT, VIBRATE)]
    keys = {calculation_for(stage, None, 0, 1, Start([1], [0.0, 0.0, 0.0])).key for stage in chain}
    assert len(keys) == 2
