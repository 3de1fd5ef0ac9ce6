"""A fitted model, network or baseline: the one face that the study sees."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hemdata.levels import SYMBOLS, one_level
from hemdata.train.data.molecules import Molecules


class CurveRow(NamedTuple):
    """One epoch of a learning curve."""

    epoch: int  # counted from 1
    train_loss: float  # kcal/mol for the mae loss, (kcal/mol)^2 for mse and huber
    validation_mae_kcal_mol: float


BATCH_SIZE = 256
"""Molecules that a network predicts at a time."""


class Fitted(ABC):
    """A model that turns molecules into atomization energies, and what it was made of.

    Args:
        about: what model.json says: network, level, configuration, hashes, versions, training range, curve.
    """

    def __init__(self, about: dict[str, Any]) -> None:
        self.about = about

    @abstractmethod
    def predict(self, molecules: pa.Table | Molecules) -> NDArray[np.float64]:
        """Atomization energies (M,) in kcal/mol at the level the model was trained at.

        Needs the columns id, atomic_numbers and positions. An element that no training molecule had counts as
        nothing (`unseen_elements` tells).
        """

    @abstractmethod
    def atom_energies(self, molecules: pa.Table | Molecules) -> NDArray[np.float64]:
        """Each atom's own part of the energies, (atoms,) kcal/mol; a molecule's parts have its prediction as their sum.

        Of a model of a difference (`delta`) the parts of the difference, which is all that was learnt.
        """

    @abstractmethod
    def features(self, molecules: pa.Table | Molecules, by_atom: bool = False) -> NDArray[np.float32 | np.float64]:
        """What the learnt energy is a linear function of, besides the dressed atoms; (M, p), kcal/mol per unit weight.

        Of the ridge its histograms. Of a network the gradients of its energies by its weights, sketched
        (`hemdata.train.gradients`): a small change of the weights changes the energies by features @ change.

        Args:
            by_atom: those of each atom's own part, (atoms, p); a molecule's are their sum.
        """

    def on(self, device: str, batch_size: int = BATCH_SIZE) -> None:
        """Predict there, so many molecules at a time; a baseline has neither choice.

        Args:
            device: auto, cpu or cuda.

        Raises:
            CallError: if the device is not there.
        """
        return

    def unseen_elements(self, molecules: pa.Table | Molecules) -> dict[str, int]:
        """Elements that no training molecule had, and in how many of these molecules each occurs."""
        read = Molecules.of(molecules, energies=False)
        known = set(self.about["training_range"]["elements"])
        unseen = tuple(z for z in read.elements if SYMBOLS[z] not in known)
        having = (read.counts(unseen) > 0).sum(axis=0)
        return {SYMBOLS[z]: int(n) for z, n in zip(unseen, having, strict=True)}

    @property
    def name(self) -> str:
        """The network's or baseline's name."""
        return str(self.about["network"])

    @property
    def level(self) -> str:
        """The level of theory of its energies."""
        return str(self.about["level"])

    @property
    def curve(self) -> tuple[CurveRow, ...]:
        """The learning curve; empty for a baseline, which has no epochs."""
        return tuple(CurveRow(int(epoch), float(loss), float(mae)) for epoch, loss, mae in self.about["curve"])

    @property
    def validation_mae_kcal_mol(self) -> float:
        """Mean absolute error on the validation molecules."""
        return float(self.about["validation_mae_kcal_mol"])

    @property
    def epochs(self) -> int:
        """Epochs that were trained."""
        return len(self.about["curve"])

    @property
    def device(self) -> str:
        """Where it was trained."""
        return str(self.about["device"])

    @property
    def versions(self) -> dict[str, str]:
        """Versions of what trained it."""
        return dict(self.about["versions"])

    @property
    def checkpoint_hash(self) -> str:
        """sha256 that seals the model's package: its weights and all that `about` says."""
        return str(self.about["sha256"])


def mean_absolute_error(predicted: NDArray[np.float64], reference: NDArray[np.float64]) -> float:
    """Mean of |predicted - reference|, in float64."""
    return float(np.mean(np.abs(predicted - reference)))


def same_level(training: Molecules, validation: Molecules) -> str:
    """The level of theory of both; DataError, naming them, if there are two."""
    return one_level((training.level, validation.level), where="training and validation molecules")
