"""What a set shows of a group's chemistry: atom environments, seen how often, saturated when; the nearest molecules."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hemdata.choose.pool import Barred, Candidate, chunks, fingerprints
from hemdata.choose.targets import Target
from hemdata.identity import environments_at
from hemdata.identity.molecule import parsed
from hemdata.processes import ordered_map

RADII = (1, 2)
STEPS_A_DECADE = 3


@dataclass(frozen=True)
class Shown:
    """A group's environments of one radius in a set.

    Attributes:
        group: the group, and `molecules` of it.
        radius: bonds around each heavy atom.
        environments: distinct ones of the group; `seen` of them in at least `times` molecules of the set.
        atoms: heavy atoms of the group; `atoms_seen` of them with a seen environment.
        molecules_seen: molecules of the group all of whose environments are seen.
        unseen: of the environments not seen, the atoms that have them, by molecule, the richest first.
    """

    group: str
    radius: int
    molecules: int
    environments: int
    seen: int
    atoms: int
    atoms_seen: int
    molecules_seen: int
    unseen: dict[str, int]

    @property
    def share(self) -> float:
        """Share of the group's distinct environments that the set has shown."""
        return self.seen / self.environments if self.environments else 0.0

    @property
    def share_of_atoms(self) -> float:
        """Share of the group's heavy atoms whose environment the set has shown."""
        return self.atoms_seen / self.atoms if self.atoms else 0.0


@dataclass(frozen=True)
class Distance:
    """How far a group lies from a set.

    Attributes:
        group: the group.
        nearest: mean over its molecules of 1 - Tanimoto similarity (Morgan, radius 2) to the set's nearest molecule.
        farthest: the molecule whose nearest is farthest, and how far.
        environments: Jensen-Shannon distance (0 to 1) between the atoms' environments of radius 1 in both.
    """

    group: str
    nearest: float
    farthest: tuple[str, float]
    environments: float


@dataclass(frozen=True)
class Coverage:
    """A set against some groups.

    Attributes:
        pool: the set; `molecules` of it were read, `unreadable` by RDKit left out, `barred` test molecules too.
        times: in how many molecules an environment must occur to count as seen.
        environments: distinct ones of the set, by radius.
        shown: of each group and radius.
        distances: of each group.
        saturation: expected distinct environments (by radius), and expected share of each group's environments of
            that radius, in so many molecules drawn at random from the set.
    """

    pool: str
    molecules: int
    unreadable: int
    barred: int
    times: int
    environments: dict[int, int]
    shown: list[Shown]
    distances: list[Distance]
    saturation: list[dict[str, float | int | str]] = field(default_factory=list)

    def as_data(self) -> dict[str, Any]:
        """Plain data for JSON."""
        told = asdict(self)
        for row, shown in zip(told["shown"], self.shown, strict=True):
            row |= {"share": shown.share, "share_of_atoms": shown.share_of_atoms}
        return told


def coverage(pool: Path, groups: dict[str, list[Target]], *, times: int = 1, workers: int | None = None) -> Coverage:
    """Read a set once, and tell what it shows of each group.

    Memory grows with the distinct environments of the set, not with its molecules. Molecules with the flat graph of one
    to be predicted, or of any test group, are left out, as they are before training.

    Args:
        pool: a folder of shards or a file of SMILES (`hemdata.choose.pool.place`).
        groups: the molecules to be predicted, by group.
        times: molecules that must hold an environment for it to count as seen.
    """
    everyone = [target for its in groups.values() for target in its]
    task = _Look(Barred(everyone), [target.smiles for target in everyone])
    holders: list[Counter[int]] = [Counter() for _ in RADII]  # molecules that hold each environment
    atoms: Counter[int] = Counter()
    nearest = np.zeros(len(everyone))
    read = unreadable = left_out = 0
    for part in ordered_map(task, chunks(pool), workers):
        read, unreadable, left_out = read + part.read, unreadable + part.unreadable, left_out + part.barred
        for whole, more in zip(holders, part.holders, strict=True):
            whole.update(more)
        atoms.update(part.atoms)
        nearest = np.maximum(nearest, part.nearest)
    kept = read - unreadable - left_out
    shown, distances, sets = [], [], {}
    first = 0
    for name, its in groups.items():
        environments = [environments_at(parsed(target.smiles), RADII) for target in its]
        for number, radius in enumerate(RADII):
            of_each = [each[number] for each in environments]
            sets[name, radius] = {e for each in of_each for e in each}
            shown.append(_shown(name, radius, its, of_each, holders[number], times))
        mine = 1 - nearest[first : first + len(its)]
        far = int(np.argmax(mine))
        theirs = Counter(e for each in environments for e in each[0])
        distances.append(Distance(name, float(mine.mean()), (its[far].id, float(mine[far])), _distance(atoms, theirs)))
        first += len(its)
    return Coverage(
        pool.name,
        read,
        unreadable,
        left_out,
        times,
        {radius: len(holders[number]) for number, radius in enumerate(RADII)},
        shown,
        distances,
        saturation(kept, dict(zip(RADII, holders, strict=True)), sets, times),
    )


def saturation(
    molecules: int, holders: dict[int, Counter[int]], sets: dict[tuple[str, int], set[int]], times: int = 1
) -> list[dict[str, float | int | str]]:
    """Expected environments in n molecules drawn at random, exactly: an environment that m of N molecules hold is in
    at least `times` of n with the hypergeometric probability (for one time, Hurlbert's rarefaction).

    Returns one row for each n and radius: distinct environments, and the share of each group's.
    """
    rows: list[dict[str, float | int | str]] = []
    for n in _sizes(molecules):
        for radius, counts in holders.items():
            frequent = Counter(counts.values())
            chance = _chances(molecules, n, sorted(frequent), times)
            row: dict[str, float | int | str] = {"molecules": n, "radius": radius}
            row["environments"] = sum(chance[m] * number for m, number in frequent.items())
            for (group, its_radius), wanted in sets.items():
                if its_radius == radius and wanted:
                    row[group] = sum(chance[counts[e]] for e in wanted if counts[e]) / len(wanted)
            rows.append(row)
    return rows


def _sizes(molecules: int) -> list[int]:
    if molecules == 0:
        return []
    steps = np.arange(0, STEPS_A_DECADE * np.log10(molecules) + 1e-9)
    return sorted({*(round(float(10 ** (step / STEPS_A_DECADE))) for step in steps), molecules})


def _chances(molecules: int, n: int, counts: Sequence[int], times: int) -> dict[int, float]:
    from scipy.stats import hypergeom

    if not counts:
        return {}
    chance = hypergeom.sf(times - 1, molecules, np.array(counts), n)
    return dict(zip(counts, map(float, chance), strict=True))


def _shown(
    group: str, radius: int, molecules: Sequence[Target], of_each: list[list[int]], holders: Counter[int], times: int
) -> Shown:
    distinct = {e for each in of_each for e in each}
    seen = {e for e in distinct if holders[e] >= times}
    missing = {target.id: sum(e not in seen for e in each) for target, each in zip(molecules, of_each, strict=True)}
    return Shown(
        group,
        radius,
        len(molecules),
        len(distinct),
        len(seen),
        sum(map(len, of_each)),
        sum(e in seen for each in of_each for e in each),
        sum(not number for number in missing.values()),
        {id: number for id, number in sorted(missing.items(), key=lambda item: (-item[1], item[0])) if number},
    )


def _distance(one: Counter[int], other: Counter[int]) -> float:
    """The Jensen-Shannon distance of two counts, to base 2: 0 for the same shares, 1 where nothing is shared."""
    from scipy.spatial.distance import jensenshannon

    if not one or not other:
        return 1.0
    names = sorted(one.keys() | other.keys())
    shares = [np.array([counts[name] for name in names], float) for counts in (one, other)]
    return float(jensenshannon(*shares, base=2))


@dataclass
class _Part:
    read: int
    unreadable: int
    barred: int
    holders: list[Counter[int]]
    atoms: Counter[int]
    nearest: Any


@dataclass(frozen=True)
class _Look:
    """What a worker does with a chunk; picklable."""

    barred: Barred
    smiles: list[str]

    def __call__(self, chunk: list[Candidate]) -> _Part:
        from rdkit import DataStructs

        generator = fingerprints()
        wanted = [generator.GetFingerprint(parsed(each)) for each in self.smiles]
        part = _Part(len(chunk), 0, 0, [Counter() for _ in RADII], Counter(), np.zeros(len(wanted)))
        for candidate in chunk:
            molecule = parsed(candidate.smiles)
            if molecule is None:
                part.unreadable += 1
            elif self.barred.holds(candidate, molecule):
                part.barred += 1
            else:
                found = environments_at(molecule, RADII)
                for counts, each in zip(part.holders, found, strict=True):
                    counts.update(set(each))
                part.atoms.update(found[0])
                print_of_it = generator.GetFingerprint(molecule)
                similar = np.array(DataStructs.BulkTanimotoSimilarity(print_of_it, wanted))
                part.nearest = np.maximum(part.nearest, similar)
        return part
