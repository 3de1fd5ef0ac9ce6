"""Groups of one and two molecules: no interval is made up, and the page says why there is none."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from good_rows import GOOD
from made_labels import made_labels_alone
from made_up import make_study

from hemdata.analysis.matrix import error_matrix
from hemdata.analysis.results import Results
from hemdata.analysis.tables import study_tables
from hemdata.analysis.variance import explained
from hemdata.improve.judge import _Judged
from hemdata.report.answer import answer
from hemdata.report.factors import variance_notes, variance_title
from hemdata.report.figures.panel import interval_limits
from hemdata.report.figures.round_curves import round_curve
from hemdata.report.figures.style import drawing
from hemdata.report.page.page import write_report
from hemdata.report.paper import write_paper
from hemdata.report.rounds import rounds_table, sentence
from hemdata.report.tables.layout import Layout
from hemdata.report.tables.reason_layout import ReasonLayout
from hemdata.report.words import signed_span, span
from hemdata.schema import table_schema
from hemdata.study.rows import Rows, read_rows

WHY = "neuro has one molecule, so that its interval and that of the mean over the groups are not known"


def cut(rows: Rows, sizes: dict[str, int]) -> Rows:
    """The rows with the first so many molecules of some groups."""
    frame = rows.predictions.to_pandas()
    for group, n in sizes.items():
        first = frame.loc[frame["group"] == group, "molecule_id"].unique()[:n]
        frame = frame[(frame["group"] != group) | frame["molecule_id"].isin(first)]
    return replace(rows, predictions=pa.Table.from_pandas(frame, schema=rows.predictions.schema, preserve_index=False))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Neuro of one molecule, azoxy of two."""
    folder = make_study(tmp_path_factory.mktemp("small") / "study", networks=("painn", "dressed-atoms"), epochs=3)
    make_study(folder, networks=("painn",), size=320, epochs=3)
    for path in folder.glob("cells/*/predictions.parquet"):
        table = pq.ParquetFile(path).read()
        few = cut(Rows(table, table, table), {"neuro": 1, "azoxy": 2})
        pq.write_table(few.predictions, path)
    with made_labels_alone():
        return Results.of(folder, resamples=300)


def test_an_answer_without_an_interval_says_why_and_claims_nothing(results: Results) -> None:
    found = answer(results.tables, {}, results.variance)
    assert found.verdict == "not known"
    assert np.isnan(found.ratio_interval).all()
    assert found.ratio > 1
    assert WHY in found.headline
    assert f"{WHY}." in found.notes
    assert "not known on neuro" in found.sentence
    assert not re.search(r"No difference|cannot be told apart|nan", found.sentence)
    assert not any("dressed-atoms on" in note and "neuro" in note for note in found.notes)


def test_a_baseline_is_beaten_where_it_can_be_told(tmp_path: Path) -> None:
    rows = read_rows(make_study(tmp_path))
    found = answer(study_tables(cut(rows, {"neuro": 1}), resamples=300), {})
    assert "painn beats both baselines on every group of more than one molecule with every set." in found.notes
    every = cut(rows, dict.fromkeys(("azoxy", "explosives", "neuro", "saccharides"), 1))
    found = answer(study_tables(every, resamples=300), {})
    assert "Whether painn beats the baselines is not known." in found.notes
    each = "azoxy, explosives, neuro and saccharides have one molecule each, so that their intervals and that of"
    assert any(note.startswith(each) for note in found.notes)


def test_one_set_and_one_molecule_are_told_without_an_interval(tmp_path: Path) -> None:
    rows = read_rows(make_study(tmp_path, networks=("painn",), sets={"qm9": 1.0}))
    found = answer(study_tables(cut(rows, {"neuro": 1}), resamples=300), {})
    assert f"on average ({WHY})" in found.headline


def test_a_group_of_many_keeps_its_answer_beside_one_of_one(tmp_path: Path) -> None:
    """The user's own group is what is answered for; that another has one molecule does not touch its interval."""
    rows = read_rows(make_study(tmp_path, networks=("painn",), no_effect=()))
    frame = rows.predictions.to_pandas()
    frame["group"] = frame["group"].replace("saccharides", "mine")
    mine = pa.Table.from_pandas(frame, schema=rows.predictions.schema, preserve_index=False)
    found = answer(study_tables(cut(replace(rows, predictions=mine), {"neuro": 1}), resamples=300), {})
    assert found.verdict == "smaller"
    assert f"{WHY}." in found.notes


def test_tables_show_a_dash_for_the_interval_of_one_molecule(results: Results) -> None:
    layout = Layout(results.tables, {})
    cells = dict(zip(layout.errors("painn").columns, layout.errors("painn").bodies[0][0].cells, strict=True))
    for name in ("neuro", "accuracy"):
        assert cells[name].main != "–"
        assert cells[name].lines[0] == "–"
        assert cells[name].lines[2] == "best –"
    assert " to " in cells["azoxy"].lines[0]
    best = layout.against_best("painn")
    against = layout.against_baselines("painn")
    assert best is not None
    assert against is not None
    for grid in (best[1], against):
        shown = dict(zip(grid.columns, grid.bodies[0][0].cells, strict=True))
        for name in ("neuro", "mean of groups"):
            assert (shown[name].word, shown[name].verdict, shown[name].lines[0]) == ("not known", None, "–")
            assert shown[name].main.startswith("×")


def test_one_group_has_no_generalizability(tmp_path: Path) -> None:
    """It was told as 0, with an interval from 0 to 0."""
    rows = read_rows(make_study(tmp_path, networks=("painn",)))
    one = replace(rows, predictions=rows.predictions.filter(pc.equal(rows.predictions["group"], "neuro")))
    cell = Layout(study_tables(one, resamples=100), {}).errors("painn").bodies[0][0].cells[-1]
    assert (cell.main, cell.lines) == ("–", ("–",))


def test_parts_that_a_fit_cannot_tell_are_dashes_with_the_reason(results: Results, tmp_path: Path) -> None:
    """One molecule had "0 / 0 %" for size, composition and unseen environments, and a remainder of 100 %."""
    whys = ReasonLayout(results.reasons, results.variance, results.tables.ranks, {})
    grid = whys.parts("painn")
    shown = {body[0].note: dict(zip(grid.columns, body[0].cells, strict=True)) for body in grid.bodies}
    fits = ("size", "composition", "unseen environments")
    assert [shown["neuro"][name].main for name in (*fits, "remainder")] == ["–"] * 4
    assert shown["azoxy"]["size"].main != "–"  # two molecules, one number
    assert [shown["azoxy"][name].main for name in (*fits[1:], "remainder")] == ["–"] * 3
    assert all(cell.main != "–" for cell in shown["explosives"].values())
    mae = results.tables.mae.set_index(["network", "training_set", "group"])["mae_kcal_mol"]
    for (_, training_set, group), part in results.reasons.parts.groupby(["network", "training_set", "group"]):
        key = part["network"].iloc[0], training_set, group
        assert part["part_kcal_mol"].sum() == pytest.approx(mae[key])
    said = whys.too_few("painn")
    assert "azoxy (composition and unseen environments); neuro (size, composition and unseen environments)" in said
    assert "neuro" not in set(results.reasons.per_element["group"])
    with made_labels_alone():
        write_report(results, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert said in page
    assert "nan kcal" not in page


def test_shares_of_baselines_are_called_so_and_the_headline_warns_of_few_molecules(
    results: Results, tmp_path: Path
) -> None:
    """Of baselines alone it said "the network 100 %", and the warning stood in a folded part of the page alone."""
    folder = make_study(tmp_path / "study", networks=("dressed-atoms", "pair-distance-ridge"), seeds=(0, 1), epochs=1)
    rows = cut(read_rows(folder), {"azoxy": 5})
    variance = explained(error_matrix(rows.predictions), resamples=200)
    found = answer(study_tables(rows, resamples=100), {}, variance)
    assert re.search(r"the training set explains \S+ %.*, the baseline \S+ %", found.drivers)
    assert "network" not in found.drivers
    assert found.drivers.endswith(" These intervals are too short, as azoxy has fewer than eight molecules.")
    assert variance_title(variance) == "Training set or baseline?"
    both = answer(results.tables, {}, explained(error_matrix(read_rows(folder).predictions), resamples=200))
    assert "too short" in both.drivers
    assert "too short" not in answer(study_tables(read_rows(folder), resamples=100), {}, variance).drivers


def test_an_analysis_without_shares_says_why(tmp_path: Path) -> None:
    """Dashes alone stood there, and that the intervals of the shares are too short."""
    folder = make_study(tmp_path / "study", networks=("painn", "allegro"), seeds=(0,), epochs=1)
    rows = cut(read_rows(folder), {"azoxy": 3})
    rows = replace(rows, predictions=rows.predictions.filter(pc.equal(rows.predictions["group"], "azoxy")))
    tables, variance = study_tables(rows, resamples=100), explained(error_matrix(rows.predictions), resamples=200)
    none = replace(variance, effects=variance.effects.assign(share=np.nan, share_low=np.nan, share_high=np.nan))
    (said,) = variance_notes(none, tables, str)
    assert said == (
        "No share is known: the errors of the models differ by no more than the noise that molecules put into them. "
        "Of fewer than eight molecules: azoxy."
    )


def test_the_page_and_the_files_for_a_paper_are_whole(results: Results, tmp_path: Path) -> None:
    with made_labels_alone():
        write_report(results, tmp_path / "page.html")
        write_paper(results, tmp_path / "paper", ["svg"])
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert WHY in page
    assert 'class="answer same"' in page
    assert "Of one molecule, and therefore left out: neuro." in page
    assert "Of fewer than eight molecules: azoxy. The intervals of the shares are too short for so few." in page
    said = re.sub(
        r"<script.*?</script>|<style.*?</style>|href=\"data:[^\"]*\"|data-value=\"nan\"", "", page, flags=re.S
    )
    assert not re.search(r"\bnan\b|– to –", said)
    figure = re.search(r"painn on neuro: MAE by training set.*?</desc>", page, re.S)
    assert figure is not None
    assert re.search(r"pubchem9 [\d.]+ \(–\)", figure[0])


def test_an_interval_is_a_dash_where_it_is_not_known() -> None:
    assert span(1.0, 2.0) == "1.00 to 2.00"
    assert span(float("nan"), float("nan")) == span(None, None) == "–"
    assert span(0.0, 4.5e9) == "0 to over 1\u202f000\u202f000"
    assert signed_span(-3e7, 0.5) == "below −1\u202f000\u202f000 to +0.50"
    assert signed_span(float("nan"), float("nan")) == "–"


def test_an_axis_shows_values_without_intervals_and_does_not_follow_endless_ones() -> None:
    low, high = interval_limits(pd.DataFrame({"x": [3.0, 50.0], "x_low": [2.0, np.nan], "x_high": [4.0, np.nan]}), "x")
    assert low < 2
    assert 50 < high < 100
    low, high = interval_limits(pd.DataFrame({"x": [3.0], "x_low": [1e-8], "x_high": [1e8]}), "x")
    assert 1e-3 < low < 0.03
    assert 300 < high < 1e4


def test_rounds_judged_on_one_molecule_have_no_interval() -> None:
    draws = np.full((10, 2, 1), np.nan)
    judged = _Judged(np.array([[9.0], [3.0]]), draws, np.array([[8.0], [4.0]]), [{}, {}])
    found = judged.errors(1, 0)
    ends = ("mae_kcal_mol_low", "mae_kcal_mol_high", "times_down_low", "times_down_high")
    assert [found[name] for name in ends] == [None] * 4
    assert (found["mae_kcal_mol"], found["times_down"]) == (3.0, 3.0)
    rows = [
        GOOD["round"] | {"round": 0, "by": "nothing", "group": "azoxy"} | judged.errors(0, 0),
        GOOD["round"] | {"group": "azoxy"} | found,
    ]
    schema = table_schema("round")
    schema.check(pa.Table.from_pylist(rows, schema=schema.arrow), "rounds")
    said = sentence(rows, "the budget is spent")
    assert (
        "3.00 times down (its interval is not known, since one molecule of a validation part alone has a label)" in said
    )
    table = rounds_table(rows)
    assert "3.00 (–)" in [cell for column in table.columns for cell in column.cells]
    with drawing():
        assert "azoxy" in (round_curve(rows, "azoxy") or "")
