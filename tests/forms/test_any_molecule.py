"""Ions, radicals, any element, tiny and large coordinates, odd names: each export gives a molecule back."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from hemdata.forms.export import export
from hemdata.forms.reading import form_of, frames_of
from hemdata.forms.shared.frames import Wanted
from hemdata.molecules import Unread, entries
from hemdata.schema import table_schema
from hemdata.shards import ShardWriter

FILES = {"csv": "a.csv", "xyz": "a.xyz", "extxyz": "a.extxyz", "hdf5": "a.h5", "ase-db": "a.db", "huggingface": "a"}
ALSO_BY_MOLECULES = ("csv", "xyz", "extxyz")
COORDINATES = st.floats(-1e4, 1e4) | st.sampled_from([0.0, -0.0, 5e-324, 1e-300, -1e-17, 1e-5, 1 / 3])
SCHEMA = table_schema("molecule")


@st.composite
def molecules(draw: st.DrawFn) -> dict[str, Any]:
    n = draw(st.integers(1, 4))
    z = draw(st.lists(st.integers(1, 36), min_size=n, max_size=n))
    charge = draw(st.integers(-3, min(3, sum(z))))
    electrons = sum(z) - charge
    most = max(m for m in (1, 3, 5) if m == 1 or m - 1 + electrons % 2 <= electrons)
    place = np.reshape(draw(st.lists(COORDINATES, min_size=3 * n, max_size=3 * n)), (n, 3))
    place[:, 0] += 3.0 * np.arange(n)
    name = draw(st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=10))
    return {
        "id": name, "atomic_numbers": z, "positions": place.ravel().tolist(), "n_atoms": n,
        "n_heavy": n - z.count(1), "charge": charge, "multiplicity": draw(st.sampled_from([1, most])) + electrons % 2,
        "geometry_level": "gfn2-xtb", "flags": [],
    }  # fmt: skip


@settings(max_examples=6, deadline=None, derandomize=True, database=None)
@given(st.lists(molecules(), min_size=1, max_size=8))
def test_each_export_gives_it_back_to_import_and_to_the_readers_of_molecules(drawn: list[dict[str, Any]]) -> None:
    rows = [{**row, "id": f"odd:{number}-{row['id']}"} for number, row in enumerate(drawn)]
    table = pa.Table.from_pylist(rows, schema=SCHEMA.arrow)
    good = pa.array([row for row in range(len(rows)) if row not in SCHEMA.refused(table)], pa.int64())
    if not len(good):  # atoms that lie in one place
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with ShardWriter(folder / "odd", SCHEMA) as writer:
            writer.add(table.take(good))
            writer.finish("odd", len(good), [], [])
        for form, name in FILES.items():
            path = export(folder / "odd", form, folder / form / name)
            files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
            expected = iter(table.take(good).to_pylist())
            for file in files:
                for batch in frames_of(file, form_of(file), Wanted()):
                    assert not batch.faults, form
                    for number in range(batch.n):
                        row, at = next(expected), batch.geometry(number)
                        assert batch.atomic_numbers[at].tolist() == row["atomic_numbers"], form
                        assert batch.positions[at].ravel().tolist() == row["positions"], form
                        state = (
                            value_of(batch.values, key, number, unsaid)
                            for key, unsaid in (("charge", 0), ("multiplicity", 1))
                        )
                        assert tuple(state) == (row["charge"], row["multiplicity"]), form
            assert next(expected, None) is None, form
            if form in ALSO_BY_MOLECULES:
                for row, found in zip(table.take(good).to_pylist(), entries(path), strict=True):
                    if isinstance(found, Unread):
                        assert "bohr" in found.reason or "on top" in found.reason, found
                        continue
                    assert (found.atomic_numbers, found.positions) == (row["atomic_numbers"], row["positions"]), form
                    assert (found.charge, found.multiplicity) == (row["charge"], row["multiplicity"]), form


def value_of(values: dict[str, Any], key: str, number: int, unsaid: int) -> int:
    """A whole number of a record; plain XYZ leaves out those of a neutral singlet."""
    value = values[key][number] if key in values else None
    return unsaid if value is None or value != value else int(value)
