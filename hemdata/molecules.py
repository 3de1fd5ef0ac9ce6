"""Which molecules are to be labelled: rows of a built dataset, or a user's own SMILES or XYZ file."""

import hashlib
import heapq
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hemdata.errors import CallError, DataError
from hemdata.identity import flat_graph, identify
from hemdata.shards import iterate


@dataclass(frozen=True)
class Molecule:
    """A molecule to be labelled.

    Attributes:
        id: of the row in its dataset.
        smiles: as published.
        canonical_smiles, inchikey: its identity, where RDKit reads the SMILES.
        n_heavy: atoms that are not hydrogen, for the order of work.
        atomic_numbers, positions: a geometry, where one is given (angstrom, 3N).
        geometry_level: level of theory of that geometry, where it is known.
    """

    id: str
    smiles: str | None
    canonical_smiles: str | None
    inchikey: str | None
    n_heavy: int
    charge: int = 0
    multiplicity: int = 1
    atomic_numbers: list[int] = field(default_factory=list)
    positions: list[float] = field(default_factory=list)
    geometry_level: str | None = None


_COLUMNS = (
    "id", "smiles", "canonical_smiles", "inchikey", "n_heavy", "charge", "multiplicity", "atomic_numbers", "positions",
    "geometry_level",
)  # fmt: skip


def from_shards(folder: Path) -> Iterator[Molecule]:
    """Every row of a built dataset, streamed."""
    for batch in iterate(folder, _COLUMNS):
        for row in batch.to_pylist():
            row["atomic_numbers"], row["positions"] = row["atomic_numbers"] or [], row["positions"] or []
            yield Molecule(**row)


def from_file(path: Path) -> Iterator[Molecule]:
    """Every molecule of a .smi file (SMILES, then a name if there is one) or an .xyz file.

    Raises:
        CallError: for another kind of file.
        DataError: names the file and line of a SMILES that does not parse, or an XYZ that does not read.
    """
    if path.suffix == ".smi":
        yield from _from_smiles(path)
    elif path.suffix in (".xyz", ".extxyz"):
        yield from _from_xyz(path)
    else:
        raise CallError("This kind of file is not read.", where=path, expected=".smi or .xyz", got=path.suffix)


def dataset_name(path: Path) -> str:
    """The dataset name that a user's file gives its molecules."""
    return re.sub(r"[^a-z0-9._-]+", "-", path.stem.lower()).strip("-.") or "file"


def _from_smiles(path: Path) -> Iterator[Molecule]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        words = line.split()
        if not words:
            continue
        id = f"{dataset_name(path)}:{words[1] if len(words) > 1 else number}"
        yield from_smiles(words[0], id, where=f"{path}, line {number}")


def from_smiles(smiles: str, id: str, where: object = None) -> Molecule:
    """The molecule of a SMILES; its multiplicity is that of the unpaired electrons drawn.

    Raises:
        DataError: if it does not parse.
    """
    identity = identify(smiles)
    if identity is None:
        raise DataError("A SMILES does not parse.", where=where, got=smiles, fix="Correct or remove it.")
    return Molecule(
        id=id,
        smiles=smiles,
        canonical_smiles=identity.canonical_smiles,
        inchikey=identity.inchikey,
        n_heavy=sum(z != 1 for z in identity.atomic_numbers),
        charge=identity.charge,
        multiplicity=1 + identity.radical_electrons,
    )


def _from_xyz(path: Path) -> Iterator[Molecule]:
    from ase.io import iread

    try:
        for number, atoms in enumerate(iread(path, index=":"), 1):
            z = [int(n) for n in atoms.numbers]
            yield Molecule(
                id=f"{dataset_name(path)}:{number}",
                smiles=None,
                canonical_smiles=None,
                inchikey=None,
                n_heavy=sum(n != 1 for n in z),
                multiplicity=1 + sum(z) % 2,
                atomic_numbers=z,
                positions=[float(x) for x in atoms.positions.ravel()],
            )
    except (OSError, ValueError, KeyError, IndexError, StopIteration) as error:
        raise DataError("The XYZ file does not read.", where=path, got=error, fix="Correct the file.") from None


def sample(molecules: Iterable[Molecule], n: int | None, seed: int, without: set[str]) -> list[Molecule]:
    """The first n molecules in an order that the seed alone decides; a larger n holds a smaller one.

    Args:
        molecules: streamed; memory grows with n only.
        n: how many; all, in their own order, where None.
        without: flat graphs (14 letters of an InChIKey) that are left out before sampling.
    """
    wanted = (m for m in molecules if m.inchikey is None or flat_graph(m.inchikey) not in without)
    if n is None:
        return list(wanted)
    return heapq.nsmallest(n, wanted, key=lambda m: hashlib.sha256(f"{seed}:{m.id}".encode()).digest())
