"""What `hemdata predict` is asked about: files of molecules, SMILES, or what comes through a pipe."""

from __future__ import annotations

import hashlib
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from hemdata.errors import CallError, DataError
from hemdata.molecules import (
    NOTHING,
    Molecule,
    Said,
    Unread,
    dataset_name,
    entries,
    from_smiles,
    is_file_of_molecules,
    suffix,
)
from hemdata.predict.find import named
from hemdata.shards import sha256

STANDARD_INPUT = "-"
XYZ = (".xyz", ".extxyz")
_COUNT = re.compile(rb"\s*\d+\s*")

Asked = Molecule | Unread


def wanted(word: str, said: Said = NOTHING) -> Iterator[Asked]:
    """The molecules of a file, or of one SMILES, streamed; what does not read is told, not raised.

    Args:
        word: a file, a SMILES, or `-` for standard input: lines of SMILES, or XYZ where it begins with a number.
        said: charge and multiplicity, where the file does not say them.

    Raises:
        CallError: for a file of another kind, or a path where nothing is.
    """
    path = Path(word)
    if word == STANDARD_INPUT:
        return _piped(said)
    if not named(word):
        read = _read(word, said)
        if isinstance(read, Unread) and (is_file_of_molecules(word) or "/cells/" in word):
            raise CallError("There is no such file or model.", where=word, fix="Correct the path.")
        return iter([read])
    if not path.is_file():
        raise CallError("There is no finished model in this folder.", where=word, fix="Train it to its end first.")
    if not is_file_of_molecules(path):
        next(entries(path, said), None)  # it says which kinds there are
    return _of_file(path, said)


def numbered(asked: Iterable[Asked]) -> Iterator[Asked]:
    """The same; an id that stands twice gets a number, so that each row has one of its own."""
    times: dict[str, int] = {}
    for one in asked:
        times[one.id] = times.get(one.id, 0) + 1
        yield one if times[one.id] == 1 else replace(one, id=f"{one.id} ({times[one.id]})")


def how_many(words: Iterable[str]) -> int | None:
    """The molecules that some words stand for, for a progress bar; None where a glance does not tell."""
    counts = [_glance(word) for word in words]
    return None if None in counts else sum(count or 0 for count in counts)


def digest(word: str) -> str:
    """What decides which molecules a word stands for: the file's name and content, or the word itself."""
    if word == STANDARD_INPUT:
        return hashlib.sha256(_standard_input()).hexdigest()
    return f"{Path(word).name} {sha256(Path(word))}" if _is_file(word) else word


def has_geometries(word: str) -> bool:
    """Whether a word is a file of geometries."""
    return suffix(Path(word)) in XYZ


def _is_file(word: str) -> bool:
    return named(word) and Path(word).is_file()


def _glance(word: str) -> int | None:
    path = Path(word)
    if word == STANDARD_INPUT or path.suffix in (".gz", ".bz2", ".xz"):
        return None
    if not _is_file(word):
        return 1
    with path.open("rb") as file:
        if not has_geometries(word):
            return sum(bool(line.strip()) for line in file)
        frames = 0
        for line in file:
            if line.strip():
                if not _COUNT.fullmatch(line):
                    return None
                frames += 1
                for _ in range(int(line) + 1):
                    next(file, b"")
    return frames


@cache
def _standard_input() -> bytes:
    return sys.stdin.buffer.read()


def _piped(said: Said) -> Iterator[Asked]:
    """Standard input, through a file that its reader can read as any other."""
    text = _standard_input()
    first = next((line for line in text.splitlines() if line.strip()), b"")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("stdin.xyz" if _COUNT.fullmatch(first) else "stdin.smi")
        path.write_bytes(text)
        yield from _of_file(path, said)


def _of_file(path: Path, said: Said) -> Iterator[Asked]:
    try:
        yield from entries(path, said)
    except DataError as error:  # nothing behind this place can be trusted; what stands before it can
        where = str(error.where).replace(str(path), path.name)
        got = str(error.got).replace(str(path), path.name)
        yield Unread(f"{dataset_name(path)}:rest", got, f"{error.what} All from here on is left out", where, error.fix)


def _read(smiles: str, said: Said) -> Asked:
    try:
        return from_smiles(smiles, smiles, said=said)
    except DataError as error:
        return Unread(smiles, smiles, error.what)
