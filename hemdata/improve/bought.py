"""The labels of a round: the list that was chosen, labelled, and what became of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow.compute as pc

from hemdata.choose.targets import Target
from hemdata.identity import identify
from hemdata.label.asked import Asked as ToLabel
from hemdata.label.dataset import label_set
from hemdata.label.how import Files, How
from hemdata.label.progress import Pace
from hemdata.label.store.database import LabelStore
from hemdata.molecules import dataset_name
from hemdata.molecules.readers.smi import smiles_lines
from hemdata.shards import read
from hemdata.study.on import On


@dataclass(frozen=True)
class Bought:
    """Molecules that were chosen together, and labelled.

    Attributes:
        name: of their set.
        by: the way in which they were chosen.
        molecules: all of them; `labelled` of them have a label.
        seconds: of one core, for the labels; None where a result does not tell.
    """

    name: str
    by: str
    molecules: tuple[Target, ...]
    labelled: int
    seconds: float | None


def kept_list(folder: Path, stem: str) -> Path | None:
    """The list that an earlier run wrote under a name; None where it did not come to it."""
    pattern = re.compile(rf"{re.escape(stem)}-[0-9a-f]{{6}}\.smi")
    return next((path for path in sorted(folder.glob(f"{stem}-*.smi")) if pattern.fullmatch(path.name)), None)


def buy(
    path: Path, by: str, level_name: str, data: Path, on: On, progress: Callable[[Pace], None] | None = None
) -> Bought:
    """Label the molecules of a list; those that the store holds are taken from it.

    Raises:
        CallError, DataError: as `label_set`.
    """
    molecules = [_target(line.name or "", line.smiles) for line in smiles_lines(path)]
    files = Files(data)
    done = label_set(ToLabel(path), How(level_name), on.where, files=files, force=True, progress=progress)
    with LabelStore(files.labels, read_only=True) as store:
        told = [result.provenance.get("seconds") for result in store.get(done.outcome.keys)]
    energies = read(done.folder, ["atomization_energy_kcal_mol"])["atomization_energy_kcal_mol"]
    seconds = None if None in told else sum(map(float, filter(None, told)))
    return Bought(dataset_name(path), by, tuple(molecules), int(pc.sum(pc.is_valid(energies)).as_py() or 0), seconds)


def _target(id: str, smiles: str) -> Target:
    identity = identify(smiles)
    return Target(id, smiles, identity.canonical_smiles if identity else smiles, identity.inchikey if identity else "")
