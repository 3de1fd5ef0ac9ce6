"""Screens the labels of a set: the difference to a cheap level at the rows' own geometries, and who stands out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hemdata.assess.suspects.features import Floats, composition, features
from hemdata.assess.suspects.out_of_fold import OutOfFold
from hemdata.assess.suspects.probability import SHARE, Calibration, calibrate
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
LIKELY = 0.5


@dataclass(frozen=True)
class Suspect:
    """One row of a screen.

    Attributes:
        id, smiles: of the row.
        energy_hartree: its label.
        residual_kcal_mol: label less what the model says; what a wrong label is off by, give or take the model.
        score: the residual in units of what the model leaves such rows.
        probability: that the label is wrong.
        verdict: confirmed, cleared, or `not computed`; None where nobody recomputed it.
        error_kcal_mol: published less computed at the set's own level.
        explanation: the usual mistake that gives the published number, or why nothing was computed.
    """

    id: str
    smiles: str | None
    energy_hartree: float
    residual_kcal_mol: float
    score: float
    probability: float
    verdict: str | None = None
    error_kcal_mol: float | None = None
    explanation: str | None = None

    @property
    def suspect(self) -> bool:
        """Whether a composition without suspects leaves it out."""
        return self.verdict == "confirmed" or (self.verdict != "cleared" and self.probability >= LIKELY)


@dataclass(frozen=True)
class Screen:
    """The screen of a set.

    Attributes:
        dataset: name of the set.
        cheap: name of the cheap level.
        rows: all that were screened, the most suspect first.
        left_out: how many rows had no energy or no geometry, or failed at the cheap level, by reason.
        noise_kcal_mol: what the model leaves of a sound row: standard deviation, robust.
        calibration: of the probability.
        share: of wrong labels that was taken for granted.
    """

    dataset: str
    cheap: str
    rows: list[Suspect]
    left_out: dict[str, int] = field(default_factory=dict)
    noise_kcal_mol: float = float("nan")
    calibration: Calibration | None = None
    share: float = SHARE

    @property
    def suspects(self) -> list[Suspect]:
        """Those that a composition leaves out."""
        return [row for row in self.rows if row.suspect]

    def with_rows(self, judged: Sequence[Suspect]) -> "Screen":
        """With some rows judged anew."""
        known = {row.id: row for row in judged}
        return replace(self, rows=[known.get(row.id, row) for row in self.rows])


def screen(
    folder: Path,
    store: Path,
    *,
    cheap: str = "gfn2-xtb",
    n: int | None = None,
    seed: int = 0,
    share: float = SHARE,
    workers: int | None = None,
    progress: Callable[[Pace], None] | None = None,
) -> Screen:
    """Rank the rows of a set by how likely their energies are wrong.

    Args:
        folder: of shards.
        store: label store of the cheap level's energies; a stopped screen goes on.
        cheap: level whose energies at the rows' geometries are taken off.
        n: how many rows, chosen by `seed`; all where None.
        share: of wrong labels expected, for the probabilities.
        workers: processes; by default one a core; 0 computes in this process.
        progress: told of the labelling.

    Raises:
        CallError: if the set is at the cheap level itself.
        DataError: if fewer than 50 rows have a geometry and an energy.
    """
    name = read_manifest(folder).dataset
    asked, energies, left_out = _labelled_rows(folder, cheap, n, seed)
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
    kept = [asked[number] for number in good]
    low = np.array([results[number].energy_hartree for number in good], dtype=np.float64)
    published = np.array([energies[number] for number in good])
    return screened(name, cheap, kept, published, low, left_out=left_out, share=share, seed=seed)


def screened(
    name: str,
    cheap: str,
    molecules: Sequence[Molecule],
    energy_hartree: Floats,
    cheap_hartree: Floats,
    *,
    left_out: dict[str, int] | None = None,
    share: float = SHARE,
    seed: int = 0,
) -> Screen:
    """As `screen`, of rows whose energies at both levels are known, (n,) hartree."""
    model, difference = model_of(molecules, energy_hartree, cheap_hartree, seed)
    found = model.scores(difference)
    calibration = calibrate(model, difference, share, seed)
    probability = calibration.probability(found.score)
    order = np.lexsort((np.arange(len(molecules)), -np.abs(found.score)))
    rows = [
        Suspect(
            molecules[at].id,
            molecules[at].canonical_smiles or molecules[at].smiles,
            float(energy_hartree[at]),
            float(found.residual[at]),
            float(found.score[at]),
            float(probability[at]),
        )
        for at in order.tolist()
    ]
    noise = 1.4826 * float(np.median(np.abs(found.residual)))
    return Screen(name, cheap, rows, left_out or {}, noise, calibration, share)


def model_of(
    molecules: Sequence[Molecule], energy_hartree: Floats, cheap_hartree: Floats, seed: int = 0
) -> tuple[OutOfFold, Floats]:
    """The model of the difference, and the difference (n,) kcal/mol."""
    numbers = [molecule.atomic_numbers for molecule in molecules]
    smiles = [molecule.canonical_smiles for molecule in molecules]
    x = features(smiles, numbers, [molecule.positions for molecule in molecules])
    return OutOfFold(x, composition(numbers), seed), (energy_hartree - cheap_hartree) * HARTREE_KCAL_MOL


def table_of(found: Screen) -> pa.Table:
    """The rows of a screen, the most suspect first."""
    columns: dict[str, tuple[pa.DataType, str]] = {
        "id": (pa.string(), ""),
        "smiles": (pa.string(), ""),
        "energy_hartree": (pa.float64(), "hartree"),
        "residual_kcal_mol": (pa.float64(), "kcal/mol"),
        "score": (pa.float64(), ""),
        "probability": (pa.float64(), ""),
        "suspect": (pa.bool_(), ""),
        "verdict": (pa.string(), ""),
        "error_kcal_mol": (pa.float64(), "kcal/mol"),
        "explanation": (pa.string(), ""),
    }
    schema = pa.schema([pa.field(name, kind, metadata={"unit": unit}) for name, (kind, unit) in columns.items()])
    return pa.Table.from_pylist([{name: getattr(row, name) for name in columns} for row in found.rows], schema)


def _labelled_rows(
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
