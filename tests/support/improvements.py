"""A small improvement for tests: the azoxy compounds from the neuromodulators, with the ridge; some seconds."""

from pathlib import Path

import pytest

from hemdata.improve.asked import Asked
from hemdata.label.workers.where import Where
from hemdata.study.on import On

ON = On(Where(0))
ASKED = Asked(
    "azoxy", "neuro=30", 8, pool="pool.smi", rounds=2, control=True, max_heavy=4, network="pair-distance-ridge", seeds=2
)
POOL = "CC\nCCC\nCO\nCCO\nCN\nCNC\nC=C\nC#N\nCC#N\nNC=O\nO=C=O\nCF\n"


def prepared(labelled: Path, place: Path, patch: pytest.MonkeyPatch) -> Path:
    """The current folder from now on: a pool, labels, the store that they are from."""
    (place / "data").mkdir()
    for name in ("neuro@gfn2-xtb", "test-groups@gfn2-xtb"):
        (place / "data" / name).symlink_to(labelled / name)
    (place / "data" / "labels.sqlite").write_bytes((labelled / "labels.sqlite").read_bytes())
    (place / "pool.smi").write_text(POOL)
    patch.chdir(place)
    return place
