"""A user's own files, as `hemdata import` wrote their card: in any of the forms that can be read."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hemdata.catalog import DatasetCard
from hemdata.errors import DataError
from hemdata.forms.reading import Reader, form_of, frames_of
from hemdata.forms.shared.frames import Frames, Wanted
from hemdata.shards import SourceFile, sha256
from hemdata.sources.files import source_file


def open_dataset(card: DatasetCard, given: Path | None) -> "ImportedFiles":
    """The files that the card names, or the one file or folder that is given in their place.

    Raises:
        CallError: if the form is none that is read.
        DataError: if a file is gone, or is not the one that was imported.
    """
    if card.imported is None:
        raise DataError(
            "The card does not say how its files are read.", where=f"dataset {card.name}", expected="imported"
        )
    how = card.imported
    paths = [given] if given is not None else [Path(path) for path in how.paths]
    for path in paths:
        if not path.exists():
            raise DataError(
                "A file that was imported is gone.",
                where=path,
                fix="Put it there again, or give its new place with --from.",
            )
    files = [path_file(path) for path in paths]
    if [file.sha256 for file in files] != how.sha256:
        raise DataError(
            "A file is not the one that was imported.",
            where=", ".join(str(path) for path in paths),
            expected=", ".join(how.sha256),
            got=", ".join(file.sha256 for file in files),
            fix="Run `hemdata import` again: what was found in the old file need not be true of the new one.",
        )
    keys: dict[str, str] = {str(role): key for role, key in how.geometry.items()}
    for role, column in (("energy", "energy_hartree"), ("smiles", "smiles")):
        if column in card.columns:
            keys[role] = card.columns[column].column
    keep = frozenset(its.column for name, its in card.columns.items() if name not in ("atomic_numbers", "positions"))
    return ImportedFiles(tuple(paths), files, form_of(paths[0], how.form), Wanted(keys, keep))


BESIDE_ROWS = {"manifest.json", "croissant.json", "rejected.parquet", "dataset_infos.json"}
"""What stands beside the rows in a folder of shards or of the Hub."""


@dataclass(frozen=True)
class ImportedFiles:
    """Files of one form, one after another, their records numbered through."""

    paths: tuple[Path, ...]
    files: list[SourceFile]
    reader: Reader
    wanted: Wanted

    def frames(self) -> Iterator[Frames]:
        """Every record, in batches."""
        before = 0
        for frames in frames_of_paths(self.paths, self.reader, self.wanted):
            frames.number = before + 1
            before += frames.n
            yield frames


def frames_of_paths(paths: tuple[Path, ...], reader: Reader, wanted: Wanted) -> Iterator[Frames]:
    """The records of files and of folders' files, in their order."""
    for path in paths:
        for file in files_in(path, reader):
            yield from frames_of(file, reader, wanted)


def files_in(path: Path, reader: Reader | None = None) -> list[Path]:
    """The file itself, or a folder's files of the form, sorted by name; a form may be a folder itself."""
    if not path.is_dir():
        return [path]
    from hemdata.forms.reading import plain_suffix

    found = [
        file
        for file in _walked(path)
        if file.is_file() and not file.name.startswith(".") and file.name not in BESIDE_ROWS
    ]
    if reader is not None:
        found = [file for file in found if plain_suffix(file.name) in reader.suffixes]
    return found


def _walked(folder: Path) -> list[Path]:
    """All files below a folder, sorted, those of linked folders among them; a link that leads back is not followed."""
    found: list[Path] = []
    seen: set[str] = set()
    for place, inner, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            inner.clear()
            continue
        seen.add(real)
        found += [Path(place) / name for name in names]
    return sorted(found)


def path_file(path: Path) -> SourceFile:
    """A file as a manifest names it; of a folder, the hash of its files' hashes and names as `sha256sum` has them."""
    if not path.is_dir():
        return source_file(path)
    listed, size = hashlib.sha256(), 0
    for file in files_in(path):
        listed.update(f"{sha256(file)}  {file.relative_to(path).as_posix()}\n".encode())
        size += file.stat().st_size
    return SourceFile(name=f"{path.resolve().name}/", bytes=size, sha256=listed.hexdigest())
