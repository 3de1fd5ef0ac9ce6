"""The look of a figure: matplotlib settings, and colours that stand for the page's CSS variables.

A figure is drawn in sentinel colours; svg.py writes `var(--name)` in their place, so that figures follow the theme.
"""

from typing import Any

SETS = 7  # colours for training sets; more sets repeat them
HEAT_STEPS = 9

_NAMES = [
    "ink",
    "muted",
    "line",
    "paper",
    *(f"set-{i}" for i in range(SETS)),
    *(f"heat-{i}" for i in range(HEAT_STEPS)),
    *(f"heat-ink-{i}" for i in range(HEAT_STEPS)),
]
SENTINELS: dict[str, str] = {name: f"#fe01{i:02x}" for i, name in enumerate(_NAMES, start=1)}
INK, MUTED, LINE, PAPER = (SENTINELS[name] for name in ("ink", "muted", "line", "paper"))


def set_colour(i: int) -> str:
    """Sentinel of the i-th training set."""
    return SENTINELS[f"set-{i % SETS}"]


def heat_colour(step: int) -> tuple[str, str]:
    """Sentinels of a step of the heat scale: of the cell and of the words on it."""
    return SENTINELS[f"heat-{step}"], SENTINELS[f"heat-ink-{step}"]


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
