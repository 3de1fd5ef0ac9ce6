"""SDF, record after record: a title, atoms and bonds, and coordinates in angstrom where they are of three dimensions.

A geometry that lacks hydrogens is none, and the molecule is then that of its bonds alone, as where the record is a
drawing. Fields named `charge` or `multiplicity` are read.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from hemdata.archives.text import lines
from hemdata.errors import DataError
from hemdata.molecules.energies import energy_key
from hemdata.molecules.geometry import refuse_geometry
from hemdata.molecules.molecule import NOTHING, Molecule, Said, Unread, from_smiles
from hemdata.molecules.names import molecule_id
from hemdata.molecules.state import stated

SUFFIXES = (".sdf", ".sd", ".mol")

_FIELD = re.compile(r">.*<(?P<name>[^>]+)>")


class Block(NamedTuple):
    """A record as it stands: the number of its first line, and its lines."""

    line: int
    lines: list[str]


def read(path: Path, said: Said = NOTHING) -> Iterator[Molecule | Unread]:
    """Every molecule of the file, and every record that is none."""
    for number, block in enumerate(_blocks(path), 1):
        title = block.lines[0].strip()
        id, where = molecule_id(path, title or number), f"{path}, line {block.line}"
        try:
            molecule = _molecule(id, block.lines, where, said)
            yield replace(molecule, energy_key=energy_key(_fields(block.lines)))
        except DataError as error:
            yield Unread(id, str(error.got or title or number), error.what, where, error.fix)


def _blocks(path: Path) -> Iterator[Block]:
    gathered: list[str] = []
    first = 1
    for number, text in lines(path):
        if text.startswith("$$$$"):
            yield Block(first, gathered)
            gathered, first = [], number + 1
        else:
            gathered.append(text)
    if any(text.strip() for text in gathered):
        yield Block(first, gathered)


def _molecule(id: str, block: list[str], where: str, said: Said) -> Molecule:
    from rdkit import Chem

    from hemdata.identity.molecule import quiet

    quiet()
    molecule: Any = Chem.MolFromMolBlock("\n".join(block), removeHs=False)
    if molecule is None or not molecule.GetNumAtoms():
        raise DataError("The record does not parse.", fix="Correct or remove it.")
    its = said.over(stated(_fields(block)))
    whole = molecule.GetNumConformers() > 0 and molecule.GetConformer().Is3D()
    if whole:
        Chem.AssignStereochemistryFrom3D(molecule)
    drawn = from_smiles(Chem.MolToSmiles(Chem.RemoveHs(molecule)), id, where, its)
    if not whole or any(atom.GetNumImplicitHs() or atom.GetNumExplicitHs() for atom in molecule.GetAtoms()):
        return drawn
    z = [atom.GetAtomicNum() for atom in molecule.GetAtoms()]
    x = [float(value) for place in molecule.GetConformer().GetPositions() for value in place]
    refuse_geometry(z, x)
    return drawn.at(z, x)


def _fields(block: list[str]) -> dict[str, str]:
    """The data fields of a record by name, the first line of each."""
    found = {}
    for line, value in zip(block, [*block[1:], ""], strict=False):
        if named := _FIELD.match(line):
            found[named["name"].strip().lower()] = value
    return {name: value for name, value in found.items() if name != "q"}
