"""Members of archives and folders as a stream: nothing is unpacked to disk, nothing unsafe is followed."""

import lzma
import os
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Literal, NamedTuple

from hemdata.errors import DataError
from hemdata.sources.decompress import Stream, compressed, open_any

LARGEST_MEMBER = 10_000_000  # bytes; members are small texts, anything larger is a mistake or a bomb
BLOCK = 512

_DAMAGED = (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.HeaderError)


class Member(NamedTuple):
    """A file of an archive or folder: its name there, and its bytes."""

    name: str
    data: bytes


def kind(path: Path) -> Literal["folder", "zip", "tar", "file"]:
    """What a path is, by its first bytes and not by its name.

    Raises:
        DataError: if it is not there or may not be read.
    """
    if path.is_dir():
        return "folder"
    try:
        with path.open("rb") as file:
            first = file.read(BLOCK)
    except OSError as error:
        raise _damaged(path, error) from None
    if first[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "zip"
    return "tar" if compressed(first) or first[257:262] == b"ustar" else "file"


def members(path: Path, wanted: Callable[[str], bool], largest: int | None = None) -> Iterator[Member]:
    """Stream the wanted files of a folder, a ZIP or a (compressed) tar archive, or the one file that `path` is.

    A folder's and a ZIP's members come sorted by name, a tar's in its own order; memory stays constant.

    Args:
        path: folder, archive or plain file.
        wanted: told a member's name (with `/`), says whether it is read.
        largest: bytes, 10 MB by default; a wanted member of more is a mistake or a bomb.

    Raises:
        DataError: if the archive is truncated or damaged, or holds links, devices, names that lead
            out of it, or a wanted member that is too large.
    """
    read = {"folder": _folder, "zip": _zip, "tar": _tar, "file": _single}[kind(path)]
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
    except _DAMAGED as error:
        raise _damaged(path, error) from None


def _folder(path: Path, wanted: Callable[[str], bool], largest: int) -> Iterator[Member]:
    for name in _names(path):
        if wanted(name):
            try:
                with (path / name).open("rb") as file:
                    yield Member(name, _bounded(file, path, name, largest))
            except OSError as error:
                raise _damaged(path / name, error) from None


def _names(path: Path) -> list[str]:
    """Every file below a folder, relative to it, sorted."""
    found: list[str] = []
    for folder, _, files in os.walk(path):
        inside = Path(folder).relative_to(path).as_posix()
        found += files if inside == "." else [f"{inside}/{name}" for name in files]
    return sorted(found)


def _single(path: Path, wanted: Callable[[str], bool], largest: int) -> Iterator[Member]:
    if wanted(path.name):
        with path.open("rb") as file:
            yield Member(path.name, _bounded(file, path, path.name, largest))


def _zip(path: Path, wanted: Callable[[str], bool], largest: int) -> Iterator[Member]:
    try:
        with zipfile.ZipFile(path) as archive:
            for info in sorted(archive.infolist(), key=lambda info: info.filename):
                _refuse_unsafe(path, info.filename, link=stat.S_ISLNK(info.external_attr >> 16))
                if not info.is_dir() and wanted(info.filename):
                    _refuse_large(path, info.filename, info.file_size, largest)
                    with archive.open(info) as file:
                        yield Member(info.filename, _bounded(file, path, info.filename, largest))
    except (*_DAMAGED, NotImplementedError, RuntimeError) as error:  # RuntimeError: encrypted
        raise _damaged(path, error) from None


def _tar(path: Path, wanted: Callable[[str], bool], largest: int) -> Iterator[Member]:
    """A tar read header by header: Python's tarfile doubles the time of the decompression, this adds little."""
    with Stream(path) as stream:
        try:
            while (header := stream.read(BLOCK)) != b"\0" * BLOCK:
                if len(header) < BLOCK:
                    raise EOFError("the archive ends before its end mark")
                info = tarfile.TarInfo.frombuf(header, "utf-8", "strict")
                if info.type in (tarfile.XHDTYPE, tarfile.XGLTYPE):
                    _refuse_renaming(path, stream.read(_padded(info.size)))
                    continue
                if info.type == tarfile.DIRTYPE:
                    continue
                regular = info.type in (tarfile.REGTYPE, tarfile.AREGTYPE)
                _refuse_unsafe(path, info.name, link=not regular)
                if not wanted(info.name):
                    stream.skip(_padded(info.size))
                    continue
                _refuse_large(path, info.name, info.size, largest)
                data = stream.read(_padded(info.size))
                if len(data) < info.size:
                    raise EOFError(f"the archive ends within {info.name}")
                yield Member(info.name, data[: info.size])
        except (*_DAMAGED, UnicodeDecodeError) as error:
            raise _damaged(path, error) from None


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _bounded(file: IO[bytes], path: Path, name: str, largest: int) -> bytes:
    data = file.read(largest + 1)  # what a header says of a size may be a lie
    _refuse_large(path, name, len(data), largest)
    return data


def _refuse_large(path: Path, name: str, size: int, largest: int) -> None:
    if size > largest:
        raise DataError(
            "A member is far too large.",
            where=f"{path}: {name}",
            expected=f"at most {largest:,} bytes",
            got=f"{size:,}" if size > largest + 1 else "more",
            fix="This is not the published archive: fetch it again.",
        )


def _refuse_unsafe(path: Path, name: str, link: bool) -> None:
    parts = re.split(r"[/\\]", name)
    if link or ".." in parts or not parts[0] or re.match(r"[A-Za-z]:", name) or "\0" in name:
        raise DataError(
            "The archive holds a member that is not safe to read.",
            where=f"{path}: {name}",
            expected="plain files with relative names",
            got="a link, device or special file" if link else "a name that leads out of the archive",
            fix="This is not the published archive: fetch it again.",
        )


def _refuse_renaming(path: Path, records: bytes) -> None:
    if re.search(rb"\d+ (path|size|linkpath)=", records):
        raise DataError(
            "The tar archive uses extended names or sizes.",
            where=path,
            expected="short member names",
            fix="Unpack it and give the folder with --from.",
        )


def _damaged(path: Path, error: BaseException) -> DataError:
    missing = isinstance(error, FileNotFoundError | PermissionError)
    return DataError(
        "The file cannot be read." if missing else "The archive is truncated or damaged.",
        where=path,
        got=str(error) or type(error).__name__,
        fix="Give a path that exists and may be read." if missing else "Fetch the archive again (compare its size).",
    )
