"""A screen as files: its rows, and the ids of its suspects."""

from pathlib import Path

import pyarrow as pa

from hemdata.assess.suspects.screen import Screen
from hemdata.files import whole, write_whole
from hemdata.shards import write_parquet


def write_screen(found: Screen, path: Path) -> Path:
    """Write the rows of a screen, and beside them, as text, the ids of its suspects; each whole or not at all.

    Args:
        path: of the Parquet file; a composition looks for it where `screen_file` says.

    Returns:
        The file of ids.
    """
    with whole(path) as temporary:
        write_parquet(table_of(found), temporary)
    ids = path.with_suffix(".txt")
    write_whole(ids, "".join(f"{row.id}\n" for row in found.suspects))
    return ids


def table_of(found: Screen) -> pa.Table:
    """The rows of a screen, the most suspect first."""
    columns: dict[str, tuple[pa.DataType, str]] = {
        "id": (pa.string(), ""),
        "smiles": (pa.string(), ""),
        "energy_hartree": (pa.float64(), "hartree"),
        "residual_kcal_mol": (pa.float64(), "kcal/mol"),
        "score": (pa.float64(), ""),
        "probability": (pa.float64(), ""),
        "suspect": (pa.bool_(), ""),
        "verdict": (pa.string(), ""),
        "error_kcal_mol": (pa.float64(), "kcal/mol"),
        "explanation": (pa.string(), ""),
    }
    schema = pa.schema([pa.field(name, kind, metadata={"unit": unit}) for name, (kind, unit) in columns.items()])
    return pa.Table.from_pylist([{name: getattr(row, name) for name in columns} for row in found.rows], schema)
