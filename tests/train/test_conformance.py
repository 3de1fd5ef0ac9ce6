"""What every network must be, whatever its library: the one suite; a new network is added to NETWORKS alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from ase.build import molecule as g2
from scipy.spatial.transform import Rotation
from small_networks import NETWORKS

from hemdata import catalog
from hemdata.train.data.batches import Batches, GraphBatch
from hemdata.train.data.molecules import Molecules
from hemdata.train.data.neighbours import neighbours
from hemdata.train.fit import _imported, fit_network, load, networks
from hemdata.train.isolation import isolated
from hemdata.train.training_run import TrainingRun

NAMES = ["CH3NO2", "C6H6", "CH3CN", "H2O", "C3H7", "CH3CH2OH", "HCN", "CH4"]  # ASE's G2 set


def graphs(atoms: list[tuple[np.ndarray, np.ndarray]], cutoff: float = 5.0) -> GraphBatch:
    """A batch in float64 from (atomic numbers, positions) of each molecule."""
    z, x = np.concatenate([a[0] for a in atoms]), np.concatenate([a[1] for a in atoms])
    offsets = np.cumsum([0, *(len(a[0]) for a in atoms)])
    return GraphBatch(
        z=torch.from_numpy(z.astype(np.int64)),
        pos=torch.from_numpy(x),
        batch=torch.from_numpy(np.repeat(np.arange(len(atoms)), np.diff(offsets))),
        edge_index=torch.from_numpy(neighbours(x, offsets, cutoff)),
        n_graphs=len(atoms),
    )


def some() -> list[tuple[np.ndarray, np.ndarray]]:
    return [(g2(name).numbers, g2(name).positions) for name in NAMES]


def test_turning_mirroring_and_shifting_change_nothing(network: torch.nn.Module) -> None:
    turn = Rotation.random(rng=3).as_matrix() @ np.diag([1.0, 1.0, -1.0])
    moved = [(z, x @ turn.T + np.array([3.0, -2.0, 11.0])) for z, x in some()]
    assert torch.allclose(network(graphs(some())), network(graphs(moved)), rtol=0, atol=1e-8)


def test_the_order_of_atoms_changes_nothing(network: torch.nn.Module) -> None:
    random = np.random.default_rng(0)
    orders = [random.permutation(len(z)) for z, _ in some()]
    shuffled = [(z[order], x[order]) for (z, x), order in zip(some(), orders, strict=True)]
    assert torch.allclose(network(graphs(some())), network(graphs(shuffled)), rtol=0, atol=1e-8)


def test_a_batch_is_its_molecules_one_by_one(network: torch.nn.Module) -> None:
    alone = torch.cat([network(graphs([one])) for one in some()])
    assert torch.allclose(network(graphs(some())), alone, rtol=0, atol=1e-8)
    assert alone.std() > 1e-3  # a constant would pass every other test here


def test_two_far_molecules_have_the_sum_of_their_energies(network: torch.nn.Module) -> None:
    (z1, x1), (z2, x2) = some()[0], some()[1]
    both = [(np.concatenate([z1, z2]), np.concatenate([x1, x2 + 100.0]))]
    assert torch.allclose(network(graphs(both)).sum(), network(graphs(some()[:2])).sum(), rtol=0, atol=1e-8)


def test_gradients_are_finite_and_are_those_of_finite_differences(network: torch.nn.Module) -> None:
    batch = graphs(some()[:1])
    moving = replace(batch, pos=batch.pos.clone().requires_grad_(True))
    (gradient,) = torch.autograd.grad(network(moving).sum(), moving.pos)
    assert torch.isfinite(gradient).all()
    step = torch.zeros_like(batch.pos)
    step[2, 1] = 1e-4
    with torch.no_grad():
        up, down = (network(replace(batch, pos=batch.pos + sign * step)).sum() for sign in (1, -1))
    assert abs((up - down) / 2e-4 - gradient[2, 1]) < 1e-5 * max(1.0, abs(float(gradient[2, 1])))


def test_every_element_of_the_card_is_represented(network: torch.nn.Module) -> None:
    pairs = [(np.array([z, 1]), np.array([[0.0, 0, 0], [0, 0, 1.2]])) for z in range(1, 37)]
    assert torch.isfinite(network(graphs(pairs))).all()


def test_painn_is_schnetpacks_own_on_the_same_weights() -> None:
    """Oracle: SchNetPack's model with its own pairwise distances, called as its documentation calls it."""
    from schnetpack import properties
    from schnetpack.atomistic import PairwiseDistances
    from schnetpack.model import NeuralNetworkPotential

    card = catalog.network("painn")
    with isolated(seed=1):
        ours = _imported(card.adapter, card.name).build(card.configurations["small"].model_dump()).double().eval()
    own = NeuralNetworkPotential(
        representation=ours.representation, input_modules=[PairwiseDistances()], output_modules=[ours.readout]
    ).double()
    batch = graphs(some())
    i, j = batch.edge_index
    inputs = {
        properties.Z: batch.z,
        properties.R: batch.pos,
        properties.idx_i: i,
        properties.idx_j: j,
        properties.idx_m: batch.batch,
        properties.offsets: torch.zeros(len(i), 3, dtype=torch.float64),
        properties.n_atoms: torch.bincount(batch.batch),
    }
    assert torch.allclose(own(inputs)[properties.energy], ours(batch), rtol=0, atol=1e-6)


@pytest.fixture(scope="module")
def messengers(labelled: Path) -> pa.Table:
    from hemdata.shards import read

    return read(labelled / "neuro@gfn2-xtb")


@pytest.mark.parametrize("name", networks())
def test_saved_and_loaded_it_predicts_the_same_bits_and_leaves_the_process_as_it_was(
    name: str, messengers: pa.Table, tmp_path: Path
) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state(), np.random.get_state()[1].copy(), torch.get_default_dtype(), torch.get_num_threads()
    run = TrainingRun(tmp_path, seed=0, device="cpu")
    fitted = fit_network(name, None, messengers.slice(0, 24), messengers.slice(24), run, epochs=2)
    predicted = fitted.predict(messengers)
    again = load(tmp_path).predict(messengers)
    assert predicted.dtype == np.float64
    assert np.array_equal(predicted, again)
    after = torch.get_rng_state(), np.random.get_state()[1], torch.get_default_dtype(), torch.get_num_threads()
    assert torch.equal(before[0], after[0])
    assert np.array_equal(before[1], after[1])
    assert before[2:] == after[2:]
    assert not list(tmp_path.rglob("*.pkl"))


@pytest.mark.parametrize("name", networks())
def test_the_validation_and_test_molecules_are_not_peeked_at(name: str, messengers: pa.Table, tmp_path: Path) -> None:
    """Dressed atoms come from the training molecules: other validation energies leave the first epoch's fit alone."""
    column = messengers.schema.get_field_index("atomization_energy_kcal_mol")
    wrong = messengers.set_column(
        column, "atomization_energy_kcal_mol", pa.array(messengers["atomization_energy_kcal_mol"].to_numpy() + 50.0)
    )
    first, other = (
        fit_network(name, None, messengers.slice(0, 24), table.slice(24), TrainingRun(tmp_path / n, seed=0), epochs=1)
        for n, table in (("right", messengers), ("wrong", wrong))
    )
    assert (
        first.about["dressed_atoms" if name in NETWORKS else "training_range"]
        == other.about["dressed_atoms" if name in NETWORKS else "training_range"]
    )
    if name != "pair-distance-ridge":  # which chooses its regularisation by the validation molecules
        assert np.allclose(first.predict(messengers), other.predict(messengers), atol=1e-9)


def test_batches_hold_every_molecule_once_an_epoch_in_an_order_of_the_seed(messengers: pa.Table) -> None:
    batches = Batches(Molecules.of(messengers), 8, 5.0, seed=3)
    orders = []
    for epoch in (0, 1, 0):
        batches.epoch = epoch
        orders.append(np.concatenate(batches.order()))
        assert sorted(orders[-1]) == list(range(messengers.num_rows))
    assert np.array_equal(orders[0], orders[2])
    assert not np.array_equal(orders[0], orders[1])


def _small(name: str) -> torch.nn.Module:
    card = catalog.network(name)
    with isolated(seed=1):
        return _imported(card.adapter, card.name).build(card.configurations["small"].model_dump()).double().eval()


def test_et_is_torchmd_nets_own_on_the_same_weights() -> None:
    """Oracle: the library's own search for neighbours in place of our edges."""
    from torchmdnet.models.utils import OptimizedDistance

    ours = _small("torchmd-et")
    batch = graphs(some())
    expected = ours(batch)
    ours.network.representation_model.distance = OptimizedDistance(
        0.0, 5.0, max_num_pairs=-64, return_vecs=True, loop=True, long_edge_index=True
    )
    own = ours.network(batch.z, batch.pos, batch.batch)[0].squeeze(-1)
    assert torch.allclose(own, expected, rtol=0, atol=1e-6)


def test_triplets_are_all_paths_of_two_edges() -> None:
    """Oracle: three loops over the atoms of a molecule."""
    from hemdata.train.networks.dimenetpp import triplets

    edge_index = graphs(some()[:1], cutoff=2.0).edge_index.flip(0)
    target, source, i, j, k, kj, ji = triplets(edge_index, 7)
    edges = list(zip(edge_index[0].tolist(), edge_index[1].tolist(), strict=True))
    expected = {(a, b, c) for c, b in edges for b2, a in edges if b == b2 and a != c}
    assert {*zip(i.tolist(), j.tolist(), k.tolist(), strict=True)} == expected
    assert len(i) == len(expected)
    assert torch.equal(source[kj], k)
    assert torch.equal(target[kj], j)
    assert torch.equal(source[ji], j)
    assert torch.equal(target[ji], i)


def test_allegro_is_nequips_own_on_the_same_weights() -> None:
    """Oracle: the library's own data and neighbour list, molecule by molecule."""
    from nequip.data import compute_neighborlist_, from_ase

    ours = _small("allegro")
    own = []
    for name in NAMES:
        data = from_ase(g2(name))
        data["atom_types"] = torch.from_numpy(g2(name).numbers) - 1
        with torch.no_grad():
            own.append(ours.network(compute_neighborlist_(data, r_max=5.0))["total_energy"].ravel())
    assert torch.allclose(torch.cat(own), ours(graphs(some())), rtol=0, atol=1e-6)


SCHNET = '''
"""SchNet of SchNetPack: a network of a user's own."""
import schnetpack.nn
from schnetpack import properties
from schnetpack.atomistic import Atomwise
from schnetpack.representation import SchNet
from torch import nn


def build(configuration):
    return Energies(configuration["training"]["cutoff_angstrom"], **configuration["network"])


class Energies(nn.Module):
    def __init__(self, cutoff, features, layers):
        super().__init__()
        radial = schnetpack.nn.GaussianRBF(n_rbf=20, cutoff=cutoff)
        self.representation = SchNet(features, layers, radial, schnetpack.nn.CosineCutoff(cutoff))
        self.readout = Atomwise(n_in=features, output_key="energy")

    def forward(self, batch):
        i, j = batch.edge_index
        return self.readout(self.representation({
            properties.Z: batch.z, properties.Rij: batch.pos[j] - batch.pos[i], properties.idx_i: i,
            properties.idx_j: j, properties.idx_m: batch.batch}))["energy"]
'''


def test_a_fifth_network_is_one_file_and_one_card(
    messengers: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "my_schnet.py").write_text(SCHNET)
    (tmp_path / "models" / "schnet.yaml").write_text(
        "name: schnet\ntitle: SchNet\nadapter: my_schnet\nlibrary: schnetpack\ncite: []\nelements: [H, C, N, O, F]\n"
        "configurations:\n  small:\n    network: {features: 16, layers: 2}\n"
        "    training: {epochs: 1, batch: 16, learning_rate: 0.002}\n"
    )
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    assert "schnet" in networks()
    built = _small("schnet")
    test_turning_mirroring_and_shifting_change_nothing(built)
    test_the_order_of_atoms_changes_nothing(built)
    test_two_far_molecules_have_the_sum_of_their_energies(built)
    run = TrainingRun(tmp_path / "fit", seed=0)
    fitted = fit_network("schnet", None, messengers.slice(0, 24), messengers.slice(24), run)
    assert np.array_equal(load(tmp_path / "fit").predict(messengers), fitted.predict(messengers))
