"""Molecules that some models were not judged on, as where one level has no label of them: left out, told, and counted
alike on the whole page."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from made_labels import made_labels_alone
from made_up import make_study

from hemdata.analysis.results import Results
from hemdata.report.answer import answer
from hemdata.report.page.page import write_report
from hemdata.report.tables.layout import Layout


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """One molecule of azoxy was judged with QM9 alone, and errs most; ten of neuro with PubChem alone."""
    folder = make_study(
        tmp_path_factory.mktemp("left") / "study", networks=("painn", "dressed-atoms"), seeds=(0, 1), epochs=3
    )
    for path in folder.glob("cells/*/predictions.parquet"):
        table = pq.ParquetFile(path).read()
        ids = sorted(set(table.filter(pc.equal(table["group"], "neuro"))["molecule_id"].to_pylist()))[:10]
        if "pubchem9" in path.parent.name:
            table = table.filter(pc.not_equal(table["molecule_id"], "azoxy:azoxymethane"))
        else:
            far = pc.if_else(pc.equal(table["molecule_id"], "azoxy:azoxymethane"), 1e4, table["predicted_kcal_mol"])
            at = table.schema.get_field_index("predicted_kcal_mol")
            table = table.set_column(at, table.schema.field(at), far)
            table = table.filter(pc.invert(pc.is_in(table["molecule_id"], pa.array(ids))))
        pq.write_table(table, path)
    with made_labels_alone():
        return Results.of(folder, resamples=300)


def test_what_not_every_model_was_judged_on_is_told(results: Results) -> None:
    notes = answer(results.tables, {"qm9": "QM9", "pubchem9": "PubChem"}).notes
    one = "One of the 45 molecules of azoxy (azoxymethane) is left out for every model"
    assert f"{one}, since models of PubChem were not judged on it." in notes
    several = next(note for note in notes if note.startswith("Ten of the"))
    assert several.endswith(
        "molecules of neuro are left out for every model, since models of QM9 were not judged on them."
    )


def test_counts_of_a_group_agree_on_the_whole_page(results: Results, tmp_path: Path) -> None:
    """The overlap counted the molecules of each set's level, and a molecule left out stood among the worst."""
    layout, tables = Layout(results.tables, {}), results.tables
    judged = {group: str(n) for group, n in tables.mae[["group", "n_molecules"]].itertuples(index=False)}
    for row in layout.leaks():
        assert [cell.rpartition(" ")[2] for cell in row["cells"]] == [judged[group] for group in layout.groups]
    rows = layout.worst("painn").bodies[0]
    assert all(cell.value == cell.value for row in rows for cell in row.cells)
    assert "azoxy:azoxymethane" not in set(tables.molecules["molecule_id"])
    assert dict(results.reasons.leaks.groupby("group")["n_molecules"].first().astype(str)) == judged
    page = tmp_path / "report.html"
    write_report(results, page)
    assert "One of the 45 molecules of azoxy (azoxymethane) is left out for every model" in page.read_text(
        encoding="utf-8"
    )


def test_a_study_whose_models_were_all_judged_alike_says_nothing(tmp_path: Path) -> None:
    folder = make_study(tmp_path / "study", networks=("painn",), seeds=(0,), epochs=1)
    with made_labels_alone():
        whole = Results.of(folder, resamples=300)
    assert whole.tables.not_compared.empty
    assert not any("left out" in note for note in answer(whole.tables, {}).notes)
