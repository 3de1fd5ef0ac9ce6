"""The page of an improvement: the error against the labels bought, with the control, and the molecules chosen."""

from pathlib import Path
from typing import Any

from hemdata.errors import DataError
from hemdata.improve.asked import Asked
from hemdata.improve.rounds import Improved
from hemdata.molecules.readers.smi import smiles_lines
from hemdata.report.figures.round_curves import round_curve
from hemdata.report.figures.style import drawing
from hemdata.report.page.findings import Cell, Findings, Section, write_findings
from hemdata.report.rounds import how, sentence
from hemdata.report.words import number, span

DRAWN = 36  # of a round
COLUMNS = ["Round", "Chosen", "Group", "Labels", "MAE, kcal/mol", "95 % interval", "Times down", "95 % interval",
           "Whole group", "Spread", "Environments seen", "Labels took, s"]  # fmt: skip


def improved_page(found: Improved, asked: Asked, out: Path) -> Path:
    """Write the page of an improvement; the same rows make the same page.

    Raises:
        DataError: if it cannot be written.
    """
    rows = found.rows.to_pylist()
    groups = list(dict.fromkeys(row["group"] for row in rows))
    last = [row for row in rows if row["group"] == groups[-1] and row["arm"] == "chosen"][-1]
    with drawing():
        figures = [round_curve(rows, group) for group in groups]
    page = Findings(
        title=f"{asked.group}, improved",
        kind="An improvement of a training set",
        question=f"Which labels beside {asked.base} make the energies of {asked.group} better, and by how much?",
        answer=sentence(rows, found.why),
        detail=None
        if found.judged
        else "No error is known: the group has no labels at the level. The spread of the "
        "models is shown in its place; it is small also where all models err alike.",
        facts=[
            ("Budget", f"{asked.budget:,} labels, {last['bought']:,} bought"),
            ("Level of theory", asked.level_name),
            ("Models", f"{asked.network}, {asked.seeds} a round"),
            ("Validation part", f"{last['n_validation']} molecules; nothing was chosen for them"),
            ("Labels took", _seconds(rows)),
        ],
        figures=[figure for figure in figures if figure],
        sections=_sections(rows, found.folder),
        table={"title": "The rounds as a table", "columns": COLUMNS, "rows": [_cells(row) for row in rows]},
        table_last=True,
        footer="Made by hemdata; the same rounds make the same page.",
    )
    return write_findings(page, out)


def _seconds(rows: list[dict[str, Any]]) -> str:
    own = {(row["arm"], row["round"]): row["label_seconds"] for row in rows}
    if None in own.values():
        return "not told by the label store"
    return f"{number(sum(own.values()) / 3600)} core hours"


def _sections(rows: list[dict[str, Any]], folder: Path) -> list[Section]:
    """A section a round of the chosen arm; its molecules in the order of choice."""
    sections = []
    rounds = {row["round"]: row for row in rows if row["arm"] == "chosen" and row["round"]}
    for place, row in rounds.items():
        lists = sorted((folder / "chosen").glob(f"{row['improvement']}-chosen-{place}-*.smi"))
        if not lists:
            raise DataError("The list of a round is not there.", where=folder / "chosen", got=f"round {place}")
        told = [
            {"id": (line.name or "").rpartition(":")[2], "smiles": line.smiles, "lines": []}
            for path in lists
            for line in smiles_lines(path)
        ]
        more = f"{len(told) - DRAWN:,} more stand in {folder / 'chosen'}." if len(told) > DRAWN else None
        about = [f"{len(told):,} molecules {how(row)}, in the order of choice."]
        sections.append(Section(f"round-{place}", f"Round {place}", f"Round {place}", about, told[:DRAWN], more=more))
    return sections


def _cells(row: dict[str, Any]) -> list[Cell]:
    def value(name: str) -> Cell:
        its = row[name]
        return ("–", None) if its is None else (number(its), its)

    def ends(name: str) -> Cell:
        return span(row[f"{name}_low"], row[f"{name}_high"]), None

    return [
        (str(row["round"]), row["round"]),
        (how(row), None),
        (row["group"], None),
        (f"{row['labelled']:,}", row["labelled"]),
        value("mae_kcal_mol"),
        ends("mae_kcal_mol"),
        value("times_down"),
        ends("times_down"),
        value("whole_mae_kcal_mol"),
        value("spread_kcal_mol"),
        (f"{row['seen']:.0%}", row["seen"]),
        value("label_seconds"),
    ]
