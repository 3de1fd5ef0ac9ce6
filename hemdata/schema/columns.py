"""Columns of a table as flat arrays: values and offsets of lists, which values are there and within their bounds."""

import math
import sys
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from hemdata.catalog import Column

Bad = npt.NDArray[np.bool_]


def bounds(column: Column) -> tuple[float | None, float | None]:
    """The least and the largest value of a column of single values; whole numbers for whole numbers."""
    if column.type != "double":
        return (
            None if column.minimum is None else math.ceil(column.minimum),
            None if column.maximum is None else math.floor(column.maximum),
        )
    edge = sys.float_info.max if column.finite else None
    return (
        column.minimum if column.minimum is not None else edge and -edge,
        column.maximum if column.maximum is not None else edge,
    )


def sound(column: Column, values: pa.ChunkedArray) -> bool:
    """Whether no single value breaks what the column's card says; False also where that is not sure.

    A few kernels of Arrow. pandera, which names what is broken, takes a thousand times as long for a small table.
    """
    if values.null_count and not column.nullable:
        return False
    held = []
    if not column.type.startswith("list"):
        low, high = bounds(column)
        held += [pc.greater_equal(values, low)] if low is not None else []
        held += [pc.less_equal(values, high)] if high is not None else []
    if column.pattern:
        try:
            held.append(pc.match_substring_regex(values, f"^{column.pattern.removeprefix('^')}"))
        except pa.ArrowInvalid:  # a pattern that it cannot read: pandera says so
            return False
    if column.choices:
        held.append(pc.is_in(values, value_set=pa.array([*column.choices, None], values.type)))
    return all(pc.all(each, min_count=0).as_py() for each in held)


def lists(column: pa.ChunkedArray | pa.ListArray) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """Flat values and row offsets (rows + 1) of a list column of numbers; a null row has none, a null value is 0."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return array.flatten().fill_null(0).to_numpy(zero_copy_only=False), _offsets(array)


def list_faults(column: Column, values: pa.ChunkedArray) -> dict[str, Bad]:
    """What a list column's card says of its elements, and which rows break it (pandera judges no lists)."""
    array = values.combine_chunks()
    offsets, elements = _offsets(array), array.flatten()
    wrong = {"a null inside the list": np.asarray(elements.is_null().to_numpy(zero_copy_only=False), dtype=bool)}
    if column.type != "list<string>":
        found = elements.fill_null(0).to_numpy(zero_copy_only=False)
        if column.finite:
            wrong["not finite"] = ~np.isfinite(found)
        if column.minimum is not None:
            wrong[f"an element below {column.minimum}"] = found < column.minimum
        if column.maximum is not None:
            wrong[f"an element above {column.maximum}"] = found > column.maximum
    return {fault: sums(each, offsets) > 0 for fault, each in wrong.items()}


def sums(values: npt.NDArray[Any], offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Each row's sum of its flat whole numbers (or of how many are true)."""
    total = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
    each: npt.NDArray[np.int64] = total[offsets[1:]] - total[offsets[:-1]]
    return each


def _offsets(array: pa.ListArray) -> npt.NDArray[np.int64]:
    """Row offsets into `array.flatten()`: of the slice, not of the buffer that it is cut from."""
    lengths = array.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])


def given(table: pa.Table, column: str) -> Bad:
    """Which rows have a value."""
    return np.asarray(table[column].is_valid().to_numpy(), dtype=bool)


def numbers(table: pa.Table, column: str) -> npt.NDArray[np.int64]:
    """Whole numbers, 0 for a null."""
    return np.asarray(table[column].fill_null(0).to_numpy(), dtype=np.int64)
