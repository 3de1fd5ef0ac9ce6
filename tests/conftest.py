"""What several stages' tests share: the four test groups at GFN2-xTB, as they ship."""

import fcntl
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("OMP_NUM_THREADS", "1")  # sums over threads differ in their last bits
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing is asked of the Hub
# Images of containers forbid bytecode; the processes that the tests start would each compile all of hemdata again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


if "CI" not in os.environ:  # there hypothesis has a profile like this, which draws the same examples each time
    settings.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("busy machine")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[object]:
    """What the tests' modules import lives as long as the process: the garbage collector need not walk over it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


NETWORKS = ("docs", "door", "explain", "improve", "predict", "study", "train")  # folders whose tests need one


@pytest.hookimpl(trylast=True)  # after the slow ones are left out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs the networks' libraries stands together, in the middle: not every process imports them."""
    theirs, others = list[pytest.Item](), list[pytest.Item]()
    for item in items:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        (theirs if folder in NETWORKS else others).append(item)
    half = min(len(items) // 2, len(others))
    items[:] = [*others[:half], *theirs, *others[half:]]


@pytest.fixture(scope="session")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with test-groups, neuro and saccharides at gfn2-xtb; processes that test side by side share it.

    The store holds the labels that ship, so nothing is relaxed; tests/label/test_shipped_labels.py relaxes some of the
    molecules anew, and with `-m slow` all of them.
    """
    from hemdata.label.dataset import label_dataset

    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    data = root / "labelled"
    with (root / "labelled.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (data / "saccharides@gfn2-xtb").exists():
            data.mkdir(exist_ok=True)
            store_what_ships(data)
            for name in ("test-groups", "neuro", "saccharides"):
                done = label_dataset(name, data=data, workers=0)
                assert done.outcome.computed == 0
    return data


def store_what_ships(data: Path) -> None:
    """Put the shipped GFN2-xTB labels of the test groups into the label store of a data folder."""
    from hemdata.catalog import label_places
    from hemdata.curate.build import build
    from hemdata.label.calculation import Result, calculation_for, stages
    from hemdata.label.store.database import LabelStore
    from hemdata.levels import level
    from hemdata.molecules import from_shards
    from hemdata.shards import read

    shipped = next(place / "test-groups@gfn2-xtb" for place in label_places() if place.is_dir())
    known = {row["id"]: row for row in read(shipped).to_pylist()}
    its_level = level("gfn2-xtb")
    (stage,) = stages(its_level, its_level)
    with LabelStore(data / "labels.sqlite") as store:
        for molecule in from_shards(build("test-groups", out=data / "test-groups").folder):
            row = known[molecule.id]
            task = calculation_for(stage, molecule.canonical_smiles, molecule.charge, molecule.multiplicity)
            told = task.described | {"host": "shipped", "seconds": 0.0, "gradients": 0}
            store.put(Result(task.key, None, row["atomic_numbers"], row["positions"], row["energy_hartree"], told))


@pytest.fixture
def table(labelled: Path) -> pa.Table:
    """The neuromodulators at GFN2-xTB."""
    from hemdata.shards import read

    return read(labelled / "neuro@gfn2-xtb")


@pytest.fixture
def cells_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cells of a study in this process, where what a command says and writes is the subject.

    A worker's rows are the same, as tests/study/test_train_eval.py holds; but it imports everything anew.
    """
    from hemdata.label.workers.where import HERE
    from hemdata.study.on import THIS_MACHINE, On
    from hemdata.study.run import train_eval

    def here(*given: object, on: On = THIS_MACHINE, **how: object) -> object:
        return train_eval(*given, on=on if on.where.elsewhere else On(HERE, on.device), **how)  # type: ignore[arg-type]

    monkeypatch.setattr("hemdata.study.run.train_eval", here)
