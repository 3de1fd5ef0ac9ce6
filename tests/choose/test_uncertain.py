"""Selection by the spread of models: against predictions made one by one, with real fitted models."""

from pathlib import Path

import numpy as np
import pytest

from hemdata.choose.targets import targets
from hemdata.choose.uncertain import select_uncertain
from hemdata.curate.build import build
from hemdata.errors import CallError, DataError
from hemdata.shards import read
from hemdata.train.fit import fit_network, load
from hemdata.train.training_run import TrainingRun


@pytest.fixture(scope="module")
def models(labelled: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three baselines on different halves of the saccharides."""
    table = read(labelled / "saccharides@gfn2-xtb")
    folder = tmp_path_factory.mktemp("models")
    for seed in range(3):
        rows = np.random.default_rng(seed).permutation(table.num_rows)
        run = TrainingRun(folder / str(seed), seed=seed)
        fit_network("dressed-atoms", {}, table.take(rows[:20]), table.take(rows[20:30]), run)
    return [folder / str(seed) for seed in range(3)]


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> None:
    """The labelled molecules at hand are test molecules: here nothing but the group itself is barred."""
    for module in ("pool", "targets"):
        monkeypatch.setattr(f"hemdata.choose.{module}.TEST_GROUPS", "azoxy")


def test_the_widest_spreads_are_chosen(labelled: Path, models: list[Path], free: None) -> None:
    pool = labelled / "neuro@gfn2-xtb"
    told = select_uncertain(pool, targets(["azoxy"]), 6, models)
    table = read(pool)
    predicted = np.array([load(folder).predict(table) for folder in models])
    spread = {id: np.std(predicted[:, n], ddof=1) for n, id in enumerate(table["id"].to_pylist())}
    assert [pick.id for pick in told.picks] == sorted(spread, key=lambda id: -spread[id])[:6]
    assert told.picks[0].gain == pytest.approx(spread[told.picks[0].id])
    assert told.candidates == told.read == 35


def test_test_molecules_are_never_chosen(labelled: Path, models: list[Path]) -> None:
    with pytest.raises(DataError, match="too few candidates"):
        select_uncertain(labelled / "neuro@gfn2-xtb", targets(["azoxy"]), 1, models)


def test_what_a_spread_needs_is_said(labelled: Path, models: list[Path], tmp_path: Path) -> None:
    group = targets(["azoxy"])
    with pytest.raises(CallError, match="two models at least"):
        select_uncertain(labelled / "neuro@gfn2-xtb", group, 1, models[:1])
    (tmp_path / "some.smi").write_text("CCO\n")
    with pytest.raises(CallError, match="a list of SMILES has none"):
        select_uncertain(tmp_path / "some.smi", group, 1, models)


def test_candidates_without_a_geometry_are_a_sentence(models: list[Path], free: None, tmp_path: Path) -> None:
    build("neuro", out=tmp_path / "neuro")
    with pytest.raises(DataError, match="no geometry"):
        select_uncertain(tmp_path / "neuro", targets(["azoxy"]), 1, models)
