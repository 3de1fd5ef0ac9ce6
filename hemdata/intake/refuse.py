"""Refusals of what was said, where the numbers say another thing: each names the mistake that fits."""

import numpy as np

from hemdata.catalog import cards
from hemdata.errors import DataError
from hemdata.intake.decided import Decided
from hemdata.intake.look import Key, Looked
from hemdata.intake.mistakes import mistake, mixed
from hemdata.intake.proof import Meaning, calibrated, correlated, errors, fit
from hemdata.intake.sample import Sample
from hemdata.levels import SYMBOLS, level


def refuse_shuffled(sampled: Sample, found: Decided, key: Key) -> None:
    """Refuse energies that composition does not explain.

    Raises:
        DataError: if so.
    """
    if not correlated(sampled):
        raise DataError(
            f"The values of '{key.name}' have nothing to do with the molecules.",
            where=found.looked.paths[0],
            expected="energies that composition explains",
            got="no correlation with the counts of the elements: shuffled rows, or another quantity",
            fix="Bring energies and geometries into one order again, or give another --energy KEY.",
        )


def level_in_file(looked: Looked) -> str | None:
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


def refuse_lacking(sampled: Sample, name: str, found: Decided) -> None:
    """Refuse total energies of a level without the atom of an element: nothing can be said of them.

    Raises:
        DataError: if so; names the elements and the first molecule.
    """
    its = level(name)
    there = np.flatnonzero(sampled.counts.sum(axis=0)).tolist()
    lacking = [z for z in there if z not in its.atoms]
    if not lacking:
        return
    first = int(np.flatnonzero(sampled.counts[:, lacking].sum(axis=1))[0])
    computed = "" if its.card.engine == "data" else f" (`hemdata levels atoms {name}` computes it)"
    raise DataError(
        f"The level '{name}' has no energy for an atom of {', '.join(SYMBOLS[z] for z in lacking)}.",
        where=f"{found.looked.paths[0]}, as {found.looked.place(sampled.records[first])}",
        expected=", ".join(its.card.atoms_hartree) or "atoms_hartree in the level's card",
        got=", ".join(SYMBOLS[z] for z in there),
        fix=f"Write its energy into the level's card, under `atoms_hartree`{computed}; or leave such molecules out.",
    )


def refuse_another(sampled: Sample, declared: Meaning, found: Decided) -> None:
    """Refuse a meaning that the numbers do not have.

    Raises:
        DataError: if so; names the mistake.
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


def refuse_mixed(sampled: Sample, chosen: Meaning, found: Decided) -> None:
    """Refuse energies of two levels, or in two units.

    Raises:
        DataError: if there are some; names the first rows.
    """
    other = mixed(sampled, chosen)
    if other is None:
        return
    raise DataError(
        "Two kinds of energies stand in one file.",
        where=", ".join(found.looked.place(record) for record in other.records[:3]),
        expected=str(chosen),
        got=f"{other.share:.0%} of the rows looked at are {other.meaning}",
        fix="Split the file by level and import each part under a name of its own.",
    )
