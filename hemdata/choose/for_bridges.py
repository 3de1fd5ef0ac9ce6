"""Selects molecules of a pool to label at two levels, so that a bridge fitted on them is known best for a whole set."""

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from hemdata.choose.design import design
from hemdata.choose.pool import Barred, Candidate, chunks
from hemdata.choose.select import Pick, Selection
from hemdata.errors import DataError
from hemdata.identity import identify
from hemdata.identity.bond_types import terms_of
from hemdata.identity.molecule import parsed
from hemdata.molecules.sample import drawn

WANTED, AMONG = 6_000, 8_000
"""Molecules that a set is judged by, and candidates, both drawn by the seed: the design costs their product."""
FUNCTIONS = {1: 2}
FUNCTIONS_OF_HEAVY = 15
"""Basis functions of an atom in a double-zeta basis; a label's cost goes with the square of their sum."""


def select_for_bridge(
    pool: Path,
    sets: Sequence[Path],
    budget: int,
    *,
    given: Path | None = None,
    max_heavy: int | None = None,
    seed: int = 0,
) -> Selection:
    """Choose molecules of a pool by bond types, small rings and atoms' surroundings; never a test molecule.

    Args:
        pool: a folder of shards or a file of SMILES.
        sets: what the bridge is for; the molecules of all of them.
        budget: how many to choose.
        given: molecules that are labelled at both levels already.
        max_heavy: candidates of more heavy atoms are left out.
        seed: decides which molecules are drawn of a large set or pool.

    Raises:
        DataError: if the pool holds fewer candidates than the budget.
    """
    barred = Barred([])
    wanted = [terms for path in sets for _, terms in _drawn(_read(path), seed, WANTED)]
    there = [terms for _, terms in _read(given)] if given else []
    counts: Counter[str] = Counter()
    candidates = _drawn(_allowed(pool, barred, max_heavy, counts), seed, AMONG)
    if len(candidates) < budget:
        raise DataError(
            "The pool holds too few candidates.",
            where=pool,
            expected=f"{budget:,}",
            got=f"{len(candidates):,}",
            fix="Ask for fewer, or give a larger pool.",
        )
    chosen = design(wanted, [terms for _, terms in candidates], budget, [_cost(c) for c, _ in candidates], there)
    picks = [Pick(candidates[place][0].id, candidates[place][0].smiles, 0.0) for place in chosen]
    left_out = counts["unreadable"], counts["barred"], counts["large"]
    return Selection(picks, counts["read"], *left_out, len(candidates))


def _read(path: Path) -> Iterator[tuple[Candidate, Counter[str]]]:
    for chunk in chunks(path):
        for candidate in chunk:
            molecule = parsed(candidate.smiles)
            if molecule is not None:
                yield candidate, terms_of(molecule)


def _allowed(
    pool: Path, barred: Barred, max_heavy: int | None, counts: Counter[str]
) -> Iterator[tuple[Candidate, Counter[str]]]:
    """The pool's molecules that may be chosen; what is left out is counted."""
    for chunk in chunks(pool):
        for candidate in chunk:
            counts["read"] += 1
            molecule = parsed(candidate.smiles)
            if molecule is None:
                counts["unreadable"] += 1
            elif max_heavy is not None and molecule.GetNumHeavyAtoms() > max_heavy:
                counts["large"] += 1
            elif barred.holds(candidate, molecule):
                counts["barred"] += 1
            else:
                yield candidate, terms_of(molecule)


def _drawn(
    molecules: Iterator[tuple[Candidate, Counter[str]]], seed: int, most: int
) -> list[tuple[Candidate, Counter[str]]]:
    """So many of a stream, in the order of a hash of seed and id, as `hemdata label -n`."""
    return heapq.nsmallest(most, molecules, key=lambda one: drawn(one[0].id, seed))


def _cost(candidate: Candidate) -> float:
    identity = identify(candidate.smiles, bonds=False)
    assert identity is not None  # it was read before
    return float(sum(FUNCTIONS.get(z, FUNCTIONS_OF_HEAVY) for z in identity.atomic_numbers) ** 2)
