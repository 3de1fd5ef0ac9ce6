"""Imported single points are taken at the geometry at which they were computed, where a relaxation comes to it here.

The machine that made them rounds otherwise: its geometries are made here by moving those of a labelled set a little.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from command_line import hemdata

from hemdata.label.calculation import Calculation, Result, Stage, calculate, stages
from hemdata.label.dataset import label_dataset
from hemdata.label.due import due
from hemdata.label.jobs import VIBRATE
from hemdata.label.part import Part
from hemdata.label.run import Outcome, label
from hemdata.label.store.database import LabelStore
from hemdata.label.store.merge import merge
from hemdata.label.to_shards import ENGINE
from hemdata.label.workers.where import HERE, Where
from hemdata.levels import level
from hemdata.molecules import Molecule, read_molecules
from hemdata.schema import table_schema
from hemdata.shards import ShardWriter, read, read_manifest

CHAIN = stages(level("gfn1-xtb"), level("gfn2-xtb"))
ROUNDING, MOVED = 1e-13, 1e-4  # angstrom
THREE = "CO methanol\nCCO ethanol\nCC(C)O propanol\n"
Shards = Callable[..., Path]


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Shards:
    """Labels of three alcohols at GFN1-xTB as shards whose geometries are moved by so many angstrom."""
    labelled: dict[int, Path] = {}

    def made(by: float, conformers: int = 1) -> Path:
        place = tmp_path_factory.mktemp("there")
        (place / "three.smi").write_text(THREE)
        if conformers not in labelled:
            done = label_dataset(
                place / "three.smi", level_name="gfn1-xtb", data=place, workers=0, conformers=conformers
            )
            labelled[conformers] = done.folder
        return moved(labelled[conformers], place / "moved", by)

    return made


def moved(folder: Path, out: Path, by: float) -> Path:
    manifest, table = read_manifest(folder), read(folder)
    x = pa.array([[c + by for c in row] for row in table["positions"].to_pylist()], table["positions"].type)
    table = table.set_column(table.column_names.index("positions"), table.schema.field("positions"), x)
    with ShardWriter(out, table_schema("molecule", [ENGINE])) as writer:
        writer.add(table)
        writer.finish(
            manifest.dataset, table.num_rows, manifest.sources, manifest.levels, manifest.made_from, ("rdkit",)
        )
    return out


@pytest.fixture
def molecules(tmp_path: Path) -> list[Molecule]:
    (tmp_path / "three.smi").write_text(THREE)
    return list(read_molecules(tmp_path / "three.smi"))


def made_of(
    molecules: Sequence[Molecule], store: LabelStore, chain: Sequence[Stage] = CHAIN, **how: object
) -> tuple[dict[str, int], Outcome]:
    """How many calculations of each level a run makes, and what it tells."""
    made = Counter[str]()

    def counted(task: Calculation) -> Result:
        made[task.level] += 1
        return calculate(task)

    return made, label(molecules, chain, store, HERE, calculation=counted, **how)  # type: ignore[arg-type]


def planned(molecules: Sequence[Molecule], store: LabelStore, chain: Sequence[Stage] = CHAIN) -> list[tuple[int, int]]:
    return [(its.finished, its.elsewhere) for its in due(molecules, chain, store, "label")]


def test_a_geometry_of_other_last_digits_is_the_same_and_its_energy_is_not_computed_again(
    shards: Shards, molecules: list[Molecule], tmp_path: Path
) -> None:
    theirs = shards(ROUNDING)
    with LabelStore(tmp_path / "labels.sqlite") as store:
        merge(store, theirs)
        assert planned(molecules, store) == [(0, 0), (3, 3)]
        made, outcome = made_of(molecules, store)
        assert made == {"gfn2-xtb": 3}
        assert (outcome.computed, outcome.stored, outcome.failed) == (0, 3, 0)
        assert planned(molecules, store) == [(3, 0), (3, 0)]  # nobody has to assume anything any more
        rows = read(theirs).to_pylist()
        for row, result in zip(rows, store.get(outcome.keys), strict=True):
            assert (result.energy_hartree, result.positions) == (row["energy_hartree"], row["positions"])
        made, again = made_of(molecules, store)
        assert not made
        assert again.keys == outcome.keys


def test_a_geometry_that_is_another_has_its_own_energy(
    shards: Shards, molecules: list[Molecule], tmp_path: Path
) -> None:
    """Before the relaxations nobody knows; the plan says that it assumes them to end there."""
    with LabelStore(tmp_path / "labels.sqlite") as store:
        merge(store, shards(MOVED))
        assert planned(molecules, store) == [(0, 0), (3, 3)]
        label(molecules, CHAIN[:1], store, HERE)
        assert planned(molecules, store) == [(3, 0), (0, 0)]
        made, outcome = made_of(molecules, store)
        assert made == {"gfn1-xtb": 3}
        assert outcome.computed == 3


def test_what_another_accuracy_or_molecule_has_is_not_taken(
    shards: Shards, molecules: list[Molecule], tmp_path: Path
) -> None:
    with LabelStore(tmp_path / "labels.sqlite") as store:
        merge(store, shards(ROUNDING))
        assert made_of(molecules, store, accuracy="reference")[1].computed == 3
        others = [replace(molecules[0], id="cation", charge=1, multiplicity=2)]
        assert made_of(others, store)[1].computed == 1


def test_a_part_of_the_work_a_run_that_goes_on_and_a_worker_of_dask_find_them_too(
    shards: Shards, tmp_path: Path
) -> None:
    path = tmp_path / "three.smi"
    path.write_text(THREE)
    with LabelStore(tmp_path / "labels.sqlite") as store:
        merge(store, shards(ROUNDING))
    how = {"level_name": "gfn1-xtb", "data": tmp_path}
    part = label_dataset(path, part=Part(1, 2), out=tmp_path / "part", workers=0, **how).outcome
    assert (part.computed, part.stored) == (0, 2)
    whole = label_dataset(path, workers=1, **how).outcome
    assert (whole.computed, whole.stored) == (0, 3)
    assert label_dataset(path, missing="refuse", **how).outcome.stored == 3


def test_of_several_conformers_those_of_as_many_are_expected(
    shards: Shards, molecules: list[Molecule], tmp_path: Path
) -> None:
    several = stages(level("gfn1-xtb"), level("gfn2-xtb"), conformers=3)
    with LabelStore(tmp_path / "labels.sqlite") as store:
        merge(store, shards(ROUNDING, conformers=3))
        assert planned(molecules, store) == [(0, 0), (0, 0)]
        assert planned(molecules, store, several) == [(0, 0), (3, 3)]
        made, outcome = made_of(molecules, store, several)
        assert made == {"gfn2-xtb": 3}
        assert (outcome.computed, outcome.stored) == (0, 3)


def elsewhere(result: Result, task: Calculation, by: float = ROUNDING) -> Result:
    """The same result of a machine that rounds otherwise."""
    x = tuple(c + by for c in task.positions or ())
    return replace(result, key=replace(task, positions=x).key, positions=list(x))


def test_another_machines_store_and_a_calculation_that_failed_here(molecules: list[Molecule], tmp_path: Path) -> None:
    """Their relaxations have the keys of those here, which stay; their energies stand at their geometries."""
    done: dict[str, tuple[Calculation, Result]] = {}

    def kept(task: Calculation) -> Result:
        done[task.key] = task, calculate(task)
        return done[task.key][1]

    with LabelStore(tmp_path / "there.sqlite") as there:
        keys = label(molecules, CHAIN, there, HERE, calculation=kept).keys
    theirs = [elsewhere(done[key][1], done[key][0]) for key in keys]
    with LabelStore(tmp_path / "labels.sqlite") as store:
        label(molecules, CHAIN[:1], store, HERE)
        store.put(Result(keys[0], "The SCF did not converge.", provenance=done[keys[0]][0].described))
        assert planned(molecules, store) == [(3, 0), (1, 0)]
        store.put(*theirs)
        assert planned(molecules, store) == [(3, 0), (3, 0)]
        for missing in ("refuse", "compute failed", "compute"):
            made, outcome = made_of(molecules, store, missing=missing)
            assert not made
            assert (outcome.stored, outcome.failed, outcome.missing) == (3, 0, 0)
            assert outcome.keys == [its.key for its in theirs]


def test_frequencies_at_the_same_geometry_are_found_too(molecules: list[Molecule], tmp_path: Path) -> None:
    chain = [CHAIN[0], Stage(level("gfn2-xtb"), VIBRATE)]
    tasks: list[Calculation] = []

    def kept(task: Calculation) -> Result:
        tasks.append(task)
        return calculate(task)

    with LabelStore(tmp_path / "there.sqlite") as there:
        (key,) = label(molecules[:1], chain, there, HERE, calculation=kept).keys
        (result,) = there.get([key])
    with LabelStore(tmp_path / "labels.sqlite") as store:
        store.put(elsewhere(result, tasks[-1]))
        made, outcome = made_of(molecules[:1], store, chain)
        assert made == {"gfn2-xtb": 1}  # the relaxation
        assert outcome.stored == 1


def test_a_store_is_looked_through_once_and_only_where_something_is_missing(
    shards: Shards, molecules: list[Molecule], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = list[str]()
    finished_at = LabelStore.finished_at
    monkeypatch.setattr(LabelStore, "finished_at", lambda store, its: looked.append(its) or finished_at(store, its))
    with LabelStore(tmp_path / "labels.sqlite") as store:
        merge(store, shards(ROUNDING))
        made_of(molecules, store)
        planned(molecules, store)
        assert looked == [CHAIN[1].level.hash] * 2
        store.put(*(calculate(its) for its in exact(molecules, store)))
        looked.clear()
        made_of(molecules, store)
        planned(molecules, store)
        assert looked == []


def exact(molecules: Sequence[Molecule], store: LabelStore) -> list[Calculation]:
    """The single points at the geometries that were relaxed here."""
    from hemdata.label.chain import task_of

    relaxed = store.get(label(molecules, CHAIN[:1], store, HERE).keys)
    return [task_of(m, CHAIN[1], result, "label") for m, result in zip(molecules, relaxed, strict=True)]


def test_the_plan_says_what_it_assumes(shards: Shards, tmp_path: Path) -> None:
    (tmp_path / "three.smi").write_text(THREE)
    words = (tmp_path / "three.smi", "--level", "gfn1-xtb", "--data", tmp_path)
    hemdata("label", "import", shards(MOVED), "--data", tmp_path)
    told = hemdata("label", *words, "--dry-run").stdout
    assert "gfn1-xtb energies: 3 of 3 finished." in told
    assert "3 of the finished ones are imported" in told
    assert "within 1e-6 angstrom" in told
    assert "(3 computed, 0 from the store)" in hemdata("label", *words, "--on", "0").stdout
    assert "imported" not in hemdata("label", *words, "--dry-run").stdout


def test_of_two_geometries_that_are_the_same_the_nearer_is_taken(molecules: list[Molecule], tmp_path: Path) -> None:
    with LabelStore(tmp_path / "labels.sqlite") as store:
        label(molecules[:1], CHAIN[:1], store, HERE)
        (task,) = exact(molecules[:1], store)
        result = calculate(task)
        near, far = elsewhere(result, task, 1e-9), elsewhere(result, task, 5e-7)
        store.put(far, near, elsewhere(result, task, 2e-6))
        assert np.abs(np.array(far.positions) - result.positions).max() < 1e-6
        assert made_of(molecules[:1], store)[1].keys == [near.key]


def test_a_given_geometry_is_taken_to_the_last_digit(tmp_path: Path) -> None:
    """Nobody relaxed it: two that differ are two."""
    chain = stages(level("gfn1-xtb"), None)
    one = Molecule("one", None, None, None, 1, atomic_numbers=[8, 1], positions=[0.0, 0.0, 0.0, 0.0, 0.0, 0.97],
                   charge=-1)  # fmt: skip
    other = replace(one, positions=[*one.positions[:5], 0.97 + ROUNDING])
    with LabelStore(tmp_path / "labels.sqlite") as store:
        assert made_of([one, other], store, chain)[1].computed == 2


@pytest.mark.parametrize("where", [HERE, Where(1)], ids=["here", "dask"])
def test_what_is_missing_beside_is_computed(where: Where, shards: Shards, tmp_path: Path) -> None:
    (tmp_path / "four.smi").write_text(THREE + "O water\n")
    four = list(read_molecules(tmp_path / "four.smi"))
    with LabelStore(tmp_path / "labels.sqlite") as store:
        merge(store, shards(ROUNDING))
        outcome = label(four, CHAIN, store, where)
        assert (outcome.computed, outcome.stored) == (1, 3)
