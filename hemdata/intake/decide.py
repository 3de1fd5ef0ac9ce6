"""Decides what a user's files hold: each thing said by the user, told by the file, or proven from the numbers."""

import re

import numpy as np

from hemdata.curate.complete.values import numbers
from hemdata.errors import CallError, DataError
from hemdata.intake import precision
from hemdata.intake.asked import Asked, refuse_wrong_call
from hemdata.intake.decided import Decided, Unsettled
from hemdata.intake.infer import inferred, proven, unproven
from hemdata.intake.look import Key, look
from hemdata.intake.proof import FEW, KINDS, Meaning, evidence
from hemdata.intake.refuse import level_in_file, refuse_another, refuse_lacking, refuse_mixed, refuse_shuffled
from hemdata.intake.sample import charged, length_unit, sample
from hemdata.intake.unknown_level import at_unknown
from hemdata.levels import level
from hemdata.shards.unknown import UNKNOWN, is_unknown
from hemdata.units import OF_ENERGY, OF_LENGTH, spelled


def decide(asked: Asked) -> Decided:
    """Look at the files and find out what was not said.

    Raises:
        CallError: for a wrong name, key, unit, kind or level.
        Unsettled: where neither the user nor the numbers say what the energies are.
        DataError: if what was said is not what the numbers say: names the usual mistake that fits.
    """
    refuse_wrong_call(asked)
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


def _no_energy(asked: Asked, found: Decided) -> None:
    """Say that no key is taken for energies, where one may be.

    Raises:
        CallError: if something was said of energies.
    """
    named = [key.name for key in found.looked.keys.values() if key.kind == "number" and key.role is None]
    if asked.unit or asked.kind or (asked.level and named):
        raise CallError(
            "No key of the file is taken for energies.",
            where=found.looked.paths[0],
            expected="--energy KEY",
            got=f"keys with numbers: {', '.join(named) or 'none'}",
            fix="Say which one holds the energies.",
        )
    if named:
        found.told.append(f"no energies are taken; if one of {', '.join(named)} holds them: --energy KEY")
    else:
        found.told.append("the files hold no energies: the set will have molecules alone")


def _energy(asked: Asked, found: Decided, key: Key) -> None:
    """What the energies are, said or proven.

    Raises:
        Unsettled: if neither.
        DataError: if what was said is wrong.
    """
    by_name = key.unit if key.unit in OF_ENERGY else None
    unit = spelled(asked.unit) if asked.unit else by_name
    kind = asked.kind or _KIND_BY_NAME.get(key.name.lower())
    name = asked.level or level_in_file(found.looked)
    unknown = None
    if name is not None and is_unknown(name):
        unknown, name = UNKNOWN + re.sub("^unknown[:-]", "", name), None
    elif name is not None:
        level(name)  # refuses one that is not known
    _refuse_words(found, key)
    sampled = sample(found.looked, key.name, found.length)
    enough = len(sampled) >= FEW
    if enough:
        refuse_shuffled(sampled, found, key)
        if name is not None and (kind or "").startswith("total"):
            refuse_lacking(sampled, name, found)
    if unknown is None and name is not None and unit is not None and kind is not None:
        chosen = Meaning(unit, kind, name)
        if enough:
            refuse_another(sampled, chosen, found)
        found.told.append(proven(sampled, chosen) if enough else unproven(sampled, chosen))
    elif unknown is not None:
        chosen = at_unknown(sampled, unit, kind, unknown, found)
    elif not enough:
        raise Unsettled(
            "Nobody says what the energies are, and too few molecules prove it.",
            where=found.looked.paths[0],
            expected=f"--unit, --kind and --level; or {FEW} molecules of known bonds",
            got=f"{len(sampled)} neutral molecules with an energy" + charged(found.looked),
            fix=f"Give --unit ({', '.join(OF_ENERGY)}), --kind ({', '.join(KINDS)}) and --level (or unknown:NAME).",
        )
    else:
        chosen = inferred(sampled, (unit, kind, name), found)
    if enough and unknown is None:
        refuse_mixed(sampled, chosen, found)
    found.energy = chosen
    found.told += precision.told(numbers(list(found.looked.values(key.name)), found.looked.records)[0], chosen.unit)
    if enough and chosen.level and not unknown:
        found.told += evidence(sampled, chosen)


def _refuse_words(found: Decided, key: Key) -> None:
    """Refuse energies none of which is a number.

    Raises:
        DataError: if so.
    """
    values = list(found.looked.values(key.name))
    energies, wrong = numbers(values, len(values))
    if wrong and np.isnan(energies).all():
        row, word = next(iter(wrong.items()))
        raise DataError(
            f"The values of '{key.name}' are no numbers.",
            where=found.looked.place(row),
            expected="one number a record, with a point and without signs between the thousands",
            got=str(word)[:60] if isinstance(word, str) else f"{np.size(word)} values",
            fix="Correct the file, or give another --energy KEY.",
        )


_KIND_BY_NAME = {"energy_hartree": "total", "atomization_energy_kcal_mol": "atomization"}
"""What hemdata's own columns hold."""
