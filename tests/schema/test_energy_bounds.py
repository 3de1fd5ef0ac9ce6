"""An atomization energy that no bonds give is refused, with the unit that the total energy seems to be in."""

from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from good_rows import GOOD, MOLECULE, table_of, three
from hypothesis import given, settings
from hypothesis import strategies as st

from hemdata.catalog import label_places
from hemdata.chemistry.atct import Known, known_molecules
from hemdata.levels import level
from hemdata.schema import RULES
from hemdata.schema.energy_bounds import BOND_END_KCAL_MOL, MOST_BONDS, suspected_unit, too_loose, too_tight
from hemdata.shards import read
from hemdata.units import HARTREE_KCAL_MOL, IN_HARTREE

KCAL = "atomization_energy_kcal_mol"
SHIPPED = sorted(path for place in label_places() for path in place.iterdir())
QM9 = level("qm9")


@cache
def known() -> list[Known]:
    """Of the experiment. Where they are looked up takes seconds, which a process that only collects need not spend."""
    return known_molecules()[0]


def row(z: list[int], kcal: float, charge: int = 0, multiplicity: int = 1) -> dict[str, object]:
    """A molecule without a geometry whose atomization energy at QM9's atoms is given, kcal/mol."""
    energy = float(QM9.atom_energies()[z].sum()) - kcal / HARTREE_KCAL_MOL
    heavy = sum(n != 1 for n in z)
    place = {"positions": None, "geometry_level": None, "n_atoms": len(z), "n_heavy": heavy, "atomic_numbers": z}
    spin = {"charge": charge, "multiplicity": multiplicity}
    return GOOD["molecule"] | place | spin | {"energy_hartree": energy, KCAL: kcal}


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_shipped_labels_lie_well_within(folder: Path) -> None:
    """The tightest is a saccharide at GFN2-xTB, which binds carbon and oxygen too much."""
    rows = read(folder)
    assert not (too_loose(rows) | too_tight(rows)).any()
    half = rows.set_column(rows.schema.get_field_index(KCAL), KCAL, pc.multiply(rows[KCAL], 1.5))
    assert not too_tight(half).any()


def test_all_molecules_of_the_experiment_lie_within() -> None:
    """ATcT: from ozone (142 kcal/mol) to hydrogen fluoride, whose 135 are 68 for each end of a bond."""
    table = table_of(MOLECULE, *(row(list(one.atomic_numbers), one.d0_kcal_mol) for one in known()))
    assert not (too_loose(table) | too_tight(table)).any()
    largest = max(
        one.d0_kcal_mol / sum(list(MOST_BONDS.values())[z - 1] for z in one.atomic_numbers) for one in known()
    )
    assert largest == pytest.approx(67.6, abs=0.1)
    assert largest < 0.7 * BOND_END_KCAL_MOL


@pytest.mark.parametrize(
    ("what", "z", "kcal", "charge", "multiplicity"),
    [
        ("F2", [9, 9], 38.0, 0, 1),
        ("H2", [1, 1], 109.5, 0, 1),
        ("CO", [6, 8], 259.3, 0, 1),
        ("N2", [7, 7], 228.5, 0, 1),
        ("BF3", [5, 9, 9, 9], 470.0, 0, 1),
        ("SF6", [16, *[9] * 6], 484.0, 0, 1),
        ("HClO4", [1, 17, 8, 8, 8, 8], 430.0, 0, 1),
        ("a complex that hardly holds", [18, 1, 9], 0.01, 0, 1),
        # Atomization energy less the ionization energy: 152.6 - 213.6, and 109.5 - 355.7; CCCBDB.
        ("NO+", [7, 8], -61.0, 1, 1),
        ("H2+", [1, 1], -248.9, 1, 2),
        ("H4N2 2+", [7, 7, 1, 1, 1, 1], -200.0, 2, 1),
        ("Cl-, HF", [17, 1, 9], 250.0, -1, 1),
        ("OH-", [8, 1], 149.0, -1, 1),
    ],
)
def test_small_weakly_bound_and_charged_molecules_pass(
    what: str, z: list[int], kcal: float, charge: int, multiplicity: int
) -> None:
    made = row(z, 0.0, charge, multiplicity) | {KCAL: kcal, "energy_hartree": -100.0}
    assert MOLECULE.refused(three(MOLECULE, made)) == {}


@given(
    st.deferred(lambda: st.sampled_from(known())),
    st.sampled_from(["eV", "kcal/mol", "kJ/mol", "rydberg"]),
)
@settings(max_examples=80, deadline=None)
def test_a_total_energy_in_another_unit_is_refused_and_the_unit_named(one, unit) -> None:  # type: ignore[no-untyped-def]
    right = row(list(one.atomic_numbers), one.d0_kcal_mol)
    energy = float(right["energy_hartree"]) / IN_HARTREE[unit]  # type: ignore[arg-type]
    atoms = float(right["energy_hartree"]) + one.d0_kcal_mol / HARTREE_KCAL_MOL  # type: ignore[arg-type]
    table = table_of(MOLECULE, right | {"energy_hartree": energy, KCAL: (atoms - energy) * HARTREE_KCAL_MOL})
    assert RULES["bond_energies"](table).tolist() == [True]
    assert suspected_unit(table, 0) == f"in {unit}, not in hartree"
    assert MOLECULE.refused(table)[0].endswith(f"energy_hartree would be right in {unit}, not in hartree")


def test_hartree_that_were_taken_for_another_unit_are_named_too() -> None:
    """They come in as a fraction of the energy: nothing seems bound."""
    one = known()[-1]
    right = row(list(one.atomic_numbers), one.d0_kcal_mol)
    energy = float(right["energy_hartree"]) * IN_HARTREE["eV"]  # type: ignore[arg-type]
    atoms = float(right["energy_hartree"]) + one.d0_kcal_mol / HARTREE_KCAL_MOL  # type: ignore[arg-type]
    table = table_of(MOLECULE, right | {"energy_hartree": energy, KCAL: (atoms - energy) * HARTREE_KCAL_MOL})
    assert RULES["bound"](table).tolist() == [True]
    assert suspected_unit(table, 0) == "in hartree, not in eV"


def test_what_no_unit_mends_has_no_unit_named() -> None:
    table = table_of(MOLECULE, GOOD["molecule"] | {KCAL: -0.001})
    assert suspected_unit(table, 0) is None
    assert MOLECULE.refused(table) == {0: f"bound: {MOLECULE.rules['bound']}"}


def test_every_element_has_its_bonds() -> None:
    from hemdata.levels import SYMBOLS

    assert list(MOST_BONDS) == list(SYMBOLS[1:])
    assert isinstance(pa.array(MOST_BONDS.values()), pa.Int64Array)
