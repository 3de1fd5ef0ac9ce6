"""Rows that the register of known defects has: flagged by a build, flagged or left out by a composition."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hemdata.catalog import SetCard, Step
from hemdata.catalog.defects import DefectsCard, defects_file, of_rows
from hemdata.curate.complete.records import with_flags
from hemdata.errors import CallError
from hemdata.shards import SourceFile, iterate, sha256

FLAG = "known_defect"


def with_known(table: pa.Table, register: DefectsCard | None) -> pa.Table:
    """The rows of the register with the flag `known_defect`; without a register, the same table."""
    if register is None:
        return table
    known = pc.is_in(table["id"], value_set=pa.array(sorted(register.ids()), pa.string()))
    return with_flags(table, {FLAG: known.to_numpy(zero_copy_only=False)})


def asks_for_defects(step: Step) -> bool:
    """Whether a step leaves out or flags known defects."""
    return step.flag == "defects" or step.without not in (None, "suspects")


def registers_of(card: SetCard, parents: Sequence[Path]) -> list[DefectsCard]:
    """The registers that a composition's steps go by, where one asks for them: those of the datasets of its rows.

    Args:
        parents: folders, those that are taken first.

    Raises:
        CallError: if no such dataset has a register, or none of them knows a code.
    """
    asked = [step for step in card.steps if asks_for_defects(step)]
    if not asked:
        return []
    taken = parents[: len(card.steps[0].take or [])]
    found = of_rows(id for folder in taken for batch in iterate(folder, ["id"]) for id in batch["id"].to_pylist())
    codes = {each.code for its in found for each in its.defects}
    unknown = {code for step in asked if isinstance(step.without, list) for code in step.without} - codes
    if not found or unknown:
        raise CallError(
            f"'{card.name}' goes by known defects that no register has.",
            where="datasets/defects",
            expected=", ".join(sorted(codes)) or f"a register of {', '.join(folder.name for folder in taken)}",
            got=", ".join(sorted(unknown)) or "none",
            fix="`hemdata info DATASET` tells the known defects of a dataset.",
        )
    return found


def register_files(registers: Sequence[DefectsCard]) -> list[SourceFile]:
    """The registers as a manifest names them: a set is composed anew when one has changed."""
    paths = [path for path in (defects_file(its.name) for its in registers) if path is not None]
    return [SourceFile(name=f"defects/{p.name}", bytes=p.stat().st_size, sha256=sha256(p)) for p in paths]


def defective(db: Any, step: Step, before: str, view: str, registers: Sequence[DefectsCard]) -> str:
    """The view of the rows of `before` less those of the registers, or with them flagged.

    Args:
        db: DuckDB's connection.
        before: a view of rows of the molecule schema.
        view: a name that is free.
    """
    codes = step.without if isinstance(step.without, list) else ()
    known = sorted(set().union(*(its.ids(codes) for its in registers)))
    db.execute(f"CREATE TABLE {view}_known AS SELECT unnest(?::VARCHAR[]) AS id", [known])
    wrong = f"id IN (SELECT id FROM {view}_known)"
    if step.without:
        sql = f"SELECT * FROM {before} WHERE NOT {wrong}"
    else:
        new = f"{wrong} AND NOT list_contains(flags, '{FLAG}')"
        sql = f"SELECT * REPLACE (CASE WHEN {new} THEN list_append(flags, '{FLAG}') ELSE flags END AS flags)"
        sql += f" FROM {before}"
    db.execute(f"CREATE VIEW {view} AS {sql}")
    return view
