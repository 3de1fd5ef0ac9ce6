"""What an energy is (unit, kind, level of theory), proven from the numbers: bonds and atoms say what it must be."""

from dataclasses import dataclass, replace
from functools import cache
from itertools import product

import numpy as np
import numpy.typing as npt

from hemdata.catalog import cards
from hemdata.intake.sample import Sample
from hemdata.levels import ATOMIC_NUMBERS, SYMBOLS, Level, level
from hemdata.units import HARTREE_KCAL_MOL, OF_ENERGY

Floats = npt.NDArray[np.float64]
KINDS = ("total", "total with zero-point energy", "atomization", "cohesive")
MISTAKES = {
    "negated total": "the sign of total energies is turned",
    "total per atom": "these are values per atom",
    "atomization per atom": "these are atomization energies per atom",
    "atomization with zero-point energy": "these are atomization energies less the zero-point energy (D0)",
    "cohesive with zero-point energy": "these are D0 with their sign turned",
}
FEW = 10  # molecules prove nothing
CLOSE = 0.6  # kcal/mol an atom: levels whose fits differ by less are not told apart by bonds
TIGHT_BINDING = 3.0  # kcal/mol an atom: a median that is left of it once it is calibrated is 0.4 to 1.4
UNKNOWN = "unknown-"  # what names of levels that nobody knows begin with
FREE_ATOMS = {
    1: -0.500, 5: -24.654, 6: -37.845, 7: -54.589, 8: -75.067, 9: -99.734, 14: -289.359, 15: -341.259, 16: -398.110,
    17: -460.148, 35: -2573.3,
}  # fmt: skip
"""Non-relativistic energies of free atoms, hartree (10.1103/PhysRevA.47.3649; bromine near Hartree-Fock): any
all-electron calculation comes within a hundredth or two a valence electron."""


@dataclass(frozen=True)
class Meaning:
    """What an energy may be."""

    unit: str
    kind: str
    level: str | None

    def __str__(self) -> str:
        at = f" at the level {self.level}" if self.level and self.kind.startswith(("total", "negated")) else ""
        return f"{self.kind} energies in {self.unit}{at}"


@dataclass(frozen=True)
class Fit:
    """How well a meaning fits: the median error of an atom, kcal/mol, and what it may be."""

    meaning: Meaning
    error: float
    limit: float

    @property
    def fits(self) -> bool:
        """Whether the error is one that the bond energies make."""
        return self.error <= self.limit


def known_levels(sampled: Sample) -> list[Level]:
    """The levels with a card that have the sample's atoms; of those that are the same under two names, the first."""
    elements = set(np.flatnonzero(sampled.counts.sum(axis=0)).tolist())
    found: dict[str, Level] = {}
    for name in cards("level"):
        its = _known(name)
        if elements <= set(its.atoms) and not name.startswith(UNKNOWN):
            found.setdefault(its.hash, its)
    return list(found.values())


def errors(sampled: Sample, meaning: Meaning) -> Floats:
    """(m,) what a meaning makes of each molecule's atomization energy, less what its bonds give, kcal/mol an atom."""
    its = _known(meaning.level) if meaning.level else None
    value = sampled.energy * OF_ENERGY[meaning.unit] * HARTREE_KCAL_MOL
    kind = meaning.kind
    if "per atom" in kind:
        value = value * sampled.atoms
    if kind.startswith("negated"):
        value = -value
    if kind.startswith("cohesive"):
        found = -value
    elif kind.startswith("atomization"):
        found = value
    elif its is None:
        return np.full(len(sampled), np.nan)
    else:
        found = sampled.of_atoms(its.atoms) * HARTREE_KCAL_MOL - value
    expected = sampled.estimate + sampled.of_atoms(_offsets(meaning.level))
    if "zero-point" in kind:
        expected = expected - sampled.zero_point
    return np.asarray((found - expected) / sampled.atoms)


def fit(sampled: Sample, meaning: Meaning) -> Fit:
    """How well a meaning fits the sample."""
    found = errors(sampled, meaning)
    error = float(np.median(np.abs(found))) if len(found) and not np.isnan(found).any() else float("inf")
    return Fit(meaning, error, _limit(meaning.level))


def fits(sampled: Sample, units: tuple[str, ...], kinds: tuple[str, ...], names: tuple[str | None, ...]) -> list[Fit]:
    """Every combination, the best first."""
    meanings = [Meaning(*each) for each in product(units, kinds, names)]
    return sorted((fit(sampled, each) for each in meanings), key=lambda found: found.error)


def atoms_of(sampled: Sample, unit: str, kind: str = "total") -> dict[int, float]:
    """The energies of free atoms (hartree) that total energies ask for, given what the bonds bind; by least squares."""
    there = np.flatnonzero(sampled.counts.sum(axis=0))
    bound = sampled.estimate / HARTREE_KCAL_MOL
    if kind == "total with zero-point energy":
        bound = bound - sampled.zero_point / HARTREE_KCAL_MOL
    total = sampled.energy * OF_ENERGY[unit] + bound
    solved, *_ = np.linalg.lstsq(sampled.counts[:, there], total, rcond=None)
    return {int(z): float(energy) for z, energy in zip(there, solved, strict=True)}


def scatter(sampled: Sample, unit: str) -> float:
    """How far total energies are from atoms of their own less what bonds bind: the median, kcal/mol an atom."""
    atoms = sampled.of_atoms(atoms_of(sampled, unit))
    bound = (atoms - sampled.energy * OF_ENERGY[unit]) * HARTREE_KCAL_MOL
    return float(np.median(np.abs(bound - sampled.estimate) / sampled.atoms))


def like_free_atoms(atoms: dict[int, float]) -> bool:
    """Whether energies of atoms are those of some all-electron calculation."""
    known = {z: energy for z, energy in atoms.items() if z in FREE_ATOMS}
    return bool(known) and all(abs(e - FREE_ATOMS[z]) <= 0.004 * abs(FREE_ATOMS[z]) + 0.05 for z, e in known.items())


def correlated(sampled: Sample) -> bool:
    """Whether composition explains the energies at all; energies shuffled against their molecules are not explained."""
    there = sampled.counts[:, sampled.counts.sum(axis=0) > 0]
    if len(sampled) < FEW or np.ptp(sampled.energy) == 0:
        return True
    solved, *_ = np.linalg.lstsq(there, sampled.energy, rcond=None)
    left = np.square(sampled.energy - there @ solved).sum()
    spread = np.square(sampled.energy - sampled.energy.mean()).sum()
    distinct = len(np.unique(there, axis=0))
    return distinct < 3 or left < 0.5 * spread * (1 - there.shape[1] / len(sampled)) or _per_atom(sampled)


def _per_atom(sampled: Sample) -> bool:
    """Whether they are right values per atom, which composition need not explain."""
    kinds = tuple(kind for kind in MISTAKES if "per atom" in kind)
    best = fits(sampled, tuple(OF_ENERGY), kinds, tuple(its.name for its in known_levels(sampled)))
    return bool(best) and best[0].fits


def mistake(sampled: Sample, declared: Meaning) -> str:
    """Which of the usual mistakes makes the declared meaning a wrong one, in words."""
    if not correlated(sampled):
        return (
            "no correlation with composition: the energies are shuffled against the molecules, or are another quantity"
        )
    names = tuple(its.name for its in known_levels(sampled))
    tried: list[tuple[float, str]] = []

    def consider(meaning: Meaning, words: str) -> None:
        found = fit(sampled, meaning)
        if found.fits:
            tried.append((found.error, words))

    for unit in OF_ENERGY:
        for kind in (*KINDS, *MISTAKES):
            for name in names if kind.startswith(("total", "negated")) else (declared.level,):
                meaning = Meaning(unit, kind, name)
                if meaning != declared:
                    consider(meaning, _difference(declared, meaning))
    if declared.level and declared.kind in ("atomization", "cohesive"):
        others = {name: _with_other_atoms(sampled, declared, name) for name in names if name != declared.level}
        near = {name: its.error for name, its in others.items() if its.fits}
        if near:
            least = min(near.values())
            alike = " or ".join(name for name, error in near.items() if error < least + CLOSE)
            tried.append((_limit(declared.level), f"they were taken with the atoms of the level {alike}"))
    if not tried:
        found = atoms_of(sampled, declared.unit)
        if declared.kind.startswith("total") and like_free_atoms(found):
            return f"total energies in {declared.unit}, but at a level that hemdata does not know: --level unknown:NAME"
        return "none of the usual mistakes explains them"
    return min(tried)[1]


def _difference(declared: Meaning, found: Meaning) -> str:
    words = []
    if found.kind in MISTAKES:
        words.append(MISTAKES[found.kind])
    elif found.kind != declared.kind:
        words.append(_KIND_MISTAKES.get((declared.kind, found.kind), f"these are {found.kind} energies"))
    if found.unit != declared.unit:
        words.append(f"the unit is {found.unit}, not {declared.unit}")
    if found.level != declared.level and found.kind.startswith(("total", "negated")):
        words.append(
            f"the level is {found.level}, not {declared.level}" if declared.level else f"at level {found.level}"
        )
    return ", and ".join(words)


_KIND_MISTAKES = {
    ("total", "total with zero-point energy"): "zero-point energy is in them",
    ("total with zero-point energy", "total"): "no zero-point energy is in them",
    ("total", "atomization"): "the atoms are taken off already: these are atomization energies",
    ("total", "cohesive"): "the atoms are taken off already: these are cohesive energies (negative when bound)",
    ("atomization", "cohesive"): "the sign is turned: these are cohesive energies (negative when bound)",
    ("cohesive", "atomization"): "the sign is turned: these are atomization energies (positive when bound)",
    ("atomization", "total"): "the atoms are not taken off: these are total energies",
    ("cohesive", "total"): "the atoms are not taken off: these are total energies",
}


def _with_other_atoms(sampled: Sample, declared: Meaning, name: str) -> Fit:
    """How well atomization energies fit once another level's atoms are exchanged for the declared one's."""
    sign = 1.0 if declared.kind == "atomization" else -1.0
    value = sign * sampled.energy * OF_ENERGY[declared.unit]
    its, other = _known(str(declared.level)), _known(name)
    meant = value + sampled.of_atoms(its.atoms) - sampled.of_atoms(other.atoms)
    again = replace(sampled, energy=meant)
    return fit(again, Meaning("hartree", "atomization", declared.level))


@dataclass(frozen=True)
class Mixed:
    """Rows that another meaning fits than the rest: of two levels, or of two units."""

    meaning: Meaning
    share: float
    records: list[int]


def mixed(sampled: Sample, chosen: Meaning) -> Mixed | None:
    """Rows (8 % at least) that do not fit the chosen meaning, but another level or unit, where there are such."""
    off = np.abs(errors(sampled, chosen)) > 3 * _limit(chosen.level)
    if off.mean() < 0.08:
        return None
    rest = sampled.taken(np.flatnonzero(off))
    names = tuple(its.name for its in known_levels(sampled))
    best = fits(rest, tuple(OF_ENERGY), (chosen.kind,), names)
    if not best or not best[0].fits or best[0].meaning == chosen:
        return None
    return Mixed(best[0].meaning, float(off.mean()), rest.records)


def evidence(sampled: Sample, meaning: Meaning) -> list[str]:
    """Per element, the energy of an atom that the numbers ask for, and that of the level, in the file's unit."""
    if not meaning.kind.startswith("total"):
        return []
    its = _known(meaning.level).atoms if meaning.level else FREE_ATOMS
    said = f"at level {meaning.level}" if meaning.level else "of a free atom"
    found, size = atoms_of(sampled, meaning.unit, meaning.kind), OF_ENERGY[meaning.unit]
    return [
        f"per atom {SYMBOLS[z]}: {energy / size:.6g} found, {its[z] / size:.6g} {meaning.unit} {said}"
        for z, energy in found.items()
        if z in its
    ]


@cache
def _known(name: str) -> Level:
    """A level; its card is read once."""
    return level(name)


@cache
def _offsets(name: str | None) -> dict[int, float]:
    """By atomic number, what a level's atomization energies are above the bonds' terms, kcal/mol an atom."""
    if name is None:
        return dict.fromkeys(range(len(SYMBOLS)), 0.0)
    card = _known(name).card
    its = card.against_bonds or card.against_experiment
    known = its.per_atom_kcal_mol if its else {}
    return dict.fromkeys(range(len(SYMBOLS)), 0.0) | {ATOMIC_NUMBERS[symbol]: off for symbol, off in known.items()}


def calibrated(name: str) -> bool:
    """Whether it is known how far a level's atomization energies are from bond energies."""
    card = _known(name).card
    return card.engine in ("pyscf", "data") or bool(card.against_bonds or card.against_experiment)


@cache
def _limit(name: str | None) -> float:
    """What the median error of an atom may be, kcal/mol: tight binding binds less evenly than the terms."""
    return TIGHT_BINDING if name and _known(name).card.engine in ("tblite", "xtb") else 1.6
