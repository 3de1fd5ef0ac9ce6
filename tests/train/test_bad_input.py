"""What a trainer cannot work with is a sentence that names it, and no epoch is lost."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from test_memory import SETTINGS, Elements, build

from hemdata.errors import CallError, DataError
from hemdata.train.data.molecules import Molecules
from hemdata.train.fit import fit_network, load
from hemdata.train.loop.trainer import fit
from hemdata.train.training_run import TrainingRun


def changed(table: pa.Table, name: str, values: list[object]) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, pa.array(values, table.schema.field(name).type))


def run(table: pa.Table, folder: Path, seed: int = 0, **settings: object):  # type: ignore[no-untyped-def]
    training, validation = Molecules.of(table.slice(0, 24)), Molecules.of(table.slice(24))
    card = {"network": {}, "training": SETTINGS | settings}
    return fit(build, card, training, validation, TrainingRun(folder, seed=seed, device="cpu"), library="torch")


def test_molecules_without_an_energy_are_named(table: pa.Table, tmp_path: Path) -> None:
    energies = table["atomization_energy_kcal_mol"].to_pylist()
    without = changed(table, "atomization_energy_kcal_mol", [None, *energies[1:]])
    with pytest.raises(DataError, match="no atomization energy") as refused:
        fit_network("painn", "small", without, without, TrainingRun(tmp_path, seed=0))
    assert str(table["id"][0]) in str(refused.value)


def test_two_levels_in_a_training_set_and_between_training_and_validation(table: pa.Table, tmp_path: Path) -> None:
    two = changed(table, "level", ["pc9", *["gfn2-xtb"] * (table.num_rows - 1)])
    with pytest.raises(DataError, match="different levels") as refused:
        fit_network("painn", "small", two, two, TrainingRun(tmp_path, seed=0))
    assert "gfn2-xtb and pc9" in str(refused.value)
    other = changed(table, "level", ["pc9"] * table.num_rows)
    with pytest.raises(DataError, match="different levels"):
        fit_network("dressed-atoms", None, table, other, TrainingRun(tmp_path, seed=0))


def test_an_element_that_the_network_does_not_know(
    table: pa.Table,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "organic.yaml").write_text(
        "name: organic\ntitle: Organic\nadapter: nowhere\nlibrary: torch\ncite: []\nelements: [H, C, O]\n"
        "configurations: {small: {network: {}, training: {epochs: 1, batch: 4, learning_rate: 0.1}}}\n"
    )
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path))
    with pytest.raises(DataError, match="cannot represent elements") as refused:
        fit_network("organic", "small", table, table, TrainingRun(tmp_path / "fit", seed=0))
    assert "got: N" in str(refused.value)


def test_a_loss_that_is_no_number_keeps_the_epochs_before(
    table: pa.Table,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = Elements.forward

    def breaks(self: Elements, batch):  # type: ignore[no-untyped-def]
        energies = whole(self, batch)
        return energies if self.calls <= 7 else energies * torch.nan  # in the third epoch of three steps each

    monkeypatch.setattr(Elements, "forward", breaks)
    with pytest.raises(DataError, match="no longer a number") as refused:
        run(table, tmp_path)
    assert "epoch 3" in str(refused.value)
    assert "learning_rate" in str(refused.value)
    assert len((tmp_path / "curve.csv").read_text().splitlines()) == 1 + 2
    monkeypatch.setattr(Elements, "forward", whole)
    assert [row.epoch for row in run(table, tmp_path).curve] == [1, 2, 3, 4]  # it goes on from the second


def test_a_folder_with_another_run_and_a_broken_checkpoint(table: pa.Table, tmp_path: Path) -> None:
    run(table, tmp_path, epochs=1)
    with pytest.raises(DataError, match="holds another run; it differs in seed"):
        run(table, tmp_path, seed=1, epochs=1)
    with pytest.raises(DataError, match="it differs in configuration"):
        run(table, tmp_path, epochs=2)
    (tmp_path / "model.json").unlink()
    checkpoint = tmp_path / "last.ckpt"
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    with pytest.raises(DataError, match="checkpoint cannot be read"):
        run(table, tmp_path, epochs=1)


def test_weights_that_were_changed_are_not_loaded(table: pa.Table, tmp_path: Path) -> None:
    fitted = run(table, tmp_path, epochs=1)
    assert np.isfinite(fitted.predict(table)).all()
    weights = tmp_path / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(DataError, match="weights are missing or were changed"):
        load(tmp_path)


def test_a_configuration_with_a_typo_names_the_key(table: pa.Table, tmp_path: Path) -> None:
    with pytest.raises(CallError, match="configuration of the network is wrong") as refused:
        run(table, tmp_path, lerning_rate=1)
    assert "training.lerning_rate" in str(refused.value)
    with pytest.raises(CallError, match="no such configuration") as refused:
        fit_network("painn", "big", table, table, TrainingRun(tmp_path, seed=0))
    assert "small, literature" in str(refused.value)


def test_a_package_whose_network_has_no_card_here_imports_nothing(table: pa.Table, tmp_path: Path) -> None:
    """A package could name any module; only those that a card names are imported."""
    run(table, tmp_path, epochs=1)  # its adapter is this test's module
    with pytest.raises(CallError, match="has no card here") as refused:
        load(tmp_path)
    assert "HEMDATA_CARDS" in str(refused.value)
