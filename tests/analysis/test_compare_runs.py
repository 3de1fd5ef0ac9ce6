"""Two runs side by side, with effects that are known."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from made_up import make_study

from hemdata.analysis.compare_runs import compare_runs
from hemdata.analysis.matrix import MEAN
from hemdata.errors import CallError, DataError
from hemdata.study.rows import read_rows


def test_a_run_is_no_different_from_itself(tmp_path: Path) -> None:
    run = make_study(tmp_path / "a", networks=("painn",))
    found = compare_runs(run, run, resamples=200)
    assert len(found.table) == 2 * 5  # sets; groups and their mean
    assert (found.table["ratio"] == 1).all()
    assert set(found.table["verdict"]) == {"no difference"}
    assert found.notes == []


def test_a_known_effect_is_found_and_the_rest_is_told(tmp_path: Path) -> None:
    a = make_study(tmp_path / "a", networks=("painn",), sets={"qm9": 1.0, "pc9": 1.0}, leaks={"qm9": 3})
    b = make_study(tmp_path / "b", networks=("painn", "allegro"), sets={"qm9": 0.5}, size=1280)
    found = compare_runs(a, b, resamples=500)
    table = found.table.set_index("group")
    assert set(table["training_set"]) == {"qm9"}
    for group in ("azoxy", "explosives", "neuro"):
        row = table.loc[group]
        assert row["ratio_low"] < 0.5 < row["ratio_high"]
        assert row["ratio"] == pytest.approx(0.5, rel=0.1)
        assert row["verdict"] == "smaller"
        assert row["difference_kcal_mol"] == pytest.approx(row["b_kcal_mol"] - row["a_kcal_mol"])
        assert row["p_holm"] >= row["p"]
    assert table.loc["saccharides", "verdict"] == "no difference"
    assert table.loc["neuro", "n_molecules"] == 32
    frame = read_rows(b).predictions.to_pandas()
    own = frame[(frame["network"] == "painn") & (frame["group"] == "azoxy")]
    plain = (own["predicted_kcal_mol"] - own["reference_kcal_mol"]).abs().mean()
    assert table.loc["azoxy", "b_kcal_mol"] == pytest.approx(plain)
    groups = ["azoxy", "explosives", "neuro", "saccharides"]
    assert table.loc[MEAN, "b_kcal_mol"] == pytest.approx(table.loc[groups, "b_kcal_mol"].mean())
    told = "\n".join(found.notes)
    assert f"Only in {a}: painn on pc9." in told
    assert f"Only in {b}: allegro on qm9." in told
    assert "3 molecules found in a training set of either are left out." in told
    assert "The training sizes differ: 640 in A, 1280 in B" in told


def test_other_references_are_told(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    a = make_study(tmp_path / "a", networks=("painn",), sets={"qm9": 1.0}, seeds=(0,))
    b = make_study(tmp_path / "b", networks=("painn",), sets={"qm9": 1.0}, seeds=(0,))
    path = b / "cells" / "painn-qm9-640-s0" / "predictions.parquet"
    table = pq.ParquetFile(path).read()
    at = table.schema.get_field_index("reference_kcal_mol")
    shifted = table["reference_kcal_mol"].to_numpy() + np.where(np.arange(table.num_rows) < 7, 1.0, 0.001)
    pq.write_table(table.set_column(at, table.schema.field(at), pa.array(shifted)), path)
    assert any(note.startswith("7 references of a molecule differ") for note in compare_runs(a, b, resamples=50).notes)


def test_runs_without_a_common_model_are_refused(tmp_path: Path) -> None:
    a = make_study(tmp_path / "a", networks=("painn",), sets={"qm9": 1.0}, seeds=(0,))
    b = make_study(tmp_path / "b", networks=("painn",), sets={"pc9": 1.0}, seeds=(0,))
    with pytest.raises(DataError, match="share no model"):
        compare_runs(a, b)
    with pytest.raises(CallError, match="no study in this folder"):
        compare_runs(a, tmp_path)


def test_one_molecule_of_a_group_tells_no_verdict(tmp_path: Path) -> None:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    runs = [make_study(tmp_path / name, networks=("painn",), sets={"qm9": by}) for name, by in (("a", 1.0), ("b", 0.5))]
    for path in (path for run in runs for path in run.glob("cells/*/predictions.parquet")):
        table = pq.ParquetFile(path).read()
        first = pc.equal(table["molecule_id"], table.filter(pc.equal(table["group"], "neuro"))["molecule_id"][0])
        pq.write_table(table.filter(pc.or_(first, pc.not_equal(table["group"], "neuro"))), path)
    found = compare_runs(*runs, resamples=200)
    table = found.table.set_index("group")
    ends = ["difference_kcal_mol_low", "difference_kcal_mol_high", "ratio_low", "ratio_high", "p", "p_holm"]
    for group in ("neuro", MEAN):
        assert table.loc[group, "verdict"] == "not known"
        assert table.loc[group, ends].isna().all()
        assert table.loc[group, "ratio"] < 1
    assert table.loc["azoxy", "verdict"] == "smaller"
    assert "One molecule of neuro: no interval is known, nor of a mean with it." in found.notes


def test_groups_that_one_run_alone_has_are_named(tmp_path: Path) -> None:
    """They were dropped without a word, and the mean of the groups was over what is left."""
    a, b = (make_study(tmp_path / name, networks=("painn",), sets={"qm9": 1.0}, seeds=(0,)) for name in "ab")
    for folder, lost in ((b, ("azoxy",)), (a, ("neuro", "explosives"))):
        (path,) = folder.glob("cells/*/predictions.parquet")
        table = pq.ParquetFile(path).read()
        pq.write_table(table.filter(pc.invert(pc.is_in(table["group"], pa.array(lost)))), path)
    found = compare_runs(a, b, resamples=100)
    assert list(found.table["group"]) == ["saccharides", MEAN]
    assert f"Groups only in {a}: azoxy. The means are over the other groups." in found.notes
    assert f"Groups only in {b}: explosives, neuro. The means are over the other groups." in found.notes
