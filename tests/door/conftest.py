"""A folder to work in as a user does, with some data in it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The current folder of a module's tests."""
    folder, before = tmp_path_factory.mktemp("door"), Path.cwd()
    os.chdir(folder)
    yield folder
    os.chdir(before)
