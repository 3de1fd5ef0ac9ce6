"""What a set is called and where it stands: NAME as published, NAME@LEVEL labelled, NAME@LEVEL@GEOMETRY elsewhere."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from glob import escape
from pathlib import Path

from hemdata.catalog import cards, dataset, label_places, own_folder
from hemdata.catalog.folders import PLACES
from hemdata.errors import CallError, DataError, HemdataError, did_you_mean
from hemdata.files import suffix
from hemdata.levels import START_LEVEL, level, readable_levels
from hemdata.levels import level as level_of_theory
from hemdata.shards.manifest import MANIFEST, read_manifest

LABELLED = (".smi", ".smiles", ".xyz", ".extxyz", ".sdf", ".sd", ".mol", ".mol2", ".csv", ".tsv", ".jsonl")
"""How the files end that `hemdata label` takes."""
GIVEN = "given"
"""In place of a level of geometries: those that the dataset or file has."""


@dataclass(frozen=True)
class SetName:
    """The name of a set; as text, that of its folder.

    Attributes:
        dataset: a dataset's or composition's name, or that of a user's file.
        level: of theory at which it was labelled; None as published or composed.
        geometry: level of the geometries, where it is not GFN2-xTB's; `given` for those that the dataset has.
    """

    dataset: str
    level: str | None = None
    geometry: str | None = None

    def __post_init__(self) -> None:
        if self.geometry == START_LEVEL:
            object.__setattr__(self, "geometry", None)

    @classmethod
    def of(cls, text: str) -> "SetName":
        """The name that a text such as `qm9@pc9@pc9` spells."""
        name, *more = text.split("@", 2)
        return cls(name, *more)

    def __str__(self) -> str:
        return "@".join(filter(None, (self.dataset, self.level, self.geometry if self.level else None)))

    @property
    def command(self) -> str:
        """The command that makes it."""
        if self.level is None:
            return f"hemdata build {self.dataset}"
        at = f" --geometry {self.geometry}" if self.geometry else ""
        return f"hemdata label {self.target} --level {self.level}{at}"

    @property
    def target(self) -> str:
        """What is labelled for it: its dataset, or the user's file."""
        return self.dataset if in_catalogue(self.dataset) else file_of(self.dataset)

    @property
    def advice(self) -> str:
        """A sentence that says how it is made."""
        return (imported_alone(self.level) if self.level else None) or f"Run `{self.command}`."


def file_of(name: str) -> str:
    """The user's file that a set is of: the one of its name in the current folder, of any form; else NAME.smi.

    The name of a file is that file.
    """
    if suffix(Path(name)) in LABELLED:
        return name
    forms = sorted(
        path.name for path in Path().glob(f"{escape(name)}.*") if path.is_file() and suffix(path) in LABELLED
    )
    return forms[0] if forms else f"{name}.smi"


def imported_alone(its_level: str) -> str | None:
    """Where nothing computes a level, a sentence that says so: no command can label at it."""
    with suppress(HemdataError):
        if level(its_level).card.engine == "data":
            return f"hemdata runs no program for '{its_level}': its energies can only be imported (`hemdata import`)."
    return None


def in_catalogue(name: str) -> bool:
    """Whether it is the name of a dataset or a composition with a card, and not of a user's file."""
    return name in cards("dataset") or name in cards("set")


def without_card(data: Path, name: str) -> str | None:
    """What to do about a set that stands but whose card no command finds, as one built from a card's path."""
    folder = data / name
    if SetName.of(name).level is not None or in_catalogue(name) or not stands(folder):
        return None
    with suppress(DataError):  # one that was damaged is told where it is read
        place = own_folder() / PLACES["set" if "steps" in read_manifest(folder).made_from else "dataset"]
        return f"'{name}' stands, but no card of its name: put {name}.yaml, that it was built from, into {place}."
    return None


def named_at(name: str, its_level: str) -> SetName:
    """The set of a dataset's energies at a level: as published or composed if that is its level, else labelled.

    A composition's card says at which level it is; a name without a card is that of a user's file, which was labelled.
    """
    published = name in cards("set") or (name in cards("dataset") and dataset(name).level == its_level)
    return SetName(name) if published else SetName(name, its_level)


def stands(folder: Path) -> bool:
    """Whether a set stands in a folder."""
    return (folder / MANIFEST).is_file()


def find(
    name: str | Path,
    data: Path = Path("data"),
    level: str | None = None,
    geometry: str | None = None,
) -> Path:
    """The folder of a set: in `data`, or among the labels that travel with the package.

    Args:
        name: as `qm9`, `qm9@pc9` or `qm9@pc9@pc9`; or the folder itself.
        data: folder of the built and labelled sets.
        level, geometry: of the labels, where the name does not say them.

    Raises:
        CallError: if it is not there; gives the command that makes it.
    """
    if stands(Path(name)):
        return Path(name)
    its = SetName.of(str(name)) if level is None else SetName(str(name), level, geometry)
    places = (data, *label_places())
    for place in places:
        folder: Path = place / str(its)
        if stands(folder):
            return folder
    if its.level is not None:
        level_of_theory(its.level)  # a level that there is not is told instead of a command that cannot work
    near = [str(other) for place in places for other, _ in sets_in(place) if other.level == its.level]
    known = () if its.level else (*cards("dataset"), *cards("set"))
    labelled = [str(other) for other, _ in sets_in(data) if other.dataset == its.dataset and not its.level]
    meant = f"Did you mean {' or '.join(map(repr, labelled))}? " if labelled else ""
    meant = meant or ("" if str(its) in known else did_you_mean(its, dict.fromkeys([*near, *known])))
    anew = without_card(data, its.dataset) if its.level else None
    fix = f"{meant}{anew or its.advice}"[:-1] + ", or give its folder."
    if its.level is None and not in_catalogue(its.dataset):
        fix = f"{meant}`hemdata list` tells the sets that can be built; one of your own is given by its folder."
    raise CallError(f"The set '{its}' is not there.", where=data / str(its), fix=fix)


def sets_in(place: Path) -> Iterator[tuple[SetName, Path]]:
    """Every set of a folder and where it stands, sorted by the folders' names."""
    for folder in sorted(place.iterdir()) if place.is_dir() else ():
        if not folder.name.startswith(".") and stands(folder):
            yield SetName.of(folder.name), folder


def geometries_of(data: Path, name: str, its_level: str) -> dict[str, Path]:
    """The folders of a set's energies at one level, by the level of their geometries; those that travel come last.

    A set that stands at the level itself, published or imported, serves at its own geometries (`given`) where no labels
    of these do. Labels of a level of another name that is the same one serve as well (OD9's is PC9's).
    """
    found: dict[str, Path] = {}
    for place in (data, *label_places()):
        found = labelled_in(place, name, its_level) | found
    own = data / name
    if GIVEN not in found and own_level(own) in same_level(its_level):
        found[GIVEN] = own
    return dict(sorted(found.items()))


def labelled_in(place: Path, name: str, its_level: str) -> dict[str, Path]:
    """The folders of a set labelled at one level, as `geometries_of`, in one folder of sets."""
    names = same_level(its_level)
    there = [(its, folder) for its, folder in sets_in(place) if its.dataset == name and its.level in names]
    there.sort(key=lambda each: names.index(str(each[0].level)))
    found: dict[str, Path] = {}
    for its, folder in there:
        found.setdefault(its.geometry or START_LEVEL, folder)
    return found


def own_level(folder: Path) -> str | None:
    """The level of a set's own energies; None where none stands there, or it has none, several, or was labelled."""
    if SetName.of(folder.name).level is not None or not stands(folder):
        return None
    with suppress(DataError):  # one that was damaged is told where it is read
        names = [each.name for each in read_manifest(folder).levels]
        return names[0] if len(names) == 1 else None
    return None


def sets_at(data: Path, its_level: str) -> list[str]:
    """The names of all sets with energies at a level, their own or labelled, in `data` or among those that travel."""
    names = same_level(its_level)
    there = [each for place in (data, *label_places()) for each in sets_in(place)]
    return sorted({its.dataset for its, folder in there if (its.level or own_level(folder)) in names})


def same_level(its_level: str) -> list[str]:
    """The names of a level, the asked one first: a card of another name may define the same."""
    its = level(its_level)
    return list(dict.fromkeys([its_level, *(n for n, other in readable_levels().items() if other.hash == its.hash)]))
