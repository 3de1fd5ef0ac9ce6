"""How fast a network trains here: a few real steps on real molecules, timed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from hemdata.catalog import network as network_card
from hemdata.train.baselines.dressed_atoms import DressedAtoms
from hemdata.train.data.batches import Batches, GraphBatch
from hemdata.train.data.molecules import Molecules
from hemdata.train.fit import adapter
from hemdata.train.fitted_network import built, checked, chosen_device
from hemdata.train.isolation import isolated
from hemdata.train.loop.regression import Regression

MOLECULES = 2000
WARM_STEPS, LEAST_STEPS = 2, 3


@dataclass(frozen=True)
class Rate:
    """Molecules a second on one device, in one process of one thread."""

    training: float
    judging: float

    def epoch_seconds(self, training: int, validation: int) -> float:
        """The time of one epoch."""
        return training / self.training + validation / self.judging


def measured_rate(
    name: str, configuration: Mapping[str, Any], molecules: pa.Table, device: str = "auto", seconds: float = 3.0
) -> Rate:
    """Times training steps and predictions of a network from its start, edges and all.

    Args:
        name: of the network's card.
        configuration: {network: ..., training: ...}.
        molecules: training molecules; up to 2000 of them are used.
        seconds: for the training steps; half as long for the predictions.
    """
    card, settings = network_card(name), checked(configuration)
    step = max(1, len(molecules) // MOLECULES)
    read = Molecules.of(molecules.take(pa.array(np.arange(0, len(molecules), step)[:MOLECULES])))
    left = read.energies - DressedAtoms.fit(read).predict(read)
    training, on = settings.training, chosen_device(device)
    batches = Batches(read, training.batch, training.cutoff_angstrom, target=left, seed=0)
    seen = Batches(read, 4 * training.batch, training.cutoff_angstrom, target=left)
    with isolated(seed=0):
        module = Regression(built(adapter(card).build, settings), training, 1.0, batches).to(on)
        optimizer = torch.optim.AdamW(module.parameters(), lr=1e-6)

        def learn(batch: GraphBatch) -> None:
            optimizer.zero_grad()
            module.training_step(batch.to(on), 0).backward()
            optimizer.step()

        def judge(batch: GraphBatch) -> None:
            with torch.inference_mode():
                module.network(batch.to(on))

        return Rate(_timed(learn, _endless(batches), seconds, on), _timed(judge, _endless(seen), seconds / 2, on))


def _timed(step: Any, batches: Iterator[GraphBatch], seconds: float, device: str) -> float:
    """Molecules a second: of processor time, which other work on the machine leaves alone; on a GPU by the clock."""
    clock = time.process_time if device == "cpu" else time.perf_counter
    for _ in range(WARM_STEPS):
        step(next(batches))
    _wait(device)
    done = steps = 0
    started, began = clock(), time.perf_counter()
    while steps < LEAST_STEPS or time.perf_counter() - began < seconds:
        batch = next(batches)
        step(batch)
        done, steps = done + batch.n_graphs, steps + 1
        if steps <= LEAST_STEPS:
            _wait(device)
    _wait(device)
    return done / (clock() - started)


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def _endless(batches: Batches) -> Iterator[GraphBatch]:
    while True:
        yield from batches
        batches.epoch += 1
