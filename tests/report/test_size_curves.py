"""The errors against training size: their table, and their section on the page, on made-up rows of a known effect."""

import re
from pathlib import Path

import pytest
from made_up import make_study

from hemdata.analysis.matrix import MEAN
from hemdata.analysis.results import Results
from hemdata.analysis.tables import study_tables
from hemdata.report.page.page import write_report
from hemdata.report.paper import write_paper
from hemdata.study.rows import read_rows


@pytest.fixture(scope="module")
def sized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """PaiNN on two sets: twice the molecules halve the error of one and do nothing for the other."""
    folder = tmp_path_factory.mktemp("sized")
    for size, factors in ((160, {"amons": 1.0, "random": 2.0}), (320, {"amons": 0.5, "random": 2.0})):
        make_study(folder, sets=factors, networks=("painn",), size=size, no_effect=(), seed_noise=0.05)
    return folder


def test_the_errors_of_every_size_stand_with_intervals_and_the_ratio_to_the_best_of_their_size(sized: Path) -> None:
    table = study_tables(read_rows(sized), resamples=500).by_training_size
    assert len(table) == 2 * 2 * 5
    means = table[table["group"] == MEAN].set_index(["training_set", "training_size"])
    assert means.loc[("amons", 160), "mae_kcal_mol"] / means.loc[("amons", 320), "mae_kcal_mol"] == pytest.approx(2)
    assert set(means["best"]) == {"amons"}
    assert means.loc[("random", 320), "ratio_to_best_low"] <= 4 <= means.loc[("random", 320), "ratio_to_best_high"]
    assert means.loc[("random", 160), "ratio_to_best_low"] <= 2 <= means.loc[("random", 160), "ratio_to_best_high"]
    assert (table["mae_kcal_mol_low"] < table["mae_kcal_mol"]).all()
    assert (table["mae_kcal_mol"] < table["mae_kcal_mol_high"]).all()
    assert (table.loc[table["training_set"] == "amons", "ratio_to_best"] == 1).all()


def test_the_largest_sizes_errors_are_those_of_the_other_tables(sized: Path) -> None:
    tables = study_tables(read_rows(sized), resamples=200)
    of_largest = tables.by_training_size[tables.by_training_size["training_size"] == 320]
    keys = ["training_set", "group"]
    both = tables.mae.merge(of_largest, on=keys, suffixes=("", "_by_size"))
    assert len(both) == 8
    assert both["mae_kcal_mol"].to_list() == pytest.approx(both["mae_kcal_mol_by_size"].to_list())


def test_a_study_of_one_size_has_no_such_table(tmp_path: Path) -> None:
    rows = read_rows(make_study(tmp_path / "study", networks=("painn",), seeds=(0,)))
    assert study_tables(rows, resamples=50).by_training_size.empty


def test_the_page_draws_them_and_says_what_size_decides(sized: Path, tmp_path: Path) -> None:
    found = write_report(Results.of(sized, resamples=300), tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    section = text[text.index('<section id="training-size">') : text.index('<section id="training">')]
    assert section.count("<svg") == 4
    assert re.search(r"amons [\d.]+ at 160, [\d.]+ at 320", section)
    assert "best of its size" in section
    assert "larger error" in section
    assert "Training set or training size?" in text
    assert "every cell’s error: training set × training size × group, seeds" in text
    assert re.search(
        r"the training set explains \d+ %.*, the training size \d+ %.*, and only both together", found.drivers
    )


def test_the_figures_and_tables_for_a_paper_have_them_too(sized: Path, tmp_path: Path) -> None:
    saved = {path.name for path in write_paper(Results.of(sized, resamples=300), tmp_path / "figures", ("svg",))}
    assert {"training-size-painn-azoxy.svg", "training-size.csv", "training-size-painn.tex"} <= saved
