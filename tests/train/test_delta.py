"""Delta learning: what is learnt is the difference from a cheap level, which is put back in every answer."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import yaml
from ase.build import molecule as g2
from small_networks import differences, fitted

from hemdata.analysis.compare_runs import compare_runs
from hemdata.analysis.results import Results
from hemdata.catalog import StudyCard, level_card
from hemdata.chemistry.engines.tblite import single_point
from hemdata.errors import CallError, DataError
from hemdata.explain.training_set import training_of
from hemdata.label.calculation import Stage, Start, calculate, calculation_for
from hemdata.label.jobs import POINT
from hemdata.label.store.database import LabelStore
from hemdata.label.workers.where import HERE
from hemdata.levels import level
from hemdata.predict.calculator import ModelCalculator
from hemdata.report.page.page import write_report
from hemdata.shards import read
from hemdata.study.cells import cells
from hemdata.study.fit_and_judge import run_cell
from hemdata.study.on import On
from hemdata.study.rows import read_rows
from hemdata.study.run import train_eval
from hemdata.train.baselines.dressed_atoms import DressedAtoms
from hemdata.train.data.molecules import Molecules
from hemdata.train.delta import Below, FittedDelta, less
from hemdata.train.fit import fit_network, load
from hemdata.train.training_run import TrainingRun
from hemdata.units import HARTREE_KCAL_MOL

BELOW = "gfn1-xtb"


def cheap(table: pa.Table, charge: int = 0, multiplicity: int = 1) -> np.ndarray:
    """Oracle: atoms less tblite's own single point, molecule by molecule, kcal/mol."""
    its = level(BELOW)
    found = []
    for row in table.to_pylist():
        z, x = np.array(row["atomic_numbers"]), np.array(row["positions"]).reshape(-1, 3)
        atoms = sum(its.atoms[int(n)] for n in z)
        found.append((atoms - single_point(z, x, charge, multiplicity, its).energy_hartree) * HARTREE_KCAL_MOL)
    return np.array(found)


def fit(table: pa.Table, folder: Path, name: str = "dressed-atoms", **options: object) -> FittedDelta:
    model = fit_network(
        name, None, table.slice(0, 12), table.slice(12, 4), TrainingRun(folder, seed=0), delta=BELOW, **options
    )
    assert isinstance(model, FittedDelta)
    return model


@pytest.mark.parametrize("name", ["dressed-atoms", "pair-distance-ridge"])
def test_the_answer_is_the_learnt_difference_and_the_cheap_energy(table: pa.Table, tmp_path: Path, name: str) -> None:
    model = fit(table, tmp_path, name)
    asked = table.slice(16, 4)
    assert np.allclose(model.predict(asked) - cheap(asked), model.difference.predict(asked), rtol=0, atol=1e-9)
    assert np.array_equal(load(tmp_path).predict(asked), model.predict(asked))


def test_the_difference_is_fitted_to_the_energies_less_the_cheap_ones(table: pa.Table, tmp_path: Path) -> None:
    """Oracle: numpy's lstsq on differences that are made without the module."""
    model = fit(table, tmp_path)
    training = table.slice(0, 12)
    counts = np.array([[z.count(n) for n in (1, 6, 7, 8)] for z in training["atomic_numbers"].to_pylist()], float)
    target = training["atomization_energy_kcal_mol"].to_numpy() - cheap(training)
    expected = np.linalg.lstsq(counts, target, rcond=None)[0]
    dressed = DressedAtoms.from_json(model.about["dressed_atoms"]).kcal_mol
    assert np.allclose([dressed[n] for n in (1, 6, 7, 8)], expected, atol=1e-6)
    about = json.loads((tmp_path / "model.json").read_text("utf-8"))
    assert about["below"] == {"level": BELOW, "hash": level(BELOW).hash}
    assert about["level"] == "gfn2-xtb"
    span = about["training_range"]
    assert np.allclose(span["difference_kcal_mol"], [target.min(), target.max()])
    assert "atomization_energy_kcal_mol" not in span


def test_a_network_learns_the_difference_too_and_loads_with_the_same_bits(table: pa.Table, tmp_path: Path) -> None:
    model = fit(table, tmp_path, "painn", epochs=1)
    again = load(tmp_path)
    assert isinstance(again, FittedDelta)
    asked = table.slice(16, 6)
    assert np.array_equal(again.predict(asked), model.predict(asked))
    assert np.allclose(model.predict(asked) - model.difference.predict(asked), cheap(asked), atol=1e-9)


def test_a_charge_is_the_cheap_levels_too(table: pa.Table) -> None:
    ion = table.slice(0, 1)
    at, field = ion.schema.get_field_index("charge"), ion.schema.field("charge")
    ion = ion.set_column(at, field, pa.array([1], field.type))
    spin = ion.schema.get_field_index("multiplicity")
    ion = ion.set_column(spin, ion.schema.field(spin), pa.array([2], ion.schema.field(spin).type))
    found = Below(level(BELOW)).atomization_energies(Molecules.of(ion))
    assert found == pytest.approx(cheap(ion, 1, 2), abs=1e-9)
    assert abs(found - cheap(table.slice(0, 1)))[0] > 50
    unsaid = ion.drop_columns(["multiplicity"])  # the lowest of an odd number of electrons
    assert Below(level(BELOW)).atomization_energies(Molecules.of(unsaid)) == pytest.approx(found, abs=1e-9)


def test_what_the_label_store_holds_is_not_computed_again(table: pa.Table, tmp_path: Path) -> None:
    """A stored energy that is a hartree too low comes back: it was taken, and of this molecule alone."""
    its, row = level(BELOW), table.slice(0, 1).to_pylist()[0]
    task = calculation_for(Stage(its, POINT), None, 0, 1, Start(row["atomic_numbers"], row["positions"]))
    result = calculate(task)
    with LabelStore(tmp_path / "labels.sqlite") as store:
        store.put(type(result)(result.key, None, [], [], result.energy_hartree - 1, {}))
    molecules = Molecules.of(table.slice(0, 3))
    plain, stored = (less(molecules, Below(its, store)) for store in (None, tmp_path / "labels.sqlite"))
    assert np.allclose(plain.energies - stored.energies, [HARTREE_KCAL_MOL, 0, 0], atol=1e-6)


def test_what_was_computed_for_the_same_molecules_is_kept_and_taken(
    table: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = Below(level(BELOW), kept=tmp_path / "below")
    first = Molecules.of(table.slice(0, 3))
    found = below.atomization_energies(first)
    assert np.allclose(found, cheap(table.slice(0, 3)), rtol=0, atol=1e-9)
    others = Below(level("gfn2-xtb"), kept=tmp_path / "below").atomization_energies(
        first
    )  # another level's are its own
    assert not np.allclose(others, found, atol=1)
    moved = replace(first, positions=first.positions + 0.01 * np.eye(len(first.positions), 3))
    assert not np.array_equal(below.atomization_energies(moved), found)
    assert len(list((tmp_path / "below").iterdir())) == 3

    def fails(task: object) -> None:
        raise AssertionError("It was computed again.")

    path = min(
        (tmp_path / "below").iterdir(), key=lambda each: (not each.name.startswith(BELOW), each.stat().st_mtime_ns)
    )
    written = path.read_bytes()
    for damaged in (written[:-40], b"", written[:3] + b"x" + written[4:]):  # computed again, not taken
        path.write_bytes(damaged)
        assert np.array_equal(below.atomization_energies(first), found)
        assert path.read_bytes() == written
    monkeypatch.setattr("hemdata.train.delta.calculate", fails)
    assert np.array_equal(below.atomization_energies(first), found)
    with pytest.raises(AssertionError, match="computed again"):
        below.atomization_energies(Molecules.of(table.slice(1, 3)))


def test_of_several_that_want_the_same_molecules_one_computes(
    table: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[str] = []
    monkeypatch.setattr("hemdata.train.delta.calculate", lambda task: computed.append(task.key) or calculate(task))
    below, molecules = Below(level(BELOW), kept=tmp_path), Molecules.of(table.slice(0, 6))
    with ThreadPoolExecutor(3) as threads:
        found = list(threads.map(lambda _: below.atomization_energies(molecules), range(3)))
    assert len(computed) == len(set(computed)) == 6
    assert all(np.array_equal(found[0], other) for other in found[1:])
    assert [path.suffix for path in tmp_path.iterdir()] == [".f8"]


def test_a_level_has_no_difference_from_itself(table: pa.Table, tmp_path: Path) -> None:
    with pytest.raises(CallError, match="no difference from itself"):
        fit_network("dressed-atoms", None, table, table, TrainingRun(tmp_path, seed=0), delta="gfn2-xtb")


def test_a_molecule_that_the_cheap_level_fails_on_is_named(table: pa.Table, tmp_path: Path) -> None:
    row = table.slice(0, 1).to_pylist()[0]
    row["positions"] = [0.0] * len(row["positions"])
    with pytest.raises(DataError, match="has no energy at 'gfn1-xtb'") as refused:
        Below(level(BELOW)).atomization_energies(Molecules.of(pa.Table.from_pylist([row], schema=table.schema)))
    assert row["id"] in str(refused.value)


def test_a_level_below_that_is_defined_otherwise_is_refused(
    table: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit(table, tmp_path / "model")
    other = level_card(BELOW).model_dump(mode="json", exclude_defaults=True) | {"method": "GFN2-xTB"}
    (tmp_path / "pipelines" / "levels").mkdir(parents=True)
    (tmp_path / "pipelines" / "levels" / f"{BELOW}.yaml").write_text(yaml.safe_dump(other), encoding="utf-8")
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path))
    with pytest.raises(DataError, match="defined otherwise"):
        load(tmp_path / "model")


@pytest.mark.parametrize("network", ["painn"], indirect=True)
def test_forces_hold_the_cheap_levels(network, request: pytest.FixtureRequest) -> None:
    """Oracle: central differences of the energy."""
    calculator = ModelCalculator(FittedDelta(fitted(network, "painn"), Below(level(BELOW))), dtype="float64")
    atoms = g2("HCN")
    atoms.rattle(0.02, seed=1)
    atoms.calc = calculator
    forces = atoms.get_forces()
    assert np.allclose(forces, differences(atoms, calculator, 1e-4), atol=2e-4)
    plain = ModelCalculator(fitted(network, "painn"), dtype="float64")
    atoms.calc = plain
    assert np.abs(forces - atoms.get_forces()).max() > 0.1


def test_a_study_of_differences_says_so_and_its_predictions_are_whole_energies(labelled: Path, tmp_path: Path) -> None:
    card = StudyCard.model_validate({
        "name": "differences", "title": "Differences", "question": "?", "level": "gfn2-xtb", "delta": BELOW,
        "sets": {"saccharides": {"dataset": "saccharides", "molecules": 30}}, "groups": ["neuro"],
        "networks": [{"network": "dressed-atoms"}, {"network": "pair-distance-ridge"}], "seeds": [0],
    })  # fmt: skip
    assert train_eval(card, labelled, tmp_path, on=On(HERE)).failed == {}
    settings = json.loads(next(tmp_path.glob("cells/*/settings.json")).read_text("utf-8"))
    assert settings["delta"] == {"name": BELOW, "hash": level(BELOW).hash}
    rows = read_rows(tmp_path).predictions.to_pylist()
    assert len(list((tmp_path / "below").iterdir())) == 4  # of both networks: training, validation, test, neuro
    (cell, *_) = sorted(tmp_path.glob("cells/*/model"))
    with (
        pytest.MonkeyPatch.context() as patched
    ):  # what reads a model of the study again finds what was computed for it
        patched.setattr("hemdata.train.delta.calculate", lambda task: pytest.fail("It was computed again."))
        training_of(cell, json.loads((cell / "model.json").read_text("utf-8")), labelled)
    load(cell).predict(read(labelled / "test-groups@gfn2-xtb").slice(0, 2))
    assert len(list((tmp_path / "below").iterdir())) == 4  # and what it is asked about is not kept there
    off = np.mean([abs(row["predicted_kcal_mol"] - row["reference_kcal_mol"]) for row in rows])
    assert np.mean([row["reference_kcal_mol"] for row in rows]) > 1000
    assert off < 100
    plain = card.model_copy(update={"delta": None})
    with pytest.raises(DataError, match="other settings"):
        run_cell(cells(plain)[0], labelled, tmp_path)
    train_eval(plain, labelled, tmp_path / "plain", on=On(HERE))
    notes = compare_runs(tmp_path, tmp_path / "plain", resamples=50).notes
    assert f"What is learnt differs: differences from {BELOW} in A, energies in B." in notes
    for folder, there in ((tmp_path, True), (tmp_path / "plain", False)):
        write_report(Results.of(folder, data=labelled), tmp_path / "page.html")
        page = (tmp_path / "page.html").read_text(encoding="utf-8")
        assert (f"differences from {BELOW}" in page) is there
        assert "hemdata train-eval differences.yaml" in page
