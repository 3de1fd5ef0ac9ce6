"""Figures and tables for a paper: every format, real colours, points that are there, LaTeX that is whole."""

import re
from pathlib import Path
from xml.etree import ElementTree

import matplotlib.colors
import numpy as np
import pandas as pd
import pytest
from made_labels import made_labels_alone
from made_up import make_study

from hemdata.analysis.results import Results
from hemdata.errors import DataError
from hemdata.report.figures.style import INK, SENTINELS, drawing, paper_colours
from hemdata.report.paper import FORMATS, save_figure, write_paper
from hemdata.report.tables.latex import escape, latex
from hemdata.report.tables.layout import Cell, Grid, Row


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("paper") / "study"
    with made_labels_alone():
        return Results.of(make_study(folder, networks=("painn",), seeds=(0, 1), epochs=3), resamples=100)


@pytest.fixture(scope="module")
def folder(material: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("figures")
    written = write_paper(material, folder, ["png", "svg"])
    assert written == sorted(path for path in folder.rglob("*") if path.is_file())
    return folder


def test_every_figure_stands_in_the_formats_asked_for(folder: Path) -> None:
    names = {path.stem for path in folder.iterdir() if path.is_file()}
    assert names >= {"heat-painn", "curves-painn", "size-painn", "unseen-painn", "variance-effects", "legend-parts"}
    assert names >= {
        f"{kind}-painn-{group}" for kind in ("intervals", "scatter", "parts") for group in ("azoxy", "neuro")
    }
    for name in names:
        assert {path.suffix for path in folder.glob(f"{name}.*")} == {".png", ".svg"}


def test_a_figure_is_the_same_in_every_format_each_time(tmp_path: Path) -> None:
    from hemdata.report.figures.panel import blank

    found: list[list[bytes]] = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        with drawing(paper_colours()):
            figure, axes = blank(100, 80)
            axes.plot([0, 1], [0, 1], color=INK)
            axes.text(0.2, 0.5, "MAE", color=INK)
            paths = save_figure(figure, tmp_path / name, "one")
        assert [path.name for path in paths] == [f"one.{kind}" for kind in FORMATS] == ["one.pdf", "one.png", "one.svg"]
        found.append([path.read_bytes() for path in paths])
    assert found[0] == found[1]
    assert found[0][0].startswith(b"%PDF")
    assert b"/FontFile2" in found[0][0]  # TrueType, which journals take
    assert b"CreationDate" not in found[0][0]
    assert b"MAE" in found[0][2]


def test_figures_have_the_papers_colours_and_no_names_of_colours(folder: Path) -> None:
    colours = paper_colours()
    text = (folder / "parts-painn-azoxy.svg").read_text(encoding="utf-8")
    ElementTree.fromstring(text)
    assert colours["part-7"] in text
    for path in folder.glob("*.svg"):
        text = path.read_text(encoding="utf-8")
        assert "hemdata:" not in text
        assert not any(sentinel in text for sentinel in SENTINELS.values())


def test_the_points_of_a_scatter_are_in_the_picture(folder: Path) -> None:
    """A line without length with round ends is a point on the page, and nothing in a PNG."""
    from matplotlib.image import imread

    picture = imread(folder / "scatter-painn-azoxy.png")[..., :3]
    height, width = picture.shape[:2]
    assert width > 270 / 72 * 300 * 0.9
    colour = np.array(matplotlib.colors.to_rgb(paper_colours()["set-0"]))
    mixed = 0.62 * colour + 0.38  # the points are not opaque
    near = np.abs(picture - mixed).max(-1) < 0.03
    assert near.sum() > 500
    assert near[: height // 2].any()
    assert near[height // 2 :].any()


def test_colours_by_name_are_gone_after_drawing() -> None:
    with drawing(paper_colours()):
        assert matplotlib.colors.to_hex(INK) == paper_colours()["ink"]
    with pytest.raises(ValueError, match="hemdata:ink"):
        matplotlib.colors.to_rgb(INK)


def test_tables_are_the_studys_with_every_digit(folder: Path, material: Results) -> None:
    for name, frame in (("errors", material.tables.mae), ("parts", material.reasons.parts)):
        ours = pd.read_csv(folder / "tables" / f"{name}.csv")
        pd.testing.assert_frame_equal(ours, frame.reset_index(drop=True), check_dtype=False, rtol=1e-12)


def test_latex_tables_are_whole(folder: Path) -> None:
    files = sorted((folder / "tables").glob("*.tex"))
    assert {"errors-painn.tex", "parts-painn.tex", "variance.tex"} <= {path.name for path in files}
    for path in files:
        text = path.read_text(encoding="utf-8")
        columns = re.search(r"\\begin\{tabular\}\{(l?r*)\}", text)
        assert columns is not None
        rows = [line for line in text.splitlines() if line.endswith(r" \\")]
        assert rows
        for row in rows:
            assert len(re.findall(r"(?<!\\)&", row)) == len(columns[1]) - 1, row
        assert not re.search(r"[^\x00-\x7f]", text), path
        assert not re.search(r"(?<!\\)[%#_]", text), path
        for kind in ("table", "tabular"):
            assert text.count(rf"\begin{{{kind}}}") == text.count(rf"\end{{{kind}}}") == 1


def test_signs_of_latex_are_written_out() -> None:
    assert escape("a_b & 5 % × −3\u202f000 <1") == r"a\_b \& 5 \% $\times$ $-$3\,000 $<$1"
    grid = Grid(("x_1",), ((Row("A", "two seeds", (Cell(1.5, "1.50", ("1 to 2", "unseen")),)),),))
    text = latex(grid, "C", "tab:a", "Trained on")
    assert r"A & 1.50 \\" in text
    assert r"{\scriptsize two seeds} & {\scriptsize 1 to 2} \\" in text
    assert "unseen" not in text


def test_the_same_rows_give_the_same_tables_and_one_set_has_no_analysis(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", sets={"qm9": 1.0}, networks=("dressed-atoms",), seeds=(0,))
    first, second = (write_paper(Results.of(study, resamples=50), tmp_path / name, []) for name in ("a", "b"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert not [path for path in first if "variance" in path.name]


def test_figures_that_cannot_be_written_are_an_error_in_words(material: Results, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DataError, match="figures cannot be written"):
        write_paper(material, tmp_path / "file")


def test_a_users_matplotlibrc_changes_no_figure(tmp_path: Path) -> None:
    from hemdata.report.figures.panel import blank

    hostile = {
        "lines.linewidth": 9,
        "axes.titlesize": 40,
        "savefig.dpi": 30,
        "axes.xmargin": 0.4,
        "savefig.bbox": "tight",
    }
    hostile |= {"figure.constrained_layout.use": True, "lines.linestyle": "--", "axes.formatter.use_mathtext": True}
    found: list[list[bytes]] = []
    for name, settings in (("plain", {}), ("hostile", hostile)):
        (tmp_path / name).mkdir()
        with matplotlib.rc_context(settings):
            with drawing(paper_colours()):
                figure, axes = blank(100, 80)
                axes.plot([0, 1e9], [0, 1], color=INK)
                paths = save_figure(figure, tmp_path / name, "one")
            assert all(matplotlib.rcParams[key] == value for key, value in settings.items())
        found.append([path.read_bytes() for path in paths])
    assert found[0] == found[1]
