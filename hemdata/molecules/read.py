"""The one door by which a user's file of molecules comes in, whatever its form and whichever command asks."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from hemdata.errors import CallError, DataError
from hemdata.molecules import readers
from hemdata.molecules.molecule import NOTHING, Molecule, Said, Unread
from hemdata.molecules.names import dataset_name, suffix
from hemdata.shards.sets import SetName, in_catalogue

SHOWN = 20  # lines of a file that are named in one message

Reader = Callable[[Path, Said], Iterator[Molecule | Unread]]


def suffixes() -> list[str]:
    """The endings of the files that are read."""
    return list(_readers())


def is_file_of_molecules(word: str | Path) -> bool:
    """Whether a word ends as the name of a file of molecules does."""
    return suffix(Path(word)) in _readers()


def set_named(word: str) -> str:
    """The set that a word names: a dataset or composition, the one of labels (NAME@LEVEL), or that of a user's file."""
    if in_catalogue(word):
        return word
    return dataset_name(Path(word)) if is_file_of_molecules(word) else SetName.of(word).dataset


def entries(path: Path, said: Said = NOTHING) -> Iterator[Molecule | Unread]:
    """What stands in a file of molecules, in its order, streamed; what is no molecule says why, with its line.

    Args:
        path: a file in a form of `readers`, compressed by gzip, bzip2 or xz or not.
        said: charge and multiplicity of all its molecules, where the file does not say them.

    Raises:
        CallError: for another kind of file, or if there is none.
        DataError: if it is not UTF-8 text, or is so broken that what follows cannot be trusted.
    """
    reader = _readers().get(suffix(path))
    if reader is None:
        raise CallError(
            "This kind of file is not read.", where=path, expected=" or ".join(_readers()), got=suffix(path) or path
        )
    yield from reader(path, said)


def read_molecules(path: Path, said: Said = NOTHING) -> list[Molecule]:
    """Every molecule of a file, where each of its entries reads and has a name of its own.

    Raises:
        CallError: as `entries`.
        DataError: names every line that does not read, or every name that stands twice.
    """
    unread: list[Unread] = []
    molecules = list(only_molecules(entries(path, said), unread))
    if unread:
        raise unreadable(unread, path)
    return molecules


def only_molecules(found: Iterable[Molecule | Unread], unread: list[Unread]) -> Iterator[Molecule]:
    """The molecules among some entries, streamed; the others are added to `unread`.

    Raises:
        DataError: at the end, if molecules bear one id: names every such id with its lines.
    """
    lines: dict[str, list[str]] = {}
    for entry in found:
        if isinstance(entry, Unread):
            unread.append(entry)
        else:
            lines.setdefault(entry.id, []).append(entry.where or entry.id)
            yield entry
    twice = {id: where for id, where in lines.items() if len(where) > 1}
    if twice:
        told = [f"{id.partition(':')[2]}: {', '.join(map(_line, where[:5]))}" for id, where in twice.items()]
        raise DataError(
            "Molecules bear one name, and each needs one of its own.",
            where=next(iter(twice.values()))[0].rpartition(", ")[0] or None,
            got=listed(told),
            fix="Rename them, or give no names: a molecule is then called by its line's number.",
        )


def remarks(molecules: Iterable[Molecule], unread: Sequence[Unread]) -> list[str]:
    """What a person should know of a file before anything is computed."""
    found = []
    if unread:
        told = listed([each.told for each in unread])
        found.append(f"{len(unread):,} entries of the file do not read and are left out:{told}")
    doubts: dict[str, list[str]] = {}
    labelled: dict[str, Counter[str]] = defaultdict(Counter)
    for molecule in molecules:
        if molecule.energy_key:
            labelled[_file(molecule.where or molecule.id)][molecule.energy_key] += 1
        if molecule.doubt:
            line = f"{_line(molecule.where)}: " if molecule.where else ""
            doubts.setdefault(molecule.doubt, []).append(f"{line}{molecule.id}")
    found += [
        f"{keys.total():,} molecules of {file} have an energy there ({', '.join(keys)}), which is not taken: "
        f"energies are computed here, and `hemdata import {file}` takes those of a file."
        for file, keys in labelled.items()
    ]
    return found + [f"{len(its):,} with {doubt}:{listed(its)}" for doubt, its in doubts.items()]


def unreadable(unread: Sequence[Unread], where: object) -> DataError:
    """All that does not read in one error."""
    if len(unread) == 1:
        return unread[0].error
    return DataError(
        f"{len(unread):,} entries do not read.",
        where=where,
        got=listed([each.told for each in unread]),
        fix="Correct or remove them.",
    )


def _line(where: str) -> str:
    return where.rpartition(", ")[2]


def _file(where: str) -> str:
    return where.rpartition(", ")[0]


def listed(words: list[str]) -> str:
    """So many lines of them, and how many there are besides."""
    more = [f"and {len(words) - SHOWN:,} more"] if len(words) > SHOWN else []
    return "".join(f"\n    {word}" for word in [*words[:SHOWN], *more])


@cache
def _readers() -> dict[str, Reader]:
    """Each form's reader by the endings of its files."""
    found: dict[str, Reader] = {}
    for module in sorted(each.name for each in iter_modules(readers.__path__)):
        reader = import_module(f"{readers.__name__}.{module}")
        found |= dict.fromkeys(reader.SUFFIXES, reader.read)
    return found
