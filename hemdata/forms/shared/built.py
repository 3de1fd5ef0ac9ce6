"""A built set as the exporters see it: its manifest, its columns, its rows as a stream."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hemdata.catalog import Column, DatasetCard, cards, dataset
from hemdata.errors import CallError
from hemdata.schema import TableSchema, table_schema
from hemdata.shards import Manifest, SetName, iterate, read_manifest


@dataclass(frozen=True)
class BuiltSet:
    """A folder of shards to be exported.

    Attributes:
        folder: of the shards.
        manifest: of the folder.
    """

    folder: Path
    manifest: Manifest

    @classmethod
    def at(cls, folder: str | Path) -> "BuiltSet":
        """The built set in a folder; errors as `read_manifest`."""
        return cls(Path(folder), read_manifest(Path(folder)))

    @cached_property
    def schema(self) -> TableSchema:
        """The schema of its rows, its own properties among the columns."""
        return table_schema(self.manifest.schema_name, self.manifest.properties)

    @property
    def columns(self) -> list[Column]:
        """Its columns in order."""
        return self.schema.columns

    @property
    def card(self) -> DatasetCard | None:
        """The card of the published dataset that the rows are of, labelled anew or not, where there is one."""
        name = SetName.of(self.manifest.dataset).dataset
        return dataset(name) if name in cards("dataset") else None

    def batches(self, columns: Sequence[str] | None = None, rows: int = 10_000) -> Iterator[pa.RecordBatch]:
        """Its rows in order, in constant memory."""
        for batch in iterate(self.folder, columns, rows):
            if batch.num_rows:
                yield batch

    def geometries(self, rows: int = 10_000) -> Iterator[pa.RecordBatch]:
        """As `batches`, all columns.

        Raises:
            CallError: at the first row without a geometry, which no form of structures can hold.
        """
        for batch in self.batches(rows=rows):
            missing = batch["positions"].null_count
            if missing:
                bare = batch.filter(batch["positions"].is_null())
                raise CallError(
                    f"'{self.manifest.dataset}' has molecules without a geometry, and this form is one of structures.",
                    where=f"{self.folder}, {bare['id'][0]}",
                    fix="Export it as csv or huggingface, or label it first (`hemdata label`).",
                )
            yield batch

    def molecules(self) -> Iterator[dict[str, Any]]:
        """Row by row, lists of numbers as arrays, positions as [n, 3]; errors as `geometries`."""
        for batch in self.geometries():
            arrays = {
                column.name: _arrays(batch[column.name]) if _numbers(column) else batch[column.name].to_pylist()
                for column in self.columns
            }
            for values in zip(*arrays.values(), strict=True):
                row = dict(zip(arrays, values, strict=True))
                yield {**row, "positions": row["positions"].reshape(-1, 3)}


def _numbers(column: Column) -> bool:
    return column.type.startswith("list") and "string" not in column.type


def _arrays(lists: pa.ListArray) -> list[np.ndarray | None]:
    offsets = lists.offsets.to_numpy()
    values = lists.values.to_numpy(zero_copy_only=False)
    present = lists.is_valid().to_numpy(zero_copy_only=False)
    ends = zip(offsets[:-1], offsets[1:], present, strict=True)
    return [values[start:end].copy() if there else None for start, end, there in ends]
