"""A level of theory against the experiment, drawn: each molecule's error, plain and less the level's error per atom."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hemdata.assess.experiment import AtomEquivalents, Experiment
from hemdata.errors import CallError
from hemdata.files import whole
from hemdata.report.figures.style import INK, LINE, MUTED, drawing, paper_colours, set_colour

KINDS = (".svg", ".png", ".pdf")
WIDTH_INCH, HEIGHT_INCH = 7.2, 4.6
NAMED = 5  # the largest errors
NEAR = 0.06  # of the axis: names that would overlap stand in one line


def write_figure(found: Experiment, corrected: AtomEquivalents | None, path: Path) -> None:
    """Draw the errors of D0 against the number of atoms; below, those that atom equivalents leave.

    Raises:
        CallError: for another kind of file.
    """
    if path.suffix not in KINDS:
        raise CallError("This kind of figure is not drawn.", where=path, expected=", ".join(KINDS), got=path.suffix)
    from matplotlib.figure import Figure

    panels = [("Error of D0", found.errors())]
    if corrected is not None:
        panels.append(("Less the level's error per atom", np.array(corrected.left_kcal_mol)))
    with drawing(paper_colours()):
        figure = Figure((WIDTH_INCH, HEIGHT_INCH * len(panels) / 2), layout="constrained", facecolor="white")
        axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
        for each, (words, errors) in zip(axes, panels, strict=True):
            _panel(each, found, words, errors)
        axes[-1].set_xlabel("atoms")
        figure.suptitle(
            f"{found.level} less the experiment (ATcT), {len(found.rows)} molecules",
            x=0.01, ha="left", weight="bold", size=11.5,
        )  # fmt: skip
        with whole(path) as temporary:
            figure.savefig(temporary, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)


def _panel(on: Any, found: Experiment, words: str, errors: npt.NDArray[np.float64]) -> None:
    atoms = np.array([len(row.known.atomic_numbers) for row in found.rows])
    spread = np.array([row.known.uncertainty_kcal_mol for row in found.rows])
    on.axhline(0, color=INK, lw=0.9)
    on.errorbar(atoms, errors, spread, fmt="o", ms=4, color=set_colour(0), ecolor=LINE, elinewidth=1.2, alpha=0.8)
    mean, absolute = float(errors.mean()), float(np.abs(errors).mean())
    on.axhline(mean, color=set_colour(1), lw=1.2, ls="--")
    on.set_title(f"{words}: mean {mean:+.2f}, mean absolute {absolute:.2f}", loc="left", size=10, color=INK)
    on.set_ylabel("kcal/mol")
    on.margins(y=0.08)
    middle, near = (atoms.min() + atoms.max()) / 2, NEAR * float(np.ptp(errors))
    said: list[tuple[int, float, list[str]]] = []
    for place in np.argsort(-np.abs(errors))[:NAMED]:
        n, error, name = int(atoms[place]), float(errors[place]), found.rows[place].known.name
        beside = next((names for m, other, names in said if m == n and abs(other - error) < near), None)
        if beside is None:
            said.append((n, error, [name]))
        else:
            beside.append(name)
    for n, error, names in said:
        left = n <= middle
        on.annotate(
            ", ".join(names), (n, error), xytext=(6 if left else -6, 0), textcoords="offset points",
            ha="left" if left else "right", va="center", size=8, color=MUTED,
        )  # fmt: skip
