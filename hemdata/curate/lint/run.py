"""Lints a built set: every check that its columns allow, row by row in worker processes, then the set as a whole."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa

from hemdata.curate.lint import energies, geometries, molecules, orbitals, repeats, vibrations
from hemdata.curate.lint.check import Check, Fault, Finding, at_least
from hemdata.curate.lint.rows import Rows
from hemdata.curate.lint.summary import Summary, summary_of, together
from hemdata.errors import CallError, DataError
from hemdata.identity import Geometry
from hemdata.processes import ordered_map
from hemdata.shards import iterate, read_manifest

FAMILIES: dict[str, ModuleType] = {
    "what the row says it is": molecules,
    "geometry": geometries,
    "energies": energies,
    "frequencies and thermal terms": vibrations,
    "orbitals and dipole": orbitals,
    "rows against each other": repeats,
}
SPLIT = "split"
ROWS_PER_TASK = 5_000


def checks() -> dict[str, list[Check]]:
    """All checks by family, in the order of their files."""
    return {
        family: [each for each in vars(module).values() if isinstance(each, Check)]
        for family, module in FAMILIES.items()
    }


@dataclass(frozen=True)
class Linted:
    """What lint found in a set.

    Attributes:
        dataset: the set's name.
        rows: how many were looked at.
        findings: by code, then in the rows' order.
        made: codes of the checks that were made.
        not_made: of those that were not, with the columns that the set lacks.
        known: how many findings were left out because the register of known defects, or a baseline, has them.
    """

    dataset: str
    rows: int
    findings: list[Finding]
    made: list[str]
    not_made: dict[str, list[str]] = field(default_factory=dict)
    known: int = 0

    def as_data(self) -> dict[str, Any]:
        """As plain data, for JSON; such a file is a baseline."""
        return asdict(self)

    def at_least(self, severity: str) -> int:
        """How many findings are of a severity or a graver one."""
        graver = at_least(severity)
        return sum(finding.severity in graver for finding in self.findings)

    @property
    def counts(self) -> dict[str, int]:
        """Findings by code."""
        return dict(Counter(finding.code for finding in self.findings))

    def without(self, known: Iterable[tuple[str, tuple[str, ...]]]) -> "Linted":
        """Less the findings of these codes and rows."""
        keys = set(known)
        left = [finding for finding in self.findings if finding.key not in keys]
        gone = self.known + len(self.findings) - len(left)
        return Linted(self.dataset, self.rows, left, self.made, self.not_made, gone)


def lint(
    folder: str | Path,
    *,
    split: str | None = None,
    only: Sequence[str] = (),
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Linted:
    """Look for contradictions inside a built set; no quantum chemistry.

    Args:
        folder: of shards.
        split: name of the column that says on which side of a split a row stands; by default `split`, if it is there.
        only: codes, or first letters of codes, of the checks to make; all by default.
        workers: processes; by default one a core.
        progress: called with the number of rows looked at since the last call.

    Raises:
        CallError: if it is no folder of shards, or has no such column, or there is no such check.
        DataError: if a shard cannot be read.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    wanted = _wanted(only)
    batches = iterate(folder, batch_rows=ROWS_PER_TASK)
    first = next(batches, None)
    names = [] if first is None else first.schema.names
    if split is None and SPLIT in names:
        split = SPLIT
    if split is not None and split not in names:
        raise CallError("The set has no such column.", where=folder, expected=", ".join(names), got=split)
    task = partial(_looked_at, codes=tuple(each.code for each in wanted), split=split)
    parts = []
    for part in ordered_map(task, _all(first, batches), workers) if first is not None else ():
        parts.append(part)
        if progress:
            progress(len(part.summary))
    return _put_together(manifest.dataset, wanted, parts, partial(_geometries, folder))


def lint_table(table: pa.Table, split: str | None = None, only: Sequence[str] = ()) -> Linted:
    """As `lint`, of rows in memory."""
    wanted = _wanted(only)
    part = _looked_at(table, tuple(each.code for each in wanted), split)
    place = partial(_geometries_of, table.select(["atomic_numbers", "positions"]))
    return _put_together("", wanted, [part], place)


def baseline(path: Path) -> set[tuple[str, tuple[str, ...]]]:
    """What an earlier `hemdata lint --json` found, by code and rows.

    Raises:
        CallError: if there is no such file.
        DataError: if it is none that lint wrote.
    """
    if not path.is_file():
        raise CallError("The baseline is not there.", where=path, fix="`hemdata lint SET --json > FILE` writes one.")
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return {(one["code"], tuple(sorted(one["ids"]))) for one in told["findings"]}
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            "The baseline is no file of lint's.",
            where=path,
            got=f"{type(error).__name__}: {error}",
            fix="`hemdata lint SET --json > FILE` writes one.",
        ) from None


def _wanted(only: Sequence[str]) -> list[Check]:
    every = [each for family in checks().values() for each in family]
    unknown = [code for code in only if not any(each.code.startswith(code) for each in every)]
    if unknown:
        known = ", ".join(each.code for each in every)
        raise CallError("There is no such check.", expected=known, got=", ".join(unknown))
    return [each for each in every if not only or each.code.startswith(tuple(only))]


def _all(first: pa.RecordBatch, rest: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
    yield first
    yield from rest


@dataclass
class _Part:
    """What a worker tells of some rows: the checks made, what they found, and what the whole set's checks need."""

    made: set[str]
    found: list[tuple[str, Fault, list[str]]]
    summary: Summary


def _put_together(
    dataset: str, wanted: list[Check], parts: list[_Part], geometries: Callable[[set[int]], dict[int, Geometry]]
) -> Linted:
    whole = together([part.summary for part in parts])
    made = {code for part in parts for code in part.made}
    found = [each for part in parts for each in part.found]
    if any(each.whole and "positions" in each.needs for each in wanted):
        pairs = repeats.alike(whole)
        whole.pairs = repeats.same_geometries(pairs, geometries({row for pair in pairs for row in pair}))
    for its in (each for each in wanted if each.whole and whole.has(*each.needs)):
        made.add(its.code)
        found += [(its.code, fault, _ids(fault, whole.ids)) for fault in its.find(whole)]
    place = {name: number for number, name in enumerate(whole.ids)}
    by_code = {each.code: each for each in wanted}
    findings = [
        Finding(code, by_code[code].severity, tuple(ids), fault.evidence, fault.size_kcal_mol)
        for code, fault, ids in found
    ]
    order = list(by_code)
    findings.sort(key=lambda one: (order.index(one.code), place[one.ids[0]] if one.ids else -1))
    lacking = {each.code: list(each.needs) for each in wanted if each.code not in made}
    return Linted(dataset, len(whole), findings, [code for code in order if code in made], lacking)


def _geometries(folder: Path, rows: set[int]) -> dict[int, Geometry]:
    """The geometries of some rows of a set, by place."""
    found: dict[int, Geometry] = {}
    start = 0
    for batch in iterate(folder, ["atomic_numbers", "positions"]) if rows else ():
        its = {row - start for row in rows if start <= row < start + batch.num_rows}
        found |= {start + row: one for row, one in _geometries_of(pa.table(batch), its).items()}
        start += batch.num_rows
    return found


def _geometries_of(table: pa.Table, rows: set[int]) -> dict[int, Geometry]:
    return {
        row: Geometry(table["atomic_numbers"][row].as_py(), table["positions"][row].as_py()) for row in sorted(rows)
    }


def _looked_at(batch: pa.RecordBatch | pa.Table, codes: tuple[str, ...], split: str | None) -> _Part:
    """A worker's part."""
    from hemdata.identity.molecule import quiet

    quiet()
    rows = Rows(batch if isinstance(batch, pa.Table) else pa.table(batch))
    part = _Part(set(), [], summary_of(rows, split))
    for its in (each for family in checks().values() for each in family if each.code in codes and not each.whole):
        if rows.has(*its.needs):
            part.made.add(its.code)
            part.found += [(its.code, fault, _ids(fault, rows.ids)) for fault in its.find(rows)]
    return part


def _ids(fault: Fault, ids: list[str]) -> list[str]:
    return [ids[row] for row in (fault.row, *fault.others) if row >= 0]
