"""Whether the wave function of a label is stable: no solution of lower energy lies beside it."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hemdata.catalog import Column
from hemdata.errors import CallError
from hemdata.label.added import Added, at_their_labels
from hemdata.label.asked import Asked
from hemdata.label.calculation import Result, Stage
from hemdata.label.run import Outcome
from hemdata.label.store import LabelStore
from hemdata.levels import Level
from hemdata.schema import table_schema

COLUMNS = [
    Column(name="internally_stable", type="bool", nullable=True,
           meaning="whether the SCF's solution is a minimum among those of its own kind, restricted or unrestricted"),
    Column(name="spin_stable", type="bool", nullable=True,
           meaning="whether no unrestricted solution lies below a closed shell's; null of an open shell"),
]  # fmt: skip


@dataclass(frozen=True)
class Stability:
    """Stability of a converged SCF.

    Attributes:
        internal: a minimum among solutions of its own kind.
        spin: of a closed shell, whether it is one among unrestricted solutions too; None of an open shell.
    """

    internal: bool
    spin: bool | None


def stability(
    atomic_numbers: npt.NDArray[np.integer],
    positions: npt.NDArray[np.float64],
    charge: int,
    multiplicity: int,
    level: Level,
) -> Stability:
    """The lowest eigenvalues of the second derivatives of the energy by orbital rotations, at a level's own SCF.

    Seeger and Pople, J. Chem. Phys. 1977, 66, 3045; by PySCF.

    Args:
        atomic_numbers: (N,).
        positions: (N, 3) angstrom.

    Raises:
        DataError: as the engine's single point.
    """
    from hemdata.label import pyscf_engine
    from hemdata.label.mixed_functions import give_response

    built = pyscf_engine.molecule(atomic_numbers, positions, charge, multiplicity, level.card)
    field: Any = pyscf_engine.mean_field(built, level.card)
    if level.card.angular == "cartesian-d-spherical-f":
        give_response(field)
    pyscf_engine.converged(field, level.name)
    closed = built.spin == 0
    _, _, internal, spin = field.stability(internal=True, external=closed, return_status=True)
    return Stability(bool(internal), bool(spin) if closed else None)


def stabilities(
    asked: Sequence[Asked], labels: Sequence[str], its: Level, store: LabelStore, run: Callable[..., Outcome]
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
    outcome = run([there for _, _, there in found], [Stage(its, relax=False, stability=True)], store)
    keys: list[str | None] = [None] * len(asked)
    for (place, _, _), key in zip(found, outcome.keys, strict=True):
        keys[place] = key
    return Added("stability", keys, COLUMNS, _filled, {"level": its.name})


def analysable(its: Level) -> None:
    """Refuse a level whose engine has no such analysis.

    Raises:
        CallError: for a level that is no density functional's.
    """
    if its.card.engine != "pyscf":
        raise CallError(
            f"The wave function of '{its.name}' cannot be analysed.",
            expected="a level whose engine is pyscf",
            got=its.card.engine,
            fix="Leave --stability out, or label at such a level.",
        )


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
