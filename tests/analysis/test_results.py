"""Results are computed once and kept as rows that any tool reads; what they are made of changes, and they are anew."""

import errno
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from made_labels import made_labels_alone
from made_up import make_study

from hemdata.analysis import results as module
from hemdata.analysis.kept import kept, sources
from hemdata.analysis.results import Results
from hemdata.catalog import cards
from hemdata.schema import result_schema
from hemdata.study.rows import read_rows


def of(run: Path) -> Results:
    return Results.of(run, data=run, resamples=50)


@pytest.fixture(scope="module", autouse=True)
def _no_shipped_labels() -> Iterator[None]:
    with made_labels_alone():
        yield


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results") / "run"
    make_study(folder, networks=("painn", "dressed-atoms"), seeds=(0, 1), epochs=2, leaks={"qm9": 2})
    of(folder)
    return folder


@pytest.fixture
def run(ran: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(ran, tmp_path / "run"))


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The runs that are computed from now on."""
    found: list[Path] = []

    def noted(folder: Path, *rest: object) -> object:
        found.append(folder)
        return real(folder, *rest)

    real = module._computed
    monkeypatch.setattr(module, "_computed", noted)
    return found


def test_finished_results_are_read_and_nothing_is_computed(run: Path, computed: list[Path]) -> None:
    found = of(run)
    assert computed == []
    (run / "results" / "results.json").unlink()
    anew = of(run)
    assert computed == [run]
    assert set(found.frames()) == set(anew.frames())
    for name, frame in anew.frames().items():
        pd.testing.assert_frame_equal(frame, found.frames()[name])
    assert (found.variance is None, found.tables.leaked_rows) == (anew.variance is None, anew.tables.leaked_rows)
    assert found.variance is not None
    assert found.variance.sets == anew.variance.sets == ("pubchem9", "qm9")  # type: ignore[union-attr]


def test_the_same_rows_give_the_same_bytes(ran: Path, run: Path) -> None:
    shutil.rmtree(run / "results")
    of(run)
    for path in sorted((ran / "results").iterdir()):
        assert path.read_bytes() == (run / "results" / path.name).read_bytes(), path.name


def test_the_error_is_the_plain_mean_of_the_rows(ran: Path) -> None:
    """Independent of every resampling: pandas on the predictions that no training set holds."""
    rows = read_rows(ran).predictions.to_pandas()
    leaked = set(rows[rows["in_training"]]["molecule_id"])
    rows = rows[~rows["molecule_id"].isin(leaked)]
    rows["error"] = (rows["predicted_kcal_mol"] - rows["reference_kcal_mol"]).abs()
    plain = rows.groupby(["network", "training_set", "group"])["error"].mean()
    told = pq.read_table(ran / "results" / "errors.parquet").to_pandas()
    for row in told.to_dict("records"):
        expected = plain[row["network"], row["training_set"], row["group"]]
        np.testing.assert_allclose(row["mae_kcal_mol"], expected, rtol=1e-12)
        assert row["mae_kcal_mol_low"] <= row["mae_kcal_mol"] <= row["mae_kcal_mol_high"]


def test_another_tool_reads_every_table_with_units_and_meanings(ran: Path) -> None:
    for name in cards("result"):
        path = ran / "results" / f"{name}.parquet"
        assert pq.read_schema(path).equals(result_schema(name).arrow, check_metadata=True), name
        assert duckdb.sql(f"SELECT count(*) FROM '{path}'").fetchall() == [(pq.read_metadata(path).num_rows,)]
    field = pq.read_schema(ran / "results" / "errors.parquet").field("mae_kcal_mol")
    assert field.metadata == {b"unit": b"kcal/mol", b"meaning": b"mean absolute error"}
    best = duckdb.sql(
        f"SELECT training_set FROM '{ran}/results/summary.parquet' WHERE network = 'painn' ORDER BY accuracy_kcal_mol"
    ).fetchall()
    assert best[0] == ("pubchem9",)  # made with half the error


@pytest.mark.parametrize("what", ["a row", "a table", "half written", "resamples", "a model", "labels"])
def test_what_changed_is_not_taken_for_what_is_kept(what: str, run: Path) -> None:
    assert kept(run, sources(run, run, 50)) is not None
    resamples, data = 50, run
    if what == "a row":
        path = next(run.glob("cells/painn-qm9-*/predictions.parquet"))
        table = pq.read_table(path)
        predicted = table["predicted_kcal_mol"].to_numpy().copy()
        predicted[0] += 50.0
        place = table.schema.get_field_index("predicted_kcal_mol")
        pq.write_table(table.set_column(place, table.schema.field(place), [predicted]), path)
    elif what == "a table":
        path = run / "results" / "errors.parquet"
        pq.write_table(pq.read_table(path).slice(1), path)
    elif what == "half written":
        (run / "results" / "results.json").write_text('{"made_from": {')
    elif what == "resamples":
        resamples = 60
    elif what == "labels":
        data = run.parent
        (data / "azoxy@pc9").mkdir()
        (data / "azoxy@pc9" / "manifest.json").write_text("{}")
    else:
        folder = next(run.glob("cells/painn-qm9-*")) / "model"
        folder.mkdir()
        (folder / "model.json").write_text(json.dumps({"training_range": {"n_heavy": [1, 9]}}))
    assert kept(run, sources(run, data, resamples)) is None


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_run_that_cannot_be_written_is_analysed_all_the_same(
    number: int, ran: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(run / "results")

    def refused(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(module, "_computed", lambda *_: kept(ran, sources(ran, ran, 50)))
    monkeypatch.setattr(Path, "mkdir", refused)
    assert len(of(run).tables.mae) == 16
    assert not (run / "results").exists()


def test_a_full_disk_is_not_taken_for_one_that_cannot_be_written(
    ran: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run / "results" / "results.json").unlink()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(module, "_computed", lambda *_: kept(ran, sources(ran, ran, 50)))
    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(OSError, match="No space"):
        of(run)
    assert not (run / "results" / "results.json").exists()
