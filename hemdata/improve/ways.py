"""The molecules of the next round: by coverage of a pool, from the group's own fragments, by uncertainty, at random."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hemdata.choose.amons import amons
from hemdata.choose.pool import place
from hemdata.choose.select import Further, Pick, select
from hemdata.choose.targets import Target, barred, write_smiles
from hemdata.choose.uncertain import select_uncertain
from hemdata.errors import CallError
from hemdata.files import write_whole
from hemdata.improve.asked import Asked
from hemdata.improve.group import Group
from hemdata.label.asked import Asked as ToLabel
from hemdata.label.dataset import label_set
from hemdata.label.how import Files, How
from hemdata.label.workers.cost import DENSITY_FUNCTIONAL_POWER, TIGHT_BINDING_POWER
from hemdata.levels import START_LEVEL, level
from hemdata.molecules.names import in_id
from hemdata.shards import read, stands
from hemdata.study.on import On

PRICE = 0.5
"""The power of a label's cost by which what a molecule adds is divided; docs/improve.md has what others brought."""
SHORTLIST = 4
"""So many times the molecules wanted are relaxed, and of them the least certain are taken."""


@dataclass(frozen=True)
class Known:
    """What a choice may know: the group, and what is labelled already.

    Attributes:
        base, chosen: molecules that the models are trained on.
        models: folders of those models.
    """

    group: Group
    base: Sequence[Target]
    chosen: Sequence[Target]
    models: Sequence[Path] = ()

    @property
    def taken(self) -> list[Target]:
        """What is never chosen: what is labelled, and the molecules to be predicted."""
        return [*self.group.molecules, *self.base, *self.chosen]


@dataclass(frozen=True)
class Chooser:
    """Chooses rounds.

    Attributes:
        asked: of the improvement.
        data: folder of the built and labelled sets.
        folder: where files of the choice stand.
        on: where geometries are made that uncertainty asks for.
    """

    asked: Asked
    data: Path
    folder: Path
    on: On

    def next(self, way: str, number: int, known: Known) -> list[Pick]:
        """The next molecules, fewer where there are no more; none has the flat graph of one to be predicted.

        Coverage and amons are ordered by what each adds to the environments shown of the part of the group that is
        chosen for, by the square root of its cost: that of large molecules is not what decides, nor is it nothing.

        Args:
            way: coverage, amons, uncertainty or random.
            number: of molecules.
            known: what is labelled already, and the models of it.

        Raises:
            CallError: if there is no such pool.
            DataError: if it cannot be read.
        """
        if way == "uncertainty":
            return self._least_certain(number, known)
        pool = self.of_the_group(known.group) if way == "amons" else self.pool()
        if way == "random":
            further = Further(known.taken, fewer=True)
            return self._selected(pool, known, number, "random", further)
        engine = level(self.asked.level_name).card.engine
        power = PRICE * (DENSITY_FUNCTIONAL_POWER if engine == "pyscf" else TIGHT_BINDING_POWER)
        further = Further(known.taken, lambda heavy: float(max(heavy, 1)) ** power, fewer=True)
        return self._selected(pool, known, number, "coverage", further)

    def at_random(self, number: int, known: Known) -> list[Pick]:
        """Molecules of the pool, or amons of the group where there is none: those among which uncertainty chooses."""
        pool = self.of_the_group(known.group) if self.asked.pool is None else self.pool()
        return self._selected(pool, known, number, "random", Further(known.taken, fewer=True))

    def of_the_group(self, group: Group) -> Path:
        """The file of the amons of the part of a group that is chosen for."""
        path = self.folder / "amons.smi"
        if not path.is_file():
            found = amons(group.chosen_for, self.asked.max_heavy, barred(group.molecules))
            write_smiles(path, ((each.smiles, each.name) for each in found))
        return path

    def pool(self) -> Path:
        """Where the pool stands: the one that is given, else the base's whole set.

        Raises:
            CallError: if it is not there.
        """
        if self.asked.pool is not None:
            return place(self.asked.pool, self.data)
        whole = self.data / self.asked.base_name
        if not stands(whole):
            raise CallError(
                "There is no pool to choose from at random.",
                where=whole,
                fix=f"Give --pool, or `hemdata build {self.asked.base_name}`.",
            )
        return whole

    def _selected(self, pool: Path, known: Known, number: int, by: str, further: Further) -> list[Pick]:
        given = None
        if by == "coverage":
            given = self.folder / "known.smi"
            lines = (f"{each.smiles} {n}\n" for n, each in enumerate([*known.base, *known.chosen]))
            write_whole(given, "".join(lines))
        its = self.asked
        found = select(
            pool, known.group.chosen_for, number, by, seed=its.seed, max_heavy=its.max_heavy, workers=self.on.here,
            further=replace(further, given=given),
        )  # fmt: skip
        return found.picks

    def _least_certain(self, number: int, known: Known) -> list[Pick]:
        """Of some candidates drawn at random, whose geometries are made, those on which the models differ most."""
        drawn = self.at_random(SHORTLIST * number, known)
        if not drawn:
            return []
        listed = write_list(self.folder, f"{self.folder.parent.name}-shortlist", drawn)
        made = label_set(ToLabel(listed), How(START_LEVEL), self.on.where, files=Files(self.data), force=True)
        table = read(made.folder, ["id", "positions"])
        found = min(number, table.num_rows - table["positions"].null_count)
        told = select_uncertain(made.folder, known.group.molecules, found, known.models)
        by_id = {in_id(pick.id): pick for pick in drawn}
        return [by_id[pick.id.partition(":")[2]]._replace(gain=pick.gain) for pick in told.picks]


def write_list(folder: Path, stem: str, picks: Sequence[Pick]) -> Path:
    """Write molecules as a .smi file; its name ends in six digits of what it holds, so that no two lists share one."""
    text = "".join(f"{pick.smiles} {pick.id}\n" for pick in picks)
    path = folder / f"{stem}-{hashlib.sha256(text.encode()).hexdigest()[:6]}.smi"
    write_whole(path, text)
    return path
