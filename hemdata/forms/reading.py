"""Finds the form of a file and reads it: batches of molecules in constant memory, compressed or not."""

import bz2
import gzip
import lzma
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from hemdata.archives.decompress import Growth, open_any
from hemdata.archives.members import ENCRYPTED
from hemdata.archives.refusals import DAMAGED, damaged, encrypted, refuse_unsafe
from hemdata.errors import CallError, DataError
from hemdata.forms.shared.frames import Frames, Wanted

COMPRESSED = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_ELSEWHERE = {
    ".md": "a text for people, without rows: import the set beside it",
    ".traj": "ASE's trajectory: `ase convert FILE FILE.extxyz`",
    ".pkl": "a pickle, which can hold code: open it where you trust it, and write .npz or .extxyz",
    ".pickle": "a pickle, which can hold code: open it where you trust it, and write .npz or .extxyz",
    ".npy": "one array without names: save all arrays together by numpy.savez(FILE, z=..., r=..., e=...)",
    ".mat": "MATLAB's form: scipy.io.loadmat, then numpy.savez",
    ".cif": "crystals: hemdata is about molecules",
    ".pdb": "no energies and no bond orders: Open Babel makes SDF of it",
    ".tar": "an archive: unpack it and give the folder",
    ".xlsx": "a spreadsheet: save it as CSV",
    ".mdb": "the inside of an LMDB folder: where it is ASE's, copy its data.mdb to NAME.aselmdb",
}
"""What only another program reads, and the way out."""


@dataclass(frozen=True)
class Reader:
    """A form that can be read: a module with READS, SUFFIXES and `frames(path, wanted)`.

    Attributes:
        name: as asked for.
        reads: what is read, in a line.
        suffixes: of its files, the first the usual one.
        module: that reads it.
    """

    name: str
    reads: str
    suffixes: tuple[str, ...]
    module: ModuleType

    def is_of(self, path: Path) -> bool:
        """Whether a file, by its first bytes, is of this form rather than another of the same suffix."""
        asked = getattr(self.module, "is_of", None)
        return True if asked is None else bool(asked(path))

    def frames(self, path: Path, wanted: Wanted) -> Iterator[Frames]:
        """Its molecules."""
        found: Iterator[Frames] = self.module.frames(path, wanted)
        return found


@cache
def readers() -> dict[str, Reader]:
    """Every form that can be read, by name: modules of this folder and of `foreign` that have `frames`."""
    here = Path(__file__).parent
    found = {}
    for path in sorted([*here.glob("*.py"), *here.glob("foreign/*.py")]):
        room = "hemdata.forms" if path.parent == here else "hemdata.forms.foreign"
        if path.stem == "__init__" or path == Path(__file__):
            continue
        module = import_module(f"{room}.{path.stem}")
        if hasattr(module, "SUFFIXES"):
            name = path.stem.replace("_", "-")
            found[name] = Reader(name, module.READS, module.SUFFIXES, module)
    return dict(sorted(found.items()))


def plain_suffix(name: str) -> str:
    """The suffix of a file's name in small letters, without that of its compression."""
    path = Path(name.lower())
    while path.suffix in (*COMPRESSED, ".zip") and Path(path.stem).suffix:
        path = Path(path.stem)
    return path.suffix


def form_of(path: Path, name: str | None = None) -> Reader:
    """The form of a file, by its suffix and first bytes, or the one that is asked for.

    Raises:
        CallError: if there is no such form, or the suffix is none that is read; says a way out where one is known.
    """
    known = readers()
    if name is not None:
        if name not in known:
            raise CallError(f"There is no form '{name}' to read.", expected=", ".join(known), got=name)
        return known[name]
    suffix = plain_suffix(path.name)
    if suffix == ".zip":
        suffix = _inside(path)
    if suffix in _ELSEWHERE:
        raise CallError("This form is not read.", where=path, got=_ELSEWHERE[suffix])
    fitting = [reader for reader in known.values() if suffix in reader.suffixes]
    if not fitting:
        raise CallError(
            "The form of the file is not known.",
            where=path,
            expected=", ".join(sorted({suffix for reader in known.values() for suffix in reader.suffixes})),
            got=suffix or "no suffix",
            fix="Rename it, give --form, or export it as extended XYZ, CSV or .npz by the program that wrote it.",
        )
    if len(fitting) > 1:
        with plain(path) as files:
            fitting = [reader for reader in fitting if reader.is_of(files[0])] or fitting
    return fitting[0]


def _inside(path: Path) -> str:
    """The suffix that the files of a ZIP have in common.

    Raises:
        CallError: if they have several.
        DataError: if it is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/") and _seen(name)]
    except DAMAGED as error:
        raise damaged(path, error) from None
    suffixes = sorted({plain_suffix(name) for name in names})
    if len(suffixes) > 1:
        raise CallError(
            "The archive holds files of several kinds.",
            where=path,
            expected="files of one form",
            got=", ".join(suffix or "no suffix" for suffix in suffixes),
            fix="Unpack it and import the folder: what is of no form is left out there, and named.",
        )
    return suffixes[0] if suffixes else ".zip"


def _seen(name: str) -> bool:
    """Whether a member of an archive is a user's file."""
    return not Path(name).name.startswith(".") and not name.startswith("__MACOSX")


def frames_of(path: Path, reader: Reader, wanted: Wanted) -> Iterator[Frames]:
    """The molecules of one file.

    Raises:
        DataError: if it cannot be read as what it is.
    """
    try:
        with plain(path) as files:
            for file in files:
                for frames in reader.frames(file, wanted):
                    frames.where = frames.where.replace(file.name, path.name, 1) if len(files) == 1 else frames.where
                    yield frames
    except DAMAGED as error:
        raise damaged(path, error) from None


@contextmanager
def plain(path: Path) -> Iterator[list[Path]]:
    """The file itself, or what it holds where it is compressed: decompressed beside the system's temporary files."""
    suffix = path.suffix.lower()
    if path.is_dir() or suffix not in (*COMPRESSED, ".zip"):
        yield [path]
        return
    with tempfile.TemporaryDirectory(prefix="hemdata-") as scratch:
        if suffix == ".zip":
            yield _unzipped(path, Path(scratch))
        else:
            target = Path(scratch) / path.stem
            try:
                with open_any(path) as file, target.open("wb") as out:
                    shutil.copyfileobj(file, out, 1 << 20)
            except DAMAGED as error:
                raise damaged(path, error) from None
            yield [target]


def _unzipped(path: Path, scratch: Path) -> list[Path]:
    """The files of a ZIP, sorted by name."""
    growth, found = Growth(path), []
    try:
        with zipfile.ZipFile(path) as archive:
            for info in sorted(archive.infolist(), key=lambda info: info.filename):
                refuse_unsafe(path, info.orig_filename, special=False)
                if info.is_dir() or not _seen(info.filename):
                    continue
                if info.flag_bits & ENCRYPTED:
                    raise encrypted(path, info.filename)
                target = scratch / info.filename
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(info) as file, target.open("wb") as out:
                    while piece := file.read(1 << 20):
                        growth.add(len(piece))
                        out.write(piece)
                found.append(target)
    except (*DAMAGED, NotImplementedError) as error:
        raise damaged(path, error) from None
    if not found:
        raise DataError("The archive holds no file.", where=path)
    return found
