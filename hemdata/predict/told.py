"""Rows of predictions in words: a table of them, and what is to be said beneath it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rich.table import Table

from hemdata.console import many
from hemdata.predict.predict import NOT_ASKED, Question
from hemdata.predict.rows import Row


def table(rows: Sequence[Row], enthalpy: bool) -> Table:
    """One line a molecule; the enthalpy's column where it was asked for."""
    shown = Table(box=None, padding=(0, 2))
    heads = ("molecule", "atoms", "atomization energy", "spread", *(("Hf 298 K",) if enthalpy else ()), "warnings")
    for place, column in enumerate(heads):
        shown.add_column(column, justify="right" if place else "left")
    numbers = ("atomization_energy_kcal_mol", "spread_kcal_mol", *(("formation_298_kcal_mol",) if enthalpy else ()))
    for row in rows:
        if row["failed"]:
            shown.add_row(row["id"], "-", "failed", *["-"] * (len(heads) - 3))
            continue
        told = ["-" if row[name] is None else f"{row[name]:.2f}" for name in numbers]
        shown.add_row(row["id"], str(row["n_atoms"]), *told, str(len(row["warnings"]) or "-"))
    return shown


def sentences(rows: Sequence[Row], question: Question, models: Sequence[str]) -> Iterator[str]:
    """What the numbers are, why some are not there, and every warning."""
    from hemdata.predict.formation import formation_note

    yield _units(question.level, models)
    if any(row["formation_298_kcal_mol"] is not None for row in rows):
        yield f"{formation_note(question.level)}."
    reasons = dict.fromkeys(row["no_formation"] for row in rows)
    if question.no_formation != NOT_ASKED:
        yield from (f"No enthalpy of formation: {reason}." for reason in reasons if reason)
    for row in rows:
        for warning in row["warnings"]:
            yield f"{row['id']}: {warning}"


def summary(rows: Iterable[Row], file: Path, level: str, models: Sequence[str]) -> Iterator[str]:
    """How many molecules have an energy, a warning, or none and why, where there are more than one would read."""
    read = warned = 0
    failed: Counter[str] = Counter()
    for row in rows:
        read += 1
        warned += bool(row["warnings"])
        if row["failed"]:
            failed[row["failed"].partition(",")[0].partition(":")[0]] += 1
    yield f"{file}: {many(read)}, {read - failed.total():,} energies, {warned:,} of them with warnings."
    yield from (f"  {number:>6,}  {reason}" for reason, number in failed.most_common(10))
    yield _units(level, models)


def _units(level: str, models: Sequence[str]) -> str:
    spread = f"; spread: standard deviation over {len(models)} models" if len(models) > 1 else ""
    return f"kcal/mol, at {level}, by {'; '.join(models)}{spread}."
