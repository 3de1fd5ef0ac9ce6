"""SMILES, one a line, each with a name if there is one: as Daylight, Open Babel and RDKit write them.

A name may hold blanks: it is all that follows the SMILES, or, where tabs part the columns, the second column. A first
line that names its columns says which is which; `charge` and `multiplicity` may be among them.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from hemdata.archives.text import lines
from hemdata.errors import DataError
from hemdata.identity import identify
from hemdata.molecules.energies import energy_key
from hemdata.molecules.molecule import NOTHING, Molecule, Said, Unread, from_smiles
from hemdata.molecules.names import molecule_id
from hemdata.molecules.state import NAMES, stated

SUFFIXES = (".smi", ".smiles")

_SMILES = re.compile(r"\w*(smiles|smi)\w*|structure", re.IGNORECASE)
_CALLED = ("name", "id", "title", "molecule", "mol_id", "molecule_name", "compound", "label", "identifier")


class Line(NamedTuple):
    """A line of a file of SMILES; `problem` says why it cannot be one."""

    number: int
    smiles: str
    name: str | None = None
    said: Said = NOTHING
    problem: str | None = None
    energy_key: str | None = None


def read(path: Path, said: Said = NOTHING) -> Iterator[Molecule | Unread]:
    """Every molecule of the file, and every line that is none."""
    for line in smiles_lines(path):
        id, where = molecule_id(path, line.name or line.number), f"{path}, line {line.number}"
        if line.problem is not None:
            yield Unread(id, line.smiles, line.problem, where, "Correct or remove it.")
            continue
        try:
            molecule = from_smiles(line.smiles, id, where, said.over(line.said))
            yield replace(molecule, energy_key=line.energy_key)
        except DataError as error:
            yield Unread(id, str(error.got), error.what, where, error.fix)


def smiles_lines(path: Path) -> Iterator[Line]:
    """The lines of a file of SMILES, not yet parsed; blank lines, comments (#) and the names of columns are none.

    Raises:
        CallError, DataError: as `hemdata.archives.text.lines`.
    """
    columns: _Columns | None = None
    first = True
    for number, text in lines(path):
        text = text.strip(" ")
        if not text.strip():
            continue
        if first and (columns := _header(text)) is not None:
            first = False
        elif not text.startswith("#"):
            first = False
            yield columns.line(number, text) if columns else _plain(number, text)


class _Columns(NamedTuple):
    """Which column of a file is which, by its first line."""

    names: tuple[str, ...]
    smiles: int
    name: int | None

    def line(self, number: int, text: str) -> Line:
        """A line's SMILES, name and state."""
        cells = self._cells(text)
        if not self.smiles < len(cells) <= len(self.names):
            told = f"The line has {len(cells)} columns, the first line {len(self.names)}."
            return Line(number, text, problem=told)
        row = dict(zip(self.names, map(_unquoted, cells), strict=False))
        smiles, extension, _ = _parts(cells[self.smiles])
        name = None if self.name is None else row.get(self.names[self.name])
        try:
            its = stated(row)
            return Line(number, smiles, name or None, its, _changed_by(smiles, extension), energy_key(row))
        except DataError as error:
            return Line(number, str(error.got), name, problem=error.what)

    def _cells(self, text: str) -> list[str]:
        if "\t" in text:
            return [cell.strip() for cell in text.split("\t")]
        first: list[str] = []
        if self.smiles == 0:
            smiles, extension, text = _parts(text)
            first = [f"{smiles} {extension}".strip()]
        words = text.split()
        last = len(self.names) - len(first) - 1
        if self.name == len(self.names) - 1 and last >= 0:  # the name is all that is left
            words = [*words[:last], " ".join(words[last:])]
        return [*first, *words]


def _header(text: str) -> _Columns | None:
    """The columns, where the first line names them."""
    split = text.lstrip("#").split("\t" if "\t" in text else None)
    words = [_unquoted(word.strip()).lower() for word in split]
    found = [place for place, word in enumerate(words) if _SMILES.fullmatch(word)]
    if not found or (found[0] > 0 and identify(_unquoted(split[0].strip()), bonds=False) is not None):
        return None  # a molecule may be called `smiles`
    others = [number for number in range(len(words)) if number != found[0] and words[number] not in NAMES]
    named = [number for number in others if words[number] in _CALLED]
    return _Columns(tuple(words), found[0], next(iter([*named, *others]), None))


def _plain(number: int, text: str) -> Line:
    """A line of a file whose first line names no columns."""
    smiles, extension, rest = _parts(text)
    name = rest.split("\t")[0] if "\t" in text else rest
    return Line(number, smiles, _unquoted(name.strip()) or None, NOTHING, _changed_by(smiles, extension))


def _parts(text: str) -> tuple[str, str, str]:
    """The SMILES, the CXSMILES extension behind it (`|...|`), and the rest."""
    smiles, *more = text.split(maxsplit=1)
    rest = more[0] if more else ""
    extension = ""
    if rest.startswith("|") and (end := rest.find("|", 1)) > 0:
        extension, rest = rest[: end + 1], rest[end + 1 :].lstrip()
    return _unquoted(smiles), extension, rest


def _unquoted(word: str) -> str:
    for quote in ('"', "'"):
        if len(word) > 1 and word.startswith(quote) and word.endswith(quote):
            return word[1:-1].strip()
    return word


def _changed_by(smiles: str, extension: str) -> str | None:
    """Why a CXSMILES extension makes another molecule of a SMILES; None where it adds stereo groups or labels only."""
    if not extension:
        return None
    from rdkit import Chem

    from hemdata.identity.molecule import quiet

    quiet()
    alone, whole = Chem.MolFromSmiles(smiles), Chem.MolFromSmiles(f"{smiles} {extension}")
    if alone is None:
        return None  # told when the SMILES is parsed
    query = re.search(r"Sg|SgD|\bm:|LN:|RG:", extension)
    if whole is None or query or Chem.MolToSmiles(alone) != Chem.MolToSmiles(whole):
        return f"The extension {extension} says more than a SMILES can."
    return None
