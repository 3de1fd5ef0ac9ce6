"""The journal of a run: its curve, its best weights, its checkpoint; and when it should stop."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch

from hemdata.catalog import Training
from hemdata.errors import DataError
from hemdata.files import whole
from hemdata.train.fitted import CurveRow
from hemdata.train.loop.regression import Regression
from hemdata.train.package import write_weights
from hemdata.train.training_run import Progress

LAST, CURVE = "last.ckpt", "curve.csv"
PLATEAU_EPOCHS, PLATEAU_FACTOR = 10, 0.5


class Journal(pl.Callback):  # type: ignore[misc]
    """Writes down every epoch; it must stand before the averaging of weights in the list of callbacks.

    So at the end of a validation it still sees the averaged weights, which are the ones that are judged and kept.
    """

    def __init__(
        self,
        folder: Path,
        identity: Mapping[str, Any],
        settings: Training,
        progress: Progress | None,
        parts: int = 1,
    ) -> None:
        self.folder, self.identity, self.settings, self.progress = folder, identity, settings, progress
        self.parts = parts  # that a batch is cut into, to fit into memory
        self.curve: list[CurveRow] = []
        self.best_mae = math.inf
        self.best_epoch = 0
        self.best_weights: dict[str, torch.Tensor] = {}
        self.waited = 0  # epochs since the best one or the last plateau

    def on_train_start(self, trainer: pl.Trainer, pl_module: Regression) -> None:
        """A run that was killed between its early stop and its end stops at once."""
        trainer.should_stop = self._should_stop()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: Regression, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Looks now and then whether the loss is still a number (a look makes a GPU wait)."""
        if batch_idx % 50 == 0:
            self._refuse_nan(float(pl_module.losses), trainer.current_epoch + 1)

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: Regression) -> None:
        """Keeps the weights if they are the best so far."""
        mae = float(pl_module.errors)
        self._refuse_nan(mae, trainer.current_epoch + 1)
        self.waited += 1
        if mae < self.best_mae:
            self.best_mae, self.best_epoch, self.waited = mae, trainer.current_epoch + 1, 0
            self.best_weights = {
                name: value.detach().cpu().clone() for name, value in pl_module.network.state_dict().items()
            }
        elif self.settings.schedule == "plateau" and self.waited >= PLATEAU_EPOCHS:
            pl_module.plateau, self.waited = pl_module.plateau * PLATEAU_FACTOR, 0

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: Regression) -> None:
        """Writes curve and checkpoint."""
        row = CurveRow(trainer.current_epoch + 1, float(pl_module.losses), float(pl_module.errors))
        self._refuse_nan(row.train_loss, row.epoch)
        self.curve.append(row)
        if self.best_epoch == row.epoch:
            write_weights(self.folder, {name: value.numpy() for name, value in self.best_weights.items()})
        with whole(self.folder / LAST) as temporary:
            trainer.save_checkpoint(temporary)
        with whole(self.folder / CURVE) as temporary:
            self._write_curve(temporary)
        trainer.should_stop = self._should_stop()
        if self.progress:
            self.progress(row.epoch, self.settings.epochs)

    def on_save_checkpoint(self, trainer: pl.Trainer, pl_module: Regression, checkpoint: dict[str, Any]) -> None:
        """Adds what Lightning does not know."""
        checkpoint["identity"] = self.identity
        checkpoint["journal"] = {
            "curve": [tuple(row) for row in self.curve],
            "best_mae": self.best_mae,
            "best_epoch": self.best_epoch,
            "best_weights": self.best_weights,
            "waited": self.waited,
            "parts": self.parts,
            "plateau": pl_module.plateau,
        }
        checkpoint["random"] = {"cpu": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state_all()}

    def on_load_checkpoint(self, trainer: pl.Trainer, pl_module: Regression, checkpoint: dict[str, Any]) -> None:
        """Goes on where the checkpoint was written."""
        written = checkpoint["journal"]
        self.curve = [CurveRow(*row) for row in written["curve"]]
        self.best_mae, self.best_epoch = written["best_mae"], written["best_epoch"]
        self.best_weights, self.waited = written["best_weights"], written["waited"]
        pl_module.plateau = written["plateau"]
        torch.set_rng_state(checkpoint["random"]["cpu"].cpu())
        if torch.cuda.device_count() == len(checkpoint["random"]["cuda"]):
            torch.cuda.set_rng_state_all([state.cpu() for state in checkpoint["random"]["cuda"]])

    def _should_stop(self) -> bool:
        patience = self.settings.early_stopping_patience
        return patience is not None and len(self.curve) - self.best_epoch >= patience

    def _write_curve(self, path: Path) -> None:
        lines = [",".join(CurveRow._fields), *(",".join(map(repr, row)) for row in self.curve)]
        path.write_text("\n".join(lines) + "\n", "utf-8")

    def _refuse_nan(self, value: float, epoch: int) -> None:
        if not math.isfinite(value):
            raise DataError(
                "The loss is no longer a number.",
                where=f"epoch {epoch} in {self.folder}",
                expected="a finite loss",
                got=value,
                fix="Lower learning_rate or set gradient_clip in the network's card; the epochs before are kept.",
            )
