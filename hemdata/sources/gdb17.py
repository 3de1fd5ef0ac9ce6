"""GDB-17 (10.1021/ci300415d): one SMILES a line, no header, no name; read line by line at any size.

A line is never split at `#`, which is a triple bond there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hemdata.archives.decompress import open_any
from hemdata.archives.members import kind
from hemdata.archives.refusals import DAMAGED, damaged
from hemdata.catalog import DatasetCard
from hemdata.errors import DataError
from hemdata.fetching.fetch import fetch
from hemdata.shards import SourceFile
from hemdata.sources.files import source_file
from hemdata.sources.source import Raw, Record, Rejected, Source

LONGEST = 1_000  # bytes; a GDB-17 line has some thirty


def open_dataset(card: DatasetCard, given: Path | None) -> Source:
    """The published file of the card, fetched; or a .smi file given, compressed or not.

    Raises:
        DataError: if it cannot be fetched, or the path is a folder or may not be read.
    """
    path = fetch(card.files[0]) if given is None else given
    its = kind(path)
    if its in ("folder", "zip"):
        raise DataError(
            "This is no form of GDB-17.",
            where=path,
            expected=f"a file of one SMILES a line, such as {card.files[0].name}",
            got="a folder" if its == "folder" else "a ZIP",
            fix="Give the file itself.",
        )
    return Lines(path, [source_file(path)])


@dataclass(frozen=True)
class Lines:
    """A file of one SMILES a line; the line's number is the molecule's id."""

    path: Path
    files: list[SourceFile]

    def raws(self) -> Iterator[Raw]:
        """Every line."""
        name = self.path.name
        try:
            with open_any(self.path) as file:
                number = 0
                while line := file.readline(LONGEST + 1):
                    number += 1
                    if len(line) > LONGEST:
                        raise DataError(
                            "A line is far too long.",
                            where=f"{self.path}, line {number}",
                            expected=f"one SMILES of at most {LONGEST} letters",
                            fix="This is not a file of one SMILES a line.",
                        )
                    yield Raw(f"{name}, line {number}", _text(line, number))
        except DAMAGED as error:
            raise damaged(self.path, error) from None

    def parse(self, raw: Raw) -> Record:
        """One line parsed; its geometry and energy do not exist."""
        smiles = raw.content
        if not smiles.strip():
            raise Rejected("empty line")
        if "\ufffd" in smiles:
            raise Rejected("not UTF-8 text")
        if len(smiles.split()) != 1:
            raise Rejected("more than one column", f"expected a SMILES alone, got {smiles[:60]!r}")
        return Record(source_id=raw.where.rsplit(" ", 1)[1], smiles=smiles)


def _text(line: bytes, number: int) -> str:
    """A line as text; a byte-order mark is no part of the first."""
    text = line.decode("utf-8", errors="replace").rstrip("\r\n")
    return text.removeprefix("\ufeff") if number == 1 else text
