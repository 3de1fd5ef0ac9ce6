"""XYZ, plain or extended, frame after frame: a number of atoms, a comment, so many atoms in angstrom.

A frame that is no molecule says why, and the next is read; where a count and its atoms do not fit, nothing that follows
can be trusted, and the file is refused.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from hemdata.archives.text import lines
from hemdata.errors import DataError
from hemdata.identity.bonds import pieces
from hemdata.molecules.molecule import NOTHING, Molecule, Said, Unread, from_geometry
from hemdata.molecules.names import molecule_id
from hemdata.molecules.xyz_atoms import atoms_of
from hemdata.molecules.xyz_comment import Comment

SUFFIXES = (".xyz", ".extxyz")
RADICAL = (
    "an odd number of electrons, and nothing says a charge or a multiplicity (charge=, multiplicity= in the comment; "
    "--charge, --multiplicity): taken as neutral radicals"
)

SEVERAL = "several molecules in one geometry, which are taken as one"


class Frame(NamedTuple):
    """A frame as it stands: the number of its first line, its comment, its atoms' lines."""

    line: int
    comment: str
    atoms: list[str]


def read(path: Path, said: Said = NOTHING) -> Iterator[Molecule | Unread]:
    """Every molecule of the file, and every frame that is none."""
    for number, frame in enumerate(frames(path), 1):
        id, line, text = molecule_id(path, number), frame.line + 1, frame.comment
        try:
            comment = Comment.of(frame.comment)
            id = molecule_id(path, comment.name or number)
            z, x = atoms_of(frame.atoms, comment.columns, frame.line + 2)
            its = said.over(comment.said_of(sum(z)))
            molecule = from_geometry(z, x, id, f"{path}, line {frame.line}", its, in_angstrom=comment.angstrom)
        except DataError as error:
            line = error.where if isinstance(error.where, int) else line
            yield Unread(id, str(error.got or text), error.what, f"{path}, line {line}", error.fix)
            continue
        doubt = RADICAL if its == NOTHING and sum(z) % 2 else SEVERAL if pieces(z, x) > 1 else None
        yield replace(molecule, doubt=doubt, energy_key=comment.energy_key)


def frames(path: Path) -> Iterator[Frame]:
    """The frames of a file; blank lines may stand between them.

    Raises:
        CallError, DataError: as `hemdata.archives.text.lines`; DataError where a count and its atoms do not fit.
    """
    numbered = lines(path)
    before = 0
    for start, text in numbered:
        if not text.strip():
            continue
        if not text.strip().isdecimal() or int(text) == 0:
            told = f"; the frame of line {before} says how many atoms it has" if before else ""
            raise _broken(path, start, f"the number of atoms of a frame{told}", text)
        count = int(text)
        comment = next(numbered, (0, None))[1]
        atoms: list[str] = []
        while len(atoms) < count:
            number, line = next(numbered, (start + 2 + len(atoms), None))
            if comment is None or line is None or len(line.split()) < 2:
                got = "the end of the file" if line is None else line.strip() or "a blank line"
                raise _broken(path, number, f"{count} atoms, as line {start} says", f"{got} after {len(atoms)}")
            atoms.append(line)
        before = start
        yield Frame(start, comment or "", atoms)


def _broken(path: Path, line: int, expected: str, got: str) -> DataError:
    return DataError(
        "The XYZ file does not read.",
        where=f"{path}, line {line}",
        expected=expected,
        got=got.strip()[:80],
        fix="Correct the number of atoms or the lines of the frame.",
    )
