"""A model of the neuromodulators, in a folder as a user has it."""

from pathlib import Path

import pytest

import hemdata as hd


@pytest.fixture(scope="session")
def ridge(labelled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "ridge"
    hd.Model.fit("pair-distance-ridge", labelled / "neuro@gfn2-xtb", folder, progress=False)
    return folder
