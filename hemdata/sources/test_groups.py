"""The test groups: CSV lists that travel beside their card; a record is an id, a SMILES and what is known of it."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hemdata.catalog import DatasetCard, roots
from hemdata.errors import DataError
from hemdata.shards import SourceFile
from hemdata.sources.files import source_file
from hemdata.sources.source import Raw, Record, Rejected, Source

HEADER = ["id", "name", "smiles", "heavy_atoms", "formula", "structure", "pubchem_cid", "note"]


def open_dataset(card: DatasetCard, given: Path | None) -> Source:
    """The CSV lists that the card ships; or lists of the same columns, given as a file or a folder that holds them.

    Raises:
        DataError: if a list is missing or has other columns.
    """
    paths = [given] if given is not None and given.is_file() else [_shipped(name, given) for name in card.shipped]
    for path in paths:
        _lines(path)
    return Lists(tuple(paths), [source_file(path) for path in paths])


@dataclass(frozen=True)
class Lists:
    """CSV files, each a group named as its file."""

    paths: tuple[Path, ...]
    files: list[SourceFile]

    def raws(self) -> Iterator[Raw]:
        """Every line but the headers."""
        for path in self.paths:
            for number, line in enumerate(_lines(path), start=2):
                yield Raw(f"{path.name}, line {number}", line)

    def parse(self, raw: Raw) -> Record:
        """One line parsed."""
        cells = next(csv.reader([raw.content]), [])
        if len(cells) != len(HEADER):
            raise Rejected("wrong number of columns", f"expected {len(HEADER)}, got {len(cells)}")
        row = dict(zip(HEADER, cells, strict=True))
        if not row["id"] or not row["smiles"] or " " in row["id"]:
            raise Rejected("no id or no SMILES", f"id {row['id']!r}, smiles {row['smiles']!r}")
        cid = row["pubchem_cid"]
        if cid and not cid.isdigit():
            raise Rejected("not a number", f"pubchem_cid: {cid!r}")
        properties: dict[str, object] = {name: row[name] for name in ("name", "formula", "structure", "note")}
        properties["pubchem_cid"] = int(cid) if cid else None
        return Record(
            source_id=row["id"],
            smiles=row["smiles"],
            properties=properties,
            dataset=raw.where.split(".csv,")[0],
        )


def _shipped(name: str, folder: Path | None) -> Path:
    """A list by the name that the card gives it: in the given folder, else beside the cards."""
    places = [folder / Path(name).name] if folder is not None else [root / "datasets" / name for root in roots()]
    for path in places:
        if path.is_file():
            return path
    raise DataError(
        "A list of a test group is missing.", where=places[-1], fix="Put it there, or install hemdata again."
    )


def _lines(path: Path) -> list[str]:
    """The lines after the header; a list is small.

    Raises:
        DataError: if it is not UTF-8 or has other columns.
    """
    try:
        header, *lines = path.read_text(encoding="utf-8").splitlines() or [""]
    except UnicodeDecodeError as error:
        raise DataError("The list is not UTF-8 text.", where=path, got=error) from None
    if next(csv.reader([header]), []) != HEADER:
        raise DataError(
            "The list has other columns.", where=path, expected=",".join(HEADER), got=header, fix="Correct line 1."
        )
    return [line for line in lines if line.strip()]
