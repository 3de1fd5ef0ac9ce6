"""Explanations: whose training molecules, which atoms, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from click.testing import Result
from typer.testing import CliRunner

import hemdata.cli.models.explain  # noqa: F401  adds its command to the app
from hemdata.cli import app
from hemdata.errors import CallError, DataError
from hemdata.explain.asked import Asked
from hemdata.explain.carriers import Stand
from hemdata.explain.explain import Explanation, explain, explained
from hemdata.explain.training_set import training_of
from hemdata.identity.atom_order import drawn_atoms
from hemdata.shards import read
from hemdata.study.cells import cells
from hemdata.study.fit_and_judge import run_cell
from hemdata.train.data.molecules import Molecules
from hemdata.train.fit import fit_network, load
from hemdata.train.package import read_package
from hemdata.train.training_run import TrainingRun

TINY = """
name: tiny
title: Tiny
question: Which?
level: gfn2-xtb
sets:
  neuro: {dataset: neuro, molecules: 20}
groups: [saccharides]
networks: [{network: dressed-atoms}]
seeds: [3]
split: [0.6, 0.2, 0.2]
"""


def call(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200", "TERM": "dumb"})


@pytest.fixture(scope="module")
def of_group(ridge: Path, labelled: Path) -> Explanation:
    return explain([ridge], "saccharides", data=labelled)


def test_the_training_molecules_are_found_by_their_hash(ridge: Path, labelled: Path) -> None:
    about, _ = read_package(ridge)
    table, molecules = training_of(ridge, about, labelled)
    assert molecules.digest == about["data"]["training_sha256"]
    assert set(table["id"].to_pylist()) < set(read(labelled / "neuro@gfn2-xtb")["id"].to_pylist())
    with pytest.raises(DataError, match="not at hand") as refused:
        training_of(ridge, about, labelled, "saccharides@gfn2-xtb")
    assert "--training" in str(refused.value.fix)


def test_those_of_a_studys_cell_are_taken_as_the_study_took_them(labelled: Path, tmp_path: Path) -> None:
    from hemdata.catalog import study

    card = tmp_path / "tiny.yaml"
    card.write_text(TINY)
    (cell,) = cells(study(card))
    place = run_cell(cell, labelled, tmp_path) / "model"
    about, _ = read_package(place)
    _, molecules = training_of(place, about, labelled)
    assert molecules.digest == about["data"]["training_sha256"]
    assert len(molecules) == 12


def test_atoms_carry_all_of_the_energy_and_of_the_error(of_group: Explanation) -> None:
    for each in of_group.molecules:
        assert each.error_kcal_mol is not None
        assert sum(a.energy_kcal_mol for a in each.atoms) == pytest.approx(each.predicted_kcal_mol)
        assert sum(a.error_kcal_mol or 0 for a in each.atoms) == pytest.approx(each.error_kcal_mol)
    errors = [abs(each.error_kcal_mol or 0) for each in of_group.molecules]
    assert errors == sorted(errors, reverse=True)
    assert of_group.mae_kcal_mol == pytest.approx(np.mean(errors))


def test_without_its_first_carrier_the_prediction_is_what_was_said(
    ridge: Path, labelled: Path, of_group: Explanation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: the ridge trained again without the molecule, at the same regularisation."""
    from hemdata.train.baselines import pair_distance_ridge

    model = load(ridge)
    monkeypatch.setattr(pair_distance_ridge, "ALPHAS", (model.about["alpha"],))
    table, _ = training_of(ridge, model.about, labelled)
    first = of_group.rows.iloc[0]
    kept = table.filter(pa.array([id != first["id"] for id in table["id"].to_pylist()]))
    again = fit_network("pair-distance-ridge", None, kept, kept.slice(0, 3), TrainingRun(tmp_path, seed=0))
    group = read(labelled / "saccharides@gfn2-xtb")
    before, after = model.predict(group), again.predict(group)
    reference = group["atomization_energy_kcal_mol"].to_numpy()
    assert first["moved_kcal_mol"] == pytest.approx(np.abs(after - before).mean(), rel=1e-4)
    grown = np.abs(after - reference).mean() - np.abs(before - reference).mean()
    assert first["error_kcal_mol"] == pytest.approx(grown, rel=1e-3, abs=1e-4)
    assert of_group.exact
    assert of_group.stand_in_kcal_mol == 0


def test_a_training_molecule_is_its_own_nearest(ridge: Path, labelled: Path) -> None:
    about, _ = read_package(ridge)
    table, _ = training_of(ridge, about, labelled)
    (one,) = explain([ridge], table["id"][0].as_py(), data=labelled).molecules
    assert {atom.radius for atom in one.atoms} == {3}
    assert all(atom.nearest[0].id == one.id and atom.nearest[0].atom == atom.atom for atom in one.atoms)
    assert all(a.nearest[0].energy_kcal_mol == pytest.approx(a.energy_kcal_mol) for a in one.atoms)


def test_several_models_are_averaged_and_a_network_has_a_stand_in(labelled: Path, tmp_path: Path) -> None:
    table = read(labelled / "saccharides@gfn2-xtb").slice(0, 8)
    stands = []
    for seed in (0, 1):
        place = tmp_path / f"tiny-s{seed}"
        model = fit_network("painn", None, table, table.slice(5), TrainingRun(place, seed=seed, device="cpu"), epochs=1)
        stands.append(Stand.of(model, table, Molecules.of(table)))
    one = Asked("one", table.slice(2, 1))
    found, *alone = (explained(one, its) for its in (stands, stands[:1], stands[1:]))
    assert found.models == ("painn, seed 0", "painn, seed 1")
    assert not found.exact
    assert found.stand_in_kcal_mol > 0
    assert found.training_molecules == table.num_rows
    assert found.molecules[0].spread_kcal_mol is not None
    assert sum(a.energy_kcal_mol for a in alone[0].molecules[0].atoms) == pytest.approx(
        alone[0].molecules[0].predicted_kcal_mol, abs=1e-3
    )
    each = [told.rows.set_index("id")["change_kcal_mol"] for told in alone]
    both = found.rows.set_index("id")["change_kcal_mol"]
    assert np.allclose(both, (each[0] + each[1]).loc[both.index] / 2)


def test_a_file_of_several_molecules_is_a_group_and_what_cannot_be_predicted_is_told(
    ridge: Path, labelled: Path, tmp_path: Path
) -> None:
    file = tmp_path / "mine.smi"
    file.write_text("CCO ethanol\nCN amine\n[Xe] noble\nC1CC open\n")
    done = call("explain", ridge, file, "--data", labelled, "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert [each["id"] for each in told["molecules"]] == ["mine:ethanol", "mine:amine"]
    assert set(told["left_out"]) == {"mine:noble", "mine:open"}
    assert "Xe" in told["left_out"]["mine:noble"]
    assert told["mae_kcal_mol"] is None


@pytest.mark.parametrize(
    ("word", "code", "said"),
    [
        ("sacharides", 2, "Did you mean 'saccharides'"),
        ("saccharides:d-glucos", 2, "Did you mean 'saccharides:d-glucose'"),
        ("nothing.smi", 2, "no such file"),
        ("[Xe]", 1, "No training molecule had Xe."),
    ],
)
def test_what_cannot_be_asked(word: str, code: int, said: str, ridge: Path, labelled: Path) -> None:
    done = call("explain", ridge, word, "--data", labelled)
    assert done.exit_code == code
    assert said in done.stderr


def test_a_model_without_its_training_set_says_what_to_give(ridge: Path, tmp_path: Path) -> None:
    done = call("explain", ridge, "CCO", "--data", tmp_path)
    assert done.exit_code == 1
    assert "--training SET" in done.stderr
    assert call("explain", ridge).exit_code == 2
    with pytest.raises(CallError, match="no fitted model"):
        explain([tmp_path / "none"], "CCO")


def test_the_page_is_the_same_bytes_and_colours_every_atom(
    ridge: Path, labelled: Path, of_group: Explanation, tmp_path: Path
) -> None:
    from hemdata.report.page.explained import explained_page

    first, second = (explained_page(of_group, tmp_path / f"{n}.html").read_bytes() for n in "ab")
    assert first == second
    assert (
        call("explain", ridge, "saccharides:d-glucose", "--data", labelled, "--html", tmp_path / "one.html").exit_code
        == 0
    )
    text = (tmp_path / "one.html").read_text()
    discs = text.count("<circle class='up'") + text.count("<circle class='down'")
    assert discs >= 2 * 12  # glucose has twelve heavy atoms, drawn twice
    assert "glucose" in text


def test_atoms_of_a_geometry_in_any_order_are_told_in_the_drawing(labelled: Path) -> None:
    table = read(labelled / "neuro@gfn2-xtb").slice(0, 6)
    molecules = Molecules.of(table)
    random = np.random.default_rng(0)
    for n, smiles in enumerate(table["smiles"].to_pylist()):
        its = slice(molecules.offsets[n], molecules.offsets[n + 1])
        order = random.permutation(molecules.sizes[n])
        z, x = molecules.atomic_numbers[its][order], molecules.positions[its][order]
        owner = drawn_atoms(smiles, z, x)
        assert owner is not None
        for atom, at in enumerate(owner):
            of_it = np.flatnonzero(owner == at)
            heavy = of_it[z[of_it] > 1]
            assert len(heavy) == 1
            assert np.linalg.norm(x[atom] - x[heavy[0]]) < 1.2 or atom == heavy[0]  # angstrom, a bond to hydrogen
        assert drawn_atoms("CCO", z, x) is None
