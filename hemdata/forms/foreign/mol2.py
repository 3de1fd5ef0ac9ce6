"""Tripos mol2 by RDKit: geometry and graph; the comment after a molecule's name may hold an energy."""

from collections.abc import Iterator
from pathlib import Path

from hemdata.archives.text import as_text, not_utf8, odd_byte
from hemdata.forms.foreign.sdf import add
from hemdata.forms.shared.frames import Frames, Gathered, Wanted
from hemdata.identity.molecule import quiet

READS = "Tripos mol2: geometry and graph, partial charges left out"
SUFFIXES = (".mol2",)
_BEGIN = "@<TRIPOS>MOLECULE"


def frames(path: Path, wanted: Wanted) -> Iterator[Frames]:
    """Every molecule; the line of comment after its charge type is the key `comment`."""
    from rdkit import Chem

    quiet()
    found = Gathered(path.name, "molecule")
    with path.open("rb") as binary, as_text(path, binary) as file:
        block: list[str] = []
        for number, line in enumerate((*file, _BEGIN), 1):
            if not line.isascii() and (byte := odd_byte(line)) is not None:
                raise not_utf8(f"{path}, line {number}", byte)
            if line.startswith(_BEGIN) and block:
                molecule = Chem.MolFromMol2Block("".join(block), sanitize=False, removeHs=False)
                if molecule is None:
                    found.fault("not a mol2 record", "RDKit cannot read it: a wrong count or line, or a truncated file")
                else:
                    if len(block) > 6 and not block[6].startswith("@"):
                        molecule.SetProp("comment", block[6].strip())
                    molecule.GetConformer().Set3D(True)
                    add(found, molecule, wanted)
                if found.full:
                    yield found.taken()
                block = []
            if block or line.startswith(_BEGIN):
                block.append(line)
    if found.n:
        yield found.taken()
