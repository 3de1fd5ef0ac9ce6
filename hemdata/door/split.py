"""The molecules of a set on three sides: training, validation and test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa


class Split(NamedTuple):
    """The molecules of a set on three sides, each a table of the record.

    Example:
        >>> sides = hd.Set.open("test-groups@gfn2-xtb").split(seed=0)
        >>> sides.train.num_rows, sides.validation.num_rows, sides.test.num_rows
        (128, 16, 16)
    """

    train: pa.Table
    validation: pa.Table
    test: pa.Table


def dealt(
    table: pa.Table, fractions: tuple[float, float, float], seed: int, by: Literal["molecule", "scaffold", "size"]
) -> Split:
    """Deal molecules that have an energy to the three sides.

    Raises:
        DataError: for fewer than three of them.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from hemdata.train.data.splits import split_table

    table = table.filter(pc.is_valid(table["atomization_energy_kcal_mol"]))
    parts = split_table(table, seed, fractions, by)
    return Split(*(table.take(pa.array(rows)) for rows in (parts.train, parts.validation, parts.test)))
