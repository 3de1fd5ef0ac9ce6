"""The lines of a text file that a user gives: UTF-8, with a byte-order mark or without, compressed or not."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from hemdata.archives.decompress import open_any
from hemdata.archives.refusals import DAMAGED
from hemdata.errors import CallError, DataError

_MARKS = {b"\xff\xfe\0\0": "UTF-32", b"\0\0\xfe\xff": "UTF-32", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_FIRST = 4096


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a text file with their numbers, whatever ends them; a byte-order mark is no part of the first.

    Raises:
        CallError: if there is no such file.
        DataError: if it is damaged or not UTF-8 text; names the line.
    """
    if not path.is_file():
        raise CallError("There is no such file.", where=path, fix="Correct the path.")
    try:
        with open_any(path) as binary:
            for number, line in enumerate(as_text(path, binary), 1):
                if not line.isprintable() and (odd := odd_byte(line)) is not None:
                    raise not_utf8(f"{path}, line {number}", odd)
                yield number, line.rstrip("\n")
    except DAMAGED as error:
        if isinstance(error, PermissionError):
            raise
        raise DataError("The file does not read.", where=path, got=error, fix="Copy it again.") from None


def as_text(path: Path, binary: IO[bytes], newline: str | None = None) -> io.TextIOWrapper:
    """A file opened by `open_any` as text; bytes that are not UTF-8 become lone surrogates.

    Args:
        path: of the file, for errors.
        binary: the file, from its beginning.
        newline: as `open` has it.

    Raises:
        DataError: if its first bytes are those of UTF-16, UTF-32 or no text.
    """
    buffered = cast(io.BufferedReader, binary)
    first = buffered.peek(_FIRST)[:_FIRST]
    for mark, name in _MARKS.items():
        if first.startswith(mark):
            raise not_utf8(path, f"{name} text", name.lower())
    if b"\0" in first:
        raise not_utf8(path, "zero bytes, as of UTF-16 or a file that is no text", "utf-16")
    return io.TextIOWrapper(buffered, encoding="utf-8-sig", errors="surrogateescape", newline=newline)


def odd_byte(line: str) -> str | None:
    """The first byte of a line that is no UTF-8, where there is one."""
    odd = next((sign for sign in line if "\udc80" <= sign <= "\udcff"), None)
    return None if odd is None else f"the byte {ord(odd) - 0xDC00:#04x}"


def not_utf8(where: object, got: str, encoding: str = "latin1") -> DataError:
    """The error of a file in another encoding, with the way out."""
    return DataError(
        "The file is not UTF-8 text.",
        where=where,
        got=got,
        fix=f"Save it as UTF-8, as by `iconv -f {encoding} -t utf-8 FILE`, with the encoding that it has.",
    )
