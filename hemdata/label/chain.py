"""A molecule's way through the stages of a label: what is computed next, or all of it where nothing is kept."""

from collections.abc import Sequence

from hemdata.identity import isotopologue
from hemdata.label.calculation import (
    CALCULATION,
    FROM_SMILES,
    Calculation,
    Result,
    Stage,
    Start,
    calculate,
    calculation_for,
)
from hemdata.molecules import Molecule

PUBLISHED = "published geometry"
"""The last rung of the ladder of embeddings: the geometry that a row has."""


def task_of(molecule: Molecule, stage: Stage, before: Result | None, accuracy: str) -> Calculation:
    """The calculation of a stage: from the geometry of the stage before; in the first, from the SMILES where the
    geometry is relaxed and there is one, else from the given geometry."""
    if before:
        start = Start(before.atomic_numbers, before.positions, f"{CALCULATION}{before.key}")
    elif stage.job.relaxes and molecule.canonical_smiles is not None:
        start = FROM_SMILES
    else:
        start = _given(molecule)
    return calculation_for(
        stage,
        molecule.canonical_smiles,
        molecule.charge,
        molecule.multiplicity,
        start,
        accuracy,
        isotopologue(molecule.smiles) if stage.job.takes_isotopes else None,
    )


def published(molecule: Molecule, stage: Stage, accuracy: str) -> Calculation:
    """The calculation of a stage from the geometry that a row has, in the place of one made from the SMILES."""
    start = _given(molecule, PUBLISHED)
    return calculation_for(stage, molecule.canonical_smiles, molecule.charge, molecule.multiplicity, start, accuracy)


def _given(molecule: Molecule, rung: str | None = None) -> Start:
    return Start(molecule.atomic_numbers, molecule.positions, molecule.geometry_level or "given", rung)


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
