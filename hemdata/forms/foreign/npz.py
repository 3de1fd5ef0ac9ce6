"""NumPy's .npz: arrays of all molecules, padded or one after another, streamed out of the archive row by row."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from hemdata.errors import DataError
from hemdata.forms.shared.arrays import Arrays, batches
from hemdata.forms.shared.frames import Frames, Wanted

READS = "arrays of all molecules under any names (QM7, rMD17): padded with zeros, or one after another with counts"
SUFFIXES = (".npz",)


@dataclass
class _Streamed:
    """An array of an .npz that is read forward, some rows at a time."""

    file: IO[bytes]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def rows(self, n: int) -> npt.NDArray[Any]:
        """The next n rows."""
        row = int(np.prod(self.shape[1:], dtype=np.int64)) * self.dtype.itemsize
        parts, missing = [], n * row
        while missing and (piece := self.file.read(missing)):
            parts.append(piece)
            missing -= len(piece)
        if missing:
            raise EOFError("an array ends before its last row")
        return np.frombuffer(b"".join(parts), dtype=self.dtype).reshape(n, *self.shape[1:])


def frames(path: Path, wanted: Wanted) -> Iterator[Frames]:
    """Every molecule.

    Raises:
        DataError: if the file is damaged, an array is made of Python objects, or the arrays do not go together.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            shapes = {}
            for name in archive.namelist():
                with archive.open(name) as file:
                    shapes[name.removesuffix(".npy")] = _header(path, name, file)
            arrays = Arrays(path, {key: (shape, dtype) for key, (shape, dtype, _) in shapes.items()})
            opened: dict[str, Any] = {}

            def some(key: str, n: int) -> npt.NDArray[Any]:
                if key not in opened:
                    shape, dtype, fortran = shapes[key]
                    if fortran or not shape:  # columns first: it has to be there as a whole
                        with archive.open(f"{key}.npy") as file:
                            opened[key] = _Whole(npy.read_array(file, allow_pickle=False))
                    else:
                        file = archive.open(f"{key}.npy")
                        _header(path, key, file)
                        opened[key] = _Streamed(file, shape, dtype)
                found: npt.NDArray[Any] = opened[key].rows(n)
                return found

            yield from batches(arrays, some, wanted)
    except (zipfile.BadZipFile, EOFError) as error:
        raise DataError("The .npz is truncated or damaged.", where=path, got=error, fix="Get it again.") from None


@dataclass
class _Whole:
    array: npt.NDArray[Any]
    at: int = 0

    def rows(self, n: int) -> npt.NDArray[Any]:
        """The next n rows."""
        if not self.array.shape:
            return self.array[None]
        self.at += n
        return self.array[self.at - n : self.at]


def _header(path: Path, name: str, file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any], bool]:
    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, dtype = read(file)
    if dtype.hasobject:
        raise DataError(
            "An array is made of Python objects, which only a pickle can hold; a pickle can run code.",
            where=f"{path}: {name.removesuffix('.npy')}",
            expected="numbers or texts of a fixed type",
            got=f"dtype {dtype}",
            fix="Where you trust the file, open it with allow_pickle=True and save the molecules' atoms one after "
            "another (numpy.concatenate) with an array of counts.",
        )
    return shape, dtype, fortran and len(shape) > 1
