"""The page of a screen of labels: the most suspect rows drawn, what was computed again and what came out."""

from pathlib import Path

from hemdata.assess.suspects.screen import Screen, Suspect
from hemdata.report.page.findings import Cell, Findings, Section, write_findings

DRAWN = 48
COLUMNS = ["Row", "Residual, kcal/mol", "Score", "Probability wrong", "Verdict", "Off by, kcal/mol"]
KINDS = {
    "confirmed": ("Confirmed", "Computed again at the set's own level: the published energy is another one."),
    "cleared": ("Cleared", "Computed again at the set's own level: the published energy is right, the chemistry rare."),
    "not computed": ("Not computed", "The set's own level gave no energy."),
    "suspect": ("Suspect", "More likely wrong than right; not computed again yet (`--recompute`)."),
    "next": ("Next in rank", "More likely right than wrong; not computed again."),
}


def suspects_page(found: Screen, out: Path) -> Path:
    """Write the page of a screen; the same screen makes the same page.

    Raises:
        DataError: if it cannot be written.
    """
    sections, drawn = [], list[Suspect]()
    for verdict, (title, about) in KINDS.items():
        rows = [row for row in found.rows if _kind(row) == verdict]
        if not rows:
            continue
        told = [{"id": row.id, "smiles": row.smiles, "lines": _lines(row)} for row in rows[:DRAWN]]
        name = title.lower().replace(" ", "-")
        more = f"{len(rows) - DRAWN:,} more stand in the table that the command writes." if len(rows) > DRAWN else None
        sections.append(Section(name, title, f"{title}: {len(rows):,}", [about], told, more=more))
        drawn += rows[:DRAWN]
    judged = [row for row in found.rows if row.verdict]
    confirmed = sum(row.verdict == "confirmed" for row in judged)
    shown = len(COLUMNS) if judged else len(COLUMNS) - 2
    are = "is" if len(found.suspects) == 1 else "are"
    page = Findings(
        title=found.dataset,
        kind="Screen of labels",
        question=f"Which energies are likely wrong, by their difference to {found.cheap} at the same geometries?",
        answer=f"{len(found.suspects):,} of {len(found.rows):,} rows {are} suspect.",
        detail=f"Computed again: {len(judged)}; confirmed: {confirmed}." if judged else None,
        facts=[
            ("Rows screened", f"{len(found.rows):,}"),
            ("Left by the model", f"{found.noise_kcal_mol:.2f} kcal/mol"),
            ("Wrong labels expected", f"{100 * found.share:g} %"),
            ("Not screened", ", ".join(f"{n:,} {reason}" for reason, n in found.left_out.items()) or "none"),
        ],
        sections=sections,
        table={
            "title": "The rows as a table",
            "columns": COLUMNS[:shown],
            "rows": [_cells(row)[:shown] for row in drawn],
        },
        table_last=True,
    )
    return write_findings(page, out)


def _kind(row: Suspect) -> str:
    return row.verdict or ("suspect" if row.suspect else "next")


def _cells(row: Suspect) -> list[Cell]:
    off = row.error_kcal_mol
    return [
        (row.id, None),
        (_signed(row.residual_kcal_mol, 1), row.residual_kcal_mol),
        (_signed(row.score, 1), row.score),
        (f"{row.probability:.2f}", row.probability),
        (row.verdict or "–", None),
        ("–", None) if off is None else (_signed(off, 2), off),
    ]


def _signed(x: float, digits: int) -> str:
    return f"{x:+.{digits}f}".replace("-", "−")


def _lines(row: Suspect) -> list[str]:
    lines = [
        f"residual {_signed(row.residual_kcal_mol, 1)} kcal/mol",
        f"score {_signed(row.score, 1)}, probability {row.probability:.2f}",
    ]
    if row.error_kcal_mol is not None:
        lines.append(f"published less computed: {_signed(row.error_kcal_mol, 2)} kcal/mol")
    return lines + ([row.explanation] if row.explanation else [])
