"""Writes the card of a study in which a user's own molecules are a further test group."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from hemdata.catalog import BASELINES, TEST_GROUPS, StudyCard, TrainingSet, cards, dataset, shipped_groups
from hemdata.errors import CallError, DataError
from hemdata.identity import identify
from hemdata.levels import SYMBOLS, level
from hemdata.molecules import Molecule, dataset_name, from_shards, read_molecules, suffixes
from hemdata.shards import SetName, read_manifest, stands
from hemdata.shards.sets import file_of, without_card
from hemdata.study.data import labelled_folder

SPARE = 20  # one molecule in so many is labelled beyond what is asked: those of the test groups are left out
SIZES = re.compile(r"[a-z0-9][a-z0-9._-]*(\+[a-z0-9][a-z0-9._-]*)*=\d+(,\d+)*(\+\d+(,\d+)*)*")


@dataclass(frozen=True)
class NewStudy:
    """A study's card, not yet written.

    Attributes:
        card: the study.
        molecules: of the user's file, how many.
        file: the user's, or the name of an imported set.
        data: folder of the built and labelled sets.
    """

    card: StudyCard
    molecules: int
    file: Path
    data: Path

    @property
    def text(self) -> str:
        """The card as YAML, without what has its default."""
        told = self.card.model_dump(mode="json", exclude_defaults=True)
        return yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)

    def steps(self, path: Path) -> list[str]:
        """The commands still to be run, in order, from a card at this path to the report."""
        card, data = self.card, self.data
        at = "" if card.level == "gfn2-xtb" else f" --level {card.level}"
        where = "" if data == Path("data") else f" --data {data}"
        wanted = {TEST_GROUPS: 0, card.groups[-1]: 0} if len(card.groups) > 1 else {card.groups[-1]: 0}
        for training_set in card.sets.values():
            for name, number in training_set.parts:
                wanted[name] = max(wanted.get(name, 0), number)
        steps = []
        for name, number in wanted.items():
            if _labelled(data, name, card.level, number):
                continue
            if name in cards("set") or (
                name in cards("dataset") and name != TEST_GROUPS and _published(name, card.level)
            ):
                steps.append(f"hemdata build {name}" + ("" if data == Path("data") else f" --out {data / name}"))
            elif name in cards("dataset"):
                sample = f" -n {number + max(number // SPARE, 10)} --without {TEST_GROUPS}" if number else ""
                steps.append(f"hemdata label {name}{sample}{at}{where}")
            else:
                file = self.file if name == card.groups[-1] else file_of(name)
                steps.append(f"hemdata label {file}{at}{where}")
        run = f"runs/{card.name}"
        return [*steps, f"hemdata train-eval {path}{where}", f"hemdata report {run}"]


def new_study(
    name: str,
    molecules: Path,
    sets: Sequence[str],
    *,
    level_name: str = "gfn2-xtb",
    networks: Mapping[str, str | None],
    seeds: int = 3,
    epochs: int | None = None,
    data: Path = Path("data"),
) -> NewStudy:
    """The card of a study of training sets, judged on a user's own molecules beside the shipped test groups.

    Args:
        name: of the study.
        molecules: a file of molecules, or the name of a set that was imported at the study's level.
        sets: training sets, each as `qm9=800`, at several sizes as `qm9=200,400,800`, or of several datasets as
            `qm9+my-amons=600+200`.
        level_name: the level of theory of everything.
        networks: networks or baselines, each with its configuration, or None for its first.
        seeds: how many, from 0.
        epochs: of every network, instead of its card's.
        data: folder of the built and labelled sets, which tells what is still to be done.

    Raises:
        CallError: for a set that does not read as one, an unknown level, network or dataset, or a file whose name is
            that of a dataset.
        DataError: if something of the file does not read, it is empty, or the level has no atom of an element.
    """
    group, mine = _group(molecules, level_name, data)
    shipped = [known for known in shipped_groups() if known != TEST_GROUPS]
    if _imported(group) and not stands(data / str(SetName(TEST_GROUPS, level_name))):
        shipped = []  # who brings a group of their own, with its energies, is not asked for ours
    chosen = {}
    for each in sets:
        set_name, training_set = _training_set(each)
        if set_name in chosen:
            raise CallError("A set is given twice.", got=f"--set {each}", fix="Leave one out.")
        for part in [training_set["dataset"], *training_set.get("plus", {})]:
            _refuse_without_card(data, part)
        chosen[set_name] = training_set
    known_networks = {*cards("network"), *BASELINES}
    for network in networks:
        if network not in known_networks:
            raise CallError(
                f"There is no network '{network}'.", expected=", ".join(sorted(known_networks)), fix="Correct the name."
            )
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name):
        raise CallError("A study's name is small letters, digits, '.', '_' and '-'.", got=name, fix="Rename it.")
    card = StudyCard.model_validate(
        {
            "name": name,
            "title": f"{' or '.join(chosen)} for {molecules.stem}",
            "question": f"Which of {', '.join(chosen)} gives the better energies for {molecules.name}?",
            "level": level_name,
            "sets": chosen,
            "groups": [*shipped, group],
            "networks": [_network(*each, epochs) for each in networks.items()],
            "seeds": list(range(seeds)),
        }
    )
    return NewStudy(card, len(mine), molecules, data)


def _group(molecules: Path, level_name: str, data: Path) -> tuple[str, list[Molecule]]:
    """The test group of a file of molecules, or of an imported set by its name; and its molecules.

    Raises:
        CallError: if there is neither, the file has a dataset's name, or the set is not built or at another level.
        DataError: as `new_study`.
    """
    known = str(molecules)
    if not molecules.is_file() and _imported(known):
        if not _published(known, level_name):
            raise CallError(
                f"The set '{known}' is at another level than the study.",
                expected=level_name,
                got=dataset(known).level or "none: it has no energies",
                fix=f"Give --level {dataset(known).level}, or label it: hemdata label {known} --level {level_name}"
                " (and name the file that you wrote).",
            )
        return known, list(from_shards(labelled_folder(data, known, level_name)))
    if not molecules.is_file():
        _refuse_without_card(data, known)
        raise CallError(
            "There is no such file of molecules, and no set of that name was imported.",
            where=molecules,
            expected=f"a {' or '.join(suffixes())} file, or a set that `hemdata import` made",
            fix="Correct the name.",
        )
    group = dataset_name(molecules)
    if group in cards("dataset") or group in cards("set"):
        raise CallError(
            "The file bears the name of a dataset, and its labels would stand in that one's place.",
            where=molecules,
            got=group,
            fix="Give the file another name.",
        )
    mine = read_molecules(molecules)
    _labels_can_be_computed(mine, molecules, level_name)
    return group, mine


def _refuse_without_card(data: Path, name: str) -> None:
    """Refuse a set that stands, but that no step of the study would find by its name."""
    if sentence := without_card(data, name):
        raise CallError(f"The set '{name}' has no card of its name.", where=data / name, fix=sentence)


def _imported(name: str) -> bool:
    return name in cards("dataset") and dataset(name).imported is not None


def _labelled(data: Path, name: str, level_name: str, number: int = 0) -> bool:
    """Whether a set stands at a level, with so many molecules at the least."""
    try:
        folder = labelled_folder(data, name, level_name)
    except CallError:
        return False
    return not number or read_manifest(folder).counts.accepted >= number


def _labels_can_be_computed(molecules: list[Molecule], path: Path, level_name: str) -> None:
    """Refuse an empty file, and an element that the level has no atom of, before hours are spent on the rest."""
    if not molecules:
        raise DataError("The file holds no molecule.", where=path, fix="Give one SMILES a line.")
    known = level(level_name).card.atoms_hartree
    for molecule in molecules:
        identity = identify(molecule.canonical_smiles) if molecule.canonical_smiles else None
        numbers = identity.atomic_numbers if identity else molecule.atomic_numbers
        foreign = sorted({_symbol(z) for z in numbers} - set(known))
        if foreign:
            raise DataError(
                f"The level '{level_name}' has no atom of {', '.join(foreign)}.",
                where=f"{path}, {molecule.id}",
                expected=", ".join(known),
                fix="Leave the molecule out, or choose another level (`hemdata levels list`).",
            )


def _symbol(z: int) -> str:
    return SYMBOLS[z] if z < len(SYMBOLS) else f"element {z}"


def _training_set(words: str) -> tuple[str, dict[str, Any]]:
    """`qm9=800`, `qm9=400,800` or `qm9+my-amons=600+200`: the set's name and what the card says of it."""
    names, _, numbers = words.partition("=")
    datasets = names.split("+")
    try:
        sizes = (
            [[int(size) for size in each.split(",")] for each in numbers.split("+")] if SIZES.fullmatch(words) else []
        )
        told: dict[str, Any] = {"dataset": datasets[0], "molecules": _one_or_more(sizes[0])}
        if len(set(datasets)) != len(sizes):
            raise ValueError(words)
        if datasets[1:]:
            told["plus"] = {name: _one_or_more(size) for name, size in zip(datasets[1:], sizes[1:], strict=True)}
        TrainingSet.model_validate(told)
    except (IndexError, ValueError) as error:
        raise CallError(
            "A training set does not read.",
            got=f"--set {words}",
            expected="DATASET=MOLECULES, 20 at least, or DATASET+DATASET=MOLECULES+MOLECULES, as qm9=800; "
            "several sizes, the smallest first, as qm9=200,400,800",
            fix="Correct it.",
        ) from error
    return "-".join(datasets), told


def _one_or_more(sizes: list[int]) -> int | list[int]:
    return sizes[0] if len(sizes) == 1 else sizes


def _network(name: str, configuration: str | None, epochs: int | None) -> dict[str, object]:
    told: dict[str, object] = {"network": name}
    if configuration is not None:
        told["configuration"] = configuration
    if epochs is not None and name not in BASELINES:
        told["epochs"] = epochs
    return told


def _published(name: str, level_name: str) -> bool:
    return dataset(name).level == level_name
