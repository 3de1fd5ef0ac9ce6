"""What of an archive is refused, each with its sentence; nothing of it is passed over in silence."""

import lzma
import re
import tarfile
import zipfile
import zlib
from pathlib import Path

from hemdata.errors import DataError

DAMAGED = (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.HeaderError)
FETCH_AGAIN = "This is not the published archive: fetch it again."
UNPACK = "Unpack it and give the folder with --from."


def refuse_large(path: Path, name: str, size: int, largest: int) -> None:
    """Refuse a member of more than `largest` bytes; they are small texts, it is a mistake or a bomb."""
    if size > largest:
        raise DataError(
            "A member is far too large.",
            where=f"{path}: {name}",
            expected=f"at most {largest:,} bytes",
            got=f"{size:,}" if size > largest + 1 else "more",
            fix=FETCH_AGAIN,
        )


def refuse_unsafe(path: Path, name: str, special: bool) -> None:
    """Refuse a link, a device (`special`), and a name that leads out of the archive."""
    parts = re.split(r"[/\\]", name)
    if special or ".." in parts or not parts[0] or re.match(r"[A-Za-z]:", name) or "\0" in name:
        raise DataError(
            "The archive holds a member that is not safe to read.",
            where=f"{path}: {name!r}" if "\0" in name else f"{path}: {name}",
            expected="plain files with relative names",
            got="a link, device or special file" if special else "a name that leads out of the archive",
            fix=FETCH_AGAIN,
        )


def twice(path: Path, name: str) -> DataError:
    """A member's name stands there twice, and nothing says which of the two is meant."""
    return DataError(
        "The archive holds two members of one name.",
        where=f"{path}: {name}",
        expected="each name once",
        fix="Fetch it again; or unpack it, look which of the two is meant, and give the folder with --from.",
    )


def encrypted(path: Path, name: str) -> DataError:
    """A member needs a password."""
    return DataError(
        "The archive is encrypted.",
        where=f"{path}: {name}",
        expected="members that need no password",
        fix=f"No published archive is: fetch it again. {UNPACK}",
    )


def unread(path: Path, what: str, name: str | None = None) -> DataError:
    """A kind of archive, or of compression within one, that is not read."""
    return DataError(
        "The archive is of a kind that is not read.",
        where=f"{path}: {name}" if name else path,
        expected="ZIP (stored, deflate, bzip2 or lzma), tar, tar.gz, tar.bz2 or tar.xz",
        got=what,
        fix=UNPACK,
    )


def not_utf8(path: Path, name: str) -> DataError:
    """A member's name cannot be read."""
    return DataError(
        "A member's name is not UTF-8.",
        where=f"{path}: {name}",
        expected="names in UTF-8",
        fix="Rename it; of an archive, fetch it again, or unpack it and give the folder with --from.",
    )


def extended(path: Path, what: str) -> DataError:
    """A tar tells a member's name, size or place otherwise than in its header, which alone is read."""
    return DataError(
        "The tar archive uses extended names or sizes.",
        where=path,
        expected="names of at most 100 letters (256 with their folder), plain members",
        got=what,
        fix=UNPACK,
    )


def leads_out(folder: Path, name: str, what: str) -> DataError:
    """A folder holds what is no plain file of its own."""
    return DataError(
        "The folder holds what is no plain file of its own.",
        where=f"{folder}: {name}",
        expected="files and folders",
        got=what,
        fix="Put the file itself there, or give the folder that holds it.",
    )


def damaged(path: Path, error: BaseException) -> DataError:
    """A file that is not there, may not be read, or is not whole."""
    missing = isinstance(error, FileNotFoundError | PermissionError)
    return DataError(
        "The file cannot be read." if missing else "The archive is truncated or damaged.",
        where=path,
        got=str(error) or type(error).__name__,
        fix="Give a path that exists and may be read." if missing else "Fetch the archive again (compare its size).",
    )
