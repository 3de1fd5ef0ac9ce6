"""Several conformers of a SMILES: the lowest by force field is relaxed, and is another calculation."""

from pathlib import Path

import pytest

from hemdata.label.calculation import Stage, Start, calculation_for, stages, vibration_stages
from hemdata.label.dataset import label_dataset
from hemdata.label.jobs import RELAX
from hemdata.label.store.database import LabelStore
from hemdata.levels import level
from hemdata.shards import read
from hemdata.units import HARTREE_KCAL_MOL

XYLOSE = "O[C@@H]1CO[C@H](O)[C@H](O)[C@H]1O"


def test_of_many_conformers_a_lower_one_is_kept(tmp_path: Path) -> None:
    """A pyranose's hydroxyls can point many ways: of twenty the lowest is a minimum over 1 kcal/mol deeper than the
    first."""
    (tmp_path / "xylose.smi").write_text(f"{XYLOSE} xylose\n")
    one, many = (
        label_dataset(tmp_path / "xylose.smi", conformers=n, data=tmp_path, out=tmp_path / str(n), workers=0)
        for n in (1, 20)
    )
    energies = [read(done.folder)["energy_hartree"][0].as_py() for done in (one, many)]
    assert (energies[0] - energies[1]) * HARTREE_KCAL_MOL > 1
    assert many.manifest.made_from["conformers"] == 20
    with LabelStore(tmp_path / "labels.sqlite", read_only=True) as store:
        first, second = (next(iter(store.get(done.outcome.keys))) for done in (one, many))
    assert "conformers" not in first.provenance
    assert second.provenance["conformers"] == 20


def test_one_conformer_is_the_calculation_that_it_was_and_a_given_geometry_has_none() -> None:
    its = level("gfn2-xtb")
    plain, one, many = (Stage(its, RELAX, **more) for more in ({}, {"conformers": 1}, {"conformers": 5}))
    assert calculation_for(plain, "CO", 0, 1).key == calculation_for(one, "CO", 0, 1).key
    assert calculation_for(plain, "CO", 0, 1).key != calculation_for(many, "CO", 0, 1).key
    given = [calculation_for(stage, "CO", 0, 1, Start([6], [0.0, 0.0, 0.0])).key for stage in (plain, many)]
    assert given[0] == given[1]


@pytest.mark.parametrize("name", ["gfn2-xtb", "gfn1-xtb", "pc9"])
def test_energies_and_frequencies_start_from_the_same_conformer(name: str) -> None:
    its = level(name)
    chains = (stages(its, its, 5), vibration_stages(its, False, 5))
    assert [chain[0].conformers for chain in chains] == [5, 5]
    assert [stage.conformers for chain in chains for stage in chain[1:]] == [1] * (
        len(chains[0]) - 1 + len(chains[1]) - 1
    )
