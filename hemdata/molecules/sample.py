"""The order in which `-n` takes molecules."""

import hashlib
import heapq
from collections.abc import Iterable

from hemdata.identity import flat_graph
from hemdata.molecules.molecule import Molecule


def sample(molecules: Iterable[Molecule], n: int | None, seed: int, without: set[str]) -> list[Molecule]:
    """The first n molecules in an order that the seed alone decides; a larger n holds a smaller one.

    Args:
        molecules: streamed; memory grows with n only.
        n: how many; all, in their own order, where None.
        without: flat graphs (14 letters of an InChIKey) that are left out before sampling.
    """
    wanted = (m for m in molecules if m.inchikey is None or flat_graph(m.inchikey) not in without)
    if n is None:
        return list(wanted)
    return heapq.nsmallest(n, wanted, key=lambda m: drawn(m.id, seed))


def drawn(id: str, seed: int = 0) -> bytes:
    """What a molecule is sorted by in that order."""
    return hashlib.sha256(f"{seed}:{id}".encode()).digest()
