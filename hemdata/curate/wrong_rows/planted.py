"""A composition's step `plant`: labels made wrong on purpose, to see whether a screen finds them, and what they do."""

from typing import Any

from hemdata.catalog import Step
from hemdata.units import HARTREE_KCAL_MOL

FLAG = "planted"


def planted(db: Any, step: Step, before: str, view: str) -> str:
    """The view of the rows of `before`, a share of their energies off by so many kcal/mol, half of them up.

    The rows, and the side on which each is off, go by hashes of the seed and the row's id; rows without an energy are
    let be.

    Args:
        db: DuckDB's connection.
        before: a view of rows of the molecule schema.
        view: a name that is free.
    """
    assert step.plant is not None
    share, size = step.plant.share, step.plant.kcal_mol
    up = f"(CASE WHEN sha256('up {step.seed}:' || id) < '8' THEN 1.0 ELSE -1.0 END)"
    order = f"row_number() OVER (ORDER BY atomization_energy_kcal_mol IS NULL, sha256('plant {step.seed}:' || id))"
    many = f"round({share!r} * count(atomization_energy_kcal_mol) OVER ())"
    db.execute(
        f"CREATE VIEW {view} AS SELECT * EXCLUDE (_wrong) REPLACE ("
        f"CASE WHEN _wrong THEN energy_hartree + {size / HARTREE_KCAL_MOL!r} * {up} ELSE energy_hartree END "
        "AS energy_hartree, "
        f"CASE WHEN _wrong THEN atomization_energy_kcal_mol - {size!r} * {up} ELSE atomization_energy_kcal_mol END "
        "AS atomization_energy_kcal_mol, "
        f"CASE WHEN _wrong THEN list_append(flags, '{FLAG}') ELSE flags END AS flags"
        f") FROM (SELECT *, {order} <= {many} AS _wrong FROM {before})"
    )
    return view
