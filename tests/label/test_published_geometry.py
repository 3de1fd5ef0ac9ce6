"""Where no geometry made from a SMILES will do, the one that a row has is relaxed: a calculation of its own."""

from pathlib import Path

import numpy as np
import pytest

import hemdata.label.chain
from hemdata.chemistry.embed import embed
from hemdata.label.calculation import Calculation, Result, calculate, calculation_for, stages
from hemdata.label.chain import PUBLISHED, one_after_another
from hemdata.label.run import label
from hemdata.label.store.database import LabelStore
from hemdata.label.store.status import status
from hemdata.label.workers.where import HERE
from hemdata.levels import level
from hemdata.molecules import Molecule

CHAIN = stages(level("gfn2-xtb"), level("gfn2-xtb"))
Z, X = embed("CO")
ORDER = [5, 0, 3, 1, 2, 4]  # published atoms stand in an order of their own
GIVEN = {"atomic_numbers": Z[ORDER].tolist(), "positions": X[ORDER].ravel().tolist(), "geometry_level": "qm9"}


def methanol(id: str, **given: object) -> Molecule:
    return Molecule(id, "CO", "CO", "OKKJLVBELUTLKV-UHFFFAOYSA-N", 2, **given)  # type: ignore[arg-type]


def not_embedded(task: Calculation) -> Result:
    """As the engine, on a machine whose embedding fails."""
    if task.positions is None:
        return Result(task.key, "The SMILES does not embed.", provenance=task.described)
    return calculate(task)


def test_a_row_with_a_geometry_is_labelled_from_it_where_its_smiles_does_not_embed(tmp_path: Path) -> None:
    molecules = [methanol("bare"), methanol("published", **GIVEN)]
    with LabelStore(tmp_path / "labels.sqlite") as store:
        outcome = label(molecules, CHAIN, store, where=HERE, calculation=not_embedded)
        assert (outcome.computed, outcome.failed, outcome.missing) == (2, 1, 0)
        bare, published = store.get(outcome.keys)
        assert bare.reason == "The SMILES does not embed."
        assert published.reason is None
        assert published.atomic_numbers == GIVEN["atomic_numbers"]
        assert published.energy_hartree == pytest.approx(
            calculate(calculation_for(CHAIN[0], "CO", 0, 1)).energy_hartree
        )
        assert published.provenance["rungs"] == [PUBLISHED]
        assert published.provenance["geometry_from"] == "qm9"
        assert [held.rungs for held in status(store)] == [{PUBLISHED: 1}]
        again = label(molecules, CHAIN, store, where=HERE, calculation=not_embedded)
        assert (again.computed, again.stored, again.keys) == (0, 2, outcome.keys)
        looked = label(molecules, CHAIN, store, missing="refuse")
        assert looked.keys == outcome.keys


def test_a_row_that_embeds_is_the_calculation_that_it_was(tmp_path: Path) -> None:
    with LabelStore(tmp_path / "labels.sqlite") as store:
        outcome = label([methanol("bare"), methanol("published", **GIVEN)], CHAIN, store, where=HERE)
        assert outcome.keys == [calculation_for(CHAIN[0], "CO", 0, 1).key] * 2
        assert (outcome.computed, len(store)) == (1, 1)


def test_a_published_geometry_of_another_molecule_is_no_way_out(tmp_path: Path) -> None:
    z, x = embed("CO")
    swapped = x[[0, 2, 1, 3, 4, 5]] if z[1] == 8 else x
    other = methanol("other", atomic_numbers=z.tolist(), positions=np.ravel(swapped).tolist())
    with LabelStore(tmp_path / "labels.sqlite") as store:
        outcome = label([other], CHAIN, store, where=HERE, calculation=not_embedded)
        assert outcome.reasons == {"The SMILES does not embed.": 1}
        looked = label(
            [methanol("o", **GIVEN)], CHAIN, store, missing="refuse"
        )  # from an older store: not computed yet
        assert (looked.failed, looked.missing) == (1, 0)


def test_one_molecule_in_this_process_goes_the_way_that_a_run_goes(tmp_path: Path) -> None:
    chain = stages(level("gfn1-xtb"), level("gfn2-xtb"))
    molecule = methanol("published", **GIVEN)
    with LabelStore(tmp_path / "labels.sqlite") as store:
        outcome = label([molecule], chain, store, where=HERE)
        *_, last = one_after_another(molecule, chain)
        (kept,) = store.get(outcome.keys)
    assert (last.key, last.energy_hartree, last.positions) == (kept.key, kept.energy_hartree, kept.positions)


def test_it_ends_at_a_failure_and_falls_back_on_the_published_geometry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hemdata.label.chain, "calculate", not_embedded)
    (bare,) = one_after_another(methanol("bare"), [*CHAIN, *CHAIN])
    assert bare.reason == "The SMILES does not embed."
    first, _ = one_after_another(methanol("published", **GIVEN), [*CHAIN, *CHAIN])
    assert first.provenance["rungs"] == [PUBLISHED]
