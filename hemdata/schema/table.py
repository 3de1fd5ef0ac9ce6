"""A table's schema, made from its card: the Arrow schema, the pandera checks, the docs' column table."""

from collections.abc import Iterable
from functools import cache, cached_property
from typing import Any

import pyarrow as pa

from hemdata.catalog import Column, SchemaCard, schema_card
from hemdata.errors import DataError
from hemdata.schema.rules import RULES

_LISTS = {"list<uint8>": pa.uint8(), "list<double>": pa.float64(), "list<string>": pa.string()}
_SCALARS = {"string": pa.string(), "bool": pa.bool_(), "double": pa.float64()}


def arrow_type(name: str) -> pa.DataType:
    """The Arrow type that a card calls `name`."""
    if name in _LISTS:
        return pa.list_(_LISTS[name])
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
        self.rules = card.rules
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

    @cached_property
    def pandera(self) -> Any:
        """The column checks as a pandera schema for pyarrow tables."""
        import pandera.pyarrow as pandera

        columns = {}
        for column in self.columns:
            checks = []
            if (column.type == "double" and column.finite) or column.minimum is not None or column.maximum is not None:
                largest = 1.7976931348623157e308 if column.type == "double" else 2**63
                low = column.minimum if column.minimum is not None else -largest
                high = column.maximum if column.maximum is not None else largest
                checks.append(pandera.Check.in_range(low, high))
            if column.pattern:
                checks.append(pandera.Check.str_matches(column.pattern))
            if column.choices:
                checks.append(pandera.Check.isin(column.choices))
            columns[column.name] = pandera.Column(
                arrow_type(column.type), checks, nullable=column.nullable, unique=column.unique
            )
        return pandera.DataFrameSchema(columns, strict=True, name=self.name)

    def refused(self, table: pa.Table) -> dict[int, str]:
        """The rows that break a check or a rule, each with its reason.

        A table whose columns are not those of the schema is not a matter of rows:

        Raises:
            DataError: if columns are missing, foreign or of another type.
        """
        self._same_columns(table.schema)
        bad: dict[int, str] = {}
        if self._column_fault(table) is not None:
            bad.update(self._located(table, 0))
            bad.update(self._repeated(table, bad))
        for name, meaning in self.rules.items():
            for row in RULES[name](table).nonzero()[0]:
                bad.setdefault(int(row), f"{name}: {meaning}")
        return dict(sorted(bad.items()))

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
        """The columns and rules as Markdown tables."""
        lines = ["| column | type | unit | may be null | meaning |", "| --- | --- | --- | --- | --- |"]
        lines += [
            f"| `{c.name}` | {c.type} | {c.unit or ''} | {'yes' if c.nullable else ''} | {c.meaning} |"
            for c in self.columns
        ]
        if self.rules:
            lines += ["", "| rule | what it asks |", "| --- | --- |"]
            lines += [f"| `{name}` | {meaning} |" for name, meaning in self.rules.items()]
        return "\n".join(lines) + "\n"

    def _same_columns(self, found: pa.Schema) -> None:
        expected = {field.name: field.type for field in self.arrow}
        got = {field.name: field.type for field in found}
        if expected != got:
            differ = [f"{n}: {got.get(n, 'missing')}" for n in {**expected, **got} if expected.get(n) != got.get(n)]
            raise DataError(
                f"The table's columns are not those of the schema '{self.name}'.",
                expected=", ".join(f"{n}: {t}" for n, t in expected.items() if got.get(n) != t) or "no other column",
                got=", ".join(differ),
            )

    def _column_fault(self, table: pa.Table) -> str | None:
        import pandera.pyarrow as pandera

        try:
            self.pandera.validate(table, lazy=True)
        except pandera.errors.SchemaErrors as errors:
            faults = errors.failure_cases.select(["column", "check", "failure_case"]).to_pylist()
            return "; ".join(dict.fromkeys(f"{f['column']}: {f['check']} (got {f['failure_case']})" for f in faults))
        return None

    def _located(self, table: pa.Table, first: int) -> dict[int, str]:
        """Bad rows found by halving: pandera judges tables, the rows are ours to name."""
        fault = self._column_fault(table)
        if fault is None:
            return {}
        if table.num_rows == 1:
            return {first: fault}
        half = table.num_rows // 2
        return self._located(table.slice(0, half), first) | self._located(table.slice(half), first + half)

    def _repeated(self, table: pa.Table, bad: dict[int, str]) -> dict[int, str]:
        """Every later row that repeats a value of a unique column (which halving cannot see)."""
        repeated = {}
        for column in (column.name for column in self.columns if column.unique):
            seen: set[object] = set()
            for row, value in enumerate(table[column].to_pylist()):
                if value in seen and row not in bad:
                    repeated[row] = f"{column}: the value stands twice (got {value})"
                seen.add(value)
        return repeated


@cache
def _card(name: str) -> SchemaCard:
    return schema_card(name)


def table_schema(name: str, properties: Iterable[Column] = ()) -> TableSchema:
    """The schema of schemas/<name>.yaml, with further columns where given."""
    return TableSchema(_card(name), properties)
