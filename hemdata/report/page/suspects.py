"""The page of a screen of labels: the most suspect rows drawn, what was computed again and what came out."""

from pathlib import Path

from hemdata.assess.suspects.screen import Screen, Suspect
from hemdata.report.page.findings import Findings, Section, write_findings

DRAWN = 48
KINDS = {
    "confirmed": ("Confirmed", "Computed again at the set's own level: the published energy is another one."),
    "cleared": ("Cleared", "Computed again at the set's own level: the published energy is right, the chemistry rare."),
    "not computed": ("Not computed", "The set's own level gave no energy."),
    None: ("Most suspect", "Not computed again yet (`--recompute`)."),
}


def suspects_page(found: Screen, out: Path) -> Path:
    """Write the page of a screen; the same screen makes the same page.

    Raises:
        DataError: if it cannot be written.
    """
    sections = []
    for verdict, (title, about) in KINDS.items():
        rows = [row for row in found.rows if row.verdict == verdict]
        if not rows:
            continue
        told = [{"id": row.id, "smiles": row.smiles, "lines": _lines(row)} for row in rows[:DRAWN]]
        name = title.lower().replace(" ", "-")
        sections.append(Section(name, title, title, [about], told))
    judged = [row for row in found.rows if row.verdict]
    confirmed = sum(row.verdict == "confirmed" for row in judged)
    page = Findings(
        title=found.dataset,
        kind="Screen of labels",
        question=f"Which energies are likely wrong, by their difference to {found.cheap} at the same geometries?",
        answer=f"{len(found.suspects):,} of {len(found.rows):,} rows are suspect.",
        detail=f"Computed again: {len(judged)}; confirmed: {confirmed}." if judged else None,
        facts=[
            ("Rows screened", f"{len(found.rows):,}"),
            ("Left by the model", f"{found.noise_kcal_mol:.2f} kcal/mol"),
            ("Wrong labels expected", f"{100 * found.share:g} %"),
            ("Not screened", ", ".join(f"{n:,} {reason}" for reason, n in found.left_out.items()) or "none"),
        ],
        sections=sections,
    )
    return write_findings(page, out)


def _lines(row: Suspect) -> list[str]:
    lines = [f"{row.residual_kcal_mol:+.1f} kcal/mol, score {row.score:+.1f}, probability {row.probability:.2f}"]
    if row.error_kcal_mol is not None:
        lines.append(f"published less computed: {row.error_kcal_mol:+.2f} kcal/mol")
    return lines + ([row.explanation] if row.explanation else [])
