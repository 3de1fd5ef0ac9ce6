"""A table's columns as molecules: CSV, JSON lines and Parquet; the geometry in columns of lists, or none."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from hemdata.forms.shared.frames import Frames, Wanted, column, first_unknown, numbers_of

_WORDS = re.compile(r"[^\s,;\[\]()'\"]+")


def frames_of_columns(
    where: str, first: int, columns: Mapping[str, Sequence[Any]], wanted: Wanted, word: str = "row"
) -> Frames:
    """Rows of a table.

    Args:
        where: the file.
        first: number of the first row, from 1.
        columns: key: the rows' values; of a geometry, lists of numbers (flat, or three an atom), or text of them.
        wanted: what is asked for.
        word: what a row is called.
    """
    rows = len(next(iter(columns.values()), ()))
    z_key, xyz_key = wanted.key("atomic_numbers", columns), wanted.key("positions", columns)
    frames = Frames(where, first, rows, *_nothing(), word=word)
    z: list[int] = []
    xyz: list[float] = []
    atoms = [0] * rows
    if xyz_key is not None:
        for row in range(rows):
            try:
                its_z, its_xyz = _geometry(columns[z_key][row] if z_key else None, columns[xyz_key][row])
            except (ValueError, TypeError) as error:
                frames.faults[row] = ("wrong atom count" if "atoms" in str(error) else "not a geometry", str(error))
                continue
            z += its_z
            xyz += its_xyz
            atoms[row] = len(its_z)
    geometry = {xyz_key, z_key} if xyz_key is not None else set()
    frames.atomic_numbers = np.array(z, dtype=np.int64)
    frames.positions = np.array(xyz, dtype=np.float64).reshape(-1, 3)
    frames.offsets = np.concatenate([[0], np.cumsum(atoms, dtype=np.int64)])
    frames.values = {
        key: values if isinstance(values, np.ndarray) else column(list(values))
        for key, values in columns.items()
        if key not in geometry and wanted.asks(key)
    }
    return frames


def _nothing() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    return np.zeros(0, dtype=np.int64), np.zeros(1, dtype=np.int64), np.zeros((0, 3))


def _geometry(z: Any, xyz: Any) -> tuple[list[int], list[float]]:
    """(N,) and (3N,); nothing where a row has none.

    Raises:
        ValueError: if they do not go together, or are none.
    """
    xyz = _json(xyz)
    if isinstance(xyz, str) and "\n" in xyz.strip():  # an XYZ block as text
        return _block(xyz)
    place = _flat(xyz)
    if not place:
        return [], []
    symbols = _flat(_json(z))
    numbers = numbers_of(symbols)
    if unknown := first_unknown(symbols, numbers):
        raise ValueError(f"{unknown} is no element")
    if len(place) != 3 * len(numbers):
        raise ValueError(f"{len(numbers)} atoms, {len(place)} coordinates")
    return numbers, [float(x) for x in place]


def _block(text: str) -> tuple[list[int], list[float]]:
    lines = [line.split() for line in text.strip().splitlines()]
    if len(lines[0]) == 1 and lines[0][0].isdigit():
        lines = lines[2:]
    numbers = numbers_of([line[0] for line in lines])
    if unknown := first_unknown([line[0] for line in lines], numbers):
        raise ValueError(f"{unknown} is no element")
    return numbers, [float(x) for line in lines for x in line[1:4]]


def _json(value: Any) -> Any:
    return (
        json.loads(value) if isinstance(value, str) and value.lstrip().startswith("[") and "'" not in value else value
    )


def _flat(values: Any) -> list[Any]:
    """The words of a list, however it is written or nested."""
    if values is None or (isinstance(values, float) and np.isnan(values)):
        return []
    if isinstance(values, str):
        return _WORDS.findall(values)
    if isinstance(values, np.ndarray):
        values = values.tolist()
    return [
        word for value in values for word in (_flat(value) if isinstance(value, list | tuple | np.ndarray) else [value])
    ]
