"""Which of the usual mistakes makes energies other than what they were said to be, in words."""

from dataclasses import dataclass, replace

import numpy as np

from hemdata.intake.proof import (
    CLOSE,
    KINDS,
    MISTAKES,
    Fit,
    Meaning,
    atoms_of,
    correlated,
    errors,
    fit,
    fits,
    known,
    known_levels,
    like_free_atoms,
    limit,
)
from hemdata.intake.sample import Sample
from hemdata.units import OF_ENERGY


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
            tried.append((limit(declared.level), f"they were taken with the atoms of the level {alike}"))
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
    its, other = known(str(declared.level)), known(name)
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
    off = np.abs(errors(sampled, chosen)) > 3 * limit(chosen.level)
    if off.mean() < 0.08:
        return None
    rest = sampled.taken(np.flatnonzero(off))
    names = tuple(its.name for its in known_levels(sampled))
    best = fits(rest, tuple(OF_ENERGY), (chosen.kind,), names)
    if not best or not best[0].fits or best[0].meaning == chosen:
        return None
    return Mixed(best[0].meaning, float(off.mean()), rest.records)
