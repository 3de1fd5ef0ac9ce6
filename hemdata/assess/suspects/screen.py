"""Screens the labels of a set: the difference to a cheap level at the rows' own geometries, and who stands out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from hemdata.assess.suspects.compare import Compared, compare
from hemdata.assess.suspects.features import Floats, composition, features
from hemdata.assess.suspects.out_of_fold import SPREAD, OutOfFold, Scorer, Scores
from hemdata.assess.suspects.probability import SHARE, Calibration, calibrate
from hemdata.label.progress import Pace
from hemdata.molecules import Molecule
from hemdata.units import HARTREE_KCAL_MOL

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


Judge = Callable[[Compared, Floats, Scores], Scorer]
"""Makes another model of the difference (n,) kcal/mol than the ridge, whose scores it is given."""


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
    """Rank the rows of a set by how likely their energies are wrong; as `compare` and `screened`."""
    held = compare(folder, store, cheap=cheap, n=n, seed=seed, workers=workers, progress=progress)
    return screened(held, share=share, seed=seed)


def screened(held: Compared, *, share: float = SHARE, seed: int = 0, judge: Judge | None = None) -> Screen:
    """Rank rows whose energies at both levels are known by how likely their energies are wrong.

    Args:
        share: of wrong labels expected, for the probabilities.
        seed: of the folds, and of what is planted for the probabilities.
        judge: makes the model that is gone by, instead of the ridge.
    """
    ridge, difference = model_of(held.molecules, held.energy_hartree, held.cheap_hartree, seed)
    model: Scorer = ridge
    found = ridge.scores(difference)
    if judge is not None:
        model = judge(held, difference, found)
        found = model.scores(difference)
    calibration = calibrate(model, difference, share, seed)
    probability = calibration.probability(found.score)
    order = np.lexsort((np.arange(len(held.molecules)), -np.abs(found.score)))
    rows = [
        Suspect(
            held.molecules[at].id,
            held.molecules[at].canonical_smiles or held.molecules[at].smiles,
            float(held.energy_hartree[at]),
            float(found.residual[at]),
            float(found.score[at]),
            float(probability[at]),
        )
        for at in order.tolist()
    ]
    noise = SPREAD * float(np.median(np.abs(found.residual)))
    return Screen(held.dataset, held.cheap, rows, held.left_out, noise, calibration, share)


def model_of(
    molecules: Sequence[Molecule], energy_hartree: Floats, cheap_hartree: Floats, seed: int = 0
) -> tuple[OutOfFold, Floats]:
    """The model of the difference, and the difference (n,) kcal/mol."""
    numbers = [molecule.atomic_numbers for molecule in molecules]
    smiles = [molecule.canonical_smiles for molecule in molecules]
    x = features(smiles, numbers, [molecule.positions for molecule in molecules])
    return OutOfFold(x, composition(numbers), seed), (energy_hartree - cheap_hartree) * HARTREE_KCAL_MOL
