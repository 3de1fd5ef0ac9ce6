"""What several stages' tests share: the four test groups, labelled once at GFN2-xTB by hemdata itself."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with test-groups, neuro and saccharides at gfn2-xtb."""
    from hemdata.label import label_dataset

    data = tmp_path_factory.mktemp("labelled")
    for name in ("test-groups", "neuro", "saccharides"):  # the second and third come out of the store
        label_dataset(name, data=data)
    return data
