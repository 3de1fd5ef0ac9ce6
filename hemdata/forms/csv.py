"""Comma-separated values, one row a molecule: spreadsheets, pandas, R; lists as numbers with blanks between."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.csv import CSVWriter

from hemdata.forms.built import BuiltSet

ABOUT = "one row a molecule, lists as words with blanks between: spreadsheets, pandas, R"
SUFFIX = ".csv"


def write(built: BuiltSet, path: Path) -> None:
    """Write every row; numbers in the shortest text that gives the same float64 again, nothing where there is none."""
    schema = pa.schema([(column.name, _flat_type(built, column.name)) for column in built.columns])
    with CSVWriter(path, schema) as file:
        for batch in built.batches():
            file.write_batch(pa.record_batch([_flat(batch[name]) for name in schema.names], schema=schema))


def _flat_type(built: BuiltSet, name: str) -> pa.DataType:
    kind = built.schema.arrow.field(name).type
    return pa.string() if pa.types.is_list(kind) else kind


def _flat(values: pa.Array) -> pa.Array:
    if not pa.types.is_list(values.type):
        return values
    return pc.binary_join(values.cast(pa.list_(pa.string())), " ")
