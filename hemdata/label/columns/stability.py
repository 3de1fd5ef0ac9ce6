"""Whether the wave functions of labels are stable, as columns of labelled rows."""

from collections import Counter
from collections.abc import Callable, Sequence

import pyarrow as pa

from hemdata.catalog import Column
from hemdata.chemistry.stability import analysable
from hemdata.label.calculation import Result, Stage
from hemdata.label.columns.added import Added, at_their_labels
from hemdata.label.jobs import STABILITY
from hemdata.label.run import Outcome
from hemdata.label.store.database import LabelStore
from hemdata.levels import Level
from hemdata.molecules import Molecule
from hemdata.schema import table_schema

COLUMNS = [
    Column(name="internally_stable", type="bool", nullable=True,
           meaning="whether the SCF's solution is a minimum among those of its own kind, restricted or unrestricted"),
    Column(name="spin_stable", type="bool", nullable=True,
           meaning="whether no unrestricted solution lies below a closed shell's; null of an open shell"),
]  # fmt: skip


def stabilities(
    asked: Sequence[Molecule], labels: Sequence[str], its: Level, store: LabelStore, run: Callable[..., Outcome]
) -> Added:
    """Analyse the wave functions of labelled molecules, at their labels' geometries.

    Args:
        asked, labels: molecules, and the keys of their labels.
        its: level of the labels.
        run: `label` with all that does not concern the molecules.

    Raises:
        CallError: for a level that is no density functional's.
    """
    analysable(its)
    found = list(at_their_labels(asked, labels, store))
    outcome = run([there for _, _, there in found], [Stage(its, STABILITY)], store)
    keys: list[str | None] = [None] * len(asked)
    for (place, _, _), key in zip(found, outcome.keys, strict=True):
        keys[place] = key
    return Added("stability", keys, COLUMNS, _filled, {"level": its.name})


def _filled(table: pa.Table, analysed: Sequence[Result | None]) -> tuple[pa.Table, Counter[str]]:
    without: Counter[str] = Counter()
    columns: dict[str, list[bool | None]] = {column.name: [] for column in COLUMNS}
    for result in analysed:
        told = result.provenance if result and result.reason is None else {}
        if not told:
            reason = result.reason if result else None
            without[reason.splitlines()[0] if reason else "Its wave function is not analysed yet."] += 1
        for name, values in columns.items():
            values.append(told.get(name))
    schema = table_schema("molecule", COLUMNS).arrow
    for name, values in columns.items():
        table = table.append_column(schema.field(name), pa.array(values, pa.bool_()))
    return table, without
