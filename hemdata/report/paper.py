"""Figures and tables for a paper: the page's figures as PNG, SVG and PDF, its tables as CSV, the main ones as LaTeX."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hemdata.analysis.results import Results
from hemdata.catalog import BASELINES
from hemdata.errors import DataError
from hemdata.files import whole, write_whole
from hemdata.report.figures.panel import blank, round_marks
from hemdata.report.figures.reason_figures import LEVEL_BARS, ReasonFigures
from hemdata.report.figures.size_curves import size_curve, size_grid
from hemdata.report.figures.style import INK, PAPER, drawing, paper_colours, part_colour
from hemdata.report.tables.bridge import bridge_section
from hemdata.report.tables.latex import latex
from hemdata.report.tables.layout import Grid, Layout
from hemdata.report.tables.published_level import level_section
from hemdata.report.tables.reason_layout import ReasonLayout
from hemdata.report.titles import titles_of

FORMATS = ("pdf", "png", "svg")
DOTS_PER_INCH = 300
OF_THE_PAGE = ("by_size", "curves", "errors_with_overlap", "overlap")  # tables that no paper asks for
_METADATA: dict[str, dict[str, None]] = {  # nothing of the day or the machine: the same rows give the same bytes
    "pdf": {"Creator": None, "Producer": None, "CreationDate": None},
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
}


def write_paper(
    results: Results, folder: Path, formats: Sequence[str] = FORMATS, *, labels: Mapping[str, str] | None = None
) -> list[Path]:
    """Write everything into a folder: NAME.{pdf,png,svg}, and tables/NAME.{csv,tex}; what stood there is replaced.

    Figures have a white ground, the colours of the page's light theme and DejaVu Sans at 10 points; a panel is a file,
    about 270, 460 or 500 points wide. Tables hold every digit as CSV, and as LaTeX (booktabs) what the page shows.

    Args:
        results: of the study.
        folder: for the files.
        formats: of the figures.
        labels: words shown for names, beside the titles of their cards.

    Returns:
        The files, sorted.

    Raises:
        DataError: if they cannot be written.
    """
    words = titles_of(results.rows, labels)
    try:
        (folder / "tables").mkdir(parents=True, exist_ok=True)
        found = [*_figures(results, words, folder, formats), *_tables(results, words, folder / "tables")]
    except OSError as error:
        raise DataError(
            "The figures cannot be written.",
            where=folder,
            got=error.strerror,
            fix="Give a folder that can be written to, with space on its disk.",
        ) from error
    return sorted(found)


def _figures(results: Results, words: Mapping[str, str], folder: Path, formats: Sequence[str]) -> list[Path]:
    saved: list[Path] = []

    def save(figure: Any, name: str, *_: object) -> str:
        saved.extend(save_figure(figure, folder, name, formats))
        return name

    figures = ReasonFigures(results.tables, results.reasons, results.variance, words, save, round_marks)
    names = list(dict.fromkeys(results.tables.mae["network"]))
    with drawing(paper_colours()):
        figures.drivers()
        figures.effects()
        _legend("legend-sets", [(figures.label(name), figures.colour[name]) for name in figures.sets], save)
        if section := level_section(results.reasons, figures.groups, figures.label):
            _legend("legend-published-level", [(said, part_colour(i)) for said, i in LEVEL_BARS], save)
            for network, groups in section.networks:
                for group in groups:
                    figures.published_level(network, group)
        _legend("legend-parts", [(name, part_colour(i)) for name, i in figures.part_legend()], save)
        for name in names:
            figures.heat(name)
        for name in [each for each in names if each not in BASELINES] or names:
            for draw in (figures.curves, figures.size, figures.unseen):
                draw(name)
            for group in figures.groups:
                size_curve(figures, name, group)
                for draw_group in (figures.intervals, figures.scatter, figures.parts):
                    draw_group(name, group)
    return saved


def save_figure(figure: Any, folder: Path, name: str, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Write one figure in several formats; the same figure gives the same bytes."""
    paths = [folder / f"{name}.{kind}" for kind in formats]
    for kind, path in zip(formats, paths, strict=True):
        with whole(path) as temporary:
            figure.savefig(
                temporary, format=kind, dpi=DOTS_PER_INCH, facecolor=PAPER, bbox_inches="tight", pad_inches=0.05,
                metadata=_METADATA[kind],
            )  # fmt: skip
    return paths


def _legend(name: str, entries: list[tuple[str, str]], save: Callable[..., str]) -> None:
    """The colours by name, in a column; on the page they stand beside the figures."""
    height = 18.0 * len(entries) + 6
    figure, axes = blank(150, height)
    axes.axis("off")
    axes.set(xlim=(0, 150), ylim=(height, 0))
    for i, (words, colour) in enumerate(entries):
        axes.plot(10, 12 + 18 * i, "s", ms=9, mfc=colour, mec="none")
        axes.text(24, 12 + 18 * i, words, va="center", color=INK)
    save(figure, name)


def _tables(results: Results, words: Mapping[str, str], folder: Path) -> list[Path]:
    frames = {name.replace("_", "-"): frame for name, frame in results.frames().items() if name not in OF_THE_PAGE}
    saved = []
    for name, frame in frames.items():
        if len(frame):
            saved.append(folder / f"{name}.csv")
            write_whole(saved[-1], frame.to_csv(index=False))
    for name, (grid, caption, first) in _grids(results, words).items():
        saved.append(folder / f"{name}.tex")
        write_whole(saved[-1], latex(grid, caption, f"tab:{name}", first))
    return saved


def _grids(results: Results, words: Mapping[str, str]) -> Mapping[str, tuple[Grid, str, str]]:
    """What the page shows of errors, comparisons, parts and variance, by name."""
    layout = Layout(results.tables, words)
    whys = ReasonLayout(results.reasons, results.variance, results.tables.ranks, words)
    names = list(dict.fromkeys(results.tables.mae["network"]))
    found: dict[str, tuple[Grid, str, str]] = {}
    for name in [each for each in names if each not in BASELINES] or names:
        shown = layout.label(name)
        found[f"errors-{name}"] = layout.errors(name), f"MAE of {shown}, kcal/mol, with 95 % intervals.", "Trained on"
        if against := layout.against_best(name):
            caption = f"Error of {shown} over its error when trained on {layout.label(against[0])}, 95 % intervals."
            found[f"against-best-{name}"] = against[1], caption, "Trained on"
        if by_size := size_grid(layout, name):
            found[f"training-size-{name}"] = by_size, f"MAE of {shown} by training size, kcal/mol.", "Trained on"
        caption = f"Parts of the error of {shown}, kcal/mol, with 95 % intervals."
        found[f"parts-{name}"] = whys.parts(name), caption, "Trained on"
    if effects := whys.effects():
        caption = "Analysis of variance of the logarithm of the MAE; shares with 95 % intervals."
        found["variance"] = effects, caption, "Effect"
    if geometry := whys.geometry():
        caption = "What another geometry adds: mean size of the difference in atomization energy, kcal/mol."
        found["geometry"] = geometry, caption, "Level"
    if bridge := bridge_section(results.reasons.bridge, layout.label):
        found["bridge"] = bridge.errors, "What the bridge errs beside the errors of the models, kcal/mol.", "Model"
    if section := level_section(results.reasons, layout.groups, layout.label):
        found["published-level"] = section.beside, "Published errors and the level part, kcal/mol.", "Group"
        found["level"] = section.between, "What a perfect model of a level errs at another, kcal/mol.", "Group"
    return found
