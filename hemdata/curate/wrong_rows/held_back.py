"""Holds back the first rows of a set whose level nobody has audited, until an audit has spoken for or against them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

AUDIT_ROWS = 400  # an audit calculates a few of them; among so many it finds small ones
UNAUDITED = "level_unaudited"


class Audited(Protocol):
    """What an audit says: whether published energies and the level's own calculation agree, and a sentence."""

    @property
    def agrees(self) -> bool:
        """Whether the level's own calculation gives the published energies."""

    @property
    def verdict(self) -> str:
        """What was compared and what came out, in a sentence."""


Audit = Callable[[pa.Table], Audited]


@dataclass
class AwaitedAudit:
    """The rows of one build on their way to the writer; in order, and none is lost.

    Rows come with the flag `level_unaudited`. The first ones with an energy, and what follows them, are
    held until `AUDIT_ROWS` rows are there or the source ends; the audit is called once with those that
    have an energy. Where it agrees, no row keeps the flag.

    Attributes:
        audit: None where there is none to call: every row passes as it came.
        found: the audit's outcome as it goes into the manifest, once it has spoken.
        flagged: rows that were passed on with the flag.
    """

    audit: Audit | None
    found: dict[str, Any] | None = None
    flagged: int = 0
    _held: list[pa.Table] = field(default_factory=list)

    def add(self, table: pa.Table) -> pa.Table:
        """Take further rows; give those that may be written now."""
        self._held.append(table)
        if self.audit is not None and self.found is None:
            if sum(rows.num_rows for rows in self._held) < AUDIT_ROWS and _with_energy(self._held) is not None:
                return table.schema.empty_table()
            self._call(self.audit)
        return self._released()

    def rest(self) -> pa.Table | None:
        """Give what is still held, after the source's last row; None where it is nothing."""
        if self.audit is not None and self.found is None:
            self._call(self.audit)
            self.found = self.found or {"agrees": False, "verdict": "No row has an energy to compare."}
        return self._released() if self._held else None

    def _call(self, audit: Audit) -> None:
        sample = _with_energy(self._held)
        if sample is not None:
            said = audit(sample.slice(0, AUDIT_ROWS))
            self.found = {"agrees": bool(said.agrees), "verdict": said.verdict}

    def _released(self) -> pa.Table:
        table, self._held = pa.concat_tables(self._held), []
        flags = table["flags"].to_pylist()
        if self.found is not None and self.found["agrees"]:
            at = table.schema.get_field_index("flags")
            left = pa.array([[its for its in row if its != UNAUDITED] for row in flags], table.schema.field(at).type)
            return table.set_column(at, table.schema.field(at), left)
        self.flagged += sum(UNAUDITED in row for row in flags)
        return table


def _with_energy(tables: list[pa.Table]) -> pa.Table | None:
    """The rows that have an energy; None where no row has."""
    if not tables:
        return None
    table = pa.concat_tables(tables)
    kept = table.filter(pc.is_valid(table["energy_hartree"]))
    return kept if kept.num_rows else None
