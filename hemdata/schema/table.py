"""A table's schema, made from its card: the Arrow schema, the pandera checks, the docs' column table."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hemdata.catalog import Column, SchemaCard, result_card, schema_card
from hemdata.errors import DataError
from hemdata.schema.columns import bounds, list_faults, sound
from hemdata.schema.energy_bounds import suspected_unit, too_loose, too_tight
from hemdata.schema.rules import RULES

_LISTS = {"list<uint8>": pa.uint8(), "list<double>": pa.float64(), "list<string>": pa.string()}
_SCALARS = {"string": pa.string(), "bool": pa.bool_(), "double": pa.float64()}


def arrow_type(name: str) -> pa.DataType:
    """The Arrow type that a card calls `name`; a list's inner field has the name that Parquet gives it back with."""
    if name in _LISTS:
        return pa.list_(pa.field("element", _LISTS[name]))
    return _SCALARS.get(name) or pa.type_for_alias(name)


class TableSchema:
    """The columns of one kind of table and what their values must be.

    Args:
        card: the card in schemas/.
        properties: further columns, such as a dataset's own properties.
    """

    def __init__(self, card: SchemaCard, properties: Iterable[Column] = ()) -> None:
        self.name, self.version, self.about = card.name, card.version, card.about
        self.columns: list[Column] = [*card.columns, *properties]
        self.rules, self.flags = card.rules, card.flags
        names = [column.name for column in self.columns]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise DataError("A column is declared twice.", where=f"schema {self.name}", got=", ".join(sorted(twice)))
        missing = set(self.rules) - set(RULES)
        if missing:
            raise DataError(
                "A schema names a rule that is not known.", where=f"schema {self.name}", got=sorted(missing)
            )

    @cached_property
    def arrow(self) -> pa.Schema:
        """The Arrow schema; units and meanings stand in the fields' metadata."""
        fields = [
            pa.field(
                column.name,
                arrow_type(column.type),
                nullable=column.nullable,
                metadata={"unit": column.unit or "", "meaning": column.meaning},
            )
            for column in self.columns
        ]
        return pa.schema(fields, metadata={"hemdata.schema": self.name, "hemdata.schema_version": self.version})

    def pandera(self, asked: Sequence[Column]) -> Any:
        """The checks of single values as a pandera schema; types are compared with `arrow`, which is stricter."""
        import pandera.pyarrow as pandera

        columns = {}
        for column in asked:
            checks = []
            low, high = (None, None) if column.type.startswith("list") else bounds(column)
            if low is not None and high is not None:
                checks.append(pandera.Check.in_range(low, high))
            elif low is not None:
                checks.append(pandera.Check.ge(low))
            elif high is not None:
                checks.append(pandera.Check.le(high))
            if column.pattern:
                checks.append(pandera.Check.str_matches(column.pattern))
            if column.choices:
                checks.append(pandera.Check.isin(column.choices))
            columns[column.name] = pandera.Column(None, checks, nullable=column.nullable)
        return pandera.DataFrameSchema(columns, strict=True, name=self.name)

    def refused(self, table: pa.Table) -> dict[int, str]:
        """The rows that break a check or a rule, each with its reasons.

        A table whose columns are not those of the schema is not a matter of rows:

        Raises:
            DataError: if columns are missing, foreign, given twice or of another type.
        """
        self._same_columns(table.schema)
        bad: dict[int, list[str]] = {}
        for faults in (self._value_faults(table), self._list_faults(table), self._repeated(table)):
            for row, fault in faults:
                bad.setdefault(row, []).append(fault)
        for name, meaning in self.rules.items():
            for row in RULES[name](table).nonzero()[0].tolist():
                bad.setdefault(row, [f"{name}: {meaning}"])  # of a row that is bad already it says nothing new
        if "bond_energies" in self.rules:
            for row in (too_loose(table) | too_tight(table)).nonzero()[0].tolist():
                if unit := suspected_unit(table, row):
                    bad[row].append(f"energy_hartree would be right {unit}")
        return {row: "; ".join(bad[row]) for row in sorted(bad)}

    def check(self, table: pa.Table, where: object = None) -> None:
        """Refuse a table with any bad row.

        Raises:
            DataError: names the first bad row and how many there are.
        """
        bad = self.refused(table)
        if bad:
            row, reason = next(iter(bad.items()))
            raise DataError(
                f"{len(bad)} of {table.num_rows} rows break the schema '{self.name}'.",
                where=f"{where or 'table'}, row {row}"
                + (f" ({table['id'][row]})" if "id" in table.schema.names else ""),
                got=reason,
                fix="Correct or reject these rows before they are written.",
            )

    def markdown(self) -> str:
        """The columns, rules and flags as Markdown tables."""
        lines = ["| column | type | unit | may be null | meaning |", "| --- | --- | --- | --- | --- |"]
        lines += [
            f"| `{c.name}` | {c.type} | {c.unit or ''} | {'yes' if c.nullable else ''} | {c.meaning} |"
            for c in self.columns
        ]
        if self.rules:
            lines += ["", "| rule | what it asks |", "| --- | --- |"]
            lines += [f"| `{name}` | {meaning} |" for name, meaning in self.rules.items()]
        if self.flags:
            lines += ["", "| flag of any dataset | what it says |", "| --- | --- |"]
            lines += [f"| `{name}` | {meaning} |" for name, meaning in self.flags.items()]
        return "\n".join(lines) + "\n"

    def _same_columns(self, found: pa.Schema) -> None:
        expected = {field.name: field.type for field in self.arrow}
        got = {field.name: field.type for field in found}
        differ = [f"{n}: {got.get(n, 'missing')}" for n in {**expected, **got} if expected.get(n) != got.get(n)]
        differ += [f"{n}: given twice" for n in got if found.names.count(n) > 1]
        if differ:
            raise DataError(
                f"The table's columns are not those of the schema '{self.name}'.",
                expected=", ".join(f"{n}: {t}" for n, t in expected.items() if got.get(n) != t) or "no other column",
                got=", ".join(differ),
            )

    def _value_faults(self, table: pa.Table) -> Iterator[tuple[int, str]]:
        """Row and fault of every value that breaks a check of its column.

        pandera's failure cases on Arrow tables are the values that fail, without their rows; a check looks at nothing
        but the value, so the rows are those that hold one of them. Asked is only where a value is wrong.
        """
        broken = [column for column in self.columns if not sound(column, table[column.name])]
        if not broken:
            return
        import pandera.pyarrow as pandera

        try:
            self.pandera(broken).validate(table.select([column.name for column in broken]), lazy=True)
        except pandera.errors.SchemaErrors as errors:
            for error in errors.schema_errors:
                if not isinstance(error.failure_cases, pa.Table):
                    raise DataError(
                        "A check could not be made.", where=f"schema {self.name}", expected=error.check, got=error
                    ) from None
                (column,) = error.failure_cases.column_names
                if error.check == "not_nullable":
                    failed = table[column].is_null()
                else:
                    failed = pc.is_in(table[column], value_set=error.failure_cases[column].combine_chunks())
                check = getattr(error.check, "error", None) or error.check
                for row in pc.indices_nonzero(failed).to_pylist():
                    yield row, f"{column}: {check} (got {table[column][row].as_py()})"

    def _list_faults(self, table: pa.Table) -> Iterator[tuple[int, str]]:
        """Row and fault of every list that holds a wrong element."""
        for column in (column for column in self.columns if column.type.startswith("list")):
            for fault, rows in list_faults(column, table[column.name]).items():
                for row in rows.nonzero()[0].tolist():
                    yield row, f"{column.name}: {fault}"

    def _repeated(self, table: pa.Table) -> Iterator[tuple[int, str]]:
        """Every later row that repeats a value of a unique column."""
        for column in (column.name for column in self.columns if column.unique):
            seen: set[object] = set()
            for row, value in enumerate(table[column].to_pylist()):
                if value in seen and value is not None:
                    yield row, f"{column}: the value stands twice (got {value})"
                seen.add(value)


@cache
def _card(name: str) -> SchemaCard:
    return schema_card(name)


def table_schema(name: str, properties: Iterable[Column] = ()) -> TableSchema:
    """The schema of schemas/<name>.yaml, with further columns where given."""
    return TableSchema(_card(name), properties)


@cache
def result_schema(name: str) -> TableSchema:
    """The schema of schemas/results/<name>.yaml, a table of the analysis of a study."""
    return TableSchema(result_card(name))
