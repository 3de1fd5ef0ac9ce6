"""A check of a set: its code, what it says when it fails, what to do; and the findings that it makes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""error: two columns of a row exclude each other. warning: what molecules hardly ever are. note: worth knowing."""


def at_least(severity: str) -> tuple[Severity, ...]:
    """A severity and the graver ones; none for another word."""
    return tuple(each for place, each in enumerate(SEVERITIES) if severity in SEVERITIES[place:])


@dataclass(frozen=True)
class Fault:
    """One row that fails a check.

    Attributes:
        row: its place among the rows looked at.
        evidence: the numbers, in words.
        size_kcal_mol: how far it is off, where that is an energy.
        others: places of further rows that the evidence is about.
    """

    row: int
    evidence: str
    size_kcal_mol: float | None = None
    others: tuple[int, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One row, or some, that fail a check.

    Attributes:
        code: of the check.
        severity: error, warning or note.
        ids: of the rows; none where the finding is about the whole set.
        evidence, size_kcal_mol: as `Fault`.
    """

    code: str
    severity: Severity
    ids: tuple[str, ...]
    evidence: str
    size_kcal_mol: float | None = None

    @property
    def key(self) -> tuple[str, tuple[str, ...]]:
        """What tells it from others: the check and the rows."""
        return self.code, tuple(sorted(self.ids))


@dataclass(frozen=True)
class Check:
    """A check.

    Attributes:
        code: a letter for the family, and a number.
        severity: of its findings.
        says: what is wrong, a sentence.
        advice: what to do about it.
        needs: columns without which it cannot be made.
        find: takes `Rows` (or, of a check of the whole set, `Summary`) and yields faults.
        whole: whether it looks at all rows at once.
    """

    code: str
    severity: Severity
    says: str
    advice: str
    needs: tuple[str, ...]
    find: Callable[[Any], Iterable[Fault]] = field(repr=False)
    whole: bool = False


def check(
    code: str, severity: Severity, says: str, advice: str, *needs: str, whole: bool = False
) -> Callable[[Callable[[Any], Iterable[Fault]]], Check]:
    """Make a check of a function that yields faults."""

    def made(function: Callable[[Any], Iterable[Fault]]) -> Check:
        return Check(code, severity, says, advice, needs, function, whole)

    return made
