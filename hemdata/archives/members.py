"""Members of archives and folders as a stream: nothing is unpacked to disk, nothing unsafe is followed."""

import os
import stat
import zipfile
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import IO, Literal

from hemdata.archives.decompress import Growth, compressed, open_any
from hemdata.archives.refusals import (
    DAMAGED,
    damaged,
    encrypted,
    leads_out,
    not_utf8,
    refuse_large,
    refuse_unsafe,
    twice,
    unread,
)
from hemdata.archives.tarred import BLOCK, Member, tar_members
from hemdata.errors import DataError

LARGEST_MEMBER = 10_000_000  # bytes; members are small texts, anything larger is a mistake or a bomb
ENCRYPTED = 1  # bit of a ZIP member's flags
READ = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
UNREAD = {
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!": "RAR",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"\x04\x22\x4d\x18": "LZ4",
    b"\x1f\x9d": "compress (.Z)",
}


def kind(path: Path) -> Literal["folder", "zip", "tar", "file"]:
    """What a path is, by its first bytes and not by its name.

    Raises:
        DataError: if it is not there, may not be read, or is of another kind of archive.
    """
    if path.is_dir():
        return "folder"
    if path.exists() and not path.is_file():  # opening a pipe would wait for ever
        raise leads_out(path.parent, path.name, "a device, a pipe or a socket")
    try:
        with path.open("rb") as file:
            first = file.read(BLOCK)
    except OSError as error:
        raise damaged(path, error) from None
    for magic, name in UNREAD.items():
        if first.startswith(magic):
            raise unread(path, name)
    if first[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "zip"
    return "tar" if compressed(first) or first[257:262] == b"ustar" else "file"


def members(path: Path, wanted: Callable[[str], bool], largest: int | None = None) -> Iterator[Member]:
    """Stream the wanted files of a folder, a ZIP or a (compressed) tar archive, or the one file that `path` is.

    A folder's and a ZIP's members come sorted by name, a tar's in its own order. Of all members their names are held,
    of one member its bytes. An archive within the archive is not opened.

    Args:
        path: folder, archive or plain file.
        wanted: told a member's name (with `/`), says whether it is read.
        largest: bytes, 10 MB by default; a wanted member of more is a mistake or a bomb.

    Raises:
        DataError: if the archive is truncated, damaged, encrypted or of another kind; if it holds links, devices,
            names that lead out of it or are not UTF-8, a name twice, a wanted member that is too large; or if it
            grows beyond all measure.
    """
    read = {"folder": _folder, "zip": _zip, "tar": tar_members, "file": _single}[kind(path)]
    return read(path, wanted, largest or LARGEST_MEMBER)


def find(path: Path, name: str, largest: int | None = None) -> Member | None:
    """The first file called `name`, in whatever folder of the archive; None where there is none."""
    return next(members(path, lambda found: found.rsplit("/", 1)[-1] == name, largest), None)


def read_text(path: Path) -> str:
    """The text of a small file, decompressed where it is compressed.

    Raises:
        DataError: if it is damaged, larger than 10 MB or not UTF-8.
    """
    try:
        with open_any(path) as file:
            return _bounded(file, path, path.name, LARGEST_MEMBER).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError("The file is not UTF-8 text.", where=path, got=error) from None
    except DAMAGED as error:
        raise damaged(path, error) from None


def _folder(path: Path, wanted: Callable[[str], bool], largest: int) -> Iterator[Member]:
    root = path.resolve()
    for name in _names(path):
        if wanted(name):
            file = path / name
            _refuse_foreign(path, name, file, root)
            try:
                with file.open("rb") as opened:
                    yield Member(name, _bounded(opened, path, name, largest))
            except OSError as error:
                raise damaged(file, error) from None


def _names(path: Path) -> list[str]:
    """Every file below a folder, relative to it, sorted."""

    def unreadable(error: OSError) -> None:
        raise damaged(Path(error.filename or path), error)

    found: list[str] = []
    for folder, below, files in os.walk(path, onerror=unreadable):
        inside = Path(folder).relative_to(path)
        for name in below:  # walking does not follow a link, so what it leads to would be missing in silence
            if (Path(folder) / name).is_symlink():
                raise leads_out(path, (inside / name).as_posix(), "a link to a folder")
        found += [(inside / name).as_posix() for name in files]
    for name in found:
        if not name.isprintable() and any("\udc80" <= letter <= "\udcff" for letter in name):
            raise not_utf8(path, repr(os.fsencode(name))[1:])
    return sorted(found)


def _refuse_foreign(path: Path, name: str, file: Path, root: Path) -> None:
    if file.is_symlink() and not file.resolve().is_relative_to(root):
        raise leads_out(path, name, f"a link to {file.resolve()}")
    if file.exists() and not file.is_file():
        raise leads_out(path, name, "a device, a pipe or a socket")


def _single(path: Path, wanted: Callable[[str], bool], largest: int) -> Iterator[Member]:
    if wanted(path.name):
        with path.open("rb") as file:
            yield Member(path.name, _bounded(file, path, path.name, largest))


def _zip(path: Path, wanted: Callable[[str], bool], largest: int) -> Iterator[Member]:
    growth = Growth(path)
    try:
        with zipfile.ZipFile(path) as archive:
            for info in _listed(path, archive, wanted):
                refuse_large(path, info.filename, info.file_size, largest)
                with archive.open(info) as file:
                    data = _bounded(file, path, info.filename, largest)
                growth.add(len(data))
                yield Member(info.filename, data)
    except UnicodeDecodeError as error:  # of a name that is said to be UTF-8
        raise not_utf8(path, repr(error.object)[1:]) from None
    except (*DAMAGED, NotImplementedError) as error:
        raise damaged(path, error) from None


def _listed(path: Path, archive: zipfile.ZipFile, wanted: Callable[[str], bool]) -> list[zipfile.ZipInfo]:
    """The wanted members, sorted by name; all are looked at."""
    for info in archive.infolist():
        form = stat.S_IFMT(info.external_attr >> 16)
        refuse_unsafe(path, info.orig_filename, special=form not in (0, stat.S_IFREG, stat.S_IFDIR))
    found = sorted(
        (info for info in archive.infolist() if not info.is_dir() and wanted(info.filename)),
        key=lambda info: info.filename,
    )
    for info in found:
        if info.flag_bits & ENCRYPTED:
            raise encrypted(path, info.filename)
        if info.compress_type not in READ:
            raise unread(path, f"compression method {info.compress_type}", info.filename)
    for one, next_one in pairwise(found):
        if one.filename == next_one.filename:
            raise twice(path, one.filename)
    return found


def _bounded(file: IO[bytes], path: Path, name: str, largest: int) -> bytes:
    data = file.read(largest + 1)  # what a header says of a size may be a lie
    refuse_large(path, name, len(data), largest)
    return data
