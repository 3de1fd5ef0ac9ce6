"""Published errors beside the level of theory, on made gaps and labels with a known answer."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from made_labels import linear, make_labels

from hemdata.analysis.reasons.labels.published_level import (
    BESIDE,
    BETWEEN,
    beside_published,
    between_levels,
    level_gaps,
    level_reasons,
    published_levels,
)
from hemdata.assess.gap import Gap, GapRow, gap, pair

RESAMPLES = 200
PER_ATOM = 1.25  # kcal/mol
SIZES = {"azoxy": (4, 6, 8), "neuro": (10,)}  # atoms of the labelled molecules
WHOLE = {"azoxy": pd.Series([8, 12, 16, 24]), "neuro": pd.Series([10, 30]), "saccharides": pd.Series([24])}
PUBLISHED = pd.DataFrame(
    [
        (network, name, group, factor * mae)
        for network, factor in (("painn", 1.0), ("allegro", 2.0))
        for name, maes in (("PC9", (2.0, 1.0)), ("QM9", (27.0, 13.5)), ("AlQM9", (90.0, 60.0)))
        for group, mae in zip(("azoxy", "neuro"), maes, strict=True)
    ],
    columns=["network", "training_set", "group", "mae_kcal_mol"],
)
LEVELS = {"QM9": "qm9", "PC9": "pc9"}


def made(elements: int = 2) -> Gap:
    """Molecules that qm9 binds more by PER_ATOM for each atom, alternately one kcal/mol off what is linear."""
    rows = [
        GapRow(f"{group}:{i}", group, n, n // 2, 100 * n + PER_ATOM * n, 100.0 * n, -0.5 * n,
               PER_ATOM * n + (-1) ** i)
        for group, sizes in SIZES.items() for i, n in enumerate(sizes)
    ]  # fmt: skip
    return Gap("qm9", "pc9", "pc9", rows, dict.fromkeys(list("HCNOF")[:elements], 0.0), 0)


@pytest.fixture(scope="module")
def between() -> pd.DataFrame:
    return between_levels([made()], WHOLE, resamples=RESAMPLES)


def test_the_level_part_is_that_of_the_rows_and_is_extrapolated_by_the_gap_per_atom(between: pd.DataFrame) -> None:
    assert list(between.columns) == list(BETWEEN)
    assert list(between["group"]) == ["azoxy", "neuro"]  # no molecule of saccharides is labelled
    azoxy = between.iloc[0]
    assert (azoxy["level"], azoxy["against"], azoxy["geometry"]) == ("qm9", "pc9", "pc9")
    assert (azoxy["n_molecules"], azoxy["n_group"], azoxy["n_heavy_least"], azoxy["n_heavy_most"]) == (3, 4, 2, 4)
    assert (azoxy["n_atoms"], azoxy["n_atoms_group"]) == (6, 15)
    assert azoxy["part_kcal_mol"] == pytest.approx(6 * PER_ATOM)
    assert azoxy["part_kcal_mol_low"] < 6 * PER_ATOM < azoxy["part_kcal_mol_high"]
    assert azoxy["part_kcal_mol_atom"] == pytest.approx(PER_ATOM)
    assert azoxy["beyond_composition_kcal_mol"] == pytest.approx(1)
    assert azoxy["atoms_part_kcal_mol"] == pytest.approx(3)
    assert azoxy["atoms_mean_kcal_mol"] == pytest.approx(-3)
    assert azoxy["extrapolated_kcal_mol"] == pytest.approx(15 * PER_ATOM)
    assert azoxy["extrapolated_kcal_mol_low"] == pytest.approx(azoxy["extrapolated_kcal_mol_high"])  # one gap per atom


def test_one_molecule_has_no_interval_and_few_molecules_no_rest_of_a_fit(between: pd.DataFrame) -> None:
    neuro = between.iloc[1]
    assert neuro["part_kcal_mol"] == pytest.approx(10 * PER_ATOM)
    assert neuro[[name for name in BETWEEN if name.endswith(("_low", "_high"))]].isna().all()
    few = between_levels([made(elements=4)], WHOLE, resamples=RESAMPLES)
    assert few["beyond_composition_kcal_mol"].isna().all()


def test_groups_that_the_study_lacks_and_no_labels_give_no_rows() -> None:
    assert list(between_levels([made()], {"neuro": WHOLE["neuro"]}, resamples=RESAMPLES)["group"]) == ["neuro"]
    empty = between_levels([], WHOLE)
    assert empty.empty
    assert list(empty.columns) == list(BETWEEN)
    assert beside_published(empty, PUBLISHED, LEVELS).empty


def test_the_share_is_that_of_the_published_difference_for_each_network(between: pd.DataFrame) -> None:
    found = beside_published(between, PUBLISHED, LEVELS)
    assert list(found.columns) == list(BESIDE)
    assert len(found) == 4  # two networks, two groups, one pair of sets: AlQM9 stands at no one level
    painn = found[found["network"] == "painn"].set_index("group").loc["azoxy"]
    assert (painn["training_set"], painn["against_set"]) == ("QM9", "PC9")
    assert painn["difference_kcal_mol"] == pytest.approx(25)
    assert painn["share"] == pytest.approx(7.5 / 25)
    assert painn["extrapolated_share"] == pytest.approx(15 * PER_ATOM / 25)
    allegro = found[found["network"] == "allegro"].set_index("group").loc["neuro"]
    assert allegro["difference_kcal_mol"] == pytest.approx(25)
    assert allegro["share"] == pytest.approx(12.5 / 25)
    assert np.isnan(allegro["part_kcal_mol_low"])


def test_published_sets_have_the_levels_of_the_datasets_cards() -> None:
    assert published_levels(PUBLISHED) == LEVELS  # AlQM9 mixes two
    assert list(published_levels(PUBLISHED)) == ["QM9", "PC9"]  # the larger error first
    others = PUBLISHED.assign(training_set=PUBLISHED["training_set"].replace({"QM9": "Alchemy", "PC9": "OD9 (1)"}))
    assert published_levels(others) == {"Alchemy": "alchemy", "OD9 (1)": "od9"}


def test_labels_at_further_levels_are_further_rows(tmp_path: Path) -> None:
    """The published levels, and those that a study trained at itself."""
    predictions = pa.table({
        "group": ["azoxy"] * 2 + ["neuro"], "molecule_id": ["azoxy:a", "azoxy:b", "neuro:a"], "n_atoms": [10, 20, 30],
    })  # fmt: skip
    cells = pa.table({"level": ["gfn1-xtb", "gfn1-xtb+gfn2-xtb"]})
    for name, more in (("qm9", linear), ("pc9", lambda z: 0.0), ("gfn2-xtb", linear), ("gfn1-xtb", lambda z: 1.0)):
        make_labels(tmp_path, name, more)
    between, beside = level_reasons(predictions, cells, PUBLISHED, tmp_path, resamples=RESAMPLES)
    pairs = list(dict.fromkeys(zip(between["level"], between["against"], strict=True)))
    assert pairs == [("qm9", "pc9"), ("gfn1-xtb", "gfn2-xtb")]
    assert set(beside["level"]) == {"qm9"}
    rows = [row for row in gap(*pair(tmp_path, "test-groups", "qm9", "pc9")).rows if row.group == "azoxy"]
    azoxy = between.iloc[0]
    assert azoxy["n_molecules"] == len(rows) > 1
    assert azoxy["part_kcal_mol"] == pytest.approx(np.mean([abs(row.of_a - row.of_b) for row in rows]))
    assert azoxy["beyond_composition_kcal_mol"] == pytest.approx(0, abs=1e-6)
    assert azoxy["n_atoms_group"] == 15


def test_pairs_without_labels_or_on_two_geometries_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hemdata.shards.sets.label_places", list)
    make_labels(tmp_path, "qm9", linear)
    assert level_gaps([("qm9", "pc9")], tmp_path) == []
    make_labels(tmp_path, "pc9", linear)
    make_labels(tmp_path, "alchemy", linear, step=1.1)
    found = level_gaps([("qm9", "pc9"), ("qm9", "alchemy"), ("qm9", "gfn2-xtb"), ("pc9", "od9")], tmp_path)
    assert [(each.a, each.b) for each in found] == [("qm9", "pc9")]  # and OD9's level is PC9's
