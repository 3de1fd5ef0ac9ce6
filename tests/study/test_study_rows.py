"""Rows of a study: written once, merged, and refused when they are not what they say."""

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_up import cell_tables, make_study

from hemdata.errors import CallError, DataError
from hemdata.study.rows import finished, read_rows, write_cell


def test_what_is_written_is_read(tmp_path: Path) -> None:
    tables = cell_tables("painn", "qm9", 0)
    place = write_cell(tmp_path, **tables)
    assert place == tmp_path / "cells" / "painn-qm9-640-s0"
    assert finished(tmp_path, "painn-qm9-640-s0")
    rows = read_rows(tmp_path)
    assert rows.predictions.equals(tables["predictions"])
    assert rows.cells.equals(tables["cell"])
    assert rows.curves.equals(tables["curves"])
    assert sorted(path.name for path in place.iterdir()) == ["cell.parquet", "curves.parquet", "predictions.parquet"]


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_cell(tmp_path / name, **cell_tables("painn", "qm9", 0))
    for path in (tmp_path / "a").rglob("*.parquet"):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


def test_a_finished_cell_is_never_overwritten(tmp_path: Path) -> None:
    write_cell(tmp_path, **cell_tables("painn", "qm9", 0))
    with pytest.raises(DataError, match="already written"):
        write_cell(tmp_path, **cell_tables("painn", "qm9", 0, factor=2.0))


def test_partial_runs_merge(tmp_path: Path) -> None:
    write_cell(tmp_path / "here", **cell_tables("painn", "qm9", 0))
    write_cell(tmp_path / "there", **cell_tables("painn", "qm9", 1))
    write_cell(tmp_path / "there", **cell_tables("dressed-atoms", "qm9", 1))
    rows = read_rows(tmp_path / "here", tmp_path / "there")
    assert rows.cells["cell"].to_pylist() == ["painn-qm9-640-s0", "dressed-atoms-qm9-640-s1", "painn-qm9-640-s1"]
    assert rows.predictions.num_rows == 3 * 160
    assert rows.curves.num_rows == 2 * 25


def test_an_unfinished_cell_is_named_and_not_read(tmp_path: Path) -> None:
    make_study(tmp_path, networks=("painn",), seeds=(0,))
    (tmp_path / "cells" / "painn-qm9-640-s0" / "cell.parquet").unlink()
    rows = read_rows(tmp_path)
    assert rows.unfinished == ("painn-qm9-640-s0",)
    assert rows.cells["cell"].to_pylist() == ["painn-pubchem9-640-s0"]


@pytest.mark.parametrize("name", ["predictions", "curves", "cell"])
def test_a_cell_that_lost_a_file_is_not_finished_and_may_be_written_again(tmp_path: Path, name: str) -> None:
    """Its rows were counted as there, and the report alone found that they were not."""
    tables = cell_tables("painn", "qm9", 0)
    place = write_cell(tmp_path, **tables)
    before = (place / f"{name}.parquet").read_bytes()
    (place / f"{name}.parquet").unlink()
    assert not finished(tmp_path, place.name)
    if name != "cell":
        with pytest.raises(DataError, match="lacks a file of rows") as error:
            read_rows(tmp_path)
        assert "hemdata train-eval" in str(error.value)
    write_cell(tmp_path, **tables)
    assert (place / f"{name}.parquet").read_bytes() == before


def test_a_cell_that_stands_twice_is_refused(tmp_path: Path) -> None:
    write_cell(tmp_path / "here", **cell_tables("painn", "qm9", 0))
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    with pytest.raises(DataError, match="stands twice") as error:
        read_rows(tmp_path / "here", tmp_path / "there")
    assert "painn-qm9-640-s0" in str(error.value)


def test_a_folder_with_another_cells_rows_is_refused(tmp_path: Path) -> None:
    place = write_cell(tmp_path, **cell_tables("painn", "qm9", 0))
    place.rename(place.with_name("painn-qm9-640-s7"))
    with pytest.raises(DataError, match="rows of another cell"):
        read_rows(tmp_path)
    mixed = cell_tables("painn", "qm9", 0) | {"curves": cell_tables("painn", "qm9", 1)["curves"]}
    with pytest.raises(DataError, match="another cell"):
        write_cell(tmp_path / "other", **mixed)


@pytest.mark.parametrize("name", ["predictions", "curves", "cell"])
def test_another_schema_version_is_refused(tmp_path: Path, name: str) -> None:
    path = write_cell(tmp_path, **cell_tables("painn", "qm9", 0)) / f"{name}.parquet"
    table = pq.read_table(path)
    metadata = {**table.schema.metadata, b"hemdata.schema_version": b"0.9"}
    pq.write_table(table.replace_schema_metadata(metadata), path)
    with pytest.raises(DataError, match="another schema version") as error:
        read_rows(tmp_path)
    assert "1.0" in str(error.value)
    assert "0.9" in str(error.value)


def test_a_molecule_that_stands_twice_is_refused(tmp_path: Path) -> None:
    tables = cell_tables("painn", "qm9", 0)
    tables["predictions"] = pa.concat_tables([tables["predictions"], tables["predictions"].slice(3, 1)])
    write_cell(tmp_path, **tables)
    with pytest.raises(DataError, match="A molecule stands twice") as error:
        read_rows(tmp_path)
    assert str(tables["predictions"]["molecule_id"][3]) in str(error.value)


def test_a_bad_value_is_refused_before_it_is_written(tmp_path: Path) -> None:
    tables = cell_tables("painn", "qm9", 0)
    values = tables["predictions"]["predicted_kcal_mol"].to_pylist()
    values[5] = float("nan")
    column = tables["predictions"].schema.get_field_index("predicted_kcal_mol")
    field = tables["predictions"].schema.field(column)
    tables["predictions"] = tables["predictions"].set_column(column, field, pa.array(values))
    with pytest.raises(DataError, match="predicted_kcal_mol"):
        write_cell(tmp_path, **tables)
    assert not (tmp_path / "cells").exists()


def test_a_truncated_file_is_an_error_in_words(tmp_path: Path) -> None:
    path = write_cell(tmp_path, **cell_tables("painn", "qm9", 0)) / "predictions.parquet"
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(DataError, match="cannot be read") as error:
        read_rows(tmp_path)
    assert "predictions.parquet" in str(error.value)


def test_cells_of_two_studies_are_refused(tmp_path: Path) -> None:
    write_cell(tmp_path, **cell_tables("painn", "qm9", 0))
    write_cell(tmp_path, **cell_tables("painn", "qm9", 1, study="other"))
    with pytest.raises(DataError, match="several studies"):
        read_rows(tmp_path)


def test_no_study_and_no_finished_cell(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="no study"):
        read_rows(tmp_path)
    (tmp_path / "cells" / "painn-qm9-640-s0").mkdir(parents=True)
    with pytest.raises(DataError, match="no finished cell"):
        read_rows(tmp_path)
