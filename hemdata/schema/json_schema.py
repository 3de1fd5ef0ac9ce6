"""JSON Schema and Arrow files made from the cards' models and the tables' cards: schemas/generated/, never by hand."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hemdata.catalog import (
    BridgeCard,
    Card,
    Column,
    DatasetCard,
    LevelCard,
    NetworkCard,
    SchemaCard,
    SetCard,
    StudyCard,
    cards,
)
from hemdata.files import whole
from hemdata.schema.table import TableSchema, arrow_type, result_schema, table_schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MODELS: dict[str, type[Card]] = {
    "bridge": BridgeCard,
    "dataset": DatasetCard,
    "level": LevelCard,
    "network": NetworkCard,
    "schema": SchemaCard,
    "set": SetCard,
    "study": StudyCard,
}
HAS_FURTHER_COLUMNS = ("molecule",)  # a dataset's own properties follow the record's columns


def card_json_schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of one kind of card; what a card's own checks ask beyond it, hemdata alone knows."""
    return {"$schema": DIALECT, **MODELS[kind].model_json_schema()}


def row_json_schema(schema: TableSchema) -> dict[str, Any]:
    """The JSON Schema of one row of a table; rules across columns stand in its comment as words."""
    rules = "; ".join(f"{name}: {meaning}" for name, meaning in schema.rules.items())
    return {
        "$schema": DIALECT,
        **({"$comment": f"A row must also keep what JSON Schema cannot say - {rules}"} if rules else {}),
        "title": f"{schema.name} {schema.version}",
        "description": schema.about,
        "type": "object",
        "properties": {column.name: _value(column) for column in schema.columns},
        "required": [column.name for column in schema.columns],
        "additionalProperties": schema.name in HAS_FURTHER_COLUMNS,
    }


def arrow_file(schema: TableSchema) -> bytes:
    """An Arrow IPC file without rows, which any Arrow library opens: types, units and meanings."""
    sink = pa.BufferOutputStream()
    pa.ipc.new_file(sink, schema.arrow).close()
    return bytes(sink.getvalue().to_pybytes())


def generated() -> dict[str, bytes]:
    """Every file of schemas/generated/: its path there, and what it must hold."""
    files = {f"cards/{kind}.json": _text(card_json_schema(kind)) for kind in MODELS}
    for name in cards("schema"):
        schema = table_schema(name)
        files[f"rows/{name}.json"] = _text(row_json_schema(schema))
        files[f"rows/{name}.arrow"] = arrow_file(schema)
    for name in cards("result"):
        files[f"results/{name}.json"] = _text(row_json_schema(result_schema(name)))
        files[f"results/{name}.arrow"] = arrow_file(result_schema(name))
    return files


def write_generated(folder: Path) -> list[Path]:
    """Write schemas/generated/ anew and return the files that changed."""
    changed = []
    for name, data in generated().items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != data:
            with whole(path) as temporary:
                temporary.write_bytes(data)
            changed.append(path)
    return changed


def _value(column: Column) -> dict[str, Any]:
    """What one column's value may be; a double without bounds is any number, which in JSON is finite."""
    kind = arrow_type(column.type)
    if pa.types.is_list(kind):
        value: dict[str, Any] = {"type": "array", "items": _single(kind.value_type, column)}
    else:
        value = _single(kind, column)
    if column.nullable:
        value["type"] = [value["type"], "null"]
        if "enum" in value:
            value["enum"] = [*value["enum"], None]
    unit = {"unit": column.unit} if column.unit else {}
    return {"description": column.meaning, **unit, **value}


def _single(kind: pa.DataType, column: Column) -> dict[str, Any]:
    if pa.types.is_boolean(kind):
        return {"type": "boolean"}
    if pa.types.is_string(kind):
        pattern = {"pattern": column.pattern} if column.pattern else {}
        return {"type": "string", **pattern, **({"enum": column.choices} if column.choices else {})}
    low, high = column.minimum, column.maximum
    if pa.types.is_integer(kind):
        whole = np.iinfo(kind.to_pandas_dtype())
        low = int(whole.min) if low is None else max(int(whole.min), math.ceil(low))
        high = int(whole.max) if high is None else min(int(whole.max), math.floor(high))
    bounds = {key: bound for key, bound in (("minimum", low), ("maximum", high)) if bound is not None}
    return {"type": "integer" if pa.types.is_integer(kind) else "number", **bounds}


def _text(schema: Mapping[str, Any]) -> bytes:
    return (json.dumps(schema, indent=2, ensure_ascii=False) + "\n").encode()
