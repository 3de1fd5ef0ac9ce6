"""A table of the page as LaTeX: booktabs, the interval small under each number."""

import re

from hemdata.report.tables.layout import Cell, Grid

_SIGNS = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": "$<$", ">": "$>$", "×": r"$\times$", "−": "$-$",
    "–": "--", "’": "'", "\u202f": r"\,",
}  # fmt: skip
_SPECIAL = re.compile("|".join(map(re.escape, _SIGNS)))


def latex(grid: Grid, caption: str, label: str, first: str) -> str:
    """A table environment; it needs \\usepackage{booktabs}.

    Args:
        grid: as the page lays it out; of each cell the number and the line under it are kept, the interval.
        caption, label: of the table.
        first: head of the first column.
    """
    heads = " & ".join(escape(word) for word in (first, *grid.columns))
    lines = [
        r"\begin{table}", r"\centering", rf"\caption{{{escape(caption)}}}", rf"\label{{{label}}}",
        rf"\begin{{tabular}}{{l{'r' * len(grid.columns)}}}", r"\toprule", rf"{heads} \\",
    ]  # fmt: skip
    for body in grid.bodies:
        lines.append(r"\midrule")
        for row in body:
            lines.append(" & ".join([escape(row.name), *(escape(cell.main) for cell in row.cells)]) + r" \\")
            under = [_small(row.note), *(_small(_interval(cell)) for cell in row.cells)]
            if any(under):
                lines.append(" & ".join(under) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", r"\end{table}", ""])


def escape(text: str) -> str:
    """Text with LaTeX's own signs written out."""
    return _SPECIAL.sub(lambda match: _SIGNS[match[0]], text)


def _interval(cell: Cell) -> str:
    return cell.lines[0] if cell.lines else ""


def _small(text: str) -> str:
    return rf"{{\scriptsize {escape(text)}}}" if text else ""
