"""What several stages' tests share: the four test groups, labelled once at GFN2-xTB by hemdata itself."""

import fcntl
import hashlib
import os
import shutil
from pathlib import Path

import pyarrow as pa
import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # sums over threads differ in their last bits
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing is asked of the Hub

SCIENCE = (
    "label/calculation",
    "chemistry/embed",
    "chemistry/model_hessian",
    "chemistry/relax",
    "chemistry/engines/tblite",
)  # what decides a label's numbers


@pytest.fixture(scope="session")
def labelled(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Path:
    """A data folder with test-groups, neuro and saccharides at gfn2-xtb; processes that test side by side share it.

    A later run takes the results from pytest's cache, as long as the modules that compute them are the same.
    """
    from hemdata.label.dataset import label_dataset

    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    data = root / "labelled"
    with (root / "labelled.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (data / "saccharides@gfn2-xtb").exists():
            known = _known(pytestconfig)
            data.mkdir(exist_ok=True)
            if known.is_file():
                shutil.copyfile(known, data / "labels.sqlite")
            for name in ("test-groups", "neuro", "saccharides"):  # the second and third come out of the store
                label_dataset(name, data=data)
            part = known.with_name(f"{known.name}.{os.getpid()}")
            shutil.copyfile(data / "labels.sqlite", part)
            part.replace(known)
    return data


def _known(config: pytest.Config) -> Path:
    """The store of an earlier run of the same code."""
    import hemdata

    folder = Path(hemdata.__file__).parent
    code = b"".join((folder / f"{name}.py").read_bytes() for name in SCIENCE)
    kept = config.cache
    assert kept is not None
    return kept.mkdir("labelled") / f"{hashlib.sha256(code).hexdigest()[:16]}.sqlite"


@pytest.fixture
def table(labelled: Path) -> pa.Table:
    """The neuromodulators at GFN2-xTB."""
    from hemdata.shards import read

    return read(labelled / "neuro@gfn2-xtb")
