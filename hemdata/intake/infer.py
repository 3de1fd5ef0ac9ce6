"""What nobody said of the energies and the numbers prove: unit, kind and level, or a question where several fit."""

from hemdata.errors import DataError
from hemdata.intake.decided import Decided, Unsettled
from hemdata.intake.mistakes import mistake
from hemdata.intake.proof import (
    KINDS,
    Meaning,
    atoms_of,
    evidence,
    fit,
    fits,
    known_levels,
    like_free_atoms,
    told_apart,
)
from hemdata.intake.refuse import refuse_lacking
from hemdata.intake.sample import Sample
from hemdata.units import OF_ENERGY


def inferred(sampled: Sample, said: tuple[str | None, str | None, str | None], found: Decided) -> Meaning:
    """What fits best of all that was not said.

    Raises:
        Unsettled: if no level is known by which it fits, or several cannot be told apart.
        DataError: if nothing fits.
    """
    unit, kind, name = said
    names: tuple[str | None, ...] = (name,) if name else tuple(its.name for its in known_levels(sampled))
    tried = fits(sampled, (unit,) if unit else tuple(OF_ENERGY), (kind,) if kind else KINDS, names)
    best = [each for each in tried if each.fits]
    if not best:
        if name is not None and not (kind or "total").startswith(("atom", "cohes")):
            refuse_lacking(sampled, name, found)
        for each in (unit,) if unit else OF_ENERGY:
            if like_free_atoms(atoms_of(sampled, each)) and name is None:
                raise Unsettled(
                    f"These are total energies in {each}, but of no level of theory that hemdata knows.",
                    where=found.looked.paths[0],
                    expected=f"one of {', '.join(str(n) for n in names)}, or one of your own",
                    got=", ".join(evidence(sampled, Meaning(each, "total", None))),
                    fix=f"Give --unit {each} --kind total --level unknown:NAME, or write its card (docs/levels.md).",
                ).asks("At which level of theory are they (--level unknown:NAME, or a card of your own)?")
        wrong = mistake(sampled, Meaning(unit or "hartree", kind or "total", name))
        raise DataError(
            "The energies are none that hemdata can take for what they may be.",
            where=found.looked.paths[0],
            expected="total, atomization or cohesive energies" + (f" in {unit}" if unit else ""),
            got=wrong,
            fix="Give --unit, --kind and --level where you know them, or another --energy KEY.",
        )
    first = best[0]
    total = first.meaning.kind.startswith("total")
    rivals = [
        each for each in best[1:] if not told_apart(sampled, first, each) and _another(each.meaning, first.meaning)
    ]
    if not total and name is None:
        raise Unsettled(
            f"These are {first.meaning.kind} energies in {first.meaning.unit}; no number says at which level.",
            where=found.looked.paths[0],
            expected="--level NAME, or --level unknown:NAME",
            got=f"a median error of {first.error:.2g} kcal/mol an atom",
            fix=f"Give --unit {first.meaning.unit} --kind {first.meaning.kind} --level NAME.",
        ).asks("At which level of theory are they (--level NAME, or --level unknown:NAME)?")
    if rivals:
        raise Unsettled(
            "Several meanings fit the energies.",
            where=found.looked.paths[0],
            got="; ".join(f"{each.meaning} ({each.error:.2g} kcal/mol an atom off)" for each in (first, *rivals[:3])),
            fix=_which([first.meaning, *(each.meaning for each in rivals)]),
        ).asks(_question([first.meaning, *(each.meaning for each in rivals)]))
    if first.meaning.kind == "total with zero-point energy":
        without = fit(sampled, _without(first.meaning)).error
        raise DataError(
            f"Zero-point energy is in these total energies ({first.meaning.unit}, level {first.meaning.level}).",
            where=found.looked.paths[0],
            expected="total electronic energies",
            got=f"{first.error:.2g} kcal/mol an atom off with it, {without:.2g} without",
            fix="Give --kind 'total with zero-point energy' --zero-point KEY=UNIT, so that it is taken off.",
        )
    found.inferred.append(proven(sampled, first.meaning))
    found.options.append(f"--unit {first.meaning.unit} --kind {first.meaning.kind} --level {first.meaning.level}")
    return first.meaning


def _which(fitting: list[Meaning]) -> str:
    """What to say so that one of several meanings is left."""
    if len({(each.unit, each.kind) for each in fitting}) > 1:
        return "Give --unit, --kind and --level."
    one = fitting[0]
    return (
        f"Unit and kind are proven: give --unit {one.unit} --kind {one.kind} and --level NAME, one of these or"
        " unknown:NAME (`hemdata levels audit` tells afterwards which it is)."
    )


def _question(fitting: list[Meaning]) -> str:
    """Which of several meanings it is, as a question."""
    if len({(each.unit, each.kind) for each in fitting}) > 1:
        return "Which of these are they (--unit, --kind and --level)?"
    names = ", ".join(str(each.level) for each in fitting)
    return f"At which level of theory are they: {names} or another one (--level NAME, or --level unknown:NAME)?"


def _without(meaning: Meaning) -> Meaning:
    return Meaning(meaning.unit, "total", meaning.level)


def _another(one: Meaning, other: Meaning) -> bool:
    if not one.kind.startswith("total") and not other.kind.startswith("total"):
        return (one.unit, one.kind) != (other.unit, other.kind)
    return True


def proven(sampled: Sample, chosen: Meaning) -> str:
    """How well a meaning fits, in words."""
    its = fit(sampled, chosen)
    return (
        f"{chosen}: {its.error:.2g} kcal/mol an atom off what bonds give"
        f" (median of {len(sampled)} molecules; at most {its.limit:g})"
    )


def unproven(sampled: Sample, chosen: Meaning) -> str:
    """That a meaning is taken as it was said, in words."""
    return f"{chosen}, as was said: {len(sampled)} molecules of known bonds are too few to prove it"
