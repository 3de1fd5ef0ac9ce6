"""Models judged on labelled molecules: the study's own numbers at its level, the level's part at another."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from hemdata.analysis.evaluate import evaluate
from hemdata.cli.models.evaluate import evaluate as command
from hemdata.errors import CallError, DataError
from hemdata.label.dataset import label_dataset
from hemdata.levels import level
from hemdata.schema import table_schema
from hemdata.shards import LevelName, ShardWriter, read
from hemdata.train.data.splits import split_table
from hemdata.train.fit import fit_network
from hemdata.train.training_run import TrainingRun
from hemdata.units import HARTREE_KCAL_MOL

COLUMNS = ("id", "smiles", "inchikey", "atomic_numbers", "positions", "n_atoms", "n_heavy", "energy_hartree",
           "atomization_energy_kcal_mol", "level")  # fmt: skip


@pytest.fixture(scope="module")
def data(labelled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Beside GFN2's labels, saccharides at GFN1 on GFN2's geometries."""
    data = tmp_path_factory.mktemp("data")
    for folder in labelled.iterdir():
        if folder.is_dir():
            (data / folder.name).symlink_to(folder)
    shutil.copyfile(labelled / "labels.sqlite", data / "labels.sqlite")  # the geometries are those of GFN2's labels
    label_dataset("saccharides", level_name="gfn1-xtb", data=data, store=data / "labels.sqlite", workers=0)
    return data


@pytest.fixture(scope="module")
def model(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dressed atoms of the neuro group, two seeds of one cell."""
    molecules = read(data / "neuro@gfn2-xtb", COLUMNS)
    cells = tmp_path_factory.mktemp("run") / "cells"
    for seed in (0, 1):
        part = molecules.take(pa.array(np.random.default_rng(seed).permutation(molecules.num_rows)[:25]))
        run = TrainingRun(cells / f"dressed-atoms-neuro-25-s{seed}" / "model", seed=seed)
        fit_network("dressed-atoms", {}, part, part, run)
    return cells / "dressed-atoms-neuro-25"


def of_levels(notes: list[str]) -> list[str]:
    """The notes on levels, without those on training sets, which are not at hand here."""
    return [each for each in notes if "its training set is not here" not in each]


def test_at_its_own_level_the_error_is_that_of_its_predictions(data: Path, model: Path) -> None:
    from hemdata.train.fit import load

    found = evaluate([model, f"{model}-s1"], ["saccharides", "azoxy"], data=data, resamples=200)
    table = found.table.set_index(["model", "group"])
    assert len(table) == 4
    molecules = read(data / "saccharides@gfn2-xtb", COLUMNS)
    reference = molecules["atomization_energy_kcal_mol"].to_numpy()
    errors = [load(Path(f"{model}-s{seed}") / "model").predict(molecules) - reference for seed in (0, 1)]
    both, one = table.loc[str(model), "saccharides"], table.loc[f"{model}-s1", "saccharides"]
    assert both["n_seeds"] == 2
    assert both["mae_kcal_mol"] == pytest.approx(np.abs(errors).mean())
    assert one["mae_kcal_mol"] == pytest.approx(np.abs(errors[1]).mean())
    assert one["mean_error_kcal_mol"] == pytest.approx(errors[1].mean())
    assert one["mae_kcal_mol_low"] < one["mae_kcal_mol"] < one["mae_kcal_mol_high"]
    assert one["level_part_kcal_mol"] == 0
    assert one["own_mae_kcal_mol"] == one["mae_kcal_mol"]
    assert set(found.rows.loc[found.rows["group"] == "azoxy", "molecule_id"].str.partition(":")[0]) == {"azoxy"}
    assert of_levels(found.notes) == []


def test_at_another_level_the_levels_part_is_told(data: Path, model: Path) -> None:
    found = evaluate([model], ["saccharides"], data=data, level_name="gfn1-xtb", resamples=200)
    row = found.table.iloc[0]
    totals = {name: read(data / f"saccharides@{name}", COLUMNS) for name in ("gfn1-xtb", "gfn2-xtb")}
    by_hand = []
    for molecule in totals["gfn1-xtb"].to_pylist():
        other = next(one for one in totals["gfn2-xtb"].to_pylist() if one["id"] == molecule["id"])
        z = np.array(molecule["atomic_numbers"])
        of = [
            (level(name).atom_energies()[z].sum() - one["energy_hartree"]) * HARTREE_KCAL_MOL
            for name, one in (("gfn1-xtb", molecule), ("gfn2-xtb", other))
        ]
        by_hand.append(abs(of[0] - of[1]))
    assert row["level_part_kcal_mol"] == pytest.approx(np.mean(by_hand))
    assert row["level_part_kcal_mol"] > 200  # the two levels are far apart in atomization energies
    own = evaluate([model], ["saccharides"], data=data, resamples=200).table.iloc[0]
    assert row["own_mae_kcal_mol"] == pytest.approx(own["mae_kcal_mol"])
    signed = found.rows["predicted_kcal_mol"] - found.rows["reference_kcal_mol"]
    through = (found.rows["predicted_kcal_mol"] - found.rows["own_reference_kcal_mol"]) + (
        found.rows["own_reference_kcal_mol"] - found.rows["reference_kcal_mol"]
    )
    assert np.allclose(signed, through)


def test_labels_on_the_judged_geometries_count_whichever_others_there_are(
    data: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A set imported with its own geometries, of which labels at relaxed ones stood too: these alone were looked at."""
    rows = read(data / "saccharides@gfn1-xtb").to_pylist()[:20]
    for row in rows:
        row["id"] = row["id"].replace("saccharides:", "shi:")
        row["positions"] = [1.01 * x for x in row["positions"]]
    names = table_schema("molecule").arrow.names
    own = pa.Table.from_pylist(
        [{name: row.get(name) for name in names} for row in rows], table_schema("molecule").arrow
    )
    _shards(tmp_path / "shi", own)
    (tmp_path / "cards/pipelines/sets").mkdir(parents=True)
    (tmp_path / "cards/pipelines/sets/shi.yaml").touch()
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path / "cards"))
    found = evaluate([model], ["shi"], data=tmp_path, level_name="gfn1-xtb", resamples=50)
    assert any("--level gfn2-xtb --geometry given" in note for note in found.notes), found.notes
    relaxed = read(data / "saccharides@gfn2-xtb").to_pylist()[:20]
    for row in relaxed:
        row["id"] = row["id"].replace("saccharides:", "shi:")
    other = pa.Table.from_pylist(
        [{name: row.get(name) for name in names} for row in relaxed], table_schema("molecule").arrow
    )
    _shards(tmp_path / "shi@gfn2-xtb", other)
    (note,) = of_levels(evaluate([model], ["shi"], data=tmp_path, level_name="gfn1-xtb", resamples=50).notes)
    assert note.startswith("Not labelled at gfn2-xtb on the same geometry: 20 molecules of shi.")
    assert "--level gfn2-xtb --geometry given" in note
    at = {row["id"]: row["positions"] for row in rows}
    given = pa.Table.from_pylist(
        [row | {"positions": at[row["id"]]} for row in other.to_pylist()], table_schema("molecule").arrow
    )
    _shards(tmp_path / "shi@gfn2-xtb@given", given)
    found = evaluate([model], ["shi"], data=tmp_path, level_name="gfn1-xtb", resamples=50)
    assert of_levels(found.notes) == []
    assert found.table.iloc[0]["level_part_kcal_mol"] > 0


def _shards(folder: Path, table: pa.Table) -> None:
    """Rows as a set, at the level that they name."""
    its = level(table["level"][0].as_py())
    with ShardWriter(folder, table_schema("molecule")) as writer:
        writer.add(table)
        writer.finish(folder.name, table.num_rows, [], [LevelName(name=its.name, hash=its.hash)], {})


def test_what_is_not_labelled_at_the_models_level_is_told(data: Path, model: Path, tmp_path: Path) -> None:
    (tmp_path / "mine@gfn1-xtb").symlink_to(data / "saccharides@gfn1-xtb")
    found = evaluate([model], ["mine"], data=tmp_path, level_name="gfn1-xtb", resamples=50)
    assert np.isnan(found.table["level_part_kcal_mol"]).all()
    (note,) = of_levels(found.notes)
    assert "hemdata label" in note


def test_elements_that_training_had_not_are_refused_unless_asked_for(
    data: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No neuro molecule has fluorine, two of the azoxy group have: their errors say nothing of the model."""
    with_fluorine = [
        row["id"] for row in read(data / "test-groups@gfn2-xtb", COLUMNS).to_pylist()
        if row["id"].startswith("azoxy:") and 9 in row["atomic_numbers"]
    ]  # fmt: skip
    found = evaluate([model], ["azoxy"], data=data, resamples=50)
    assert found.table.iloc[0]["n_molecules"] == 45 - len(with_fluorine) == 43
    assert not set(found.rows["molecule_id"]) & set(with_fluorine)
    (told,) = found.refused
    assert told.startswith("2 of 45 molecules of azoxy")
    assert "No training molecule had F." in told
    assert "--anyway" in told
    every = evaluate([model], ["azoxy"], data=data, anyway=True, resamples=50)
    assert (every.table.iloc[0]["n_molecules"], every.refused) == (45, [])
    with pytest.raises(SystemExit) as ended:
        command(models=[str(model)], group=["azoxy"], data=data, as_json=True)
    assert ended.value.code == 1
    printed = capsys.readouterr()
    assert json.loads(printed.out)["refused"] == [told]
    assert "No training molecule had F." in printed.err


def test_a_group_of_charges_that_training_had_not_is_refused(model: Path, tmp_path: Path) -> None:
    (tmp_path / "ions.smi").write_text("[NH4+] ammonium\n")
    label_dataset(tmp_path / "ions.smi", data=tmp_path, workers=0)
    with pytest.raises(DataError, match=r"No training molecule had the charge \+1"):
        evaluate([model], ["ions"], data=tmp_path, resamples=50)
    assert len(evaluate([model], ["ions"], data=tmp_path, anyway=True, resamples=50).rows) == 2


def test_wrong_calls_are_sentences(data: Path, model: Path, tmp_path: Path) -> None:
    with pytest.raises(CallError, match="no fitted model"):
        evaluate(["nowhere"], ["saccharides"], data=data)
    with pytest.raises(CallError, match="not there at the level 'gfn1-xtb'"):
        evaluate([model], ["saccharides"], data=tmp_path, level_name="gfn1-xtb")


@pytest.fixture
def at_pc9(data: Path, model: Path, tmp_path: Path) -> Path:
    """A model whose package says that it is of PC9's level."""
    molecules = read(data / "neuro@gfn2-xtb", COLUMNS)
    where = molecules.schema.get_field_index("level")
    molecules = molecules.set_column(where, "level", pa.array(["pc9"] * molecules.num_rows))
    fit_network("dressed-atoms", {}, molecules, molecules, TrainingRun(tmp_path / "of-pc9", seed=0))
    return tmp_path / "of-pc9"


def test_molecules_that_a_model_was_trained_on_are_counted(data: Path, model: Path, tmp_path: Path) -> None:
    """They were judged without a word; the training side of a set's split is found by the package's hash."""
    molecules = read(data / "neuro@gfn2-xtb")
    side = molecules.take(pa.array(split_table(molecules, 3).train))
    fit_network("dressed-atoms", {}, side, side, TrainingRun(tmp_path / "own", seed=3))
    graphs = {key[:14] for key in side["inchikey"].to_pylist()}
    leaked = sum(key[:14] in graphs for key in molecules["inchikey"].to_pylist())
    assert 20 < leaked < 35
    found = evaluate([tmp_path / "own"], ["neuro", "saccharides"], data=data, resamples=50)
    assert found.notes == [
        f"{tmp_path / 'own'} was trained on {leaked} of the 35 molecules of neuro; its errors on these are no test."
    ]
    (unknown,) = evaluate([model], ["neuro", "saccharides"], data=data, resamples=50).notes
    assert unknown.startswith(f"Whether {model} was trained on molecules that it is judged on is not known")


def test_a_level_that_there_is_not_is_told_as_such(model: Path, tmp_path: Path) -> None:
    """It was advised to label the group at it."""
    with pytest.raises(CallError, match="There is no level named 'nolevel'") as refused:
        evaluate([model], ["azoxy"], data=tmp_path, level_name="nolevel")
    assert "hemdata label" not in str(refused.value)


def test_labels_of_a_level_of_another_name_that_is_the_same_one_serve(at_pc9: Path, tmp_path: Path) -> None:
    """OD9's level is PC9's, whose labels travel."""
    of_od9, of_pc9 = (
        evaluate([at_pc9], ["neuro"], data=tmp_path, level_name=name, resamples=50) for name in ("od9", "pc9")
    )
    assert of_od9.table.iloc[0]["mae_kcal_mol"] == of_pc9.table.iloc[0]["mae_kcal_mol"]
    assert of_od9.table.iloc[0]["level_part_kcal_mol"] == 0
    assert (set(of_od9.rows["judged_at"]), of_levels(of_od9.notes)) == ({"od9"}, [])


def test_labels_that_travel_at_a_datasets_own_geometries_are_found(at_pc9: Path, tmp_path: Path) -> None:
    """`hemdata build duals-qm9` was the advice, though its labels are there at three levels."""
    found = evaluate([at_pc9], ["duals-qm9"], data=tmp_path, level_name="alchemy", anyway=True, resamples=50)
    assert found.table.iloc[0]["n_molecules"] > 100
    assert found.table.iloc[0]["level_part_kcal_mol"] > 0
    own = evaluate([at_pc9], ["duals-qm9"], data=tmp_path, anyway=True, resamples=50)
    assert of_levels(own.notes) == []


def test_a_labelled_file_is_a_group_by_its_own_name(data: Path, model: Path, tmp_path: Path) -> None:
    found = evaluate([model], ["saccharides.smi"], data=data, resamples=50)
    assert found.table.iloc[0]["n_molecules"] == 40
    with pytest.raises(CallError, match="not there at the level") as refused:
        evaluate([model], ["some/mine.xyz"], data=tmp_path)
    assert refused.value.fix == "Run `hemdata label some/mine.xyz --level gfn2-xtb`."


def test_the_interval_on_one_molecule_is_not_known(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was "52.8 (52.8 to 52.8)"; two molecules have one that is wide."""
    for name, smiles in (("one", ["OCCN"]), ("two", ["CCO", "CC=O"])):
        (tmp_path / f"{name}.smi").write_text("\n".join(smiles))
        label_dataset(str(tmp_path / f"{name}.smi"), data=tmp_path, store=tmp_path / "labels.sqlite", workers=0)
    command(models=[str(model)], group=["one", "two"], data=tmp_path, as_json=True)
    told = json.loads(capsys.readouterr().out)
    one, two = told["errors"]
    assert one["mae_kcal_mol"] > 0
    assert [one["mae_kcal_mol_low"], one["mae_kcal_mol_high"]] == [None, None]
    assert 2 * two["mae_kcal_mol_low"] < two["mae_kcal_mol"] < two["mae_kcal_mol_high"] / 2
    said = "one is judged on one molecule, so that the interval of its error is not known."
    assert said in told["notes"]
    command(models=[str(model)], group=["one"], data=tmp_path)
    shown = capsys.readouterr()
    line = next(line for line in shown.out.splitlines() if " one " in line)
    assert " – " in line
    assert " to " not in line


def test_the_command_prints_the_table_and_writes_the_rows(
    data: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command(models=[str(model)], group=["saccharides"], level="gfn1-xtb", data=data, file=tmp_path / "rows.csv")
    shown = capsys.readouterr().out
    assert "gfn2-xtb judged at gfn1-xtb" in shown
    assert "level's part" in shown
    assert len((tmp_path / "rows.csv").read_text().splitlines()) == 1 + 2 * 40
    command(models=[str(model)], group=["saccharides"], data=data, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["errors"][0]["n_molecules"] == 40
