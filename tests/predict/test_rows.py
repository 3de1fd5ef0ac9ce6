"""Rows of predictions in a file: whole, or gone on with to the same bytes."""

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hemdata.errors import CallError
from hemdata.predict.predicted import Predicted
from hemdata.predict.rows import COLUMNS, SUFFIXES, Row, RowsInFile, row

FAR = ("15 heavy atoms; the training molecules had 2 to 9", "α, far")
MOLECULES = [
    Predicted("my:pyrrole[nH]", "c1cc[nH]c1", (6, 1), (0.0,) * 6, (1438.4712345678, 1440.1), warnings=FAR),
    Predicted("my:a, \"b\"\n", None, (8, 1, 1), (0.0,) * 9, (1 / 3, 2 / 3), 57.25, None),
    Predicted("my:C1CC", "C1CC", reason="A SMILES does not parse.\n  where: line 3"),
    Predicted("my:é", "O", (8,), (0.0,) * 3, (1e-300, 2.0), None, "an ion has none"),
]  # fmt: skip
ROWS = [row(each) for each in MOLECULES]


def run(path: Path, rows: list[Row], pause: int | None = None, models: str = "a", force: bool = False) -> None:
    """Batches of two; `pause` stops before that row's batch."""
    written = RowsInFile(path, {"models": models}, force)
    for batch in written.remaining([rows[at : at + 2] for at in range(0, len(rows), 2)]):
        if pause is not None and written.done >= pause:
            written.close()
            return
        written.write(batch)
    assert [each["id"] for each in written.read()] == [
        each["id"].replace("\n", " ") for each in rows
    ] or path.suffix != ".csv"
    written.close()
    written.finish()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_value_comes_back(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"energies{suffix}"
    run(path, ROWS)
    if suffix == ".parquet":
        assert pq.read_table(path).to_pylist() == ROWS
    elif suffix == ".jsonl":
        assert [json.loads(line) for line in path.read_text().splitlines()] == ROWS
    else:
        with path.open(newline="", encoding="utf-8") as file:
            read = list(csv.DictReader(file))
        assert [each["id"] for each in read] == ["my:pyrrole[nH]", 'my:a, "b" ', "my:C1CC", "my:é"]
        energies = [float(each["atomization_energy_kcal_mol"] or "nan") for each in read]
        assert energies == pytest.approx(
            [each["atomization_energy_kcal_mol"] or float("nan") for each in ROWS], rel=0, nan_ok=True
        )
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(data=st.data())
def test_a_run_cut_off_at_any_byte_goes_on_to_the_same_file(suffix: str, data: st.DataObject, tmp_path: Path) -> None:
    whole, path = tmp_path / f"whole{suffix}", tmp_path / f"cut{suffix}"
    run(whole, ROWS * 3, force=True)
    run(path, ROWS * 3, pause=data.draw(st.integers(2, 12)), force=True)
    part = path.with_name(f"{path.name}.part")
    if part.exists():
        head = len(",".join(COLUMNS)) + 1 if suffix == ".csv" else 0
        at = data.draw(st.integers(head, part.stat().st_size))
        part.write_bytes(part.read_bytes()[:at])
        run(path, ROWS * 3)
    assert path.read_bytes() == whole.read_bytes()


def test_a_file_that_is_there_and_a_run_of_other_models_are_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "energies.csv"
    run(path, ROWS, pause=2)
    with pytest.raises(CallError, match="unfinished run") as refused:
        run(path, ROWS, models="b")
    assert "other models" in str(refused.value)
    run(path, ROWS)
    before = path.read_bytes()
    with pytest.raises(CallError, match="there already"):
        run(path, ROWS)
    assert path.read_bytes() == before
    run(path, ROWS[:2], force=True)
    assert path.read_bytes() != before


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="CSV, JSON lines or Parquet"):
        RowsInFile(tmp_path / "energies.xlsx", {})


def test_the_columns_are_those_of_a_row() -> None:
    assert all(list(each) == list(COLUMNS) for each in ROWS)
