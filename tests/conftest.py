"""What several stages' tests share: the four test groups, labelled once at GFN2-xTB by hemdata itself."""

import fcntl
import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with test-groups, neuro and saccharides at gfn2-xtb; processes that test side by side share it."""
    from hemdata.label import label_dataset

    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    data = root / "labelled"
    with (root / "labelled.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (data / "saccharides@gfn2-xtb").exists():
            for name in ("test-groups", "neuro", "saccharides"):  # the second and third come out of the store
                label_dataset(name, data=data)
    return data
