"""Each single point of PySCF computed once in a session: where many tests ask for those of one small molecule."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from hemdata.chemistry.engines import pyscf

_KEPT: dict[tuple[Any, ...], pyscf.Point] = {}


@pytest.fixture(autouse=True, scope="module")
def energies_once() -> Iterator[None]:
    """Import it into a module of tests whose subject is not the engine."""
    plain = pyscf.single_point

    def once(z: Any, x: Any, charge: int, multiplicity: int, its: Any, accuracy: str = "reference") -> pyscf.Point:
        key = (tuple(map(int, z)), np.asarray(x, float).tobytes(), charge, multiplicity, its.hash, accuracy)
        if key not in _KEPT:
            _KEPT[key] = plain(z, x, charge, multiplicity, its, accuracy)  # type: ignore[arg-type]
        return _KEPT[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pyscf, "single_point", once)
        yield
