"""Levels of theory: their atoms, their hashes, and atomization energies against published numbers and plain Python."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemdata.catalog import LevelCard, cards, level_card
from hemdata.errors import CallError, DataError
from hemdata.levels import (
    ATOMIC_NUMBERS,
    SYMBOLS,
    Level,
    atomization_energies,
    level,
    level_hash,
    one_level,
    with_atomization,
)
from hemdata.schema import table_schema
from hemdata.units import HARTREE_KCAL_MOL

METHANE = [6, 1, 1, 1, 1]
# gdb_1 of QM9 (dsgdb9nsd_000001.xyz): U0 and zero-point vibrational energy, hartree.
GDB_1_U0, GDB_1_ZPVE = -40.47893, 0.044749


def of_one(energy: float, z: list[int], its: Level) -> float:
    return float(atomization_energies([energy], np.array(z), np.array([0, len(z)]), its)[0])


def test_one_hartree_is_codata_s():
    joule, avogadro, calorie = 4.3597447222071e-18, 6.02214076e23, 4.184  # CODATA 2018; thermochemical calorie
    assert joule * avogadro / calorie / 1000 == pytest.approx(HARTREE_KCAL_MOL, rel=1e-12)


def test_symbols_and_atomic_numbers_are_those_of_the_periodic_table():
    assert {SYMBOLS[1], SYMBOLS[6], SYMBOLS[9], SYMBOLS[17], SYMBOLS[26], SYMBOLS[35], SYMBOLS[36]} == set(
        "H C F Cl Fe Br Kr".split()
    )
    assert all(SYMBOLS[z] == symbol for symbol, z in ATOMIC_NUMBERS.items())
    assert sorted(ATOMIC_NUMBERS.values()) == list(range(1, 37))


def test_methane_of_qm9_electronic_energy_and_atomization_energy():
    """QM9's gdb_1: U0 - zpve against the atoms of QM9's own atomref.txt (U at 0 K)."""
    electronic = GDB_1_U0 - GDB_1_ZPVE
    assert electronic == pytest.approx(-40.523679, abs=5e-7)
    atoms = -37.846772 + 4 * -0.500273
    assert of_one(electronic, METHANE, level("qm9")) == pytest.approx((atoms - electronic) * 627.5094740631, abs=1e-9)
    assert of_one(electronic, METHANE, level("qm9")) == pytest.approx(424.080, abs=5e-4)


def test_methane_of_qm9_with_zero_point_energy_left_in_is_the_number_others_publish():
    """MoleculeNet's table of QM9 gives u0_atom = -395.99959 kcal/mol for gdb_1: 28 kcal/mol from the electronic one."""
    assert of_one(GDB_1_U0, METHANE, level("qm9")) == pytest.approx(395.99959, abs=1e-3)
    left_in = of_one(GDB_1_U0 - GDB_1_ZPVE, METHANE, level("qm9")) - of_one(GDB_1_U0, METHANE, level("qm9"))
    assert left_in == pytest.approx(GDB_1_ZPVE * HARTREE_KCAL_MOL, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "atoms"),
    [
        ("qm9", {"H": -0.500273, "C": -37.846772, "N": -54.583861, "O": -75.064579, "F": -99.718730}),
        ("pc9", {"H": -0.500273, "C": -37.846280, "N": -54.584490, "O": -75.060621, "F": -99.715535}),
    ],
)
def test_published_atoms(name, atoms):
    """QM9: atomref.txt of the data set. PC9: B3LYP (VWN-RPA)/6-31G* with Cartesian d, UKS, grid level 5."""
    assert level(name).atoms == {ATOMIC_NUMBERS[symbol]: energy for symbol, energy in atoms.items()}


def test_atoms_of_the_wrong_level_move_methane_by_a_third_of_a_kcal():
    wrong = of_one(-40.523679, METHANE, level("pc9")) - of_one(-40.523679, METHANE, level("qm9"))
    assert wrong == pytest.approx(0.000492 * HARTREE_KCAL_MOL, abs=1e-6)


def test_gfn2_atoms_are_those_that_tblite_gives():
    interface = pytest.importorskip("tblite.interface")
    for symbol, unpaired in {"H": 1, "C": 2, "N": 3, "O": 2, "F": 1}.items():
        atom = interface.Calculator("GFN2-xTB", np.array([ATOMIC_NUMBERS[symbol]]), np.zeros((1, 3)), uhf=unpaired)
        atom.set("verbosity", 0)
        energy = float(atom.singlepoint().get("energy"))
        assert level("gfn2-xtb").atoms[ATOMIC_NUMBERS[symbol]] == pytest.approx(energy, abs=1e-7), symbol


@pytest.mark.parametrize("name", cards("level"))
def test_every_shipped_level_has_the_atoms_of_its_chemistry(name):
    its = level(name)
    assert its.name == name
    assert {1, 6, 7, 8, 9} <= set(its.atoms)
    assert all(energy < 0 for energy in its.atoms.values())
    table = its.atom_energies()  # (37,) hartree
    assert {z for z in range(len(SYMBOLS)) if not math.isnan(table[z])} == set(its.atoms)


def test_an_unknown_level_lists_the_known_ones():
    with pytest.raises(CallError, match="gfn2-xtb"):
        level("b3lyp")


def test_a_level_with_an_element_that_is_none(tmp_path):
    path = tmp_path / "mine.yaml"
    card = level_card("gfn2-xtb").model_dump(mode="json", exclude_none=True)
    path.write_text(str(card | {"name": "mine", "atoms_hartree": {"H": -0.4, "Xx": -1.0}}), encoding="utf-8")
    with pytest.raises(DataError, match="Xx"):
        level(path)


# What a level is, and what it is called.
def changed(**update: object) -> LevelCard:
    return LevelCard.model_validate(level_card("qm9").model_dump() | update)


@pytest.mark.parametrize(
    "update",
    [
        {"name": "other"}, {"title": "other"}, {"about": "other"}, {"atoms_hartree": {"H": -0.5}},
        {"atoms_source": "other"}, {"cite": []},
    ],
    ids=str,
)  # fmt: skip
def test_the_hash_does_not_depend_on_what_a_level_is_called(update):
    assert level_hash(changed(**update)) == level_hash(level_card("qm9"))


@pytest.mark.parametrize(
    "update",
    [
        {"method": "b3lyp5"}, {"basis": {"name": "6-31g"}}, {"basis": {"name": "6-31g(2df,p)"}},
        {"angular": "spherical"}, {"grid_level": 3},
        {"engine": "tblite", "basis": None, "angular": None, "grid_level": None},
    ],
    ids=str,
)  # fmt: skip
def test_the_hash_depends_on_what_defines_the_level(update):
    assert level_hash(changed(**update)) != level_hash(level_card("qm9"))


def test_one_exponent_is_another_level():
    shells = level_card("qm9").model_dump()["basis"]["added_shells"]
    other = {"name": "6-31g", "added_shells": shells | {"H": [(1, 1.0)]}}
    assert level_hash(changed(basis=other)) != level_hash(level_card("qm9"))


def test_the_order_of_the_elements_in_a_card_is_no_definition():
    shells = level_card("qm9").model_dump()["basis"]["added_shells"]
    other = {"name": "6-31g", "added_shells": dict(reversed(shells.items()))}
    assert level_hash(changed(basis=other)) == level_hash(level_card("qm9"))


def test_the_hashes_of_the_shipped_levels_differ_but_for_two_names_of_one_definition():
    hashes = {name: level(name).hash for name in cards("level")}
    assert hashes["od9"] == hashes["pc9"]
    assert len(set(hashes.values())) == len(hashes) - 1
    assert all(len(each) == 12 and int(each, 16) >= 0 for each in hashes.values())


def test_the_hashes_stay_from_version_to_version():
    """A hash that changes without its level's definition takes the word from every shard folder built before."""
    assert {name: level(name).hash for name in ("qm9", "pc9", "gfn2-xtb")} == {
        "qm9": "5176334340dc",
        "pc9": "f11a981e2078",
        "gfn2-xtb": "e2f53d01c25e",
    }


# Levels do not mix.
def test_one_level_gives_the_one_that_all_share():
    assert one_level(["qm9", None, "qm9"]) == "qm9"
    assert one_level(name for name in ["pc9"]) == "pc9"


def test_two_levels_are_refused_and_both_named():
    with pytest.raises(DataError) as caught:
        one_level(["qm9", "pc9", "qm9"], where="AlQM9")
    said = str(caught.value)
    assert "pc9 and qm9" in said
    assert "AlQM9" in said
    assert caught.value.exit_code == 1


@pytest.mark.parametrize("names", [[], [None, None]])
def test_no_level_at_all_is_refused(names):
    with pytest.raises(DataError, match="no energy with a level"):
        one_level(names)


# Atomization energies.
QM9_ATOMS = st.sampled_from([1, 6, 7, 8, 9])
MOLECULES = st.lists(st.tuples(st.lists(QM9_ATOMS, max_size=12), st.floats(-2000, 0)), max_size=12)


def flat(molecules: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    offsets = np.concatenate([[0], np.cumsum([len(z) for z in molecules])]).astype(np.int64)
    return np.array([n for z in molecules for n in z], dtype=np.uint8), offsets


def in_plain_python(energy: float, z: list[int], its: Level) -> float:
    return (math.fsum(its.atoms[n] for n in z) - energy) * HARTREE_KCAL_MOL


@settings(deadline=None, max_examples=200)
@given(MOLECULES)
def test_atomization_energies_against_a_plain_loop(molecules):
    its = level("qm9")
    z, offsets = flat([z for z, _ in molecules])
    found = atomization_energies([energy for _, energy in molecules], z, offsets, its)
    assert found.dtype == np.float64
    assert found == pytest.approx([in_plain_python(energy, z, its) for z, energy in molecules], rel=1e-12, abs=1e-6)


@settings(deadline=None, max_examples=100)
@given(MOLECULES, st.integers(0, 12), st.integers(0, 12))
def test_a_slice_of_the_offsets_gives_the_slice_of_the_energies(molecules, first, last):
    """Atoms before the first offset and behind the last one belong to no molecule of the slice."""
    last = max(min(last, len(molecules)), first := min(first, len(molecules)))
    its = level("qm9")
    z, offsets = flat([z for z, _ in molecules])
    energy = np.array([energy for _, energy in molecules])
    whole = atomization_energies(energy, z, offsets, its)
    part = atomization_energies(energy[first:last], z, offsets[first : last + 1], its)
    assert part.tolist() == whole[first:last].tolist()


def test_a_molecule_without_atoms_has_the_sum_zero_wherever_it_stands():
    z, offsets = flat([[], METHANE, [], [], [8], []])
    found = atomization_energies([-1.0, -40.0, -2.0, 0.0, -75.0, -3.0], z, offsets, level("qm9")) / HARTREE_KCAL_MOL
    expected = [1.0, 40.0 - 37.846772 - 4 * 0.500273, 2.0, 0.0, 75.0 - 75.064579, 3.0]
    assert found == pytest.approx(expected, abs=1e-12)


def test_no_molecules():
    assert atomization_energies([], np.array([], dtype=np.uint8), np.array([0]), level("qm9")).shape == (0,)


def test_an_unknown_energy_stays_unknown():
    z, offsets = flat([METHANE, METHANE])
    found = atomization_energies([math.nan, -40.5], z, offsets, level("qm9"))
    assert np.isnan(found).tolist() == [True, False]


def test_no_digits_are_lost_over_a_large_set():
    """A running sum over 200,000 molecules would be wrong in the tenth digit by the end."""
    z, offsets = flat([METHANE] * 200_000)
    found = atomization_energies(np.full(200_000, -40.523679), z, offsets, level("qm9"))
    assert np.abs(found - in_plain_python(-40.523679, METHANE, level("qm9"))).max() < 1e-9


@pytest.mark.parametrize(
    ("z", "named"),
    [(17, "Cl"), (36, "Kr"), (0, "atomic number 0"), (37, "atomic number 37"), (255, "atomic number 255")],
)
def test_a_missing_atom_is_named(z, named):
    with pytest.raises(DataError) as caught:
        of_one(-500.0, [6, 1, z], level("qm9"))
    said = str(caught.value)
    assert "'qm9'" in said
    assert f"atom of {named}." in said
    assert "expected: H, C, N, O, F" in said


def test_all_missing_atoms_are_named_once():
    with pytest.raises(DataError, match="atom of Cl, Br"):
        of_one(-500.0, [35, 17, 35, 6], level("qm9"))


@pytest.mark.parametrize(
    ("energies", "offsets"), [([-1.0], [0, 2, 5]), ([-1.0, -2.0], [0, 5]), ([-1.0], [0, 9]), ([-1.0, -1.0], [0, 5, 3])]
)
def test_arrays_that_do_not_go_together(energies, offsets):
    with pytest.raises(ValueError, match="do not go together"):
        atomization_energies(energies, np.array(METHANE), np.array(offsets), level("qm9"))


# The same on molecule tables.
SCHEMA = table_schema("molecule")


def molecule(number: int, z: list[int] | None, energy: float | None, **more: object) -> dict[str, object]:
    heavy = sum(n != 1 for n in z or [])
    row = {"id": f"made-up:{number}", "atomic_numbers": z, "n_atoms": len(z or []), "n_heavy": heavy, "charge": 0}
    return row | {"multiplicity": 1, "energy_hartree": energy, "level": "qm9", "flags": []} | more


def table_of(*rows: dict[str, object]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=SCHEMA.arrow)


MIXED = [
    molecule(0, METHANE, -40.523679),
    molecule(1, [17, 17], None),  # an element that the level has none of, but no energy either
    molecule(2, METHANE, None, atomization_energy_kcal_mol=1.0),
    molecule(3, None, -40.0),
    molecule(4, [], -40.0),
    molecule(5, [8, 1, 1], -76.4, atomization_energy_kcal_mol=1.0),
]


def test_a_table_gets_the_energies_of_the_rows_that_have_one_and_atoms():
    table = with_atomization(table_of(*MIXED), level("qm9"))
    its = level("qm9")
    methane, water = in_plain_python(-40.523679, METHANE, its), in_plain_python(-76.4, [8, 1, 1], its)
    found = table["atomization_energy_kcal_mol"].to_pylist()
    assert found == [pytest.approx(methane), None, None, None, None, pytest.approx(water)]
    assert table.schema.equals(SCHEMA.arrow, check_metadata=True)
    rest = [name for name in table.schema.names if name != "atomization_energy_kcal_mol"]
    assert table.select(rest).equals(table_of(*MIXED).select(rest))


@pytest.mark.parametrize("first", range(7))
def test_slices_and_chunks_of_a_table_get_the_same_energies(first):
    whole = table_of(*MIXED)
    chunked = pa.concat_tables([whole.slice(0, 2), whole.slice(2, 0), whole.slice(2)])
    expected = with_atomization(whole, level("qm9")).slice(first)
    assert with_atomization(whole.slice(first), level("qm9")).equals(expected)
    assert with_atomization(chunked.slice(first), level("qm9")).equals(expected)


def test_a_row_with_an_energy_and_a_foreign_element_is_refused():
    with pytest.raises(DataError, match="Cl"):
        with_atomization(table_of(molecule(0, [17, 17], -920.0)), level("qm9"))
