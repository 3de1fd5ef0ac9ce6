"""What a calculation is said to cost before it is done."""

import csv

import pytest

from hemdata.catalog import roots
from hemdata.chemistry.embed import embed
from hemdata.label.calculation import Calculation, Stage, Start, calculation_for
from hemdata.label.jobs import POINT, VIBRATE
from hemdata.label.workers.cost import cost, functions, memory_gb
from hemdata.levels import level


def task(name: str, smiles: str, accuracy: str = "label", vibrate: bool = False) -> Calculation:
    z, x = embed(smiles)
    stage = Stage(level(name), VIBRATE if vibrate else POINT)
    return calculation_for(stage, smiles, 0, 1, Start(z.tolist(), x.ravel().tolist()), accuracy)


@pytest.mark.parametrize(
    ("name", "smiles", "expected"), [("pc9", "O", 19), ("pc9", "C", 23), ("qm9", "O", 9 + 12 + 7 + 2 * 5)]
)
def test_functions_are_those_of_the_basis(name: str, smiles: str, expected: int) -> None:
    """6-31G*: 15 Cartesian on C and O, 2 on H; QM9's: 9 of s and p, two d of six, seven f; 5 on H."""
    assert functions(task(name, smiles).atomic_numbers or (), level(name).card) == expected


def test_a_label_keeps_no_integrals_and_a_reference_all_of_them() -> None:
    hexose = "OC[C@H]1O[C@@H](O)[C@H](O)[C@@H](O)[C@@H]1O"
    label, reference, vibrations = (
        memory_gb(each)
        for each in (task("qm9", hexose), task("qm9", hexose, "reference"), task("qm9", hexose, vibrate=True))
    )
    n = functions(task("qm9", hexose).atomic_numbers or (), level("qm9").card, cartesian=True)
    assert label < 6
    assert reference - label == pytest.approx(n**4 / 1e9)
    assert vibrations == reference
    assert memory_gb(task("gfn2-xtb", hexose)) < 1


def test_larger_molecules_cost_more_at_every_level() -> None:
    with (roots()[-1] / "datasets" / "test-groups" / "azoxy.csv").open(encoding="utf-8") as file:
        smiles = sorted((row["smiles"] for row in csv.DictReader(file)), key=len)
    for name in ("gfn2-xtb", "pc9", "qm9"):
        small, large = task(name, smiles[0]), task(name, smiles[-1])
        assert cost(small, 5) < cost(large, 20)
