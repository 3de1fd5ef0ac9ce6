"""Published molecules for the tests of identity, where they stand beside the checkout."""

import shutil
from pathlib import Path

import pytest

from hemdata.catalog import dataset
from hemdata.sources import Record, open_source

TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def pc9_molecules(tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    """Real members of PC9; none of them stands in the list of open shells that is put beside them."""
    folder = TESTS.parents[1] / "shared" / "samples" / "pc9"
    if not folder.is_dir():
        pytest.skip("needs published members of pc9 in ../shared/samples/pc9, beside the checkout")
    beside = Path(shutil.copytree(folder, tmp_path_factory.mktemp("pc9") / "XYZ"))
    shutil.copy(TESTS / "fixtures" / "pc9" / "List_Radicals_Triplets.txt", beside)
    source = open_source(dataset("pc9"), beside)
    return [source.parse(raw) for raw in source.raws()]
