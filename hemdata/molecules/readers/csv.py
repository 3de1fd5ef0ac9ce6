"""Tables of molecules, one a row: comma, semicolon or tab between the columns, as spreadsheets and hemdata write them.

The first line names the columns: `smiles`, or `atomic_numbers` (or `species`) and `positions` in angstrom; a name or
`id`, `charge`, `multiplicity` may stand beside them. What else there is is not read.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from hemdata.archives.text import lines
from hemdata.errors import DataError
from hemdata.molecules.energies import energy_key
from hemdata.molecules.molecule import NOTHING, Molecule, Said, Unread, from_geometry, from_smiles
from hemdata.molecules.names import molecule_id
from hemdata.molecules.state import stated
from hemdata.molecules.xyz_atoms import atoms_of

SUFFIXES = (".csv", ".tsv")

_SMILES = ("smiles", "canonical_smiles", "isomeric_smiles", "smi")
_ATOMS = ("atomic_numbers", "species", "numbers", "symbols")
_CALLED = ("id", "name", "title", "identifier", "compound", "molecule")
_WORDS = re.compile(r"[^\s,;\[\]()'\"]+")


def read(path: Path, said: Said = NOTHING) -> Iterator[Molecule | Unread]:
    """Every molecule of the table, and every row that is none.

    Raises:
        DataError: if no column has a SMILES or a geometry.
    """
    numbers: list[int] = []

    def texts() -> Iterator[str]:
        for number, text in lines(path):
            numbers.append(number)
            yield f"{text}\n"

    rows = texts()
    first = next((text for text in rows if text.strip()), "")
    try:
        separator = max(",;\t", key=first.count)
        names = [name.strip().lower() for name in next(csv.reader([first], delimiter=separator), [])]
        _columns(path, names)
        for cells in csv.reader(rows, delimiter=separator):
            if not any(cell.strip() for cell in cells):
                continue
            number = numbers[-1]
            row = {name: cell.strip() for name, cell in zip(names, cells, strict=False)}
            called = next((row[name] for name in _CALLED if row.get(name)), None)
            id, where = molecule_id(path, called or number), f"{path}, line {number}"
            try:
                if len(cells) != len(names):
                    raise DataError(
                        f"The row has {len(cells)} cells, the first line {len(names)}.",
                        got=separator.join(cells),
                        fix="Set cells that hold a separator in quotes.",
                    )
                yield replace(_molecule(id, row, where, said), energy_key=energy_key(row))
            except DataError as error:
                yield Unread(id, str(error.got), error.what, where, error.fix)
    except csv.Error as error:
        raise DataError("The table does not read.", where=path, got=error, fix="Write it again.") from None


def _columns(path: Path, names: list[str]) -> None:
    twice = {name for name in names if name and names.count(name) > 1}
    smiles, atoms = set(_SMILES) & set(names), set(_ATOMS) & set(names)
    if twice or not (smiles or (atoms and "positions" in names)):
        raise DataError(
            f"The table names a column twice: {', '.join(sorted(twice))}." if twice else "The table has no molecules.",
            where=path,
            expected="a first line with `smiles`, or `atomic_numbers` and `positions`",
            got=", ".join(names) or "an empty file",
            fix="Name the columns so.",
        )


def _molecule(id: str, row: Mapping[str, str], where: str, said: Said) -> Molecule:
    smiles = next((row[name] for name in _SMILES if row.get(name)), None)
    atoms = next((row[name] for name in _ATOMS if row.get(name)), None)
    its = said.over(stated({name: value for name, value in row.items() if name != "q"}))  # may be anything in a table
    if not atoms or not row.get("positions"):
        if smiles is None:
            raise DataError("The row has neither a SMILES nor a geometry.", got=", ".join(row.values()))
        return from_smiles(smiles, id, where, its)
    symbols, numbers = _WORDS.findall(atoms), _WORDS.findall(row["positions"])
    if len(numbers) != 3 * len(symbols):
        raise DataError("Atoms and positions are not as many.", got=f"{len(symbols)} atoms, {len(numbers)} coordinates")
    z, x = atoms_of([" ".join([symbol, *numbers[3 * at : 3 * at + 3]]) for at, symbol in enumerate(symbols)])
    return replace(from_geometry(z, x, id, where, its, smiles), geometry_level=row.get("geometry_level") or None)
