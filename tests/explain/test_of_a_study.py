"""What carries each group's predictions, in a study's results and on its page."""

from pathlib import Path

import pytest
from test_explain import TINY

from hemdata.analysis.reasons.molecules.carriers import COLUMNS, _stand, carried
from hemdata.analysis.results import Results
from hemdata.catalog import study
from hemdata.explain.carriers import carriers
from hemdata.explain.explain import explain
from hemdata.explain.leave_out import LeaveOut
from hemdata.report.page.page import write_report
from hemdata.study.cells import cells
from hemdata.study.data import groups
from hemdata.study.fit_and_judge import run_cell
from hemdata.study.rows import read_rows


@pytest.fixture(scope="module")
def run(labelled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    (folder / "tiny.yaml").write_text(TINY.replace("dressed-atoms", "pair-distance-ridge"))
    for cell in cells(study(folder / "tiny.yaml")):
        run_cell(cell, labelled, folder)
    return folder


def test_the_rows_are_what_explain_says_of_the_same_cells(run: Path, labelled: Path) -> None:
    found = carried(run, read_rows(run), labelled)
    assert list(found.columns) == COLUMNS
    (cell,) = (run / "cells").iterdir()
    said = explain([cell], "saccharides", data=labelled)
    rows = said.rows.set_index("id")
    molecules = found[found["what"] == "molecule"].set_index("name")
    helpful = molecules[molecules["error_kcal_mol"] > 0]
    assert helpful.index[0] == rows["error_kcal_mol"].idxmax()
    assert len(molecules) > 2
    for name, row in molecules.iterrows():
        assert row["error_kcal_mol"] == pytest.approx(rows.loc[name, "error_kcal_mol"])
        assert row["moved_kcal_mol"] == pytest.approx(rows.loc[name, "moved_kcal_mol"])
    kinds = said.kinds.set_index("kind")
    of_kinds = found[found["what"] == "functional group"]
    assert len(of_kinds)
    assert all(kinds.loc[r["name"], "molecules"] == r["n_molecules"] for r in of_kinds.to_dict("records"))


def test_the_page_shows_them_and_without_the_training_molecules_there_are_none(
    run: Path, labelled: Path, tmp_path: Path
) -> None:
    results = Results.of(run, data=labelled, resamples=20)
    again = Results.of(run, data=labelled, resamples=20)  # as kept on disk
    assert results.reasons.carriers.equals(again.reasons.carriers)
    write_report(again, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert 'id="carriers"' in page
    first = results.reasons.carriers.iloc[0]
    assert f"<b>{first['name']}</b>" in page
    bare = Results.of(run, data=tmp_path, resamples=20)
    assert bare.reasons.carriers.empty
    write_report(bare, tmp_path / "bare.html")
    assert 'id="carriers"' not in (tmp_path / "bare.html").read_text()


def test_the_fits_without_a_kind_are_made_once_for_all_groups(
    run: Path, labelled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They depend on the training molecules alone."""
    made: list[tuple[int, ...]] = []
    refitted = LeaveOut.refitted
    monkeypatch.setattr(LeaveOut, "refitted", lambda fit, rows: made.append(tuple(rows)) or refitted(fit, rows))
    card = study(run / "tiny.yaml").model_copy(update={"groups": ["saccharides", "azoxy"]})
    (cell,) = (run / "cells").iterdir()
    stand = _stand(cell / "model", labelled, {})
    asked = groups(card, labelled)
    first, second = (carriers([stand], table).kinds for table in asked.values())
    kinds = [rows for rows in made if len(rows) > 1]  # a molecule that alone has an element is left out alone
    assert len(kinds) == len(first) == len(second) > 2
    assert not first.equals(second)
