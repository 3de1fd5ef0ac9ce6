"""How a network learns: its loss, its optimizer and its learning rate, as a Lightning module."""

import math
from collections.abc import Callable
from typing import Any

import lightning.pytorch as pl
import torch
from torch import nn
from torch.nn import functional

from hemdata.catalog import Training
from hemdata.train.data.batches import Batches, GraphBatch

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class Regression(pl.LightningModule):  # type: ignore[misc]
    """Fits network(batch) * scale to the target of a batch, kcal/mol.

    The network sees a target of about unit size, in float32; errors are summed in float64.
    """

    def __init__(self, network: nn.Module, settings: Training, scale: float, batches: Batches) -> None:
        super().__init__()
        self.network, self.settings, self.scale = network, settings, scale
        self.steps_per_epoch = batches.steps
        self.loss = _loss(settings.loss, scale)
        self.loss_unit = scale if settings.loss == "mae" else scale**2
        self.plateau = 1.0  # the factor that the learning rate has come down to
        self.losses = _Mean()
        self.errors = _Mean()

    def on_train_epoch_start(self) -> None:
        """Every epoch has its own order."""
        self.trainer.train_dataloader.epoch = self.current_epoch
        self.losses = _Mean()

    def training_step(self, batch: GraphBatch, _: int) -> torch.Tensor:
        """The loss of a batch, in units of the scale."""
        assert batch.target is not None
        loss = self.loss(self.network(batch), (batch.target / self.scale).to(batch.pos.dtype))
        self.losses.add(loss.detach() * batch.n_graphs * self.loss_unit, batch.n_graphs)
        return loss if batch.weight == 1 else loss * batch.weight

    def on_validation_epoch_start(self) -> None:
        """A new sum."""
        self.errors = _Mean()

    def validation_step(self, batch: GraphBatch, _: int) -> None:
        """Adds up the absolute errors."""
        assert batch.target is not None
        self.errors.add((self.network(batch).double() * self.scale - batch.target).abs().sum(), batch.n_graphs)

    def configure_optimizers(self) -> dict[str, Any]:
        """AdamW, with the learning rate of every step."""
        optimizer = torch.optim.AdamW(
            self.parameters(), lr=self.settings.learning_rate, weight_decay=self.settings.weight_decay, fused=True
        )
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, self.share)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def share(self, step: int) -> float:
        """Share of the full learning rate: a linear warm-up, then constant, cosine to zero, or halved on plateaus."""
        warmup = self.settings.warmup_steps
        if step < warmup:
            return (step + 1) / (warmup + 1)
        if self.settings.schedule == "cosine":
            steps = max(1, self.settings.epochs * self.steps_per_epoch - warmup)
            return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warmup) / steps)))
        return self.plateau


def _loss(kind: str, scale: float) -> Loss:
    if kind == "mae":
        return functional.l1_loss
    if kind == "mse":
        return functional.mse_loss
    return lambda predicted, target: functional.huber_loss(predicted, target, delta=1 / scale)  # 1 kcal/mol


class _Mean:
    """A mean in float64, kept on the device until it is asked for."""

    def __init__(self) -> None:
        self.total: torch.Tensor | float = 0.0
        self.n = 0

    def add(self, value: torch.Tensor, n: int) -> None:
        self.total, self.n = self.total + value.double(), self.n + n

    def __float__(self) -> float:
        return float(self.total) / max(1, self.n)
