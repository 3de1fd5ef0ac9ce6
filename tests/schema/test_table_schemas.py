"""What a schema makes of whole tables: many bad rows at once, slices, chunks, empty tables, units, documentation."""

import math
import re
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from good_rows import GOOD, MOLECULE, distance, molecule_lists, table_of
from hypothesis import given, settings
from hypothesis import strategies as st

from hemdata.catalog import Column, SchemaCard, cards, schema_card
from hemdata.errors import DataError
from hemdata.schema import RULES, TableSchema, arrow_type, lists, table_schema
from hemdata.schema.columns import sound

METHANE = GOOD["molecule"]
SPOILED = {
    "id": "no colon", "inchikey": "x", "n_atoms": 0, "n_heavy": 501, "charge": 9, "multiplicity": 0,
    "energy_hartree": math.nan, "atomization_energy_kcal_mol": math.inf, "level": "no level", "geometry_level": "A",
    "flags": None, "atomic_numbers": [None], "positions": [math.nan],
}  # fmt: skip


def methanes(n: int) -> list[dict]:
    return [METHANE | {"id": f"qm9:{i}"} for i in range(n)]


@settings(deadline=None, max_examples=30)
@given(molecule_lists())
def test_valid_molecules_are_all_accepted(rows):
    assert MOLECULE.refused(table_of(MOLECULE, *rows)) == {}


@settings(deadline=None, max_examples=15)
@given(molecule_lists())
def test_pandera_finds_no_fault_in_columns_that_are_held_for_sound(rows):
    """It is asked of the others alone; each bad value of test_bad_values.py must be seen there to be refused."""
    table = table_of(MOLECULE, *rows)
    assert all(sound(column, table[column.name]) for column in MOLECULE.columns)
    MOLECULE.pandera(MOLECULE.columns).validate(table, lazy=True)


@pytest.mark.parametrize("name", cards("schema"))
def test_a_good_row_of_every_table_is_sound_to_pandera_too(name):
    schema = table_schema(name)
    table = table_of(schema, GOOD[name])
    assert all(sound(column, table[column.name]) for column in schema.columns)
    schema.pandera(schema.columns).validate(table, lazy=True)


@settings(deadline=None, max_examples=40)
@given(molecule_lists(smallest=1), st.data())
def test_one_spoiled_row_is_exactly_the_one_refused(rows, data):
    at = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.sampled_from(sorted(SPOILED)))
    rows[at] |= {column: SPOILED[column]}
    assert list(MOLECULE.refused(table_of(MOLECULE, *rows))) == [at]


@settings(deadline=None, max_examples=20)
@given(molecule_lists(smallest=2), st.data())
def test_several_spoiled_rows_are_all_located_whatever_the_slice_and_the_chunks(rows, data):
    at = data.draw(st.sets(st.integers(0, len(rows) - 1), min_size=1))
    for row in at:
        column = data.draw(st.sampled_from(sorted(SPOILED)))
        bad = f"no colon {row}" if column == "id" else SPOILED[column]  # two alike are refused in one slice alone
        rows[row] |= {column: bad}
    whole = table_of(MOLECULE, *rows)
    refused = MOLECULE.refused(whole)
    assert set(refused) == at
    cut = data.draw(st.integers(0, len(rows)))
    parts = [whole.slice(0, cut), whole.slice(cut)]
    chunked = pa.concat_tables([*parts, whole.slice(0, 0)])
    assert MOLECULE.refused(chunked) == refused
    assert MOLECULE.refused(parts[0]) == {row: why for row, why in refused.items() if row < cut}
    assert MOLECULE.refused(parts[1]) == {row - cut: why for row, why in refused.items() if row >= cut}


def atoms_agree(row):
    z = row["atomic_numbers"]
    return z is None or (len(z) == row["n_atoms"] and sum(n != 1 for n in z) == row["n_heavy"])


def positions_agree(row):
    z, xyz = row["atomic_numbers"], row["positions"]
    return xyz is None or (z is not None and len(xyz) == 3 * row["n_atoms"] and all(map(math.isfinite, xyz)))


def known_elements(row):
    return all(1 <= n <= 36 for n in row["atomic_numbers"] or [])


def parity(row):
    if row["atomic_numbers"] is None:
        return True
    electrons, unpaired = sum(row["atomic_numbers"]) - row["charge"], row["multiplicity"] - 1
    return unpaired <= electrons and electrons % 2 == unpaired % 2


def apart(row):
    xyz = row["positions"] or []
    atoms = len(xyz) // 3
    whole = len(xyz) == 3 * atoms
    return not whole or all(distance(xyz, i, j) >= 0.3 for i in range(atoms) for j in range(i) if finite(xyz, i, j))


def finite(xyz, i, j):
    return not math.isnan(distance(xyz, i, j))


def level_named(row):
    energy = row["energy_hartree"] is not None or row["atomization_energy_kcal_mol"] is not None
    geometry = row["positions"] is not None
    return not (energy and row["level"] is None) and not (geometry and row["geometry_level"] is None)


def bound(row):
    energy, atomization = row["energy_hartree"], row["atomization_energy_kcal_mol"]
    if (energy is None) != (atomization is None) or (energy is not None and row["atomic_numbers"] is None):
        return False
    return atomization is None or row["n_atoms"] <= 1 or atomization > -600 * max(row["charge"], 0)


def bond_energies(row):
    if row["atomization_energy_kcal_mol"] is None or row["atomic_numbers"] is None:
        return True
    ends = sum({1: 1, 6: 4, 8: 3, 36: 2}.get(z, 0) for z in row["atomic_numbers"])
    return row["atomization_energy_kcal_mol"] <= 100 * ends + 120 * max(-row["charge"], 0)


RULES_IN_PLAIN_WORDS = (
    atoms_agree, positions_agree, known_elements, parity, apart, level_named, bound, bond_energies
)  # fmt: skip
PLAIN = {rule.__name__: rule for rule in RULES_IN_PLAIN_WORDS}
COORDINATES = st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0, math.nan, math.inf])
ANY_ROW = st.fixed_dictionaries(
    {
        "atomic_numbers": st.none() | st.lists(st.sampled_from([0, 1, 6, 8, 36, 37, 255]), max_size=4),
        "positions": st.none() | st.lists(COORDINATES, max_size=13),
        "n_atoms": st.integers(0, 5),
        "n_heavy": st.integers(0, 5),
        "charge": st.integers(-8, 8),
        "multiplicity": st.integers(0, 5),
        "energy_hartree": st.none() | st.just(-40.0),
        "atomization_energy_kcal_mol": st.none() | st.sampled_from([-700.0, -1.0, 0.0, 1.0, 450.0]),
        "level": st.none() | st.just("qm9"),
        "geometry_level": st.none() | st.just("qm9"),
    }
)


@settings(deadline=None, max_examples=150)
@given(st.lists(ANY_ROW, max_size=8), st.integers(0, 8), st.integers(0, 8))
def test_every_rule_against_plain_python_on_any_rows_slices_and_chunks(rows, first, cut):
    table = table_of(MOLECULE, *(METHANE | row for row in rows))
    table = pa.concat_tables([table.slice(0, cut), table.slice(cut)]).slice(first)
    for name, right in PLAIN.items():
        assert RULES[name](table).tolist() == [not right(row) for row in rows[first:]], name


def test_the_plain_rules_are_all_the_rules():
    assert set(PLAIN) == set(RULES)


@pytest.mark.parametrize("name", cards("schema"))
def test_an_empty_table_is_a_good_table(name):
    schema = table_schema(name)
    assert schema.refused(schema.arrow.empty_table()) == {}
    no_chunks = pa.table([pa.chunked_array([], type=field.type) for field in schema.arrow], schema=schema.arrow)
    assert schema.refused(no_chunks) == {}


def test_lists_of_a_slice_are_those_of_the_slice():
    column = pa.chunked_array([[[1, 2], None, []], [[3], [4, None]]], type=pa.list_(pa.uint8()))
    for first in range(6):
        values, offsets = lists(column.slice(first))
        rows = [values[a:b].tolist() for a, b in pairwise(offsets)]
        assert rows == [[1, 2], [], [], [3], [4, 0]][first:]


def test_a_null_row_over_hidden_values_has_none():
    """An Arrow list may be null and still own values in its buffer."""
    z, null = pa.array([6, 1, 8, 1], pa.uint8()), pa.array([True, False])
    hidden = pa.ListArray.from_arrays(pa.array([0, 2, 4]), z, mask=null)
    values, offsets = lists(pa.chunked_array([hidden]))
    assert (values.tolist(), offsets.tolist()) == ([8, 1], [0, 0, 2])


def test_many_molecules_of_one_size_are_compared_in_parts(monkeypatch):
    monkeypatch.setattr("hemdata.schema.rules.PAIRS_AT_ONCE", 25)
    rows = methanes(23)
    for row in (0, 7, 22):
        rows[row] |= {"positions": [0.0] * 15}
    assert np.flatnonzero(RULES["apart"](table_of(MOLECULE, *rows))).tolist() == [0, 7, 22]


def test_every_later_row_of_an_id_given_again_is_refused():
    rows = methanes(6)
    rows[3]["id"] = rows[5]["id"] = rows[1]["id"]
    refused = MOLECULE.refused(table_of(MOLECULE, *rows))
    assert list(refused) == [3, 5]
    assert all("stands twice (got qm9:1)" in reason for reason in refused.values())


def test_all_faults_of_the_values_of_a_row_are_told():
    (reason,) = MOLECULE.refused(table_of(MOLECULE, METHANE | {"charge": 9, "inchikey": "x"})).values()
    assert "charge: " in reason
    assert "(got 9)" in reason
    assert "inchikey: " in reason
    assert "(got x)" in reason


def test_check_names_the_table_the_first_bad_row_its_id_the_reason_and_how_many():
    rows = methanes(9)
    rows[4]["charge"] = 9
    rows[7]["multiplicity"] = 2
    with pytest.raises(DataError) as caught:
        MOLECULE.check(table_of(MOLECULE, *rows), where="part-00003.parquet")
    said = str(caught.value)
    assert "2 of 9 rows" in said
    assert "part-00003.parquet, row 4 (qm9:4)" in said
    assert "charge: in_range(-8, 8) (got 9)" in said


def test_thousands_of_bad_rows_are_located_in_one_pass():
    """Each call of the validator costs milliseconds: a search that calls it per row would take minutes here."""
    rows = methanes(4000)
    for row in rows[::2]:
        row["charge"] = 9
    asked = []
    schema = TableSchema(schema_card("molecule"))
    validator = schema.pandera
    schema.pandera = lambda columns: asked.append([column.name for column in columns]) or validator(columns)
    assert list(schema.refused(table_of(schema, *rows))) == list(range(0, 4000, 2))
    assert asked == [["charge"]]


@pytest.mark.parametrize("name", cards("schema"))
def test_units_and_meanings_stand_in_the_arrow_schema(name):
    schema = table_schema(name)
    for column in schema.columns:
        field = schema.arrow.field(column.name)
        assert field.metadata[b"unit"].decode() == (column.unit or "")
        assert field.metadata[b"meaning"].decode() == column.meaning
        assert field.type == arrow_type(column.type)
        assert field.nullable is column.nullable
    version = schema.version.encode()
    assert schema.arrow.metadata == {b"hemdata.schema": name.encode(), b"hemdata.schema_version": version}


@pytest.mark.parametrize("name", cards("schema"))
def test_a_column_s_name_ends_in_its_unit(name):
    ends = {"hartree": "_hartree", "kcal/mol": "_kcal_mol", "s": "seconds"}
    for column in table_schema(name).columns:
        if column.unit in ends:
            value = re.sub("_(low|high)$", "", column.name)  # the ends of an interval
            assert value.endswith(ends[column.unit])


@pytest.mark.parametrize("name", cards("schema"))
def test_the_documentation_has_a_line_for_every_column_and_rule(name):
    schema = table_schema(name)
    text = schema.markdown()
    for column in schema.columns:
        assert re.search(rf"^\| `{column.name}` \| {re.escape(column.type)} \|", text, re.MULTILINE)
    assert all(f"| `{rule}` |" in text for rule in schema.rules)


GAP = Column(name="gap_ev", type="double", unit="eV", minimum=0.0, nullable=True, meaning="HOMO-LUMO gap")
SPECTRUM = Column(name="frequencies_cm1", type="list<double>", minimum=0.0, maximum=9000.0, meaning="spectrum, 1/cm")


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        ({"gap_ev": -0.1}, "gap_ev"),
        ({"gap_ev": math.nan}, "gap_ev"),
        ({"gap_ev": math.inf}, "gap_ev"),
        ({"frequencies_cm1": None}, "frequencies_cm1"),
        ({"frequencies_cm1": [100.0, None]}, "frequencies_cm1: a null inside the list"),
        ({"frequencies_cm1": [100.0, math.nan]}, "frequencies_cm1: not finite"),
        ({"frequencies_cm1": [-1.0]}, "frequencies_cm1: an element below 0.0"),
        ({"frequencies_cm1": [9000.1]}, "frequencies_cm1: an element above 9000.0"),
    ],
    ids=str,
)
def test_a_dataset_s_own_properties_are_checked_too(edit, reason):
    schema = table_schema("molecule", [GAP, SPECTRUM])
    good = METHANE | {"gap_ev": None, "frequencies_cm1": []}
    refused = schema.refused(table_of(schema, good | {"id": "qm9:1"}, good | edit, good | {"id": "qm9:3"}))
    assert list(refused) == [1]
    assert refused[1].startswith(reason)


# Every way in which a bound, a choice or an allowed NaN can be declared for a single value.
@pytest.mark.parametrize(
    ("column", "good", "bad"),
    [
        ({"type": "int64", "minimum": 0}, [0, 2**62], [-1]),
        ({"type": "uint64", "maximum": 5}, [0, 5], [6, 2**62]),
        ({"type": "int8", "minimum": -3, "maximum": 3}, [-3, 3], [-4, 4]),
        ({"type": "double", "maximum": 1}, [-1e300, 1.0], [1.5, math.inf, -math.inf, math.nan]),
        ({"type": "double", "finite": False}, [math.nan, math.inf, -math.inf, 1.0], []),
        ({"type": "double", "finite": False, "minimum": 0}, [math.inf, 0.0], [-1.0, math.nan, -math.inf]),
        ({"type": "string", "choices": ["a", "b"]}, ["a", "b"], ["c", "", "ab"]),
        ({"type": "bool"}, [True, False], [None]),
        ({"type": "int32", "unique": True}, [1, 2], []),
        ({"type": "list<uint8>", "maximum": 3}, [[], [3]], [[4], [1, 200], None]),
        ({"type": "list<string>"}, [[], [""]], [[None], None]),
    ],
    ids=str,
)
def test_each_kind_of_check(column, good, bad):
    made = SchemaCard(name="made-up", version="1.0", about="x", columns=[Column(name="x", meaning="x", **column)])
    schema = TableSchema(made)
    values = [value for one in bad for value in (good[0], one)] if not column.get("unique") else []
    table = table_of(schema, *({"x": value} for value in [*good, *values]))
    assert list(schema.refused(table)) == [len(good) + 2 * i + 1 for i in range(len(bad))]


def test_a_pattern_that_the_engine_cannot_read_passes_nothing_in_silence():
    column = Column(name="x", type="string", pattern="^(?=a)a$", meaning="x")  # Python's re reads it, Arrow's RE2 not
    schema = TableSchema(SchemaCard(name="made-up", version="1.0", about="x", columns=[column]))
    with pytest.raises(DataError, match="could not be made"):
        schema.check(table_of(schema, {"x": "a"}))


def test_a_property_may_not_bear_a_column_s_name():
    with pytest.raises(DataError, match="twice") as caught:
        table_schema("molecule", [Column(name="charge", type="int8", meaning="again")])
    assert "charge" in str(caught.value)


def test_a_rule_that_nobody_wrote():
    card = schema_card("molecule").model_copy(update={"rules": {"aromatic": "it smells"}})
    with pytest.raises(DataError, match="aromatic"):
        TableSchema(card)
