"""An improvement that several tests look at."""

from pathlib import Path

import pytest
from improvements import ASKED, ON, prepared

from hemdata.improve.rounds import Improved, improve


@pytest.fixture
def folder(labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a data folder of its own."""
    return prepared(labelled, tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def whole(labelled: Path, tmp_path_factory: pytest.TempPathFactory) -> Improved:
    """The run that the tests look at, whole."""
    place = tmp_path_factory.mktemp("improved")
    with pytest.MonkeyPatch.context() as patch:
        prepared(labelled, place, patch)
        found = improve(ASKED, Path("data"), Path("run"), on=ON)
    return Improved(place / "run", found.rows, found.why, found.judged)
