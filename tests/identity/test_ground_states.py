"""Multiplicities that nobody has said: known ground states, doubts by name, and what is drawn where that is enough.

Ground states are experimental ones: Huber and Herzberg, Constants of Diatomic Molecules; NIST CCCBDB.
"""

from dataclasses import replace

import pytest
from ase.data import ground_state_magnetic_moments

from hemdata.errors import DataError
from hemdata.identity.ground_state import atom_multiplicity, known_multiplicity
from hemdata.label.calculation import Stage, calculate, calculation_for
from hemdata.label.jobs import RELAX
from hemdata.levels import level
from hemdata.molecules import NOT_DRAWN, NOT_GROUND, Molecule, Said, from_smiles, held_against_ground_state, remarks

GROUND = {
    "[C]": 3, "[N]": 4, "[O]": 3, "[F]": 2, "[He]": 1, "[Si]": 3, "[O+]": 4, "[C-]": 4, "[H+]": 1,
    "[CH]": 2, "[CH2]": 3, "[CH3]": 2, "[C]=C": 1, "O=O": 3, "[O][O]": 3, "S=S": 3, "O=S": 3, "[NH]": 3, "F[C]F": 1,
    "[SiH2]": 1, "[B]F": 1, "[BH]": 1, "[C]=O": 1, "[C-]#[O+]": 1, "N#N": 1, "[N]=O": 2, "[O-][O]": 2, "[N-]=O": 3,
    "O=[C]": 1, "C#[C]": 2, "O": 1, "[OH+]": 3,
}  # fmt: skip


@pytest.mark.parametrize(("smiles", "multiplicity"), GROUND.items())
def test_small_molecules_have_their_ground_states(smiles: str, multiplicity: int) -> None:
    assert from_smiles(smiles, "x").multiplicity == multiplicity


def test_a_row_of_a_set_in_another_state_keeps_it_and_is_flagged() -> None:
    def row(smiles: str, multiplicity: int, **given: object) -> Molecule:
        its = from_smiles(smiles, "x")
        return replace(its, multiplicity=multiplicity, flags=(), doubt=None, **given)  # type: ignore[arg-type]

    singlet = held_against_ground_state(row("O=O", 1))
    assert (singlet.multiplicity, singlet.flags) == (1, (NOT_GROUND,))
    assert remarks([singlet], []) == ["1 with another multiplicity than that of their ground state:\n    x"]
    placed = row("O=O", 1, canonical_smiles=None, atomic_numbers=[8, 8], positions=[0.0] * 5 + [1.2])
    assert held_against_ground_state(placed).flags == (NOT_GROUND,)
    for plain in (row("O=O", 3), row("CCO", 1), row("[CH3]", 2), row("CCCCCO", 3)):
        assert held_against_ground_state(plain) == plain


def test_atoms_are_as_ase_has_them() -> None:
    for z in [*range(1, 21), *range(31, 37)]:
        assert atom_multiplicity(z) == 1 + ground_state_magnetic_moments[z]
        assert known_multiplicity([z]) == atom_multiplicity(z)
    assert known_multiplicity([26]) is None


@pytest.mark.parametrize("smiles", ["C[N]", "[CH2]CC[CH2]", "[c]1cccc[c]1", "C[C]C"])
def test_several_unpaired_electrons_that_nobody_couples_are_a_doubt_unless_it_is_said(smiles: str) -> None:
    with pytest.raises(DataError, match="does not tell how its unpaired electrons couple") as refused:
        from_smiles(smiles, "x")
    assert "--multiplicity" in str(refused.value)
    for said in (1, 3):
        molecule = from_smiles(smiles, "x", said=Said(multiplicity=said))
        assert (molecule.multiplicity, molecule.flags) == (said, ())


def test_another_state_than_the_drawn_one_is_flagged_and_what_is_said_is_no_doubt() -> None:
    assert from_smiles("O=O", "x").flags == (NOT_DRAWN,)
    assert from_smiles("O=O", "x", said=Said(multiplicity=1)).flags == ()
    assert from_smiles("[O][O]", "x").flags == ()
    assert from_smiles("CCO", "x").flags == ()


@pytest.mark.parametrize(("smiles", "energy"), [("[C]", -1.79329637), ("[CH]", -2.380918), ("[C]=C", -5.120054)])
def test_gfn2_energies_of_ground_states(smiles: str, energy: float) -> None:
    """The carbon atom's is the one that the level's card has: an atomization energy of nothing."""
    its = from_smiles(smiles, "x")
    task = calculation_for(Stage(level("gfn2-xtb"), RELAX), its.canonical_smiles, its.charge, its.multiplicity)
    assert calculate(task).energy_hartree == pytest.approx(energy, abs=2e-6)
