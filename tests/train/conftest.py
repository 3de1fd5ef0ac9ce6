"""What the tests of training share."""

from pathlib import Path

import pyarrow as pa
import pytest

from hemdata.shards import read


@pytest.fixture
def table(labelled: Path) -> pa.Table:
    """The neuromodulators at GFN2-xTB."""
    return read(labelled / "neuro@gfn2-xtb")
