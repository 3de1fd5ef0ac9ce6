"""A pool of molecules read as a stream of SMILES: a built set, or a file of SMILES, compressed or not."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from hemdata.catalog import TEST_GROUPS
from hemdata.choose.targets import Target, barred, targets
from hemdata.errors import CallError
from hemdata.identity import flat_graph, identify
from hemdata.identity.molecule import parsed
from hemdata.molecules import dataset_name, is_file_of_molecules, suffix
from hemdata.molecules.names import in_id
from hemdata.molecules.readers.smi import SUFFIXES, smiles_lines
from hemdata.processes import chunked
from hemdata.shards import find, iterate

CHUNK = 2_000


class Candidate(NamedTuple):
    """A molecule of a pool; `inchikey` is None where it was not computed."""

    id: str
    smiles: str
    inchikey: str | None


def place(name: str | Path, data: Path) -> Path:
    """Where a pool is: a folder of shards by path or by its name under `data`, or a .smi file, compressed or not.

    Raises:
        CallError: if there is none.
    """
    path = Path(name)
    if suffix(path) in SUFFIXES:
        if path.is_file():
            return path
        raise CallError("There is no such file of SMILES.", where=path, fix="Correct the path.")
    if is_file_of_molecules(path):
        raise CallError(
            "A pool is a built set or a file of SMILES.",
            expected=" or ".join(SUFFIXES),
            got=path,
            fix="Write it as one.",
        )
    return find(name, data)


def chunks(path: Path) -> Iterator[list[Candidate]]:
    """The pool's molecules in their order, some thousands at a time; those without a SMILES are passed over."""
    return chunked(_lines(path) if path.is_file() else _rows(path), CHUNK)


def _rows(folder: Path) -> Iterator[Candidate]:
    for batch in iterate(folder, ["id", "canonical_smiles", "inchikey"]):
        for id, smiles, key in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            if smiles is not None:
                yield Candidate(id, smiles, key)


def _lines(path: Path) -> Iterator[Candidate]:
    name = dataset_name(path)
    for line in smiles_lines(path):
        yield Candidate(f"{name}:{in_id(line.name or line.number)}", line.smiles, None)


class Barred:
    """The molecules that no training set may hold; asks for a candidate's InChIKey only where it could be one."""

    def __init__(self, molecules: Sequence[Target]) -> None:
        """Bars some targets, and the molecules of every shipped test group."""
        everyone = [*molecules, *targets([TEST_GROUPS])]
        self.graphs = barred(everyone)
        self.compositions = {composition(parsed(target.smiles)) for target in everyone}

    def holds(self, candidate: Candidate, molecule: Any) -> bool:
        """Whether a candidate has the flat graph of a barred molecule; `molecule` is RDKit's of its SMILES.

        A flat graph knows the heavy atoms, whatever the hydrogens and charges: other atoms, another graph.
        """
        if candidate.inchikey is not None:
            return flat_graph(candidate.inchikey) in self.graphs
        if composition(molecule) not in self.compositions:
            return False
        identity = identify(candidate.smiles)
        return identity is not None and flat_graph(identity.inchikey) in self.graphs


def composition(molecule: Any) -> bytes:
    """The heavy atoms of an RDKit molecule, sorted."""
    return bytes(sorted(z for z in (atom.GetAtomicNum() for atom in molecule.GetAtoms()) if z != 1))


@cache
def fingerprints() -> Any:
    """RDKit's Morgan fingerprints of radius 2 in 2,048 bits."""
    from rdkit.Chem import rdFingerprintGenerator

    return rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
