"""Whether two geometries are one but for the last digits, which another machine rounds otherwise."""

from collections.abc import Sequence

SAME_GEOMETRY_ANGSTROM = 1e-6


def same_places(
    atomic_numbers: Sequence[int],
    positions: Sequence[float] | None,
    others: Sequence[int],
    their_positions: Sequence[float] | None,
) -> bool:
    """Whether the same atoms stand in the same order at the same places, none moved by more than 1e-6 angstrom along an
    axis. What has no geometry has none in common.

    Args:
        atomic_numbers, others: (N,).
        positions, their_positions: (3N,) angstrom.
    """
    if not positions or not their_positions or list(atomic_numbers) != list(others):
        return False
    return all(abs(a - b) <= SAME_GEOMETRY_ANGSTROM for a, b in zip(positions, their_positions, strict=True))
