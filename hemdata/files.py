"""A file is written whole or not at all; what its name says of its form."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

COMPRESSED = (".gz", ".bz2", ".xz")


def suffix(path: Path) -> str:
    """The ending of a file that says its form, in small letters, whether it is compressed or not."""
    endings = [ending.lower() for ending in path.suffixes]
    return next((ending for ending in reversed(endings) if ending not in COMPRESSED), "")


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """The temporary name under which a file is to be written, beside its place; after the block it is put there.

    What stood there stays until then, and for good if the block fails; nothing half-written is left. The folder is made
    where there is none. The name keeps its ending, by which some libraries choose the form.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Write a text file, UTF-8, as `whole` has it."""
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
