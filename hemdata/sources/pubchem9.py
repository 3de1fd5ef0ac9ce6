"""pubchem9: the small molecules among the PubChem compounds that the distribution chemicals carries.

One fragment, neutral, no radicals, no isotope marks, only H, C, N, O and F, one to nine heavy atoms; of the rows
that draw one graph with different stereo, the first is kept. The table is split at tabs and nowhere else: a CSV
reader told that `#` starts a comment would cut C#N to C.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hemdata.archives.members import kind
from hemdata.catalog import DatasetCard
from hemdata.errors import DataError
from hemdata.shards import SourceFile
from hemdata.sources.files import packaged_files, source_file
from hemdata.sources.source import Raw, Record, Rejected, Source

ELEMENTS = frozenset("HCNOF")
FIRST_NAME = 8  # CID, CAS, formula, molar mass, SMILES, InChI, InChIKey, IUPAC name, then the common names


@dataclass(frozen=True)
class Sizes:
    """The heavy atoms of the compounds that are kept, and the words for those that have fewer or more."""

    least: int
    most: int
    fewer: str
    more: str


UP_TO_NINE = Sizes(1, 9, "no heavy atom", "more than nine heavy atoms")


def open_dataset(card: DatasetCard, given: Path | None, sizes: Sizes = UP_TO_NINE) -> Source:
    """The table of the installed chemicals; or a file of its form.

    Raises:
        DataError: if the installed table is not the one of the card, or the given path is not a file.
    """
    if given is None:
        ((path, file),) = packaged_files(card).items()
        return Table(path, [file], card.name, sizes)
    if kind(given) != "file":
        raise DataError("This is no table of compounds.", where=given, expected="a tab-separated file", got=kind(given))
    return Table(given, [source_file(given)], card.name, sizes)


@dataclass(frozen=True)
class Table:
    """A tab-separated table without a header, one compound a line."""

    path: Path
    files: list[SourceFile]
    name: str = "pubchem9"
    sizes: Sizes = UP_TO_NINE

    def raws(self) -> Iterator[Raw]:
        """Every line; one that repeats the flat graph of an earlier one names its id."""
        first: dict[str, str] = {}
        with self.path.open(encoding="utf-8", errors="replace", newline="\n") as file:
            for number, line in enumerate(file, start=1):
                line = line.rstrip("\r\n")
                where = f"{self.path.name}, line {number}"
                try:
                    cells = _asked_for(line, self.sizes)
                except Rejected:
                    yield Raw(where, line)  # parsing says why
                    continue
                kept = first.setdefault(_flat_smiles(cells[4]), cells[0])
                yield Raw(where, line, repeats=None if kept == cells[0] else f"{self.name}:{kept}")

    def parse(self, raw: Raw) -> Record:
        """One line parsed."""
        cells = _asked_for(raw.content, self.sizes)
        if raw.repeats is not None:
            raise Rejected("duplicate flat graph", f"kept: {raw.repeats}")
        return Record(
            source_id=cells[0],
            smiles=cells[4],
            properties={
                "cas": cells[1],
                "name": cells[FIRST_NAME] if len(cells) > FIRST_NAME else None,
                "formula": cells[2],
                "iupac_name": cells[7] or None,
                "inchi": f"InChI=1S/{cells[5]}",
            },
        )


def _asked_for(line: str, sizes: Sizes) -> list[str]:
    """The cells of a line whose compound is within the rule; what needs no chemistry is asked first.

    Raises:
        Rejected: if it is not, by reason.
    """
    cells = line.split("\t", FIRST_NAME + 1)  # some have four hundred names
    if len(cells) < FIRST_NAME or not cells[0].isdigit():
        raise Rejected("wrong number of columns", f"expected CID and at least seven more, got {len(cells)}")
    if "\ufffd" in line:
        raise Rejected("not UTF-8 text")
    formula, smiles = cells[2], cells[4]
    counts = {symbol: int(count or 1) for symbol, count in re.findall(r"([A-Z][a-z]?)(\d*)", formula)}
    if "D" in counts or "T" in counts or re.search(r"\[\d", smiles):
        raise Rejected("isotope marks", smiles)
    if not counts.keys() <= ELEMENTS:
        raise Rejected("other elements", formula)
    heavy = sum(count for symbol, count in counts.items() if symbol != "H")
    if heavy > sizes.most:
        raise Rejected(sizes.more, formula)
    if heavy < sizes.least:
        raise Rejected(sizes.fewer, formula)
    if "." in smiles:
        raise Rejected("more than one fragment", smiles)
    _neutral_closed_shell(smiles)
    return cells


def _neutral_closed_shell(smiles: str) -> None:
    from rdkit import Chem, rdBase

    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
    if molecule is None:
        raise Rejected("the SMILES does not parse", smiles)
    if Chem.GetFormalCharge(molecule) != 0:
        raise Rejected("charged", smiles)
    if any(atom.GetNumRadicalElectrons() for atom in molecule.GetAtoms()):
        raise Rejected("radical", smiles)


def _flat_smiles(smiles: str) -> str:
    """RDKit's canonical SMILES without stereo."""
    from rdkit import Chem

    flat: str = Chem.MolToSmiles(Chem.MolFromSmiles(smiles), isomericSmiles=False)
    return flat
