"""Each reason on made rows with a known answer; the parts add up to the error."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import HARD, make_study, molecules
from scipy import stats

from hemdata.analysis.matrix import error_matrix
from hemdata.analysis.reasons import composition, parts, size
from hemdata.analysis.reasons.correlation import rank_correlation
from hemdata.analysis.reasons.errors import composition_matrix, element_counts, left_out_residuals, signed_errors
from hemdata.analysis.reasons.labels.geometry import geometry_part
from hemdata.analysis.reasons.labels.level import atoms_part, level_part
from hemdata.analysis.reasons.molecules.composition import cured_by, per_element
from hemdata.analysis.reasons.molecules.environments import set_against_set, unseen_environments
from hemdata.analysis.reasons.molecules.functional_groups import by_functional_group
from hemdata.analysis.reasons.molecules.leaks import leaked_errors, leaked_molecules
from hemdata.analysis.reasons.parts import COMPOSITION, REMAINDER, SEEDS, SIZE, UNSEEN
from hemdata.analysis.reasons.seeds import seed_noise
from hemdata.assess.gap import GapRow
from hemdata.errors import DataError
from hemdata.study.rows import read_rows

RESAMPLES = 200


def rows(group: str = "azoxy", training_set: str = "qm9", seeds: int = 2, network: str = "painn") -> pd.DataFrame:
    """The real molecules of a group, without an error yet."""
    found = [
        {"network": network, "training_set": training_set, "group": group, "molecule_id": str(one["id"]), "seed": seed,
         "smiles": one["smiles"], "n_heavy": one["n_heavy"], "n_atoms": one["n_atoms"], "environments_unseen": 0.0}
        for one in molecules(group) for seed in range(seeds)
    ]  # fmt: skip
    return pd.DataFrame(found)


def with_error(frame: pd.DataFrame, error: object) -> pd.DataFrame:
    return frame.assign(error_kcal_mol=error)


def counts_of(frame: pd.DataFrame, element: str) -> np.ndarray:
    elements, counts = composition_matrix(frame["smiles"].tolist())
    return counts[:, elements.index(element)]


def test_signed_errors_are_those_of_the_matrix(tmp_path: Path) -> None:
    predictions = read_rows(make_study(tmp_path / "study", leaks={"qm9": 3})).predictions
    matrix = error_matrix(predictions)
    ours = signed_errors(predictions)
    assert ours["error_kcal_mol"].lt(0).any()
    mae = ours.assign(absolute=ours["error_kcal_mol"].abs()).groupby(["network", "training_set", "group"])["absolute"]
    for i, model in enumerate(matrix.models):
        for g, group in enumerate(matrix.groups):
            assert mae.mean()[model.network, model.training_set, group] == pytest.approx(matrix.absolute[g][i].mean())
    whole = signed_errors(predictions, with_overlap=True)
    assert len(whole) - len(ours) == 3 * 3 * 2 * 3  # molecules, networks, sets, seeds


def test_elements_are_counted_with_their_hydrogens() -> None:
    assert element_counts("C[N+](=O)[O-]") == {"C": 1, "N": 1, "O": 2, "H": 3}
    assert element_counts("OCC1OC(O)C(O)C(O)C1O") == {"C": 6, "O": 6, "H": 12}
    assert element_counts("nonsense") is None


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(2, 12))
def test_left_out_residuals_are_those_of_fits_without_each(seed: int, terms: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 3, (n, terms)).astype(float), rng.normal(size=n)
    brute = []
    for i in range(n):
        others = np.arange(n) != i
        brute.append(y[i] - x[i] @ np.linalg.lstsq(x[others], y[others], rcond=None)[0])
    assert np.allclose(left_out_residuals(x, y), brute, atol=1e-6)


def test_a_shift_that_is_linear_in_the_elements_is_the_compositions() -> None:
    frame = rows()
    frame = with_error(frame, 2.0 * counts_of(frame, "C") - 3.0 * counts_of(frame, "N"))
    found = composition(frame, resamples=RESAMPLES).iloc[0]
    assert found["after_kcal_mol"] == pytest.approx(0, abs=1e-6)
    assert found["part_kcal_mol"] == pytest.approx(frame["error_kcal_mol"].abs().mean())
    assert found["mean_error_kcal_mol"] == pytest.approx(frame["error_kcal_mol"].mean())
    elements = per_element(frame).set_index("element")["error_kcal_mol"]
    assert elements["C"] == pytest.approx(2)
    assert elements["N"] == pytest.approx(-3)
    assert elements["H"] == pytest.approx(0, abs=1e-6)


def test_errors_that_have_nothing_to_do_with_the_elements_are_not_the_compositions() -> None:
    frame = rows(seeds=1)
    frame = with_error(frame, np.random.default_rng(0).choice([-10.0, 10.0], len(frame)))
    found = composition(frame, resamples=RESAMPLES).iloc[0]
    assert found["part_kcal_mol"] < 1.0
    assert found["part_kcal_mol_low"] <= 0


def test_ten_references_cure_a_shift_and_nothing_else() -> None:
    frame = rows(seeds=1)
    shift = with_error(frame, 2.0 * counts_of(frame, "C") - 3.0 * counts_of(frame, "O"))
    found = cured_by(shift, (10, 30, 41), picks=20).set_index("n_references")
    assert list(found.index) == [10, 30]  # 41 of 45 leave too few to be judged
    assert found.loc[30, "after_kcal_mol"] == pytest.approx(0, abs=1e-6)
    assert found.loc[10, "after_kcal_mol"] < 0.1 * found.loc[10, "mae_kcal_mol"]
    noise = with_error(frame, np.random.default_rng(1).choice([-10.0, 10.0], len(frame)))
    left = cured_by(noise, (10,), picks=50).iloc[0]
    assert left["mae_kcal_mol"] == pytest.approx(10)
    assert left["after_kcal_mol"] > 10  # a fit to noise does harm
    assert left["after_kcal_mol_low"] < left["after_kcal_mol"] < left["after_kcal_mol_high"]


def test_an_error_that_grows_with_size_is_the_same_for_each_heavy_atom() -> None:
    frame = with_error(rows(), 0.5 * rows()["n_heavy"])
    found = size(frame, {"qm9": 9}, resamples=RESAMPLES)
    assert list(found["place"]) == ["within", "beyond"]
    assert found["n_molecules"].tolist() == [
        int((rows(seeds=1)["n_heavy"] <= 9).sum()), int((rows(seeds=1)["n_heavy"] > 9).sum())
    ]  # fmt: skip
    assert found["mae_kcal_mol_heavy_atom"].to_numpy() == pytest.approx(0.5)
    assert found["mae_kcal_mol"].is_monotonic_increasing
    assert found["rank_correlation"].to_numpy() == pytest.approx(1.0)
    assert size(frame, {"another": 9}, resamples=RESAMPLES).empty


def test_rank_correlation_is_that_of_scipy() -> None:
    rng = np.random.default_rng(1)
    x = rng.integers(0, 8, 60).astype(float)
    frame = pd.DataFrame({"group": "g", "molecule_id": np.arange(60), "x": x, "y": x + rng.normal(0, 3, 60)})
    value, low, high = rank_correlation(frame, "y", "x", resamples=4000)
    assert value == pytest.approx(stats.spearmanr(frame["x"], frame["y"]).statistic)
    oracle = stats.bootstrap(
        (frame["x"], frame["y"]), lambda a, b: stats.spearmanr(a, b).statistic, paired=True, vectorized=False,
        method="percentile", n_resamples=600, rng=2,
    ).confidence_interval  # fmt: skip
    assert (low, high) == pytest.approx((oracle.low, oracle.high), abs=0.06)
    assert np.isnan(rank_correlation(frame.assign(x=1.0), "y", "x", resamples=10)[0])


def test_errors_by_unseen_share_stand_in_their_classes() -> None:
    frame = rows()
    share = np.repeat(np.resize([0.0, 0.2, 0.5, 1.0], 45), 2)
    frame = with_error(frame.assign(environments_unseen=share), (1 + 10 * share) * frame["n_heavy"])
    found = unseen_environments(frame, resamples=RESAMPLES).set_index("unseen")
    assert list(found.index) == ["none", "up to a quarter", "up to a half", "more"]
    assert found["mae_kcal_mol_heavy_atom"].tolist() == pytest.approx([1, 3, 6, 11])
    assert found["n_molecules"].sum() == 45
    assert found["rank_correlation"].to_numpy() == pytest.approx(1.0)


def test_an_advantage_that_goes_with_unseen_environments_is_gone_where_they_are_equal() -> None:
    rng = np.random.default_rng(2)
    shown = {name: np.repeat(rng.uniform(0, 1, 45), 2) for name in ("qm9", "pubchem9")}
    hard = np.repeat(rng.lognormal(0, 1, 45), 2)
    frames = [
        with_error(rows(training_set=name).assign(environments_unseen=share), factor * hard * np.exp(2 * share))
        for (name, share), factor in zip(shown.items(), (1.0, 3.0), strict=True)
    ]
    found = set_against_set(pd.concat(frames), resamples=RESAMPLES).iloc[0]
    assert (found["training_set"], found["against"]) == ("pubchem9", "qm9")
    assert found["slope"] == pytest.approx(2)
    assert found["ratio_at_equal"] == pytest.approx(3)
    assert found["ratio"] == pytest.approx(3 * np.exp(2 * (shown["pubchem9"] - shown["qm9"]).mean()))


def test_the_group_that_is_hard_is_named() -> None:
    frame = pd.concat([rows("explosives"), rows("saccharides")])
    nitro = frame["smiles"].str.contains("[N+](=O)[O-]", regex=False)
    frame = with_error(frame, np.where(nitro, 3.0, 1.0) * frame["n_heavy"])
    found = by_functional_group(frame, resamples=RESAMPLES).set_index("functional_group")
    assert set(found.index) >= {"nitro (on carbon)", "nitramine", "alcohol"}
    assert found.loc["nitramine", "mae_kcal_mol_heavy_atom"] == pytest.approx(3)
    assert found.loc["nitramine", "without_kcal_mol_heavy_atom"] < 2.5
    assert found.loc["alcohol", "mae_kcal_mol_heavy_atom"] == pytest.approx(1)
    assert found.iloc[-1]["mae_kcal_mol_heavy_atom"] == found["mae_kcal_mol_heavy_atom"].min()
    assert found["n_molecules"].min() >= 5


def test_seed_noise_is_what_averaging_takes_off() -> None:
    frame = rows(seeds=2)
    frame = with_error(frame, np.where(frame["seed"] == 0, 3.0, -1.0))
    found = seed_noise(frame, resamples=RESAMPLES).iloc[0]
    assert found["mae_kcal_mol"] == pytest.approx(2)
    assert found["after_kcal_mol"] == pytest.approx(1)
    assert found["part_kcal_mol"] == pytest.approx(1)
    assert found["mae_spread_kcal_mol"] == pytest.approx(np.std([3, 1], ddof=1))
    assert found["prediction_spread_kcal_mol"] == pytest.approx(np.std([3, -1], ddof=1))
    assert seed_noise(frame[frame["seed"] == 0], resamples=RESAMPLES).empty


def test_leaks_are_named_and_flatter_by_a_known_part(tmp_path: Path) -> None:
    predictions = read_rows(make_study(tmp_path / "study", leaks={"qm9": 4})).predictions
    frame = predictions.to_pandas()
    frame["predicted_kcal_mol"] = frame["reference_kcal_mol"] + np.where(frame["in_training"], 1.0, 9.0)
    made = pa.Table.from_pandas(frame, schema=predictions.schema, preserve_index=False)
    named = leaked_molecules(made)
    assert len(named) == 4
    assert set(named["training_set"]) == {"qm9"}
    assert set(named["n_seeds"]) == {3}
    found = leaked_errors(made, resamples=RESAMPLES).set_index(["network", "training_set", "group"])
    leaked = found.loc["painn", "qm9", "neuro"]
    assert (leaked["n_molecules"], leaked["n_leaked"], leaked["leaked_kcal_mol"]) == (35, 4, 1.0)
    assert leaked["without_kcal_mol"] == pytest.approx(9)
    assert leaked["with_kcal_mol"] == pytest.approx(9 - 8 * 4 / 35)
    assert leaked["part_kcal_mol"] == pytest.approx(8 * 4 / 35)
    assert leaked["part_kcal_mol_low"] < 8 * 4 / 35 < leaked["part_kcal_mol_high"]
    clean = found.loc["painn", "pubchem9", "neuro"]
    assert (clean["n_leaked"], clean["part_kcal_mol"]) == (0, 0)
    assert np.isnan(clean["leaked_kcal_mol"])


def test_a_group_that_is_wholly_leaked_has_no_error_without(tmp_path: Path) -> None:
    predictions = read_rows(make_study(tmp_path / "study", leaks={"qm9": 35})).predictions
    found = leaked_errors(predictions, resamples=RESAMPLES).set_index(["network", "training_set", "group"])
    assert found.loc["painn", "qm9", "neuro"]["n_leaked"] == 35
    assert np.isnan(found.loc["painn", "qm9", "neuro"]["without_kcal_mol"])


# QM9's level less PC9's, and PC9's totals with QM9's atoms, at GFN2 geometries, kcal/mol: measured with PySCF 2.14
# (RKS, grid level 3), each level with its own atoms.
MEASURED = {"nitromethane": (607.31, 598.92, -4.88, 7), "azoxymethane": (975.78, 965.41, -2.31, 13),
            "glycine": (969.40, 955.47, -5.19, 10), "glyceraldehyde": (1168.15, 1153.13, -8.37, 12)}  # fmt: skip


def gap_rows() -> list[GapRow]:
    return [
        GapRow(f"g:{name}", "g", n, 4, a, b, foreign, a - b - 0.5)
        for name, (a, b, foreign, n) in MEASURED.items()
    ]  # fmt: skip


def test_level_and_atoms_parts_are_those_measured() -> None:
    level = level_part(gap_rows(), resamples=RESAMPLES).iloc[0]
    assert level["part_kcal_mol"] == pytest.approx((8.39 + 10.37 + 13.93 + 15.02) / 4, abs=0.005)
    assert level["mean_kcal_mol"] == level["part_kcal_mol"]
    assert level["part_kcal_mol_atom"] == pytest.approx((8.39 / 7 + 10.37 / 13 + 13.93 / 10 + 15.02 / 12) / 4, abs=1e-3)
    assert level["beyond_composition_kcal_mol"] == pytest.approx(0.5)
    assert level["part_kcal_mol_low"] < 10 < 13 < level["part_kcal_mol_high"]
    atoms = atoms_part(gap_rows(), resamples=RESAMPLES).iloc[0]
    assert atoms["part_kcal_mol"] == pytest.approx((4.88 + 2.31 + 5.19 + 8.37) / 4)
    assert atoms["mean_kcal_mol"] == -atoms["part_kcal_mol"]


def energies(level: str, shift: float) -> pa.Table:
    ids = [f"azoxy:{i}" for i in range(6)] + ["neuro:0"]
    return pa.table({"id": ids, "level": [level] * 7, "n_atoms": [10] * 7,
                     "atomization_energy_kcal_mol": [100.0 + shift * (-1) ** i for i in range(7)]})  # fmt: skip


def test_the_geometry_part_is_the_mean_size_of_the_differences() -> None:
    found = geometry_part(energies("gfn2-xtb", 0.0), energies("gfn2-xtb", 1.5), resamples=RESAMPLES).set_index("group")
    assert found.loc["azoxy", "part_kcal_mol"] == pytest.approx(1.5)
    assert found.loc["azoxy", "mean_kcal_mol"] == pytest.approx(0)
    assert found.loc["azoxy", "part_kcal_mol_atom"] == pytest.approx(0.15)
    assert found.loc["neuro", "n_molecules"] == 1
    with pytest.raises(DataError, match="compared at one level"):
        geometry_part(energies("gfn2-xtb", 0.0), energies("gfn1-xtb", 0.0))
    with pytest.raises(DataError, match="share no molecule"):
        geometry_part(energies("gfn2-xtb", 0.0).slice(0, 3), energies("gfn2-xtb", 0.0).slice(3))


def table_of(frame: pd.DataFrame, known: dict[str, dict[str, float]] | None = None) -> pd.DataFrame:
    return parts(frame, known, resamples=RESAMPLES).set_index("reason")


def test_each_part_is_found_and_they_add_up() -> None:
    """Size, elements, unseen environments and seeds of known sizes, all of one sign so that sizes add."""
    frame = rows()
    heavy, nitrogen = frame["n_heavy"].to_numpy(float), counts_of(frame, "N")
    share = np.repeat(np.random.default_rng(3).uniform(0, 1, 45), 2)
    base = 2.0 * heavy + 1.5 * nitrogen + 3.0 * share * heavy
    luck = np.where(frame["seed"] == 0, 1.0, -1.0) * 4
    known = {"level": {one: 5.0 + i / 10 for i, one in enumerate(frame["molecule_id"].unique())}}
    shift = frame["molecule_id"].map(known["level"]).to_numpy()
    frame = with_error(frame.assign(environments_unseen=share), base + luck + shift)
    found = table_of(frame, known)
    assert list(found.index) == ["level", SEEDS, SIZE, COMPOSITION, UNSEEN, REMAINDER]
    assert found["part_kcal_mol"].sum() == pytest.approx(frame["error_kcal_mol"].abs().mean())
    assert found["share"].sum() == pytest.approx(1)
    assert found.loc["level", "part_kcal_mol"] == pytest.approx(np.mean(list(known["level"].values())))
    assert found.loc["level", "alone_kcal_mol"] == pytest.approx(found.loc["level", "part_kcal_mol"])
    assert found.loc[SEEDS, "part_kcal_mol"] == pytest.approx(0, abs=1e-9)  # errors of one sign: noise cancels in MAE
    assert found.loc[SIZE, "part_kcal_mol"] > 0.8 * base.mean()
    assert found.loc[UNSEEN, "part_kcal_mol"] > 1
    assert found.loc[REMAINDER, "part_kcal_mol"] == pytest.approx(0, abs=1e-6)
    assert np.isnan(found.loc[REMAINDER, "alone_kcal_mol"])


def test_errors_without_a_reason_are_the_remainder() -> None:
    frame = rows()
    noise = np.repeat(np.random.default_rng(5).choice([-8.0, 8.0], 45), 2)
    found = table_of(with_error(frame, noise))
    assert found["part_kcal_mol"].sum() == pytest.approx(8)
    assert found.loc[REMAINDER, "share"] > 0.9


def test_seed_noise_of_both_signs_is_the_seeds_part() -> None:
    frame = rows()
    found = table_of(with_error(frame, np.where(frame["seed"] == 0, 4.0, -4.0)))
    assert found.loc[SEEDS, "part_kcal_mol"] == pytest.approx(4)
    assert found.loc[REMAINDER, "part_kcal_mol"] == pytest.approx(0, abs=1e-9)


def test_molecules_without_a_known_shift_or_smiles_are_told_apart() -> None:
    frame = with_error(rows(), 4.0)
    some = list(frame["molecule_id"].unique())[:20]
    found = table_of(frame, {"level": dict.fromkeys(some, 4.0)})
    assert found.loc["level", "part_kcal_mol"] == pytest.approx(4)
    without = frame.assign(smiles=frame["smiles"].where(frame["molecule_id"] != some[0]), environments_unseen=np.nan)
    found = table_of(without)
    assert found.loc[UNSEEN, "part_kcal_mol"] == 0
    assert found.loc[COMPOSITION, "part_kcal_mol"] == pytest.approx(
        table_of(frame).loc[COMPOSITION, "part_kcal_mol"], abs=0.2
    )
    assert found["part_kcal_mol"].sum() == pytest.approx(4)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000))
def test_parts_add_up_whatever_the_errors(seed: int) -> None:
    frame = pd.concat([rows(group) for group in HARD])
    frame = with_error(frame, np.random.default_rng(seed).standard_t(2, len(frame)) * 10)
    found = parts(frame, resamples=20)
    sums = found.groupby("group")["part_kcal_mol"].sum()
    for group, part in frame.groupby("group"):
        assert sums[group] == pytest.approx(part["error_kcal_mol"].abs().mean())


def test_too_few_molecules_have_no_interval_of_a_leak_a_correlation_or_a_line(tmp_path: Path) -> None:
    predictions = read_rows(make_study(tmp_path / "study", leaks={"qm9": 32})).predictions
    found = leaked_errors(predictions, resamples=RESAMPLES).set_index(["network", "training_set", "group"])
    leaked = found.loc["painn", "qm9", "neuro"]  # three molecules are left
    assert leaked["n_leaked"] == 32
    assert np.isfinite(leaked["part_kcal_mol"])
    assert leaked[["part_kcal_mol_low", "part_kcal_mol_high"]].isna().all()
    clean = found.loc["painn", "pubchem9", "neuro"]
    assert list(clean[["part_kcal_mol_low", "part_kcal_mol_high"]]) == [0, 0]
    errors = signed_errors(predictions)
    few = errors[errors["group"] == "neuro"]
    rho = rank_correlation(few[few["training_set"] == "qm9"], "error_kcal_mol", "n_atoms", resamples=RESAMPLES)
    assert -1 <= rho[0] <= 1
    assert np.isnan(rho[1:]).all()
    few = few.assign(environments_unseen=np.arange(len(few)) % 7 / 7)
    line = set_against_set(few, resamples=RESAMPLES)
    assert len(line)
    assert line[["ratio", "slope"]].notna().all(axis=None)
    assert line[["ratio_low", "ratio_high", "ratio_at_equal_low", "slope_high"]].isna().all(axis=None)


def test_one_molecule_has_parts_without_intervals() -> None:
    frame = rows()
    one = with_error(frame[frame["molecule_id"] == frame["molecule_id"].iloc[0]], 3.0)
    found = parts(one, resamples=RESAMPLES)
    assert found["part_kcal_mol"].sum() == pytest.approx(3)
    assert found[["part_kcal_mol_low", "part_kcal_mol_high"]].isna().all(axis=None)
