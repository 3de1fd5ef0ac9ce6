"""Judges the molecules of a pool, chunk by chunk, in worker processes: which are candidates, and what each holds."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from hemdata.choose.greedy import Wanted
from hemdata.choose.pool import Barred, Candidate, chunks
from hemdata.identity.molecule import parsed
from hemdata.molecules.sample import drawn


@dataclass
class Found:
    """What was seen of the pool so far."""

    read: int = 0
    unreadable: int = 0
    barred: int = 0
    large: int = 0
    candidates: int = 0

    def add(self, part: "Part") -> int:
        """Count a chunk; the place of its first molecule in the pool."""
        first = self.read
        self.read, self.unreadable = self.read + part.read, self.unreadable + part.unreadable
        self.barred, self.large = self.barred + part.barred, self.large + part.large
        self.candidates += len(part.kept)
        return first


@dataclass
class Part:
    """What a chunk holds: counts of its molecules, and its candidates."""

    read: int
    unreadable: int
    barred: int
    large: int
    kept: list[tuple[int, bytes, int, int]]  # place in the chunk, what it holds or its lot, which molecule, heavy atoms


@dataclass(frozen=True)
class Judge:
    """What a worker does with a chunk; picklable."""

    barred: Barred
    wanted: Wanted | None
    seed: int
    max_heavy: int | None

    def __call__(self, chunk: list[Candidate]) -> Part:
        """The candidates of a chunk."""
        part = Part(len(chunk), 0, 0, 0, [])
        for place, candidate in enumerate(chunk):
            molecule = parsed(candidate.smiles)
            heavy = 0 if molecule is None else molecule.GetNumHeavyAtoms()
            if molecule is None:
                part.unreadable += 1
            elif self.max_heavy is not None and heavy > self.max_heavy:
                part.large += 1
            elif self.barred.holds(candidate, molecule):
                part.barred += 1
            else:
                word = self.wanted.held(molecule) if self.wanted else drawn(candidate.id, self.seed)
                if word:
                    part.kept.append((place, word, _number(candidate.inchikey or candidate.smiles), heavy))
        return part


def _number(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest())


def molecules_at(pool: Path, wanted: set[int]) -> dict[int, Candidate]:
    """The molecules at some places of a pool, read once more."""
    found, first, last = {}, 0, max(wanted, default=-1)
    for chunk in chunks(pool):
        if first > last:
            break
        found.update({first + n: candidate for n, candidate in enumerate(chunk) if first + n in wanted})
        first += len(chunk)
    return found
