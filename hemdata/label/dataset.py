"""Labels a dataset or a user's file at a level of theory: into the store, and out of it as shards."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial as with_arguments
from pathlib import Path

from hemdata.chemistry.stability import analysable
from hemdata.errors import CallError, DataError
from hemdata.identity import identify
from hemdata.label.asked import Asked
from hemdata.label.calculation import stages
from hemdata.label.columns.enthalpy import enthalpy as how_enthalpy
from hemdata.label.columns.enthalpy import vibrations
from hemdata.label.columns.stability import stabilities
from hemdata.label.estimate import Estimate, estimate
from hemdata.label.part import Part
from hemdata.label.progress import Pace
from hemdata.label.replace import refuse_loss
from hemdata.label.run import Outcome, label
from hemdata.label.store.database import LabelStore
from hemdata.label.to_shards import export
from hemdata.label.workers.isolated import Limits
from hemdata.levels import START_LEVEL, SYMBOLS, Level, level
from hemdata.molecules import (
    NOT_DRAWN,
    NOTHING,
    Molecule,
    Said,
)
from hemdata.shards import Manifest, SetName

GIVEN = "given"


@dataclass(frozen=True)
class Labelled:
    """Where the labels stand, what the run did, and molecules whose multiplicity is not that of their drawing."""

    folder: Path
    manifest: Manifest
    outcome: Outcome
    not_drawn: tuple[str, ...] = ()


def label_dataset(
    target: str | Path,
    *,
    n: int | None = None,
    level_name: str = "gfn2-xtb",
    geometry: str = START_LEVEL,
    accuracy: str = "label",
    store: Path | None = None,
    out: Path | None = None,
    without: Sequence[str] = (),
    max_heavy: int | None = None,
    seed: int = 0,
    part: Part | None = None,
    conformers: int = 1,
    enthalpy: bool = False,
    frequencies: str | None = None,
    corrected: bool = False,
    stability: bool = False,
    retry_failed: bool = False,
    workers: int | None = None,
    scheduler: str | None = None,
    cluster: str | Path | None = None,
    limits: Limits | None = None,
    compute: bool = True,
    partial: bool = False,
    force: bool = False,
    said: Said = NOTHING,
    note: Callable[[str], None] | None = None,
    data: Path = Path("data"),
    progress: Callable[[Pace], None] | None = None,
) -> Labelled:
    """Label a dataset, or the molecules of a .smi or .xyz file.

    Args:
        target: a dataset's name (built under `data` if it is not yet), or a file.
        n: how many molecules, chosen by `seed`; all where None.
        level_name: level of theory of the energies.
        geometry: level of theory of the geometries, or `given`: those that the dataset or file has.
        accuracy: `label`, or `reference` for plainly converged single points.
        store: the label store, by default `data`/labels.sqlite.
        out: folder of the labelled shards, by default `data`/<name>@<level>, and @<geometry> where that is not
            GFN2-xTB's.
        without: datasets whose molecules (by flat graph) are left out before sampling.
        max_heavy: molecules of more heavy atoms are left out before sampling.
        part: only this part of what is asked, where machines that share nothing divide the work.
        conformers: how many are embedded of each SMILES; the lowest by force field is relaxed.
        enthalpy: harmonic frequencies too, and from them the enthalpy of formation as columns.
        frequencies: with `enthalpy`, the level of the frequencies, by default that which the level's card names.
        corrected: with `enthalpy`, also less the level's atom equivalents, which its card carries.
        stability: whether the wave functions are stable, as columns; for levels of density functionals.
        compute: False writes what the store holds, which a run may be filling, and computes nothing.
        partial: then molecules that are not labelled yet are rejected rows, not an error; so are those that
            `retry_failed` leaves alone.
        force: write over labels that stand there, whatever is lost; else those of the same or more molecules may.
        said: charge and multiplicity of a file's molecules, where it does not say them.
        note: told, before anything is computed, what of a file does not read (these are rejected rows), and what of
            the rest is doubtful.
        workers, scheduler, cluster, limits, progress: as `label`.

    Raises:
        CallError: for an unknown dataset or file, a store in use, or labels that would be lost.
        DataError: if nothing of a file reads, two of its molecules have one name, nothing is left to label, or labels
            are missing that may not be computed.
    """
    its_level = level(level_name)
    if (frequencies or corrected) and not enthalpy:
        raise CallError("--frequencies and --corrected belong to --enthalpy.", fix="Add --enthalpy.")
    if stability:
        analysable(its_level)
    how = how_enthalpy(its_level, frequencies, corrected) if enthalpy else None
    chosen = Asked(target, n, seed, without, max_heavy, part, said).molecules(data)
    asked, name, sources = chosen.molecules, chosen.name, chosen.sources
    if note:
        for remark in chosen.remarks:
            note(remark)
    _has_atoms(asked, its_level)
    own = geometry == GIVEN
    if own:
        _have_geometries(asked, target)
    at = None if own else level(geometry)
    geometry = at.name if at else geometry
    labelled_name = str(SetName(name, its_level.name, geometry))
    out = out or data / labelled_name
    chain = stages(its_level, at, conformers)
    made_from = {"dataset": name, "n": n, "seed": seed, "without": sorted(without)}
    made_from |= {"max_heavy": max_heavy, "geometry": geometry, "accuracy": accuracy}
    made_from |= {"conformers": conformers} if conformers > 1 else {}
    made_from |= {"part": str(part)} if part else {}
    if not force:
        computed = {"enthalpy": enthalpy, "stability": stability}
        refuse_loss(out, labelled_name, asked, its_level, sources, made_from | computed)
    with LabelStore(store or data / "labels.sqlite", read_only=not compute) as open_store:
        run = with_arguments(
            label,
            workers=workers,
            scheduler=scheduler,
            cluster=cluster,
            limits=limits,
            retry_failed=retry_failed,
            compute=compute,
            progress=progress,
        )
        outcome = run(asked, chain, open_store, accuracy=accuracy)
        if outcome.missing and not partial and not retry_failed:
            raise DataError(
                "Some of these molecules are not labelled yet.",
                where=open_store.path,
                expected=f"{len(asked):,} molecules at {its_level.name}",
                got=f"{outcome.missing:,} missing",
                fix="Run `hemdata label` with the same options, or take what there is (--partial).",
            )
        geometries = None if own else geometry
        added = [vibrations(asked, outcome.keys, geometries, how, open_store, run, conformers)] if how else []
        added += [stabilities(asked, outcome.keys, its_level, open_store, run)] if stability else []
        manifest = export(
            asked, outcome.keys, its_level, geometries, open_store, out, labelled_name, sources, made_from,
            added, chosen.unread,
        )  # fmt: skip
    return Labelled(out, manifest, outcome, tuple(each.smiles or each.id for each in asked if NOT_DRAWN in each.flags))


def plan_labels(
    asked: Asked,
    level_name: str,
    geometry: str = START_LEVEL,
    *,
    accuracy: str = "label",
    conformers: int = 1,
    store: Path | None = None,
    data: Path = Path("data"),
) -> Estimate:
    """What `label_dataset` with the same arguments would have to compute, and its cost; nothing is computed.

    Raises:
        CallError, DataError: as `label_dataset`.
    """
    its_level = level(level_name)
    molecules = asked.molecules(data).molecules
    _has_atoms(molecules, its_level)
    if geometry == GIVEN:
        _have_geometries(molecules, asked.target)
    chain = stages(its_level, None if geometry == GIVEN else level(geometry), conformers)
    path = store or data / "labels.sqlite"
    if not path.is_file():
        return estimate(molecules, chain, None, accuracy)
    with LabelStore(path, read_only=True) as open_store:
        return estimate(molecules, chain, open_store, accuracy)


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


def _has_atoms(asked: Sequence[Molecule], its_level: Level) -> None:
    """Before anything is computed: the level has all elements' atoms."""
    for molecule in asked:
        z = molecule.atomic_numbers
        if not z and molecule.canonical_smiles and (identity := identify(molecule.canonical_smiles, bonds=False)):
            z = list(identity.atomic_numbers)
        foreign = sorted(SYMBOLS[n] if n < len(SYMBOLS) else str(n) for n in set(z) - set(its_level.atoms))
        if foreign:
            raise DataError(
                f"The level '{its_level.name}' has no energy for an atom of {', '.join(foreign)}.",
                where=molecule.id,
                expected=", ".join(its_level.card.atoms_hartree) or "atoms_hartree in the level's card",
                got=molecule.smiles or ", ".join(foreign),
                fix="`hemdata levels atoms` computes it for the card; or leave such molecules out.",
            )
