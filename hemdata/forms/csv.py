"""Comma-separated values, one row a molecule: spreadsheets, pandas, R; lists as numbers with blanks between."""

import csv as python_csv
import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv
from pyarrow.csv import CSVWriter

from hemdata.archives.text import as_text, not_utf8, odd_byte
from hemdata.errors import DataError
from hemdata.forms.shared.built import BuiltSet
from hemdata.forms.shared.frames import Frames, Wanted
from hemdata.forms.shared.table import frames_of_columns

ABOUT = "one row a molecule, lists as words with blanks between: spreadsheets, pandas, R"
SUFFIX = ".csv"
READS = "a table of columns split by comma, semicolon or tab; decimal commas, a byte-order mark and # lines are met"
SUFFIXES = (".csv", ".tsv")


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


_DECIMAL_COMMA = r"^\s*[-+]?\d+,\d+([eE][-+]?\d+)?\s*$"


def frames(path: Path, wanted: Wanted) -> Iterator[Frames]:
    """Every row, all cells as text; a row of another length is a fault of its own.

    Raises:
        DataError: if the file is empty or not UTF-8.
    """
    skipped, delimiter, names = _header(path)
    odd: list[tuple[int, str]] = []

    def noted(row: arrow_csv.InvalidRow) -> str:
        if not row.text.startswith("#"):
            what = f"expected {row.expected_columns} cells, got {row.actual_columns}: {row.text[:60]!r}"
            odd.append((row.number or 0, what))
        return "skip"

    texts = {name: pa.string() for name in names}
    try:
        with arrow_csv.open_csv(
            path,
            read_options=arrow_csv.ReadOptions(
                use_threads=False, skip_rows=skipped + 1, column_names=names, block_size=1 << 22
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, invalid_row_handler=noted, newlines_in_values=True
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=texts, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
            ),
        ) as reader:
            first = 1
            for batch in reader:
                for columns in _without_comments(batch):
                    told = {name: _with_points(columns[name], delimiter) for name in names}
                    yield frames_of_columns(path.name, first, told, wanted)
                    first += columns.num_rows
    except pa.ArrowInvalid as error:
        raise DataError("The table does not read.", where=path, got=error, fix="Correct the file.") from None
    if odd:
        yield _odd(path.name, odd)


def _header(path: Path) -> tuple[int, str, list[str]]:
    """Lines before the header, the delimiter and the columns' names."""
    before: list[str] = []
    with path.open("rb") as binary, as_text(path, binary) as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                break
            before.append(line)
        else:
            raise DataError("The table holds no row.", where=path, fix="Check the file.")
    if byte := odd_byte(line):
        raise not_utf8(f"{path}, line {len(before) + 1}", byte)
    plain = re.sub(r'"[^"]*"', "", line)
    delimiter = max("\t;,|", key=lambda sign: plain.count(sign))
    delimiter = delimiter if delimiter in line else ","
    if before and before[-1].startswith("#") and before[-1].count(delimiter) == line.count(delimiter) > 0:
        line, before = before[-1].lstrip("# "), before[:-1]  # the header itself is a comment
    cells = next(python_csv.reader([line.rstrip("\r\n")], delimiter=delimiter, skipinitialspace=True))
    names = [name.strip().strip('"').strip() for name in cells]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or "" in names:
        raise DataError(
            "The table's header is wrong.",
            where=f"{path}, line {len(before) + 1}",
            expected="a name for every column, each once",
            got=", ".join(twice) or "a column without a name",
            fix="Correct the header.",
        )
    return len(before), delimiter, names


def _without_comments(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    first = batch.column(0)
    comment = pc.fill_null(pc.starts_with(first, "#"), False)
    kept = batch.filter(pc.invert(comment)) if pc.any(comment).as_py() else batch
    for at in range(0, kept.num_rows, 2000):
        yield kept.slice(at, 2000)


def _with_points(column: pa.Array, delimiter: str) -> list[str | None]:
    """The cells; decimal commas become points where the whole column has none but such numbers."""
    if delimiter != ",":
        marked = pc.match_substring_regex(column, _DECIMAL_COMMA)
        whole = pc.match_substring_regex(column, r"^\s*[-+]?\d+\s*$")
        if pc.any(marked).as_py() and pc.all(pc.or_(marked, whole)).as_py():
            column = pc.replace_substring(column, ",", ".")
    cells: list[str | None] = column.to_pylist()
    return cells


def _odd(name: str, odd: list[tuple[int, str]]) -> Frames:
    """Rows of another length, which Arrow tells of without their place when it reads block by block."""
    found = frames_of_columns(name, 1, {"": [None] * len(odd)}, Wanted(keep=frozenset()))
    found.faults = {
        row: ("a row of another length", f"line {number}: {what}" if number else what)
        for row, (number, what) in enumerate(odd)
    }
    found.word = "odd row"
    return found
