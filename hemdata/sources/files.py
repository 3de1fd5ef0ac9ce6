"""The files that a source reads, with their hashes; those of a Python distribution are found without importing it."""

import hashlib
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from hemdata.archives.members import members
from hemdata.catalog import DatasetCard
from hemdata.errors import DataError
from hemdata.shards import SourceFile, sha256


def source_file(path: Path, name: str | None = None) -> SourceFile:
    """A file as a manifest names it: name, size, SHA-256."""
    return SourceFile(name=name or path.name, bytes=path.stat().st_size, sha256=sha256(path))


def path_file(path: Path, wanted: Callable[[str], bool], largest: int | None = None) -> SourceFile:
    """A file or a folder as a manifest names it.

    The hash of a folder is that of its wanted members' hashes and names, as `sha256sum` prints them when given
    these names in order: `sha256sum NAMES | sha256sum`.
    """
    if not path.is_dir():
        return source_file(path)
    listed, size = hashlib.sha256(), 0
    for member in members(path, wanted, largest):
        listed.update(f"{hashlib.sha256(member.data).hexdigest()}  {member.name}\n".encode())
        size += len(member.data)
    return SourceFile(name=f"{path.resolve().name}/", bytes=size, sha256=listed.hexdigest())


def packaged_files(card: DatasetCard) -> dict[Path, SourceFile]:
    """The files of the card's `package`, in the card's order.

    Raises:
        DataError: if the distribution is not installed, is of another version, or carries other files.
    """
    package = card.package
    if package is None:
        raise DataError("The dataset's card names no package.", where=f"dataset {card.name}", expected="package: ...")
    wanted = f"{package.distribution} {package.version}"
    fix = f"pip install {package.distribution}=={package.version}"
    try:
        installed = distribution(package.distribution)
    except PackageNotFoundError:
        raise DataError(
            f"The rows of '{card.name}' are not installed.", expected=wanted, got="no such distribution", fix=fix
        ) from None
    if installed.version != package.version:
        raise DataError(
            f"The rows of '{card.name}' are of another version.", expected=wanted, got=installed.version, fix=fix
        )
    found = {}
    for inside, expected in package.files.items():
        path = Path(str(installed.locate_file(inside)))
        if not path.is_file():
            raise DataError("A file of the package is missing.", where=path, expected=wanted, fix=f"{fix} again")
        file = source_file(path, f"{wanted}/{inside}")
        if file.sha256 != expected:
            raise DataError(
                "A file of the package is not the one that the card names.",
                where=path,
                expected=f"sha256 {expected}",
                got=f"sha256 {file.sha256}",
                fix=f"Install {wanted} again; the file was altered.",
            )
        found[path] = file
    return found
