"""Molecules in one geometry are counted the same for many geometries at once as for each alone."""

import numpy as np
from ase.build import molecule
from hypothesis import given, settings
from hypothesis import strategies as st

from hemdata.identity.bonds import in_pieces, pieces

NAMES = ("H2O", "CH4", "C6H6", "NaCl", "H", "CH3CH2OH", "SiH4")
Parts = list[tuple[str, float]]


def placed(parts: Parts) -> tuple[np.ndarray, np.ndarray]:
    """Molecules in a row, each so many angstrom from the one before."""
    z, x, at = [], [], 0.0
    for name, gap in parts:
        one = molecule(name)
        low = one.positions[:, 0].min()
        x.append(one.positions + np.array([at + gap - low, 0.0, 0.0]))
        z.append(one.numbers)
        at = x[-1][:, 0].max()
    return np.concatenate(z), np.concatenate(x)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(NAMES), st.floats(0.0, 4.0)), min_size=1, max_size=3), min_size=1, max_size=6
    )
)
def test_many_at_once_are_as_each_alone(geometries: list[Parts]) -> None:
    each = [placed(parts) for parts in geometries]
    z, x = (np.concatenate(parts) for parts in zip(*each, strict=True))
    found = in_pieces(z, x, np.cumsum([0, *(len(numbers) for numbers, _ in each)]))
    assert found.tolist() == [pieces(numbers, positions.ravel()) > 1 for numbers, positions in each]


def test_two_waters_are_two_and_one_is_one() -> None:
    one, two = placed([("H2O", 0.0)]), placed([("H2O", 0.0), ("H2O", 2.0)])
    z, x = np.concatenate([one[0], two[0]]), np.concatenate([one[1], two[1]])
    assert in_pieces(z, x, np.array([0, 3, 9])).tolist() == [False, True]
