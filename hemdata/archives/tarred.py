"""A tar archive read header by header: tarfile adds two fifths to the time of its decompression, this a hundredth."""

import posixpath
import re
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from hemdata.archives.decompress import CHUNK, Stream
from hemdata.archives.refusals import DAMAGED, damaged, extended, not_utf8, refuse_large, refuse_unsafe, twice, unread

BLOCK = 512
NO_PREFIX = bytes(155)
LARGEST_NOTE = 1_000_000  # bytes of a pax header
NOTES = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)
EXTENDED = {
    tarfile.GNUTYPE_LONGNAME: "a long name (GNU)",
    tarfile.GNUTYPE_LONGLINK: "a long link (GNU)",
    tarfile.GNUTYPE_SPARSE: "a sparse member (GNU)",
}


class Member(NamedTuple):
    """A file of an archive or folder: its name there, and its bytes."""

    name: str
    data: bytes


def tar_members(path: Path, wanted: Callable[[str], bool], largest: int) -> Iterator[Member]:
    """The wanted members in the archive's order; what is kept meanwhile is their names, to find one twice.

    Raises:
        DataError: as `hemdata.archives.members.members`.
    """
    seen: set[str] = set()
    first = True
    with Stream(path) as stream:
        try:
            while (header := stream.read(BLOCK)) != b"\0" * BLOCK:
                info = _plain(header) or _header(path, header, first)
                first = False
                if info is None:
                    continue
                if info.type in NOTES:
                    refuse_large(path, "a pax header", info.size, LARGEST_NOTE)
                    _refuse_extended(path, stream.read(_padded(info.size)))
                    continue
                refuse_unsafe(path, info.name, special=info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE))
                if not wanted(info.name):
                    stream.skip(_padded(info.size))
                    continue
                refuse_large(path, info.name, info.size, largest)
                data = stream.read(_padded(info.size))
                if len(data) < info.size:
                    raise EOFError(f"the archive ends within {info.name}")
                name = posixpath.normpath(info.name)
                if name in seen:
                    raise twice(path, info.name)
                seen.add(name)
                yield Member(info.name, data[: info.size])
            while rest := stream.read(CHUNK):  # to the end, where the checksums are
                if rest.strip(b"\0"):
                    raise extended(path, "more members after its end mark")
        except DAMAGED as error:
            raise damaged(path, error) from None


class _Plain(NamedTuple):
    """What is asked of a header."""

    name: str
    size: int
    type: bytes = tarfile.REGTYPE


def _plain(header: bytes) -> _Plain | None:
    """The header of a plain file read at once; None for any other and for a wrong one, which `_header` looks at."""
    name, _, rest = header[:100].partition(b"\0")
    size, check = header[124:135], header[148:154]
    if header[156:157] != tarfile.REGTYPE or header[345:500] != NO_PREFIX or rest.strip(b"\0"):
        return None
    if not (size.isdigit() and check.isdigit() and name.isascii()) or header[135:136] not in (b"\0", b" "):
        return None
    try:
        right = sum(header) - sum(header[148:156]) + 8 * ord(" ") == int(check, 8)
        return _Plain(name.decode("ascii"), int(size, 8)) if right else None
    except ValueError:  # an 8 or a 9
        return None


def _header(path: Path, header: bytes, first: bool) -> tarfile.TarInfo | None:
    """A member's header read; None for a folder."""
    if len(header) < BLOCK:
        if first:
            raise unread(path, "a file that holds no tar archive")
        raise EOFError("the archive ends before its end mark")
    try:
        info = tarfile.TarInfo.frombuf(header, "utf-8", "strict")
    except UnicodeDecodeError:
        raise not_utf8(path, repr(header[:100].rstrip(b"\0"))[1:]) from None
    except tarfile.HeaderError as error:
        if first:
            raise unread(path, f"a file that holds no tar archive ({error})") from None
        raise
    if info.size < 0:
        raise EOFError(f"{info.name} has {info.size} bytes")
    if info.type in EXTENDED:
        raise extended(path, EXTENDED[info.type])
    return None if info.type == tarfile.DIRTYPE else info


def _refuse_extended(path: Path, records: bytes) -> None:
    """Times and comments of a pax header say nothing that is asked for; a name, a size or a map of holes does."""
    if match := re.search(rb"\d+ (path|size|linkpath|hdrcharset|GNU\.sparse|SCHILY\.realsize)[^=\n]*=", records):
        raise extended(path, f"a pax header with {match[1].decode()}")


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK
