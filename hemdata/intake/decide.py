"""What a user's files hold: each thing said by the user, told by the file, or proven from the numbers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hemdata.catalog import cards, dataset
from hemdata.errors import CallError, DataError
from hemdata.intake.look import Key, Looked, look
from hemdata.intake.proof import (
    CLOSE,
    FEW,
    KINDS,
    UNKNOWN,
    Meaning,
    atoms_of,
    calibrated,
    correlated,
    errors,
    evidence,
    fit,
    fits,
    known_levels,
    like_free_atoms,
    mistake,
    mixed,
    scatter,
)
from hemdata.intake.sample import Sample, length_unit, sample
from hemdata.levels import SYMBOLS, level
from hemdata.units import OF_ENERGY, OF_LENGTH, of_force, spelled

NOT_SAID = "not-said"


@dataclass(frozen=True)
class Asked:
    """What the user says of the files; what is None or missing is found out.

    Attributes:
        paths: files or folders of one form.
        name: of the set.
        form: of the files.
        keys: role: key (`energy`, `smiles`, `charge` ...).
        unit, kind, level: of the energies.
        length: unit of the coordinates.
        forces_unit: as `eV/angstrom`; `gradient` where they have the other sign.
        geometry_level: level of the geometries.
        charge, multiplicity: of every molecule.
        zero_point: key and unit of the zero-point energies that are in the energies.
        properties: keys to be kept, each with its unit or None; `all` for all.
        missing: the number that stands for a missing energy.
        bonds: whether bonds are found from the geometry where there is no SMILES.
    """

    paths: tuple[Path, ...]
    name: str
    form: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    unit: str | None = None
    kind: str | None = None
    level: str | None = None
    length: str | None = None
    forces_unit: str | None = None
    gradient: bool = False
    geometry_level: str | None = None
    charge: int | None = None
    multiplicity: int | None = None
    zero_point: tuple[str, str] | None = None
    properties: Mapping[str, str | None] = field(default_factory=dict)
    missing: float | None = None
    bonds: bool = True


@dataclass
class Decided:
    """What the energies and lengths are, and how each is known.

    Attributes:
        looked: the files.
        energy: what the energies are; None where there are none.
        length: unit of the coordinates.
        level_atoms: energies of the atoms of a level that nobody knows, by element, hartree.
        inferred: what nobody said and the numbers prove, as sentences: to be confirmed.
        told: what was said or the file says, and the evidence for it.
    """

    looked: Looked
    energy: Meaning | None = None
    length: str = "angstrom"
    level_atoms: dict[str, float] | None = None
    inferred: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)


class Unsettled(CallError):
    """What the energies are is neither said nor proven: a question to the user.

    Attributes:
        question: in one sentence.
        told: what was found all the same.
    """

    question = "What are the energies (--unit, --kind and --level)?"
    told: tuple[str, ...] = ()

    def asks(self, question: str) -> "Unsettled":
        """The same, with a question of its own."""
        self.question = question
        return self


SCATTERED = 4.0  # kcal/mol an atom: total energies, whatever their atoms, leave less about a fit of these


def decide(asked: Asked) -> Decided:
    """Look at the files and find out what was not said.

    Raises:
        CallError: for a wrong name, key, unit, kind or level.
        Unsettled: where neither the user nor the numbers say what the energies are.
        DataError: if what was said is not what the numbers say: names the usual mistake that fits.
    """
    _checked(asked)
    found = Decided(look(asked.paths, asked.form, asked.keys))
    _length(asked, found)
    key = found.looked.key_of("energy")
    if key is not None:
        try:
            _energy(asked, found, key)
        except Unsettled as unsettled:
            unsettled.told = (*found.told, *found.inferred)
            raise
    else:
        _no_energy(asked, found)
    return found


def _no_energy(asked: Asked, found: Decided) -> None:
    """Say that no key is taken for energies, where one may be.

    Raises:
        CallError: if something was said of energies.
    """
    numbers = [key.name for key in found.looked.keys.values() if key.kind == "number" and key.role is None]
    if asked.unit or asked.kind or (asked.level and numbers):
        raise CallError(
            "No key of the file is taken for energies.",
            where=found.looked.paths[0],
            expected="--energy KEY",
            got=f"keys with numbers: {', '.join(numbers) or 'none'}",
            fix="Say which one holds the energies.",
        )
    if numbers:
        found.told.append(f"no energies are taken; if one of {', '.join(numbers)} holds them: --energy KEY")


def _checked(asked: Asked) -> None:
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", asked.name):
        raise CallError("A set's name is small letters, digits, '.', '_' and '-'.", got=asked.name, fix="Rename it.")
    taken = asked.name in cards("set") or (asked.name in cards("dataset") and not dataset(asked.name).imported)
    if taken:
        raise CallError("A dataset of this name is there already.", got=asked.name, fix="Give another --name.")
    for what, unit, known in (("unit", asked.unit, OF_ENERGY), ("length", asked.length, OF_LENGTH)):
        if unit is not None and spelled(unit) not in known:
            raise CallError(f"--{what} is no unit that is known.", expected=", ".join(known), got=unit)
    if asked.forces_unit is not None and of_force(asked.forces_unit) is None:
        raise CallError("--forces-unit is no unit of force.", expected="as eV/angstrom", got=asked.forces_unit)
    if asked.kind is not None and asked.kind not in KINDS:
        raise CallError(
            "A set holds total electronic energies; no other comes out of this kind.",
            expected=", ".join(KINDS),
            got=f"--kind {asked.kind}",
            fix="Enthalpies of formation, interaction and relative energies can be kept: --property KEY=UNIT.",
        )
    if asked.kind == "total with zero-point energy" and asked.zero_point is None:
        raise CallError(
            "Zero-point energy can be taken off only where the file has it.",
            expected="--zero-point KEY=UNIT",
            fix="Give the key of the zero-point energies, or keep the energies as a property.",
        )


def _length(asked: Asked, found: Decided) -> None:
    """The unit of the coordinates, which nearest neighbours prove.

    Raises:
        DataError: if it is not what was said.
    """
    if not found.looked.geometry:
        return
    key = found.looked.wanted.key("positions", found.looked.batches[0].units)
    of_file = found.looked.batches[0].units.get(key) if key else None
    word = asked.length or of_file
    said = spelled(word) if word else None
    shown, middle = length_unit(found.looked)
    if said is not None and shown is not None and said != shown:
        raise DataError(
            f"The coordinates are not in {said}.",
            where=found.looked.paths[0],
            expected=f"an atom's nearest neighbour at 0.7 to 1.65 angstrom, {middle * OF_LENGTH[said]:.2f} in {said}",
            got=f"{middle:.2f}, as it is in {shown}",
            fix=f"Give --length {shown}." if asked.length else f"The file itself says {said}: give --length {shown}.",
        )
    found.length = said or shown or "angstrom"
    if said is None and shown not in (None, "angstrom"):
        found.inferred.append(f"the coordinates are in {shown} (an atom's nearest neighbour is at {middle:.2f})")
        found.options.append(f"--length {shown}")
    else:
        found.told.append(f"coordinates in {found.length}: an atom's nearest neighbour is at {middle:.2f}")


def _energy(asked: Asked, found: Decided, key: Key) -> None:
    """What the energies are, said or proven.

    Raises:
        Unsettled: if neither.
        DataError: if what was said is wrong.
    """
    by_name = key.unit if key.unit in OF_ENERGY else None
    unit = spelled(asked.unit) if asked.unit else by_name
    kind = asked.kind or _KIND_BY_NAME.get(key.name.lower())
    name = asked.level or _level_in_file(found.looked)
    unknown = None
    if name is not None and name.startswith(("unknown:", UNKNOWN)):
        unknown, name = UNKNOWN + re.sub("^unknown[:-]", "", name), None
    elif name is not None:
        level(name)  # refuses one that is not known
    sampled = sample(found.looked, key.name, found.length)
    enough = len(sampled) >= FEW
    if enough:
        _not_shuffled(sampled, found, key)
    if unknown is None and name is not None and unit is not None and kind is not None:
        chosen = Meaning(unit, kind, name)
        if enough:
            _agrees(sampled, chosen, found)
        found.told.append(_proven(sampled, chosen) if enough else _unproven(sampled, chosen))
    elif unknown is not None:
        chosen = _at_unknown(sampled, unit, kind, unknown, found)
    elif not enough:
        raise Unsettled(
            "Nobody says what the energies are, and too few molecules prove it.",
            where=found.looked.paths[0],
            expected=f"--unit, --kind and --level; or {FEW} molecules of known bonds",
            got=f"{len(sampled)} molecules",
            fix=f"Give --unit ({', '.join(OF_ENERGY)}), --kind ({', '.join(KINDS)}) and --level (or unknown:NAME).",
        )
    else:
        chosen = _inferred(sampled, (unit, kind, name), found)
    if enough and unknown is None and (other := mixed(sampled, chosen)):
        where = ", ".join(found.looked.place(record) for record in other.records[:3])
        raise DataError(
            "Two kinds of energies stand in one file.",
            where=where,
            expected=str(chosen),
            got=f"{other.share:.0%} of the rows looked at are {other.meaning}",
            fix="Split the file by level and import each part under a name of its own.",
        )
    found.energy = chosen
    if enough and chosen.level and not unknown:
        found.told += evidence(sampled, chosen)


_KIND_BY_NAME = {"energy_hartree": "total", "atomization_energy_kcal_mol": "atomization"}
"""What hemdata's own columns hold."""


def _not_shuffled(sampled: Sample, found: Decided, key: Key) -> None:
    if not correlated(sampled):
        raise DataError(
            f"The values of '{key.name}' have nothing to do with the molecules.",
            where=found.looked.paths[0],
            expected="energies that composition explains",
            got="no correlation with the counts of the elements: shuffled rows, or another quantity",
            fix="Bring energies and geometries into one order again, or give another --energy KEY.",
        )


def _level_in_file(looked: Looked) -> str | None:
    """The one level that a column `level` names in every row, as hemdata's own exports have it.

    Raises:
        DataError: if there are two.
    """
    if "level" not in looked.keys:
        return None
    names = {str(value) for value in looked.values("level") if value}
    if len(names) > 1:
        raise DataError(
            "Two levels of theory stand in one file.",
            where=looked.paths[0],
            expected="one level",
            got=", ".join(sorted(names)),
            fix="Split the file by level and import each part under a name of its own.",
        )
    name = next(iter(names), None)
    return name if name in cards("level") else None


def _agrees(sampled: Sample, declared: Meaning, found: Decided) -> None:
    """What was said is what the numbers say.

    Raises:
        DataError: if not; names the mistake.
    """
    its = fit(sampled, declared)
    if its.fits:
        return
    worst = errors(sampled, declared)
    places = [found.looked.place(record) for record in sampled.records[:1]]
    raise DataError(
        f"The energies are not {declared}.",
        where=f"{found.looked.paths[0]}, as {places[0]}",
        expected=f"what bonds give, within {its.limit:g} kcal/mol an atom (median of {len(sampled)} molecules)",
        got=f"{its.error:,.4g} kcal/mol an atom off (the first row {worst[0]:+,.4g}); "
        f"what fits: {mistake(sampled, declared)}",
        fix="Correct --unit, --kind, --level or the file."
        + (
            ""
            if calibrated(str(declared.level))
            else f" If all are right: the card of {declared.level} lacks `against_bonds` (docs/import.md)."
        ),
    )


def _inferred(sampled: Sample, said: tuple[str | None, str | None, str | None], found: Decided) -> Meaning:
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
    rivals = [each for each in best[1:] if each.error < first.error + CLOSE and _another(each.meaning, first.meaning)]
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
    found.inferred.append(_proven(sampled, first.meaning))
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


def _at_unknown(sampled: Sample, unit: str | None, kind: str | None, name: str, found: Decided) -> Meaning:
    """Energies at a level that nobody knows: unit and kind are proven all the same, its atoms are estimated.

    Raises:
        CallError: if unit and kind are neither said nor proven.
        DataError: if what was said is wrong.
    """
    where = found.looked.paths[0]
    if len(sampled) < FEW:
        raise CallError(
            "Too few molecules: the atoms of an unknown level cannot be estimated.",
            where=where,
            expected=f"{FEW} neutral molecules of known bonds",
            got=len(sampled),
            fix="Write a card of the level with its atoms (docs/levels.md), and give --level NAME.",
        )
    tried: list[tuple[float, Meaning]] = []
    for each in OF_ENERGY:
        asked_for = (unit, kind) == (each, "total") and scatter(sampled, each) < SCATTERED
        if like_free_atoms(atoms_of(sampled, each)) or asked_for:  # valence electrons alone have atoms of their own
            tried.append((0.0, Meaning(each, "total", None)))
        for bound in ("atomization", "cohesive"):
            its = fit(sampled, Meaning(each, bound, None))
            if its.fits or (its.error < 4.0):
                tried.append((its.error, its.meaning))
    fitting = [
        m for _, m in sorted(tried, key=lambda pair: pair[0]) if unit in (None, m.unit) and kind in (None, m.kind)
    ]
    if not fitting:
        said = " ".join(filter(None, (kind, "energies", unit and f"in {unit}")))
        got = f"what fits: {min(tried, key=lambda pair: pair[0])[1]}" if tried else "no unit makes atoms of them"
        raise DataError(f"These are no {said}.", where=where, expected=f"atoms near {_free(unit)}", got=got,
                        fix="Correct --unit or --kind, or declare the level's own atoms in a card.")  # fmt: skip
    chosen = fitting[0]
    if unit is None or kind is None:
        found.inferred.append(f"{chosen.kind} energies in {chosen.unit}")
        found.options.append(f"--unit {chosen.unit} --kind {chosen.kind}")
    if chosen.kind == "total":
        found.told += evidence(sampled, Meaning(chosen.unit, chosen.kind, None))
        atoms = atoms_of(sampled, chosen.unit)
    else:
        atoms = dict.fromkeys(_elements(found.looked), 0.0)
    lacking = sorted(_elements(found.looked) - set(atoms))
    if lacking:
        raise DataError(
            "The atoms of an unknown level cannot be estimated for every element.",
            where=where, expected="a neutral molecule of known bonds with each element",
            got=", ".join(SYMBOLS[z] for z in lacking),
            fix="Write a card of the level with its atoms (docs/levels.md), and give --level NAME.",
        )  # fmt: skip
    found.level_atoms = {SYMBOLS[z]: round(energy, 6) for z, energy in sorted(atoms.items())}
    found.told.append(f"level {name}: kept apart from every other until `hemdata levels audit` names it")
    return Meaning(chosen.unit, chosen.kind, name)


def _free(unit: str | None) -> str:
    from hemdata.intake.proof import FREE_ATOMS

    return ", ".join(f"{SYMBOLS[z]} {FREE_ATOMS[z] / OF_ENERGY[unit or 'hartree']:.5g}" for z in (1, 6, 7, 8))


def _elements(looked: Looked) -> set[int]:
    found: set[int] = set()
    for frames in looked.batches:
        found |= set(frames.atomic_numbers.tolist())
    key = looked.key_of("smiles")
    if key is not None and 0 in {len(z) for z, _ in looked.geometries()}:
        from hemdata.identity import identify

        for smiles in looked.values(key.name):
            identity = identify(str(smiles), bonds=False) if smiles else None
            found |= set(identity.atomic_numbers) if identity else set()
    return found - {0}


def _proven(sampled: Sample, chosen: Meaning) -> str:
    its = fit(sampled, chosen)
    return (
        f"{chosen}: {its.error:.2g} kcal/mol an atom off what bonds give"
        f" (median of {len(sampled)} molecules; at most {its.limit:g})"
    )


def _unproven(sampled: Sample, chosen: Meaning) -> str:
    return f"{chosen}, as was said: {len(sampled)} molecules of known bonds are too few to prove it"
