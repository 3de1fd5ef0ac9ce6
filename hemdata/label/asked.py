"""Which molecules are to be labelled: of a dataset, a composed set or a file, less some, a sample or a part of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hemdata.catalog import cards
from hemdata.curate.build import build
from hemdata.curate.compose import compose
from hemdata.errors import CallError, DataError, did_you_mean
from hemdata.identity import flat_graph
from hemdata.label.part import Part
from hemdata.molecules import (
    NOTHING,
    Molecule,
    Said,
    Unread,
    dataset_name,
    entries,
    from_shards,
    held_against_ground_state,
    identified,
    only_molecules,
    remarks,
    sample,
    set_named,
    suffixes,
    unreadable,
)
from hemdata.shards import SourceFile, in_catalogue, iterate, sha256, stands
from hemdata.shards.sets import without_card


@dataclass(frozen=True)
class Chosen:
    """The molecules that are asked for.

    Attributes:
        name: of the set; `sources`: the files that they are from.
        unread: what of a file does not read.
        unknown: how many nobody can compare with the molecules that are to be left out.
    """

    molecules: list[Molecule]
    name: str
    sources: list[SourceFile]
    unread: list[Unread] = field(default_factory=list)
    unknown: int = 0

    @property
    def remarks(self) -> list[str]:
        """What a person should know before anything is computed."""
        found = remarks(self.molecules, self.unread)
        if self.unknown:
            found.append(f"{self.unknown:,} have no SMILES and no plain bonds: whether --without has them is unknown.")
        return found


@dataclass(frozen=True)
class Asked:
    """What is asked for.

    Attributes:
        target: a dataset's name (built if it is not yet), or a file.
        n: how many molecules, chosen by `seed`; all where None.
        without: datasets whose molecules (by flat graph) are left out before sampling.
        max_heavy: molecules of more heavy atoms are left out before sampling.
        part: only this part of them.
        said: charge and multiplicity of a file's molecules, where it does not say them.

    Raises:
        CallError: if fewer molecules than one are asked for.
    """

    target: str | Path
    n: int | None = None
    seed: int = 0
    without: Sequence[str] = ()
    max_heavy: int | None = None
    part: Part | None = None
    said: Said = NOTHING

    def __post_init__(self) -> None:
        if self.n is not None and self.n < 1:
            raise CallError("Fewer molecules than one are asked for.", expected="1 or more", got=self.n,
                            fix="Give a larger number, or none for all.")  # fmt: skip

    def molecules(self, data: Path) -> Chosen:
        """The molecules, read.

        Args:
            data: folder of the built datasets.

        Raises:
            CallError: for an unknown dataset or file.
            DataError: if nothing of a file reads, two of its molecules have one name, or nothing is left.
        """
        unread: list[Unread] = []
        found, name, sources = _molecules(self.target, data, self.said, unread)
        barred = {graph for other in self.without for graph in _flat_graphs(_built(other, data))}
        fitting = (m for m in found if self.max_heavy is None or m.n_heavy <= self.max_heavy)
        asked = sample(fitting, self.n, self.seed, barred)
        if unread and not asked:
            raise unreadable(unread, self.target)
        if self.part is not None:
            asked = self.part.of(asked)
        if not asked:
            raise DataError(
                "There is nothing to label.", where=self.target, fix="Check the file, --max-heavy and --without."
            )
        return Chosen(asked, name, sources, unread, sum(m.inchikey is None for m in asked) if barred else 0)


def _molecules(
    target: str | Path, data: Path, said: Said, unread: list[Unread]
) -> tuple[Iterable[Molecule], str, list[SourceFile]]:
    path = Path(target)
    if in_catalogue(str(target)):
        if said != NOTHING:
            raise CallError(
                "--charge and --multiplicity are for a file; a dataset says them of each molecule.",
                got=target,
                fix="Leave them out.",
            )
        folder = _built(str(target), data)
        path = folder / "manifest.json"
        return (
            map(held_against_ground_state, from_shards(folder)),
            str(target),
            [_source(path, f"{folder.name}/manifest.json")],
        )
    if not path.is_file() and (sentence := without_card(data, set_named(str(target)))):
        raise CallError("The set has no card of its name.", where=data / set_named(str(target)), fix=sentence)
    if not path.is_file():
        raise CallError(
            f"There is no dataset and no file '{target}'.",
            expected=f"a {' or '.join(suffixes())} file, or one of {', '.join((*cards('dataset'), *cards('set')))}",
            fix=f"{did_you_mean(target, (*cards('dataset'), *cards('set')))}Correct the name; "
            "SMILES are written to a .smi file, one a line.",
        )
    name = dataset_name(path)
    if in_catalogue(name):
        raise CallError(
            "The file bears the name of a dataset, and its labels would stand in that one's place.",
            where=path,
            got=name,
            fix="Give the file another name.",
        )
    return map(identified, only_molecules(entries(path, said), unread)), name, [_source(path, path.name)]


def _source(path: Path, name: str) -> SourceFile:
    return SourceFile(name=name, bytes=path.stat().st_size, sha256=sha256(path))


def _built(name: str, data: Path) -> Path:
    """The folder of a built dataset or composed set, built now if it is not there."""
    folder = data / name
    if not stands(folder):
        if name in cards("set"):
            compose(name, data)
        else:
            build(name, out=folder)
    return folder


def _flat_graphs(folder: Path) -> set[str]:
    return {flat_graph(key) for batch in iterate(folder, ["inchikey"]) for key in batch["inchikey"].to_pylist() if key}
