"""A plan counts what a run computes: no more where something failed, was relaxed otherwise or imported, and no less."""

from pathlib import Path

import pytest
from command_line import hemdata
from test_published_geometry import GIVEN, methanol, not_embedded

from hemdata.label.asked import Asked
from hemdata.label.calculation import Calculation, Result, calculate, stages
from hemdata.label.dataset import label_dataset, plan_labels
from hemdata.label.due import due
from hemdata.label.estimate import estimate
from hemdata.label.how import Files, How
from hemdata.label.run import label
from hemdata.label.store.database import LabelStore
from hemdata.label.store.merge import merge
from hemdata.label.workers.where import HERE
from hemdata.levels import level
from hemdata.molecules import Molecule, read_molecules

CHAIN = stages(level("gfn1-xtb"), level("gfn2-xtb"))


def planned_and_made(molecules: list[Molecule], store: LabelStore, **how: object) -> tuple[list[int], list[int]]:
    """How many calculations of each stage the plan counts, and a run then makes."""
    planned = [len(its.calculations) for its in due(molecules, CHAIN, store, str(how.get("accuracy", "label")))]
    made = {its.level.name: 0 for its in CHAIN}

    def counted(task: Calculation) -> Result:
        made[task.level] += 1
        return calculate(task)

    label(molecules, CHAIN, store, HERE, calculation=counted, **how)  # type: ignore[arg-type]
    return planned, list(made.values())


def test_nothing_follows_a_relaxation_that_failed(tmp_path: Path) -> None:
    molecules = [methanol("one"), methanol("two")]
    with LabelStore(tmp_path / "labels.sqlite") as store:
        label(molecules, CHAIN, store, HERE, calculation=not_embedded)
        found = estimate(molecules, CHAIN, store)
        assert found.seconds == 0
        assert [(its.asked, its.finished) for its in found.stages] == [(2, 2), (0, 0)]
        assert planned_and_made(molecules, store) == ([0, 0], [0, 0])


def test_a_relaxation_from_the_published_geometry_counts_where_that_from_the_smiles_failed(tmp_path: Path) -> None:
    molecules = [methanol("published", **GIVEN)]
    with LabelStore(tmp_path / "labels.sqlite") as store:
        label([methanol("bare")], CHAIN, store, HERE, calculation=not_embedded)
        assert planned_and_made(molecules, store) == ([1, 1], [1, 1])
        assert estimate(molecules, CHAIN, store).seconds == 0


def test_one_molecule_of_two_names_is_computed_once(tmp_path: Path) -> None:
    with LabelStore(tmp_path / "labels.sqlite") as store:
        assert planned_and_made([methanol("one"), methanol("other")], store) == ([1, 1], [1, 1])


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder where three alcohols are labelled."""
    (tmp_path / "three.smi").write_text("CO methanol\nCCO ethanol\nCC(C)O propanol\n")
    data = tmp_path / "there"
    label_dataset(tmp_path / "three.smi", level_name="gfn1-xtb", data=data, workers=0)
    return data


def test_imported_single_points_are_not_to_do_though_their_relaxations_are(elsewhere: Path, tmp_path: Path) -> None:
    (tmp_path / "four.smi").write_text((tmp_path / "three.smi").read_text() + "O water\n")
    molecules = list(read_molecules(tmp_path / "four.smi"))
    files, how = Files(tmp_path / "here"), How("gfn1-xtb")
    with LabelStore(files.labels) as store:
        merge(store, elsewhere / "three@gfn1-xtb")
    relaxed, points = plan_labels(Asked(tmp_path / "four.smi"), how, files).stages
    assert (relaxed.asked, relaxed.finished) == (4, 0)
    assert (points.asked, points.finished) == (4, 3)
    reference = plan_labels(Asked(tmp_path / "four.smi"), How("gfn1-xtb", accuracy="reference"), files).stages[1]
    assert reference.finished == 0
    several = plan_labels(Asked(tmp_path / "four.smi"), How("gfn1-xtb", conformers=3), files).stages[1]
    assert several.finished == 0
    with LabelStore(files.labels) as store:
        assert planned_and_made(molecules, store) == ([4, 1], [4, 1])


def test_an_imported_store_leaves_nothing_to_do(elsewhere: Path, tmp_path: Path) -> None:
    files = Files(tmp_path / "here")
    with LabelStore(files.labels) as store:
        merge(store, elsewhere / "labels.sqlite")
    assert plan_labels(Asked(tmp_path / "three.smi"), How("gfn1-xtb"), files).seconds == 0


def test_what_a_plan_leaves_out_is_said(tmp_path: Path) -> None:
    (tmp_path / "one.smi").write_text("CO methanol\n")
    words = ("label", tmp_path / "one.smi", "--data", tmp_path, "--dry-run")
    assert "leaves out" not in hemdata(*words).stderr
    assert "leaves out what frequencies cost" in hemdata(*words, "--enthalpy").stderr
    assert "not what --retry computes again" in hemdata(*words, "--retry", "failed").stderr
