"""The group that is to be improved: the part that molecules are chosen for, and the part by which rounds are judged."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hemdata.choose.targets import Target, by_group, targets
from hemdata.errors import CallError, DataError
from hemdata.identity import flat_graph
from hemdata.study.data import group_folder

LEAST = 6  # molecules of a group: fewer cannot be parted


@dataclass(frozen=True)
class Group:
    """The molecules to be predicted.

    Attributes:
        names: of the groups.
        chosen_for: molecules are chosen for these; `validation`: for none of these.
        judged: whether there are reference labels at the level.
    """

    names: tuple[str, ...]
    chosen_for: tuple[Target, ...]
    validation: tuple[Target, ...]
    judged: bool

    @property
    def molecules(self) -> tuple[Target, ...]:
        """All of them."""
        return (*self.chosen_for, *self.validation)


def group_of(name: str, level_name: str, share: float, seed: int, data: Path) -> Group:
    """A group and its two parts; labels of the shipped groups that travel with the package are taken to `data`.

    Args:
        name: a test group, all of them, or a file of SMILES.
        level_name: of the labels.
        share: of the validation part.
        seed: of the parts, with the molecules' identity: neither order nor names matter.
        data: folder of the built and labelled sets.

    Raises:
        CallError: for an unknown group.
        DataError: for a group too small to be parted.
    """
    chosen_for: list[Target] = []
    validation: list[Target] = []
    groups = by_group(targets([name]))
    for its_name, its in groups.items():
        kept, held = parted(its, share, seed, its_name)
        chosen_for += kept
        validation += held
    judged = [_judged(its_name, level_name, data) for its_name in groups]
    return Group(tuple(groups), tuple(chosen_for), tuple(validation), all(judged))


def parted(molecules: Sequence[Target], share: float, seed: int, name: str = "") -> tuple[list[Target], list[Target]]:
    """What is chosen for, and the validation part; what is one flat graph stands in one part.

    Raises:
        DataError: for too few different molecules.
    """
    graphs = {target.id: flat_graph(target.inchikey) if target.inchikey else target.canonical_smiles
              for target in molecules}  # fmt: skip
    drawn = sorted(set(graphs.values()), key=lambda graph: hashlib.sha256(f"{seed} {graph}".encode()).digest())
    if len(drawn) < LEAST:
        raise DataError(
            "The group is too small to hold a part of it back.",
            where=name,
            expected=f"{LEAST} different molecules at least",
            got=len(drawn),
            fix="Add molecules of its kind.",
        )
    held = set(drawn[: min(max(2, math.ceil(share * len(drawn))), len(drawn) - 2)])
    return ([each for each in molecules if graphs[each.id] not in held],
            [each for each in molecules if graphs[each.id] in held])  # fmt: skip


def _judged(name: str, level_name: str, data: Path) -> bool:
    """Whether a group has labels at a level."""
    try:
        group_folder(data, name, level_name)
    except CallError:
        return False
    return True
