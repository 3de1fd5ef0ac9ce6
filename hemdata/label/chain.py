"""A molecule's way through the stages of a label: what is computed next, or all of it where nothing is kept."""

from collections.abc import Sequence

from hemdata.identity import isotopologue
from hemdata.label.calculation import Calculation, Result, Stage, calculate, calculation_for
from hemdata.molecules import Molecule

PUBLISHED = "published geometry"
"""The last rung of the ladder of embeddings: the geometry that a row has."""


def task_of(molecule: Molecule, stage: Stage, before: Result | None, accuracy: str) -> Calculation:
    """The calculation of a stage: from the geometry of the stage before; in the first, from the SMILES where the
    geometry is relaxed and there is one, else from the given geometry."""
    made = before is None and stage.job.relaxes and molecule.canonical_smiles is not None
    z, x = (before.atomic_numbers, before.positions) if before else (molecule.atomic_numbers, molecule.positions)
    origin = f"calculation {before.key}" if before else molecule.geometry_level or "given"
    return calculation_for(
        stage,
        molecule.canonical_smiles,
        molecule.charge,
        molecule.multiplicity,
        None if made else z,
        None if made else x,
        accuracy,
        origin,
        isotopologue=isotopologue(molecule.smiles) if stage.job.takes_isotopes else None,
    )


def published(molecule: Molecule, stage: Stage, accuracy: str) -> Calculation:
    """The calculation of a stage from the geometry that a row has, in the place of one made from the SMILES."""
    return calculation_for(
        stage,
        molecule.canonical_smiles,
        molecule.charge,
        molecule.multiplicity,
        molecule.atomic_numbers,
        molecule.positions,
        accuracy,
        molecule.geometry_level or "given",
        PUBLISHED,
    )


def one_after_another(molecule: Molecule, chain: Sequence[Stage], accuracy: str = "label") -> list[Result]:
    """The results of a molecule's stages, in this process and kept nowhere; the last may tell why there are no more.

    It is what `label` computes, with its keys.
    """
    found: list[Result] = []
    for stage in chain:
        task = task_of(molecule, stage, found[-1] if found else None, accuracy)
        result = calculate(task)
        if result.reason is not None and task.positions is None and molecule.positions:
            again = calculate(published(molecule, stage, accuracy))
            result = again if again.reason is None else result
        found.append(result)
        if result.reason is not None:
            break
    return found
