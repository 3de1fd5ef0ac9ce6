"""Right energies of every level that ships are taken, and each usual mistake of theirs is named."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from own_files import Row, molecules, written

from hemdata.catalog import cards
from hemdata.intake.asked import Asked
from hemdata.intake.decide import decide
from hemdata.intake.decided import Decided, Unsettled
from hemdata.intake.look import look
from hemdata.intake.mistakes import mistake
from hemdata.intake.proof import Meaning, fit
from hemdata.intake.sample import sample
from hemdata.levels import level
from hemdata.units import BOHR_ANGSTROM, HARTREE_EV, HARTREE_KCAL_MOL

SHIPPED = {"qm9": "duals-qm9@qm9@given", "pc9": "duals-qm9@pc9@given", "od9": "duals-qm9@pc9@given",
           "alchemy": "duals-qm9@alchemy@given"}  # fmt: skip
COMPUTED = {"gfn1-xtb": "GFN1-xTB", "gfn2-xtb": "GFN2-xTB"}
OTHER = {"qm9": "alchemy", "pc9": "alchemy", "od9": "alchemy", "alchemy": "qm9",
         "gfn1-xtb": "gfn2-xtb", "gfn2-xtb": "gfn1-xtb"}  # fmt: skip
ZERO_POINT = {1: 7.2, 6: 3.2, 7: 3.2, 8: 2.6, 9: 2.1}  # kcal/mol an atom
N = 50


@cache
def rows_at(name: str) -> list[Row]:
    """Molecules with their total energies at a level: as shipped, or computed here by tblite."""
    if name in SHIPPED:
        return molecules(SHIPPED[name], N)
    from tblite.interface import Calculator

    found = []
    for row in molecules("duals-qm9@qm9@given", N):
        positions = np.reshape(row["positions"], (-1, 3)) / BOHR_ANGSTROM
        calculator = Calculator(COMPUTED[name], np.array(row["atomic_numbers"]), positions)
        calculator.set("verbosity", 0)
        found.append({**row, "energy_hartree": float(calculator.singlepoint().get("energy"))})
    return found


def atoms(row: Row, name: str) -> float:
    return sum(level(name).atoms[z] for z in row["atomic_numbers"])


def zero_point(row: Row) -> float:
    return sum(ZERO_POINT[z] for z in row["atomic_numbers"]) / HARTREE_KCAL_MOL


TOTAL = ("hartree", "total")
BOUND = ("hartree", "atomization")


def decided(tmp_path: Path, name: str, energies: list[float], unit: str | None, kind: str | None) -> Decided:
    rows = [{**row, "energy_hartree": energy} for row, energy in zip(rows_at(name), energies, strict=True)]
    written(rows, tmp_path / "a.extxyz", energy="energy", unit=1.0)
    return decide(Asked((tmp_path / "a.extxyz",), "mine", level=name, unit=unit, kind=kind))


def test_every_level_that_ships_is_here() -> None:
    assert set(OTHER) == {name for name in cards("level") if not name.startswith("unknown-")}


@pytest.mark.parametrize("name", OTHER)
def test_right_energies_are_taken(name: str, tmp_path: Path) -> None:
    rows = rows_at(name)
    total = [row["energy_hartree"] for row in rows]
    assert decided(tmp_path, name, total, *TOTAL).energy == Meaning(*TOTAL, name)
    assert decided(tmp_path, name, total, None, None).inferred[0].startswith(f"{Meaning(*TOTAL, name)}: ")
    bound = [atoms(row, name) - row["energy_hartree"] for row in rows]
    assert decided(tmp_path, name, bound, *BOUND).energy == Meaning(*BOUND, name)


@pytest.mark.parametrize("name", OTHER)
def test_each_usual_mistake_is_named(name: str, tmp_path: Path) -> None:
    other, rows = OTHER[name], rows_at(name)
    total, others_total = (np.array([row["energy_hartree"] for row in rows_at(each)]) for each in (name, other))
    own, others = (np.array([atoms(row, each) for row in rows]) for each in (name, other))
    size = np.array([len(row["atomic_numbers"]) for row in rows])
    vibrating = np.array([zero_point(row) for row in rows])
    written(rows, tmp_path / "a.extxyz", energy="energy", unit=1.0)
    right = sample(look((tmp_path / "a.extxyz",), None, {}), "energy", "angstrom")
    assert len(right) == N
    mistakes = [
        (total * HARTREE_EV, TOTAL, "the unit is eV, not hartree"),
        (-total, TOTAL, "the sign of total energies is turned"),
        (total / size, TOTAL, "these are values per atom"),
        (total + vibrating, TOTAL, "zero-point energy is in them"),
        (total - own, TOTAL, "the atoms are taken off already"),
        (others_total, TOTAL, f"the level is {other}, not {name}"),
        (total, BOUND, "the atoms are not taken off"),
        (total - own, BOUND, "the sign is turned"),
        (own - total - vibrating, BOUND, "less the zero-point energy"),
        ((own - total) * HARTREE_KCAL_MOL, BOUND, "the unit is kcal/mol, not hartree"),
        (others - total, BOUND, "taken with the atoms of the level"),
    ]
    for energies, said, words in mistakes:
        wrong, meaning = replace(right, energy=energies), Meaning(*said, name)
        assert not fit(wrong, meaning).fits, words
        named = mistake(wrong, meaning)
        assert words in named
    assert other in named.split()  # the last: levels whose atoms are as near are named with it


@pytest.mark.parametrize(
    ("labels", "name"),
    [
        ("duals-qm9@qm9@given", "qm9"),
        ("duals-qm9@pc9@given", "pc9"),
        ("pubchem9@pc9", "pc9"),
    ],
)
def test_qm9s_level_and_pc9s_are_told_apart_by_enough_molecules(labels: str, name: str, tmp_path: Path) -> None:
    """They differ by 1 to 2 kcal/mol an atom against bonds; of fewer than twenty molecules it is asked."""
    rows = molecules(labels)
    written(rows, tmp_path / "many.extxyz", energy="energy", unit=HARTREE_EV)
    found = decide(Asked((tmp_path / "many.extxyz",), "mine")).energy
    assert found == Meaning("eV", "total", name)
    written(rows[:15], tmp_path / "few.extxyz", energy="energy", unit=HARTREE_EV)
    with pytest.raises(Unsettled, match="Several meanings") as asked:
        decide(Asked((tmp_path / "few.extxyz",), "mine"))
    assert "at the level qm9" in str(asked.value)
    assert "at the level pc9" in str(asked.value)
