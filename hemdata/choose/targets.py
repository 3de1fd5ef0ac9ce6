"""The molecules that a choice of training data is made for: test groups, or a user's own list of SMILES."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from hemdata.catalog import TEST_GROUPS, cards, dataset
from hemdata.errors import CallError, DataError, did_you_mean
from hemdata.files import write_whole
from hemdata.identity import flat_graph, identify
from hemdata.molecules import is_file_of_molecules, read_molecules, suffixes
from hemdata.sources import open_source

READER = "test_groups"


@dataclass(frozen=True)
class Target:
    """One molecule to be predicted.

    Attributes:
        id: `<group>:<id>`; of a line of a file, its name or number.
        smiles: as it stands there.
        canonical_smiles, inchikey: its identity.
    """

    id: str
    smiles: str
    canonical_smiles: str
    inchikey: str


def targets(names: Sequence[str | Path]) -> list[Target]:
    """The molecules of some groups, in their own order, each id once.

    Args:
        names: test groups (`test-groups` is all of them), or files of molecules that have a SMILES.

    Raises:
        CallError: for a name that is neither, or two groups of one name.
        DataError: if something of a file does not read; names every such line.
    """
    found: dict[str, Target] = {}
    owners: dict[str, Path] = {}
    for name in names:
        path = Path(name) if is_file_of_molecules(name) else None
        owner = path.resolve() if path else Path(TEST_GROUPS)
        for target in _from_file(path) if path else _from_group(str(name)):
            group = target.id.partition(":")[0]
            if owners.setdefault(group, owner) != owner:
                raise CallError(
                    f"Two groups are called '{group}', and their molecules would stand in one.",
                    where=name,
                    got=owners[group],
                    fix="Give the file another name.",
                )
            found.setdefault(target.id, target)
    return list(found.values())


def by_group(molecules: Sequence[Target]) -> dict[str, list[Target]]:
    """The targets by their group, what stands before the colon of the id, in order of first appearance."""
    found: dict[str, list[Target]] = {}
    for target in molecules:
        found.setdefault(target.id.partition(":")[0], []).append(target)
    return found


def barred(molecules: Sequence[Target]) -> set[str]:
    """The flat graphs that no training molecule may have: those of some targets, and of every shipped test group."""
    return {flat_graph(target.inchikey) for target in [*molecules, *_from_group(TEST_GROUPS)] if target.inchikey}


def _from_group(name: str) -> Iterator[Target]:
    card = dataset(name) if name in cards("dataset") else None
    if card is None or card.reader != READER:
        groups = [known for known in cards("dataset") if dataset(known).reader == READER]
        raise CallError(
            f"There is no group of molecules '{name}'.",
            expected=f"{', '.join(groups)}, or a {' or '.join(suffixes())} file",
            got=name,
            fix=f"{did_you_mean(name, [*groups, *_files_called(name)])}Correct the name.",
        )
    source = open_source(card)
    for raw in source.raws():
        molecule = source.parse(raw)
        group = molecule.dataset or card.name
        yield _target(f"{group}:{molecule.source_id}", molecule.smiles or "", raw.where)


def _from_file(path: Path) -> Iterator[Target]:
    molecules = read_molecules(path)
    if not molecules:
        raise DataError("The file holds no molecule.", where=path, fix="Give one SMILES a line.")
    for molecule in molecules:
        if molecule.smiles is None or molecule.canonical_smiles is None:
            raise CallError(
                "Molecules are chosen for SMILES, and this file has none.", where=path, fix="Give them as a .smi file."
            )
        yield Target(molecule.id, molecule.smiles, molecule.canonical_smiles, molecule.inchikey or "")


@lru_cache(maxsize=4_096)  # every choice asks for the test groups again
def _target(id: str, smiles: str, where: str) -> Target:
    identity = identify(smiles)
    if identity is None:
        raise DataError("A SMILES does not parse.", where=where, got=smiles, fix="Correct or remove it.")
    return Target(id, smiles, identity.canonical_smiles, identity.inchikey)


def write_smiles(path: Path, lines: Iterable[tuple[str, str]], force: bool = False) -> int:
    """Write (SMILES, name) pairs as a .smi file, under a temporary name first; the number of lines.

    Args:
        path: of the file.
        lines: what to write.
        force: write over a file that stands there and holds something else.

    Raises:
        CallError: for a file that is not called .smi, or that holds something else.
    """
    if path.suffix != ".smi":
        raise CallError("A list of SMILES is written to a .smi file.", got=path, fix="End the name in .smi.")
    text = "".join(f"{smiles} {name}\n" for smiles, name in lines)
    if not force and path.exists() and not (path.is_file() and path.read_bytes() == text.encode()):
        raise CallError("Something else stands there.", where=path, fix="Give another name, or --force.")
    write_whole(path, text)
    return text.count("\n")


def _files_called(name: str) -> list[str]:
    """Files of molecules in the current folder that bear the name: a labelled set `mine` comes of `mine.smi`."""
    return sorted(path.name for path in Path().iterdir() if path.stem == name and path.suffix in suffixes())
