"""Whether a training set can have as many molecules as a study asks for, told before anything is labelled or trained.

What stands is counted by the rules of the cells; of what is yet to be labelled the file or the card tells the most.
"""

from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.compute as pc

from hemdata.catalog import (
    TEST_GROUPS,
    StudyCard,
    TrainingSet,
    cards,
    composition,
    dataset,
    is_shipped_group,
    label_places,
)
from hemdata.errors import HemdataError
from hemdata.identity import flat_graph
from hemdata.molecules import dataset_name, entries, identified, is_file_of_molecules, only_molecules
from hemdata.shards import SetName, in_catalogue, named_at, read, read_manifest, sha256
from hemdata.study.data import candidates, first, flat_graphs, groups, labelled_folder
from hemdata.study.planning.enough import enough

COLUMNS = ("id", "inchikey", "level", "atomization_energy_kcal_mol")


@dataclass
class Room:
    """What the training sets of a study can have.

    Attributes:
        card: the study.
        data: folder of the built and labelled sets.
        where: folder of a user's own files of molecules.
    """

    card: StudyCard
    data: Path
    where: Path
    _tests: dict[str, set[str]] = field(default_factory=dict)
    _files: dict[str, list[str | None]] = field(default_factory=dict)

    def needed(self, wanted: TrainingSet) -> tuple[dict[str, int], str | None]:
        """How many molecules of each dataset of a set have to be there, those of the test groups among them.

        Args:
            wanted: the set, at one size.

        Returns:
            The numbers; and why the set cannot have so many, None where it can as far as is known.
        """
        its_level = wanted.level or self.card.level
        numbers, taken = dict[str, int](), set[str]()
        own, *plus = wanted.parts
        for name, number in [*plus, own]:
            try:
                here, beside, keys = self._part(wanted, named_at(name, its_level), number, taken)
            except HemdataError as error:
                return {}, " ".join(filter(None, (error.what, error.fix)))
            if here is not None and here < number:
                others = " and the other datasets" if taken else ""
                file = "" if in_catalogue(name) else ", or add some to the file"
                return {}, (
                    f"Too few molecules of '{name}': {number:,} are asked outside the test groups{others},"
                    f" and there are {here:,}. Ask for fewer in the study{file}."
                )
            numbers[name] = number + beside
            taken |= keys
        return numbers, None

    def _part(
        self, wanted: TrainingSet, its: SetName, number: int, taken: set[str]
    ) -> tuple[int | None, int, set[str]]:
        """Of one dataset: the most that can be had, where that is known; how many test molecules come beside those; and
        the InChIKeys that it gives, where it stands."""
        its_level = wanted.level or self.card.level
        tests = self._barred(its_level)
        try:
            folder = labelled_folder(self.data, its.dataset, its_level)
        except HemdataError:
            return *self._unlabelled(its, tests), set()
        if its.level is not None and not enough(folder, its, number):
            return *self._unlabelled(its, tests), set()
        table = candidates(self.card, wanted, self.data, its.dataset, tests, taken, COLUMNS)
        beside = read_manifest(folder).counts.accepted - table.num_rows
        if table.num_rows >= number:
            return table.num_rows, beside, set(first(table, its.dataset, number)["inchikey"].to_pylist()) - {None}
        if its.level is None or self._whole(folder, its):
            return table.num_rows, beside, set()
        return self._unlabelled(its, tests)[0], beside, set()

    def _whole(self, folder: Path, its: SetName) -> bool:
        """Whether labels are of all molecules that there are, so that no more can be had."""
        manifest = read_manifest(folder)
        n = manifest.made_from.get("n")
        source = own_file(self.where, its.dataset)
        if source is not None and sha256(source) not in {each.sha256 for each in manifest.sources}:
            return False
        return n is None or manifest.counts.read < int(n)

    def _unlabelled(self, its: SetName, tests: set[str]) -> tuple[int | None, int]:
        """The most that can be labelled of a set, None where that is not known; and test molecules beside those."""
        if its.dataset in cards("set"):
            return min([step.sample for step in composition(its.dataset).steps if step.sample], default=None), 0
        if its.dataset in cards("dataset"):
            return dataset(its.dataset).accepted, 0
        if own_file(self.where, its.dataset) is None:
            return None, 0
        keys = self._keys(its.dataset)
        most = sum(key is None or flat_graph(key) not in tests for key in keys)
        return most, len(keys) - most

    def _barred(self, its_level: str) -> set[str]:
        """Flat graphs of the test molecules; of those that are not labelled yet as they are in their files."""
        if its_level not in self._tests:
            self._tests[its_level] = set().union(*(self._group(name, its_level) for name in self.card.groups))
        return self._tests[its_level]

    def _group(self, name: str, its_level: str) -> set[str]:
        alone = self.card.model_copy(update={"groups": [name]})
        try:
            return flat_graphs(groups(alone, self.data, its_level))
        except HemdataError:
            pass
        if not is_shipped_group(name):
            try:
                return {flat_graph(key) for key in self._keys(name) if key}
            except HemdataError:  # its own step tells
                return set()
        shipped = (place / f"{TEST_GROUPS}@gfn2-xtb" for place in label_places())
        table = read(next(folder for folder in shipped if folder.is_dir()), ["id", "inchikey"])
        return flat_graphs({name: table.filter(pc.starts_with(table["id"], f"{name}:"))})

    def _keys(self, name: str) -> list[str | None]:
        """The InChIKeys of the molecules of a user's file."""
        path = own_file(self.where, name)
        if name not in self._files:
            found = () if path is None else only_molecules(entries(path), [])
            self._files[name] = [identified(molecule).inchikey for molecule in found]
        return self._files[name]


def own_file(where: Path, name: str) -> Path | None:
    """A user's file of molecules in a folder that is a set of this name; None where there is none."""
    if in_catalogue(name):
        return None
    places = (path for path in sorted(where.glob("*")) if path.is_file() and is_file_of_molecules(path))
    return next((path for path in places if dataset_name(path) == name), None)
