"""Figures of sets and groups with long names: no words over others, none beyond the edge."""

from itertools import combinations, pairwise
from typing import Any

import pytest
from made_up import make_study

from hemdata.analysis.tables import study_tables
from hemdata.report.figures.figures import Figures
from hemdata.report.figures.panel import shortened, width_of
from hemdata.report.figures.size_curves import size_curve
from hemdata.report.figures.style import drawing
from hemdata.study.rows import read_rows

LONG = {"energetic-materials-from-the-patents-2024": 1.0, "energetic-materials-from-the-patents-2025": 0.5}


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    folder = tmp_path_factory.mktemp("long") / "study"
    for size in (90, 96, 640):
        make_study(folder, sets=LONG, networks=("painn",), seeds=(0,), size=size, epochs=3)
    groups = {"azoxy": "azoxy compounds of the second campaign", "neuro": "neuromodulators and their metabolites"}
    tables = study_tables(read_rows(folder), resamples=200)
    return Figures(tables, groups, finish=lambda figure, *_: figure)


def words_of(figure: Any) -> list[tuple[str, Any]]:
    """Every word of a figure with its box; drawn four times as large, where letters are not fitted to pixels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    figure.set_dpi(4 * 72)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    boxes = [(text.get_text(), text.get_window_extent(canvas.get_renderer())) for text in figure.findobj(Text)]
    return [(text, box) for text, box in boxes if text and box.width > 1]  # matplotlib's box of nothing is 1 x 1


@pytest.mark.parametrize("kind", ["intervals", "heat", "curves", "size curve"])
def test_no_words_lie_over_others_or_beyond_the_edge(figures: Figures, kind: str) -> None:
    with drawing():
        figure: Any = {
            "intervals": lambda: figures.intervals("painn", "azoxy"),
            "heat": lambda: figures.heat("painn"),
            "curves": lambda: figures.curves("painn"),
            "size curve": lambda: size_curve(figures, "painn", "azoxy"),
        }[kind]()
        words = words_of(figure)
    assert len(words) > 4
    for (one, box), (other, its) in combinations(words, 2):
        assert not box.overlaps(its), (one, other)
    for text, box in words:
        assert box.x0 >= -4, text
        assert box.x1 <= figure.bbox.x1 + 4, text


def test_two_long_names_stay_two(figures: Figures) -> None:
    one, other = (shortened(name, 100) for name in LONG)
    assert one != other
    assert one.startswith("energ")
    assert width_of(one) <= 100
    assert shortened("pc9", 100) == "pc9"
    lengths = [width_of(shortened(next(iter(LONG)), room)) for room in (200, 100, 50, 20)]
    assert all(long > short for long, short in pairwise(lengths))
