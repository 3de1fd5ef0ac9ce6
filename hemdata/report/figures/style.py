"""The look of a figure: matplotlib settings, and colours by name.

A figure is drawn in names; `colours` says which colour each stands for. On the page they are sentinels, in whose place
svg.py writes `var(--name)`, so that figures follow the theme; in a paper they are those of the page's light theme.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

SETS = 7  # colours for training sets; more sets repeat them
HEAT_STEPS = 9
PARTS = 8  # colours for the parts of an error, the last that of the remainder

_NAMES = [
    "ink",
    "muted",
    "line",
    "paper",
    *(f"set-{i}" for i in range(SETS)),
    *(f"heat-{i}" for i in range(HEAT_STEPS)),
    *(f"heat-ink-{i}" for i in range(HEAT_STEPS)),
    *(f"part-{i}" for i in range(PARTS)),
]
SENTINELS: dict[str, str] = {name: f"#fe01{i:02x}" for i, name in enumerate(_NAMES, start=1)}
_PREFIX = "hemdata:"
INK, MUTED, LINE, PAPER = (_PREFIX + name for name in ("ink", "muted", "line", "paper"))


def set_colour(i: int) -> str:
    """Of the i-th training set."""
    return f"{_PREFIX}set-{i % SETS}"


def part_colour(i: int) -> str:
    """Of the i-th part of an error."""
    return f"{_PREFIX}part-{i % PARTS}"


def heat_colour(step: int) -> tuple[str, str]:
    """Of a step of the heat scale: of the cell and of the words on it."""
    return f"{_PREFIX}heat-{step}", f"{_PREFIX}heat-ink-{step}"


def paper_colours() -> dict[str, str]:
    """The colours of the page's light theme, on white."""
    css = (files("hemdata.report.page") / "templates" / "page.css").read_text(encoding="utf-8")
    light = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", css[: css.index("}")]))
    return {name: light[name] for name in _NAMES} | {"paper": "#ffffff"}


@contextmanager
def drawing(values: Mapping[str, str] = SENTINELS) -> Iterator[None]:
    """Figures take matplotlib's own defaults, the project's style and these colours; nothing stays changed after it.

    A user's matplotlibrc, in the current folder or at home, has no part in them.
    """
    import matplotlib
    from matplotlib.colors import get_named_colors_mapping

    known = get_named_colors_mapping()
    for name, colour in values.items():
        known[_PREFIX + name] = colour
    try:
        with matplotlib.rc_context():
            matplotlib.rcdefaults()
            matplotlib.rcParams.update(RC)
            yield
    finally:
        for name in values:
            del known[_PREFIX + name]


RC: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": LINE,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": MUTED,
    "axes.labelpad": 5,
    "axes.labelsize": 10,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.dpi": 72,
    "figure.facecolor": "none",
    "font.family": "DejaVu Sans",  # for the layout; the page's own font is shown
    "font.size": 10,
    "grid.color": LINE,
    "grid.linewidth": 0.7,
    "lines.solid_capstyle": "round",
    "path.simplify": False,
    "pdf.fonttype": 42,  # letters stay letters
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "svg.hashsalt": "hemdata",
    "text.color": INK,
    "xtick.color": LINE,
    "xtick.labelcolor": MUTED,
    "xtick.labelsize": 9.5,
    "xtick.major.size": 3,
    "xtick.minor.visible": False,
    "ytick.color": LINE,
    "ytick.labelcolor": MUTED,
    "ytick.labelsize": 9.5,
    "ytick.major.size": 0,
    "ytick.minor.visible": False,
}
