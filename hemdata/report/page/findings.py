"""Pages of findings: each kind of finding in a section, its rows with molecules drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hemdata.curate.lint.run import Linted, checks
from hemdata.report.page.drawings import draw
from hemdata.report.page.written import page_text, write_page

DRAWN = 24  # of a section
Cell = tuple[str, float | None]


@dataclass(frozen=True)
class Section:
    """A section of the page: `rows` have id, smiles and lines of text."""

    id: str
    short: str
    title: str
    about: list[str]
    rows: list[dict[str, Any]]
    severity: str | None = None
    more: str | None = None


@dataclass(frozen=True)
class Findings:
    """A page in words; `facts` are pairs.

    `table` has title, columns and rows; a cell is its text, and the number by which it sorts or None. `figures`
    are SVG.
    """

    title: str
    kind: str
    question: str
    answer: str
    facts: list[tuple[str, str]]
    sections: list[Section]
    detail: str | None = None
    table: dict[str, Any] | None = None
    table_last: bool = False
    figures: Sequence[str] = ()
    footer: str = "Made by hemdata; the same set makes the same page."


def lint_page(found: Linted, smiles: dict[str, str | None], out: Path) -> Path:
    """Write the page of what lint found.

    Args:
        smiles: of the rows that are named, by id.
        out: the page's file.

    Raises:
        DataError: if it cannot be written.
    """
    sections = []
    for its in (each for family in checks().values() for each in family):
        rows = [finding for finding in found.findings if finding.code == its.code]
        if not rows:
            continue
        told = [
            {"id": ", ".join(row.ids) or "the whole set", "smiles": smiles.get(row.ids[0]) if row.ids else None}
            | {"lines": [row.evidence]}
            for row in rows[:DRAWN]
        ]
        more = f"{len(rows) - DRAWN:,} more: `--json` has them all." if len(rows) > DRAWN else None
        title = f"{its.code}: {len(rows):,}"
        sections.append(Section(its.code, its.code, title, [its.says, its.advice], told, its.severity, more))
    graver = found.at_least("error")
    every = {its.code: its for family in checks().values() for its in family}
    overview: list[list[Cell]] = [
        [(code, None), (every[code].severity, None), (f"{number:,}", number), (every[code].says, None)]
        for code, number in found.counts.items()
    ]
    many = f"{len(found.findings):,} finding{'' if len(found.findings) == 1 else 's'}"
    page = Findings(
        title=found.dataset,
        kind="Lint of a built set",
        question=f"Do the columns of its {found.rows:,} rows contradict each other?",
        answer=f"{many}, {graver:,} of severity error." if found.findings else "No check found anything.",
        detail=f"{found.known:,} more are known defects." if found.known else None,
        facts=[
            ("Rows", f"{found.rows:,}"),
            ("Checks made", str(len(found.made))),
            ("Not made", ", ".join(found.not_made) or "none"),
        ],
        sections=sections,
        table={"title": "By check", "columns": ["Check", "Severity", "Findings", "What it says"], "rows": overview}
        if overview
        else None,
    )
    return write_findings(page, out)


def write_findings(page: Findings, out: Path) -> Path:
    """Write a page of findings; molecules that RDKit reads are drawn.

    Raises:
        DataError: if it cannot be written.
    """
    for section in page.sections:
        for row in section.rows:
            row["svg"] = draw(row["smiles"]) if row.get("smiles") else None
    write_page(out, page_text("findings.html.j2", **vars(page)))
    return out
