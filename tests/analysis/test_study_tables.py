"""The tables of a study on made-up rows whose effects are known."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from made_up import SETS, cell_tables, make_study

from hemdata.analysis.matrix import Model, error_matrix
from hemdata.analysis.tables import MEAN, Tables, study_tables
from hemdata.errors import DataError
from hemdata.study.rows import Rows, read_rows, write_cell

few = partial(study_tables, resamples=2000)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    return read_rows(make_study(tmp_path_factory.mktemp("study"), leaks={"qm9": 3}))


@pytest.fixture(scope="module")
def tables(rows: Rows) -> Tables:
    return few(rows)


def test_mae_is_the_mean_that_pandas_finds(rows: Rows, tables: Tables) -> None:
    frame = rows.predictions.to_pandas()
    leaked = set(frame[frame["in_training"]]["molecule_id"])
    assert len(leaked) == 3
    frame = frame[~frame["molecule_id"].isin(leaked)]
    frame["error"] = (frame["predicted_kcal_mol"] - frame["reference_kcal_mol"]).abs()
    frame["error_atom"] = frame["error"] / frame["n_atoms"]
    plain = frame.groupby(["network", "training_set", "group"])[["error", "error_atom"]].mean()
    ours = tables.mae.set_index(["network", "training_set", "group"])
    assert len(ours) == 3 * 2 * 4
    assert np.allclose(ours["mae_kcal_mol"], plain.loc[ours.index, "error"])
    assert np.allclose(ours["mae_kcal_mol_atom"], plain.loc[ours.index, "error_atom"])
    assert (ours["mae_kcal_mol_low"] < ours["mae_kcal_mol"]).all()
    assert (ours["mae_kcal_mol"] < ours["mae_kcal_mol_high"]).all()


def test_leaks_are_left_out_for_every_model_counted_and_put_back(rows: Rows, tables: Tables) -> None:
    neuro = tables.mae[tables.mae["group"] == "neuro"]
    assert set(neuro["n_molecules"]) == {32}
    assert set(neuro["n_left_out"]) == {3}
    counts = tables.leaks.set_index(["training_set", "group"])["n_in_training"]
    assert counts["qm9", "neuro"] == 3
    assert counts.sum() == 3
    whole = few(rows, with_overlap=True)
    assert set(whole.mae[whole.mae["group"] == "neuro"]["n_molecules"]) == {35}
    assert tables.leaked_rows == 3 * 3 * 3  # networks, molecules, seeds


def test_the_known_effect_is_found_and_no_effect_is_called_so(tables: Tables) -> None:
    c = tables.comparisons
    own = c[c["network"] == "painn"].set_index("group")
    assert set(own["training_set"]) == {"pubchem9"}
    for group in ("azoxy", "explosives", "neuro", MEAN):
        assert own.loc[group, "verdict"] == "smaller"
    for group in ("azoxy", "explosives", "neuro"):
        assert own.loc[group, "ratio_low"] < SETS["pubchem9"] / SETS["qm9"] < own.loc[group, "ratio_high"]
    assert own.loc["saccharides", "verdict"] == "no difference"
    assert (own["p_holm"] >= own["p"]).all()
    best = tables.mae.set_index(["network", "training_set", "group"])["probability_best"]
    assert best["painn", "pubchem9", "azoxy"] > 0.95
    assert best["painn", "pubchem9", "azoxy"] + best["painn", "qm9", "azoxy"] == pytest.approx(1)


def test_accuracy_and_generalizability_are_those_of_the_group_errors(tables: Tables) -> None:
    for row in tables.summary.itertuples():
        own = tables.mae[(tables.mae["network"] == row.network) & (tables.mae["training_set"] == row.training_set)]
        assert row.accuracy_kcal_mol == pytest.approx(own["mae_kcal_mol"].mean())
        assert row.generalizability_kcal_mol == pytest.approx(own["mae_kcal_mol"].std(ddof=0))


def test_networks_are_compared_with_every_baseline(tables: Tables) -> None:
    assert len(tables.baselines) == 2 * 2 * 5  # baselines, sets, groups and their mean
    assert set(tables.baselines["verdict"]) == {"smaller"}
    ratio = tables.baselines.set_index(["baseline", "training_set", "group"])["ratio"]
    assert 1 / 7 < ratio["dressed-atoms", "qm9", "azoxy"] < 1 / 5


def test_a_missing_seed_and_a_missing_molecule_do_not_spoil_the_pairing(tmp_path: Path) -> None:
    for cell in (("qm9", 0), ("qm9", 1), ("pubchem9", 0)):
        found = cell_tables("painn", *cell)
        if cell == ("qm9", 1):
            found["predictions"] = found["predictions"].slice(1)  # the first azoxy molecule is not there
        write_cell(tmp_path, **found)
    matrix = error_matrix(read_rows(tmp_path).predictions)
    assert matrix.incomplete == (1, 0, 0, 0)
    assert matrix.absolute[0].shape == (2, 2, 44)
    assert [matrix.seeds_of(i) for i in range(2)] == [1, 2]
    assert few(read_rows(tmp_path)).mae["mae_kcal_mol"].notna().all()


def test_the_largest_training_size_is_taken(tmp_path: Path) -> None:
    for size in (100, 640, 630):
        for seed in (0,) if size == 630 else (1, 2):
            write_cell(tmp_path, **cell_tables("painn", "qm9", seed, size=size))
    matrix = error_matrix(read_rows(tmp_path).predictions)
    assert matrix.models == (Model("painn", "qm9", 640),)
    assert matrix.seeds == (0, 1, 2)
    write_cell(tmp_path, **cell_tables("painn", "qm9", 2, size=639))
    with pytest.raises(DataError, match="two cells of nearly one size"):
        error_matrix(read_rows(tmp_path).predictions)


def test_a_group_that_is_all_leaked_is_an_error_in_words(tmp_path: Path) -> None:
    make_study(tmp_path, networks=("painn",), seeds=(0,), leaks={"qm9": 35})
    with pytest.raises(DataError, match="no molecule") as error:
        few(read_rows(tmp_path))
    assert "neuro" in str(error.value)
    assert few(read_rows(tmp_path), with_overlap=True).mae["mae_kcal_mol"].notna().all()


def test_in_distribution_errors_are_means_over_seeds(rows: Rows, tables: Tables) -> None:
    plain = rows.cells.to_pandas().groupby(["network", "training_set"])["in_distribution_mae_kcal_mol"].mean()
    ours = tables.in_distribution.set_index(["network", "training_set"])
    assert np.allclose(ours["mae_kcal_mol"], plain.loc[ours.index])
    assert (ours["mae_kcal_mol_low"] < ours["mae_kcal_mol"]).all()


def test_the_same_rows_give_the_same_tables(rows: Rows, tables: Tables) -> None:
    again = few(rows)
    assert again.mae.equals(tables.mae)
    assert again.comparisons.equals(tables.comparisons)
