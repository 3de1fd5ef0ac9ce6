"""Labels a dataset or a user's file at a level of theory: into the store, and out of it as shards."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

from hemdata.chemistry.engines import engine
from hemdata.chemistry.stability import analysable
from hemdata.console import many
from hemdata.errors import CallError, DataError, HemdataError
from hemdata.identity import identify
from hemdata.label.asked import Asked, Chosen
from hemdata.label.calculation import stages
from hemdata.label.columns.enthalpy import Enthalpy, vibrations
from hemdata.label.columns.enthalpy import enthalpy as how_enthalpy
from hemdata.label.columns.stability import stabilities
from hemdata.label.estimate import Estimate, estimate
from hemdata.label.how import Files, How, Missing
from hemdata.label.progress import Pace
from hemdata.label.replace import refuse_loss
from hemdata.label.run import Outcome, label
from hemdata.label.store.database import LabelStore
from hemdata.label.to_shards import Target, export
from hemdata.label.workers.where import EVERY_CORE, Where
from hemdata.levels import START_LEVEL, Level, level
from hemdata.molecules import Molecule
from hemdata.shards import Manifest, SetName
from hemdata.shards.sets import GIVEN

PLAIN, FILES = How(), Files()
NAMED = 5  # molecules that an error names


@dataclass(frozen=True)
class Labelled:
    """Where the labels stand, and what the run did."""

    folder: Path
    manifest: Manifest
    outcome: Outcome


def label_set(
    asked: Asked,
    how: How = PLAIN,
    where: Where = EVERY_CORE,
    *,
    files: Files = FILES,
    missing: Missing = "compute",
    force: bool = False,
    note: Callable[[str], None] | None = None,
    progress: Callable[[Pace], None] | None = None,
) -> Labelled:
    """Label a dataset (built if it is not yet), or the molecules of a file.

    Args:
        asked: which molecules.
        how: at which levels, and what else is wanted of them.
        where: what computes, within which limits.
        files: where the sets, the label store and the labelled shards stand.
        missing: what becomes of labels that the store does not hold.
        force: write over labels that stand there, whatever is lost; else those of the same or more molecules may.
        note: told, before anything is computed, what of a file does not read (these are rejected rows), and what of
            the rest is doubtful.
        progress: as `label`.

    Raises:
        CallError: for an unknown dataset or file, a store in use, or labels that would be lost.
        DataError: if nothing of a file reads, two of its molecules have one name, nothing is left to label, or labels
            are missing that may not be computed.
    """
    its_level, at, enthalpy = _levels(how)
    chosen = _chosen(asked, its_level, at, files.data, note)
    molecules, geometry = chosen.molecules, at.name if at else how.geometry
    target = _target(asked, how, files, chosen, its_level, geometry, force)
    with LabelStore(files.labels, read_only=not missing.startswith("compute")) as store:
        run = partial(label, where=where, missing=missing, progress=progress)
        outcome = run(molecules, stages(its_level, at, how.conformers), store, accuracy=how.accuracy)
        if outcome.missing and missing in ("compute", "refuse"):
            raise DataError(
                "Some of these molecules are not labelled yet.",
                where=store.path,
                expected=f"{many(len(molecules))} at {its_level.name}",
                got=f"{outcome.missing:,} missing",
                fix="Run `hemdata label` with the same options, or take what there is (--partial).",
            )
        if missing == "reject" and outcome.missing >= len(molecules):
            raise DataError(
                "There is nothing to export: none of these molecules is labelled so.",
                where=store.path,
                expected=f"labels at {its_level.name}, of geometries at {geometry}, of the accuracy '{how.accuracy}'",
                got=f"{outcome.missing:,} of {len(molecules):,} missing",
                fix="Label them first; `hemdata label status` tells what the store holds.",
            )
        geometries = at.name if at else None
        added = (
            [vibrations(molecules, outcome.keys, geometries, enthalpy, store, run, how.conformers)] if enthalpy else []
        )
        added += [stabilities(molecules, outcome.keys, its_level, store, run)] if how.stability else []
        manifest = export(molecules, outcome.keys, its_level, geometries, store, target, added, chosen.unread)
    return Labelled(target.folder, manifest, outcome)


def label_dataset(target: str | Path, **words: Any) -> Labelled:
    """As `label_set`, with the fields of its values as words: `label_dataset("my.smi", level_name="pc9", workers=2)`.

    Args:
        target: a dataset's name, or a file.
        words: fields of `Asked`, `How`, `Where` and `Files`, and the words of `label_set`.

    Raises:
        TypeError: for a word that is none of them.
        CallError, DataError: as `label_set`.
    """

    def values[T](kind: type[T]) -> T:
        names = {each.name for each in fields(kind)} & words.keys()  # type: ignore[arg-type]
        return kind(**{name: words.pop(name) for name in names})

    words["target"] = target
    asked, how, where, files = values(Asked), values(How), values(Where), values(Files)
    return label_set(asked, how, where, files=files, **words)


def _made_from(asked: Asked, how: How, name: str, geometry: str) -> dict[str, Any]:
    """What the manifest tells of the run: which molecules, and how."""
    told: dict[str, Any] = {"dataset": name, "n": asked.n, "seed": asked.seed, "without": sorted(asked.without)}
    told |= {"max_heavy": asked.max_heavy, "geometry": geometry, "accuracy": how.accuracy}
    told |= {"conformers": how.conformers} if how.conformers > 1 else {}
    return told | ({"part": str(asked.part)} if asked.part else {})


def _target(
    asked: Asked, how: How, files: Files, chosen: Chosen, its_level: Level, geometry: str, force: bool
) -> Target:
    """Where the labels are written and what their manifest tells; CallError where others would be lost there."""
    name = str(SetName(chosen.name, its_level.name, geometry))
    made_from = _made_from(asked, how, chosen.name, geometry)
    target = Target(files.out or files.data / name, name, chosen.sources, made_from)
    if not force:
        columns = {"enthalpy": how.enthalpy, "stability": how.stability}
        refuse_loss(target.folder, name, chosen.molecules, its_level, chosen.sources, made_from | columns)
    return target


def plan_labels(
    asked: Asked,
    how: How = PLAIN,
    files: Files = FILES,
    note: Callable[[str], None] | None = None,
    *,
    force: bool = False,
) -> Estimate:
    """What `label_set` with the same values would have to compute, and its cost; nothing is computed.

    Frequencies and the stability of wave functions are not in it, which `note` is told. What `label_set` refuses is
    refused here too, labels that would be lost among it.

    Raises:
        CallError, DataError: as `label_set`.
    """
    its_level, at, _ = _levels(how)
    more = [name for name, asked_for in (("frequencies", how.enthalpy), ("stability", how.stability)) if asked_for]
    if more and note:
        note(f"This plan leaves out what {' and '.join(more)} cost, which is often more than the labels.")
    chosen = _chosen(asked, its_level, at, files.data, note)
    _target(asked, how, files, chosen, its_level, at.name if at else how.geometry, force)
    molecules = chosen.molecules
    chain = stages(its_level, at, how.conformers)
    for stage in chain:
        engine(stage.level).refuse_unknown(stage.level.card)
    if not files.labels.is_file():
        return estimate(molecules, chain, None, how.accuracy)
    with LabelStore(files.labels, read_only=True) as store:
        return estimate(molecules, chain, store, how.accuracy)


def refused(asked: Asked, how: How = PLAIN, files: Files = FILES) -> HemdataError | None:
    """What `label_set` with the same values raises before it computes anything; None where it would go on."""
    try:
        its_level, at, _ = _levels(how)
        chosen = _chosen(asked, its_level, at, files.data, None)
        _target(asked, how, files, chosen, its_level, at.name if at else how.geometry, False)
    except HemdataError as error:
        return error
    return None


def _levels(how: How) -> tuple[Level, Level | None, Enthalpy | None]:
    """Of the energies, of the geometries (None: each molecule has its own), and of the enthalpies where asked for."""
    its_level = level(how.level_name)
    if how.stability:
        analysable(its_level)
    enthalpy = how_enthalpy(its_level, how.frequencies, how.corrected) if how.enthalpy else None
    return its_level, None if how.geometry == GIVEN else level(how.geometry), enthalpy


def _chosen(asked: Asked, its_level: Level, at: Level | None, data: Path, note: Callable[[str], None] | None) -> Chosen:
    """The molecules, held against what the levels need before anything is computed."""
    chosen = asked.molecules(data)
    if note:
        for remark in chosen.remarks:
            note(remark)
    refuse_foreign_elements(chosen.molecules, its_level)
    if at is None:
        _have_geometries(chosen.molecules, asked.target)
    return chosen


def _have_geometries(asked: Sequence[Molecule], target: str | Path) -> None:
    if not all(m.positions for m in asked):
        without_geometry = sum(not m.positions for m in asked)
        raise CallError(
            "Molecules have no geometry of their own.",
            where=target,
            expected="--geometry given needs one for every molecule",
            got=f"{without_geometry:,} of {len(asked):,} without",
            fix=f"Leave --geometry out: geometries are then relaxed at {START_LEVEL}.",
        )


def refuse_foreign_elements(asked: Sequence[Molecule], its_level: Level) -> None:
    """Before anything is computed: the level has all elements' atoms.

    Raises:
        DataError: if it has not; names the molecules that have another element.
    """
    lacking: set[str] = set()
    where: list[str] = []
    for molecule in asked:
        z = molecule.atomic_numbers
        if not z and molecule.canonical_smiles and (identity := identify(molecule.canonical_smiles, bonds=False)):
            z = list(identity.atomic_numbers)
        foreign = {_symbol(n) for n in set(z) - set(its_level.atoms)}
        if foreign:
            lacking |= foreign
            where.append(f"{molecule.id} ({molecule.smiles or ', '.join(sorted(foreign))})")
    if where:
        raise DataError(
            f"The level '{its_level.name}' has no energy for an atom of {', '.join(sorted(lacking))}.",
            where=", ".join(where[:NAMED]) + (f" and {len(where) - NAMED:,} more" if len(where) > NAMED else ""),
            expected=", ".join(its_level.card.atoms_hartree) or "atoms_hartree in the level's card",
            fix="`hemdata levels atoms` computes it for the card; or leave such molecules out.",
        )


def _symbol(z: int) -> str:
    """The symbol of any element."""
    from rdkit import Chem

    return str(Chem.GetPeriodicTable().GetElementSymbol(z)) if 0 < z < 119 else str(z)
