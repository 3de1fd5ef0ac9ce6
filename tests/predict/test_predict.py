"""`hemdata predict`: models asked about a user's own molecules."""

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from command_line import hemdata

from hemdata.catalog import network
from hemdata.errors import CallError, DataError
from hemdata.levels import level
from hemdata.molecules import Molecule, from_smiles
from hemdata.predict.asked import wanted
from hemdata.predict.domain import Domain
from hemdata.predict.find import load_all, packages
from hemdata.predict.predict import predict
from hemdata.shards import read
from hemdata.train.fit import adapter, fit_network
from hemdata.train.training_run import TrainingRun


@pytest.fixture(scope="module")
def messengers(labelled: Path) -> pa.Table:
    return read(labelled / "neuro@gfn2-xtb")


@pytest.fixture(scope="module")
def cells(messengers: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cells of a study as train-eval leaves them: dressed atoms fitted on two draws of the messengers."""
    folder = tmp_path_factory.mktemp("run") / "cells"
    for seed, start in ((0, 0), (1, 6), (10, 3)):
        rows = messengers.slice(start, 24)
        run = TrainingRun(folder / f"dressed-atoms-neuro-24-s{seed}/model", seed=seed)
        fit_network("dressed-atoms", None, rows, rows, run)
    (folder / "dressed-atoms-neuro-240-s0").mkdir()  # begun, not finished; and of another size
    return folder


def test_a_package_a_cell_a_cells_seeds_and_a_folder_of_cells_are_found(cells: Path) -> None:
    one = cells / "dressed-atoms-neuro-24-s0"
    assert packages(one) == packages(one / "model") == [one / "model"]
    every = [cells / f"dressed-atoms-neuro-24-s{seed}" / "model" for seed in (0, 1, 10)]
    assert packages(cells / "dressed-atoms-neuro-24") == every
    assert sorted(packages(cells)) == sorted(every)
    assert packages(cells / "dressed-atoms-neuro-2") == []
    assert packages("CCO") == packages("C" * 5000) == []


def test_one_model_given_twice_and_models_of_two_levels_are_refused(
    cells: Path, messengers: pa.Table, tmp_path: Path
) -> None:
    one = packages(cells / "dressed-atoms-neuro-24-s0")[0]
    with pytest.raises(CallError, match="given twice"):
        load_all([one, one])
    at = messengers.schema.get_field_index("level")
    other = messengers.set_column(at, "level", pa.array(["pc9"] * messengers.num_rows))
    fit_network("dressed-atoms", None, other, other, TrainingRun(tmp_path, seed=0))
    with pytest.raises(DataError, match="several levels") as refused:
        load_all([one, tmp_path])
    assert "gfn2-xtb and pc9" in str(refused.value)


def test_the_prediction_of_a_smiles_is_the_models_at_the_geometry_that_label_makes(
    cells: Path, messengers: pa.Table
) -> None:
    """Oracle: the labelled row of the same SMILES, its energy by the models themselves, mean and deviation by numpy."""
    models = load_all(packages(cells / "dressed-atoms-neuro-24"))
    sizes = messengers["n_atoms"].to_pylist()
    row = messengers.slice(min(range(6, 24), key=sizes.__getitem__), 1)  # all three have learnt from it; stiff
    (said,) = predict(models, [from_smiles(row["smiles"][0].as_py(), "mine")], workers=0)
    each = [model.predict(row)[0] for model in models]
    assert said.each_kcal_mol == pytest.approx(each, abs=1e-9)
    assert said.atomization_energy_kcal_mol == pytest.approx(np.mean(each))
    assert said.spread_kcal_mol == pytest.approx(np.std(each, ddof=1))
    assert said.positions == pytest.approx(row["positions"][0].as_py(), abs=1e-6)
    assert said.warnings == ()


def test_what_training_has_not_shown_is_told(cells: Path) -> None:
    models = load_all(packages(cells / "dressed-atoms-neuro-24-s0"))
    smiles = ["CC[N+](=O)[O-]", "CCS", "C" * 40, "CCC[NH3+]"]
    nitro, thiol, long, ion = predict(models, [from_smiles(s, s) for s in smiles], anyway=True, workers=0)
    assert any("N3, O4, O5" in warning for warning in nitro.warnings)
    assert any("no training molecule had S" in warning for warning in thiol.warnings)
    assert any("40 heavy atoms; the training molecules had" in warning for warning in long.warnings)
    assert any("charge +1" in warning for warning in ion.warnings)


def test_a_ground_state_that_is_not_drawn_is_told(cells: Path) -> None:
    models = load_all(packages(cells / "dressed-atoms-neuro-24-s0"))
    oxygen, water = predict(models, [from_smiles(s, s) for s in ("O=O", "O")], anyway=True, workers=0)
    assert any("multiplicity 3, that of the known ground state" in warning for warning in oxygen.warnings)
    assert not any("ground state" in warning for warning in water.warnings)


def test_environments_of_the_package_are_those_of_the_training_smiles(cells: Path, messengers: pa.Table) -> None:
    """Oracle: RDKit's Morgan generator asked directly, atom by atom."""
    from rdkit import Chem
    from rdkit.Chem import rdFingerprintGenerator

    generator = rdFingerprintGenerator.GetMorganGenerator(radius=1, includeRedundantEnvironments=True)
    expected = set()
    for smiles in messengers["smiles"].to_pylist()[:24]:
        details = rdFingerprintGenerator.AdditionalOutput()
        details.AllocateAtomToBits()
        generator.GetSparseCountFingerprint(Chem.MolFromSmiles(smiles), additionalOutput=details)
        expected |= {bits[-1] for bits in details.GetAtomToBits()}
    (model,) = load_all(packages(cells / "dressed-atoms-neuro-24-s0"))
    assert Domain.of(model.about).environments == expected
    assert model.about["level_hashes"] == {"gfn2-xtb": level("gfn2-xtb").hash}


def test_a_given_geometry_is_taken_as_it_is_and_named_by_its_bonds(cells: Path, tmp_path: Path) -> None:
    from ase.build import molecule as g2
    from ase.io import write

    atoms = [g2("CH3CH2OH"), g2("CH3NO2")]
    write(tmp_path / "two.xyz", atoms)
    models = load_all(packages(cells / "dressed-atoms-neuro-24-s0"))
    said = predict(models, list(wanted(str(tmp_path / "two.xyz"))), workers=0)
    assert [each.smiles for each in said] == ["CCO", "C[N+](=O)[O-]"]
    for each, own in zip(said, atoms, strict=True):
        assert np.allclose(np.reshape(each.positions, (-1, 3)), own.positions, atol=1e-8)


def test_the_enthalpy_of_formation_of_an_exact_model_is_the_experiments(cells: Path) -> None:
    """Ethanol (ATcT 1.112; the NIST Webbook has -234.8 kJ/mol), its own D0 and the level's correction put in."""
    from hemdata.chemistry.atct import known_molecules
    from hemdata.predict.formation import formation_kcal_mol, thermal
    from hemdata.units import HARTREE_KCAL_MOL

    known = next(one for one in known_molecules()[0] if one.smiles == "CCO")
    assert known.at_298_kcal_mol == pytest.approx(-234.8 / 4.184, abs=0.1)
    ethanol = from_smiles("CCO", "ethanol")
    (said,) = predict(load_all(packages(cells / "dressed-atoms-neuro-24-s0")), [ethanol], enthalpy=True, workers=0)
    heat = thermal(ethanol, said.atomic_numbers, said.positions)
    its = level("gfn2-xtb").card.against_experiment
    assert its is not None
    assert heat.found is not None
    shift = 2 * its.per_atom_kcal_mol["C"] + 6 * its.per_atom_kcal_mol["H"] + its.per_atom_kcal_mol["O"]
    exact = known.d0_kcal_mol + heat.found.zero_point_hartree * HARTREE_KCAL_MOL + shift
    found, _ = formation_kcal_mol(exact, said.atomic_numbers, "gfn2-xtb", heat)
    assert found == pytest.approx(known.at_298_kcal_mol, abs=0.3)  # of the rotors that are no harmonic oscillators
    ours = said.atomization_energy_kcal_mol
    assert ours is not None
    assert said.formation_298_kcal_mol == pytest.approx(found + exact - ours, abs=0.01)  # the same, and two relaxations


def test_where_the_level_lacks_the_data_the_reason_is_told(cells: Path, messengers: pa.Table, tmp_path: Path) -> None:
    at = messengers.schema.get_field_index("level")
    other = messengers.set_column(at, "level", pa.array(["alchemy"] * messengers.num_rows))
    fit_network("dressed-atoms", None, other, other, TrainingRun(tmp_path, seed=0))
    (said,) = predict(load_all([tmp_path]), [from_smiles("CO", "methanol")], enthalpy=True, workers=0)
    assert said.formation_298_kcal_mol is None
    assert "levels experiment --level alchemy" in str(said.no_formation)
    smiles = [from_smiles("CS", "a"), from_smiles("C[NH3+]", "b")]
    models = load_all(packages(cells / "dressed-atoms-neuro-24-s0"))
    sulphur, ion = predict(models, smiles, enthalpy=True, anyway=True, workers=0)
    assert "no atom of S" in str(sulphur.no_formation)
    assert "an ion has no enthalpy" in str(ion.no_formation)


def test_failed_molecules_are_listed_the_others_told_and_the_exit_code_is_1(cells: Path, tmp_path: Path) -> None:
    (tmp_path / "my.smi").write_text("CO methanol\nC1CC ring\n\nC.C two\nO\n")
    ended = hemdata(
        "predict", cells / "dressed-atoms-neuro-24", "my.smi", "--out", "out.csv", cwd=tmp_path
    )  # fmt: skip
    assert ended.returncode == 1
    assert "my:ring: A SMILES does not parse" in ended.stderr
    assert "my:two: The SMILES has more than one fragment, where: C.C" in ended.stderr
    assert "2 of 4 molecules have no energy" in ended.stderr
    assert "my:methanol" in ended.stdout
    with (tmp_path / "out.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == ["my:methanol", "my:ring", "my:two", "my:5"]
    assert [bool(row["atomization_energy_kcal_mol"]) for row in rows] == [True, False, False, True]


def test_a_network_is_not_asked_about_an_element_that_it_cannot_represent(cells: Path) -> None:
    from hemdata.train.baselines.dressed_atoms import FittedDressedAtoms

    (model,) = load_all(packages(cells / "dressed-atoms-neuro-24-s0"))
    named_so = FittedDressedAtoms(model.about | {"network": "painn"})  # whose card ends at krypton
    known = frozenset(network("painn").elements)
    assert Domain.of(named_so.about).representable == (("painn", known),)
    for z, sentence in ((53, "There is no such element"), (34, "No training molecule had Se")):
        hydride = Molecule(
            "hx", None, None, None, 1, multiplicity=2, atomic_numbers=[z, 1], positions=[0.0] * 5 + [1.6]
        )
        (said,) = predict([named_so], [hydride], workers=0)
        assert sentence in str(said.reason)
        assert said.atomization_energy_kcal_mol is None
    few = replace(Domain.of(named_so.about), representable=(("painn", known - {"Se"}),))
    with pytest.raises(DataError, match="The network 'painn' cannot represent Se"):
        few.refuse([34, 1, 1], 0, anyway=True)


def test_what_a_library_prints_when_it_is_imported_is_not_among_the_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "greeting_adapter.py").write_text("print('Greetings 1.0 initialized')\n")
    monkeypatch.syspath_prepend(tmp_path)
    card = network("painn").model_copy(update={"adapter": "greeting_adapter"})
    adapter(card)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Greetings" in printed.err


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda about: about | {"format": "0"}, "another format"),
        (lambda about: about | {"level": "pc9"}, "changed after it was written"),
    ],
)
def test_a_package_of_another_version_or_tampered_with_is_a_sentence(
    cells: Path, tmp_path: Path, change, sentence: str
) -> None:
    shutil.copytree(packages(cells / "dressed-atoms-neuro-24-s0")[0], tmp_path / "model")
    card = tmp_path / "model" / "model.json"
    card.write_text(json.dumps(change(json.loads(card.read_text()))))
    ended = hemdata("predict", tmp_path / "model", "C")
    assert ended.returncode == 1
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["C"], "No model is given"),
        (["nowhere/cells/painn-qm9-640", "C"], "no fitted model 'nowhere/cells/painn-qm9-640'"),
        (["missing.smi"], "No model is given"),
        (["missing.smi", "C"], "no fitted model 'missing.smi'"),
        ([".", "C"], "no finished model in this folder"),
    ],
)
def test_a_wrong_call_is_a_sentence(words: list[str], sentence: str, tmp_path: Path) -> None:
    ended = hemdata("predict", *words, cwd=tmp_path)
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr
