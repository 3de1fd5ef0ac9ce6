"""Where a batch does not fit into memory it is cut into parts, and the run stays the same run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from hemdata.errors import DataError
from hemdata.train.data.batches import Batches, GraphBatch
from hemdata.train.data.molecules import Molecules
from hemdata.train.fitted import Fitted
from hemdata.train.loop.trainer import fit
from hemdata.train.training_run import TrainingRun

SETTINGS = {"epochs": 4, "batch": 8, "learning_rate": 0.05, "ema_decay": 0.9, "schedule": "cosine"}


class Elements(torch.nn.Module):
    """A network of one weight an element, on a device that holds so many molecules of a training batch."""

    room, before = 10**6, 0  # molecules; calls for which there is room for all

    def __init__(self) -> None:
        super().__init__()
        self.energy = torch.nn.Embedding(10, 1)
        self.calls = 0

    def forward(self, batch: GraphBatch) -> torch.Tensor:
        self.calls += self.training
        if self.training and self.calls > Elements.before and batch.n_graphs > Elements.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        bond = (batch.pos[batch.edge_index[0]] - batch.pos[batch.edge_index[1]]).norm(dim=1)
        each = self.energy(batch.z).squeeze(-1).index_add(0, batch.edge_index[0], torch.exp(-bond))
        return torch.zeros(batch.n_graphs).index_add(0, batch.batch, each)


def build(configuration: Mapping[str, Any]) -> torch.nn.Module:
    return Elements()


def fitted(
    table: pa.Table, folder: Path, monkeypatch: pytest.MonkeyPatch, room: int, before: int = 0, **more: Any
) -> Fitted:
    monkeypatch.setattr(Elements, "room", room)
    monkeypatch.setattr(Elements, "before", before)
    training, validation = Molecules.of(table.slice(0, 24)), Molecules.of(table.slice(24))
    settings = {"network": {}, "training": SETTINGS}
    run = TrainingRun(folder, seed=0, device="cpu", **more)
    return fit(build, settings, training, validation, run, library="torch")


@pytest.mark.parametrize(("room", "before", "parts"), [(4, 0, 2), (2, 0, 4), (4, 7, 2)])
def test_a_batch_that_does_not_fit_is_halved_until_it_does_and_the_curve_stays(
    room: int, before: int, parts: int, table: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With memory that runs out at once, and in the third epoch; the oracle is the run on a machine with enough."""
    said: list[str] = []
    short = fitted(table, tmp_path / "short", monkeypatch, room, before, tell=said.append)
    enough = fitted(table, tmp_path / "enough", monkeypatch, 8)
    assert short.about["batch_parts"] == parts
    assert enough.about["batch_parts"] == 1
    assert len(said) == parts // 2
    assert f"batches of {8 // parts} from now on" in said[-1]
    assert [row.epoch for row in short.curve] == [1, 2, 3, 4]
    assert np.allclose(short.curve, enough.curve, rtol=1e-4)
    assert np.allclose(short.predict(table), enough.predict(table), rtol=1e-5)


def test_a_run_that_goes_on_keeps_its_small_batches(
    table: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(done: int, total: int) -> None:
        if done == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fitted(table, tmp_path, monkeypatch, 4, progress=stop)
    said: list[str] = []
    assert fitted(table, tmp_path, monkeypatch, 4, tell=said.append).about["batch_parts"] == 2
    assert said == []


def test_memory_for_not_even_one_molecule_is_a_sentence(
    table: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match="does not hold one molecule") as refused:
        fitted(table, tmp_path, monkeypatch, 0)
    assert "Tried to allocate 2.00 GiB" in str(refused.value)


def test_another_error_of_the_network_is_not_taken_for_it(
    table: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Elements, "forward", lambda self, batch: torch.zeros(3) @ torch.zeros(4))
    with pytest.raises(RuntimeError, match=r"inconsistent tensor size|size mismatch"):
        fitted(table, tmp_path, monkeypatch, 8)


def test_the_parts_of_a_batch_are_that_batch(table: pa.Table) -> None:
    whole, cut = (Batches(Molecules.of(table), 7, 5.0, seed=1, parts=parts) for parts in (1, 3))
    assert len(cut) == 3 * len(whole)
    parts = list(cut)
    for number, batch in enumerate(whole):
        mine = parts[3 * number : 3 * number + 3]
        assert sum(part.n_graphs for part in mine) == batch.n_graphs
        assert torch.equal(torch.cat([part.z for part in mine]), batch.z)
        assert np.mean([part.weight for part in mine]) == pytest.approx(1)
