"""The energies of a set beside a cheap level's at the rows' own geometries: what a screen goes by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hemdata.assess.suspects.features import Floats
from hemdata.errors import CallError, DataError
from hemdata.label.calculation import stages
from hemdata.label.progress import Pace
from hemdata.label.run import label
from hemdata.label.store.database import LabelStore
from hemdata.label.workers.where import Where
from hemdata.levels import level
from hemdata.molecules import Molecule, from_shards, sample
from hemdata.shards import iterate, read_manifest
from hemdata.units import HARTREE_KCAL_MOL

FEWEST = 50  # rows, for a model of ten folds


@dataclass(frozen=True)
class Compared:
    """Rows of a set at its own level and at a cheap one.

    Attributes:
        dataset: name of the set.
        cheap: name of the cheap level.
        molecules: the rows.
        energy_hartree, cheap_hartree: (n,) of each.
        left_out: how many further rows had no energy or no geometry, or failed at the cheap level, by reason.
    """

    dataset: str
    cheap: str
    molecules: Sequence[Molecule]
    energy_hartree: Floats
    cheap_hartree: Floats
    left_out: dict[str, int] = field(default_factory=dict)


def compare(
    folder: Path,
    store: Path,
    *,
    cheap: str = "gfn2-xtb",
    n: int | None = None,
    seed: int = 0,
    workers: int | None = None,
    progress: Callable[[Pace], None] | None = None,
) -> Compared:
    """Compute the rows of a set at a cheap level.

    Args:
        folder: of shards.
        store: label store of the cheap level's energies; what was stopped goes on.
        cheap: level whose energies at the rows' geometries are wanted.
        n: how many rows, chosen by `seed`; all where None.
        workers: processes; by default one a core; 0 computes in this process.
        progress: told of the labelling.

    Raises:
        CallError: if the set is at the cheap level itself, or mixes levels.
        DataError: if fewer than 50 rows have a geometry and an energy.
    """
    asked, energies, left_out = labelled_rows(folder, cheap, n, seed)
    if len(asked) < FEWEST:
        raise DataError(
            "There are too few rows to screen.",
            where=folder,
            expected=f"{FEWEST} with a geometry and an energy",
            got=len(asked),
            fix="`hemdata levels audit` recomputes single rows.",
        )
    with LabelStore(store) as open_store:
        chain = stages(level(cheap), None)
        outcome = label(asked, chain, open_store, Where(workers), progress=progress)
        results = list(open_store.get(outcome.keys))
    good = [number for number, result in enumerate(results) if result.reason is None]
    for reason, count in outcome.reasons.items():
        left_out[f"{cheap}: {reason}"] = count
    return Compared(
        read_manifest(folder).dataset,
        cheap,
        [asked[number] for number in good],
        np.array([energies[number] for number in good]),
        np.array([results[number].energy_hartree for number in good], dtype=np.float64),
        left_out,
    )


def labelled_rows(
    folder: Path, cheap: str, n: int | None, seed: int
) -> tuple[list[Molecule], list[float], dict[str, int]]:
    """The rows that can be screened with their energies, hartree, and how many cannot."""
    energies: dict[str, float] = {}
    levels: set[str] = set()
    left_out: dict[str, int] = {}
    for batch in iterate(folder, ["id", "energy_hartree", "atomization_energy_kcal_mol", "level", "positions"]):
        for row in _plain(batch):
            if row["energy"] is None or not row["placed"]:
                reason = "no energy" if row["energy"] is None else "no geometry"
                left_out[reason] = left_out.get(reason, 0) + 1
                continue
            energies[row["id"]] = row["energy"]
            levels |= {row["level"]} if row["level"] else set()
    if cheap in levels:
        raise CallError(
            "The set is at the level that it would be held against.",
            where=folder,
            got=cheap,
            fix="Give another --cheap level, or recompute rows: `hemdata levels audit`.",
        )
    if len(levels) > 1:
        raise CallError(
            "The set mixes levels of theory, whose difference is no error.",
            where=folder,
            got=" and ".join(sorted(levels)),
            fix="Screen the sets that it was composed of, one by one.",
        )
    asked = sample((one for one in from_shards(folder) if one.id in energies), n, seed, set())
    return asked, [energies[one.id] for one in asked], left_out


def _plain(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """Each row's energy, as a total or, without one, as an atomization energy with its sign turned."""
    columns = {
        name: batch[name].to_pylist() for name in ("id", "energy_hartree", "atomization_energy_kcal_mol", "level")
    }
    placed = batch["positions"].is_valid().to_pylist()
    rows = []
    for id, total, kcal, its, there in zip(*columns.values(), placed, strict=True):
        energy = total if total is not None else None if kcal is None else -kcal / HARTREE_KCAL_MOL
        rows.append({"id": id, "energy": energy, "level": its, "placed": there})
    return rows
