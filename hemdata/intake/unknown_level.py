"""Energies at a level that nobody knows: unit and kind are proven all the same, its atoms are estimated."""

from hemdata.errors import CallError, DataError
from hemdata.intake.decided import Decided
from hemdata.intake.look import Looked
from hemdata.intake.proof import FEW, FREE_ATOMS, Meaning, atoms_of, evidence, fit, like_free_atoms, scatter
from hemdata.intake.sample import Sample
from hemdata.levels import SYMBOLS
from hemdata.units import OF_ENERGY

SCATTERED = 4.0  # kcal/mol an atom: total energies, whatever their atoms, leave less about a fit of these


def at_unknown(sampled: Sample, unit: str | None, kind: str | None, name: str, found: Decided) -> Meaning:
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
