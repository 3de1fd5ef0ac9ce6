"""Labels doubted by an ensemble of networks of the difference to a cheap level, none of which saw the row it judges."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from hemdata.assess.suspects.compare import Compared
from hemdata.assess.suspects.features import Floats, composition
from hemdata.assess.suspects.out_of_fold import SPREAD, TRIM, Scores
from hemdata.train.data.molecules import ENERGY
from hemdata.train.fit import fit_network
from hemdata.train.fitted import Fitted
from hemdata.train.training_run import TrainingRun

FOLDS = 5
VALIDATION = 10  # one row in so many chooses the weights kept
LEAST = 1e-6  # kcal/mol, where all members say the same


@dataclass(frozen=True)
class Ensemble:
    """Networks that judge a set, as a judge of `screened`: `members` for each of five folds.

    Attributes:
        network, configuration: as `fit_network` takes them.
        folder: of the networks; what was stopped goes on there, what is finished is taken from there.
        members: of each fold; they differ in their seed and in the rows that choose their weights.
        epochs: in place of the configuration's.
        device: auto, cpu or cuda.
        progress: called with the number of epochs done since the last call, and which network is trained.
    """

    network: str
    folder: Path
    configuration: str | None = None
    members: int = 3
    epochs: int | None = None
    device: str = "auto"
    progress: Callable[[int, str], object] | None = None

    def __call__(self, held: Compared, difference: Floats, ridge: Scores) -> "Judged":
        """Train the networks; rows that the ridge finds far off teach none of them.

        Raises:
            CallError, DataError: as `fit_network`.
        """
        atoms = composition([one.atomic_numbers for one in held.molecules])
        sound = np.abs(ridge.score) <= TRIM
        table = _table(held)
        place = np.random.default_rng(0).permutation(len(table)) % FOLDS
        mean, said = np.empty(len(table)), np.empty((self.members, len(table)))
        for fold in range(FOLDS):
            judged, teach = np.flatnonzero(place == fold), np.flatnonzero((place != fold) & sound)
            fitted = atoms @ np.linalg.lstsq(atoms[teach], difference[teach], rcond=None)[0]
            mean[judged] = fitted[judged]
            learnt = table.append_column(ENERGY, pa.array(difference - fitted))
            for seed in range(self.members):
                chosen = np.random.default_rng(seed).permutation(teach)
                validation = len(chosen) // VALIDATION
                training, chooses = (learnt.take(np.sort(rows)) for rows in (chosen[validation:], chosen[:validation]))
                said[seed, judged] = self._fitted(training, chooses, fold, seed).predict(table.take(judged))
        return judged_by(mean + said.mean(axis=0), said.std(axis=0), difference)

    def _fitted(self, training: pa.Table, validation: pa.Table, fold: int, seed: int) -> Fitted:
        name = f"{self.network}, fold {fold + 1} of {FOLDS}, seed {seed}"
        done = 0

        def epochs(now: int, _: int) -> None:
            nonlocal done
            if self.progress:
                self.progress(now - done, name)
            done = now

        run = TrainingRun(self.folder / f"fold-{fold}-seed-{seed}", seed=seed, device=self.device, progress=epochs)
        return fit_network(self.network, self.configuration, training, validation, run, epochs=self.epochs)


@dataclass(frozen=True)
class Judged:
    """What an ensemble says of rows: `predicted` (n,) kcal/mol, and `unsure` (n,), what it leaves such rows."""

    predicted: Floats
    unsure: Floats

    def scores(self, values: Floats) -> Scores:
        """Of (n,) values: what is left, and that in units of what the ensemble leaves such rows."""
        residual = values - self.predicted
        return Scores(residual, residual / self.unsure)


def judged_by(predicted: Floats, spread: Floats, values: Floats) -> Judged:
    """The scale of an ensemble's errors: its own spread, and beside it a noise that makes a sound row's score one.

    Args:
        predicted, spread: (n,) mean and standard deviation of the members.
        values: (n,) what they were to predict.
    """
    residual = np.abs(values - predicted)
    low, high = 0.0, max(SPREAD * float(np.median(residual)), 1e-6)
    for _ in range(50):  # the scale falls as the noise grows
        noise = (low + high) / 2
        too_small = SPREAD * np.median(residual / np.sqrt(noise**2 + spread**2)) > 1
        low, high = (noise, high) if too_small else (low, noise)
    return Judged(predicted, np.sqrt(high**2 + spread**2 + LEAST**2))


def _table(held: Compared) -> pa.Table:
    """The rows as networks take them, but for what they learn: the difference beyond the composition, kcal/mol."""
    return pa.table({
        "id": [one.id for one in held.molecules],
        "atomic_numbers": pa.array([one.atomic_numbers for one in held.molecules], pa.list_(pa.uint8())),
        "positions": pa.array([one.positions for one in held.molecules], pa.list_(pa.float64())),
        "charge": pa.array([one.charge for one in held.molecules], pa.int8()),
        "multiplicity": pa.array([one.multiplicity for one in held.molecules], pa.uint8()),
        "level": [f"{held.dataset} less {held.cheap}"] * len(held.molecules),
    })  # fmt: skip
