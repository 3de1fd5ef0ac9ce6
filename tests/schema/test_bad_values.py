"""A deliberately bad value for every check of every column of every table, and for every rule: each is seen refused.

The cases come from the cards themselves: a new column, check or rule without a bad value here fails a test.
"""

import math
from typing import Any

import pyarrow as pa
import pytest
from good_rows import GOOD, MOLECULE, three

from hemdata.catalog import Column, cards
from hemdata.errors import DataError
from hemdata.schema import RULES, arrow_type, table_schema

SCHEMAS = {name: table_schema(name) for name in cards("schema")}

# Columns that may hold anything of their type; nothing but a wrong type is refused there.
FREE = {
    ("molecule", "smiles"), ("molecule", "canonical_smiles"), ("prediction", "smiles"), ("rejected", "detail"),
    ("rejected", "text"),
}  # fmt: skip

WORD = ["", "two words", " painn", "painn ", "painn\n"]
NAME = ["", "Demo", "de mo", "-demo", "demo\n", "démo"]
LEVEL = ["", "GFN2", "gfn2 xtb", "gfn2/xtb", "qm9\n"]
CELL = ["", "painn", "painn-qm9-640", "painn-qm9-s0-640", "painn-qm9-640-s", "painn-qm 9-640-s0", "a/b-qm9-640-s0"]
HASH = ["", "0123456", "0123456G", "ABCDEF01", "0123456789 ab", "a" * 65]
BAD_TEXTS: dict[tuple[str, str], list[str]] = {
    ("molecule", "id"): ["", "gdb_1", "QM9:gdb_1", ":gdb_1", "qm9:", "qm9:gdb 1", "qm9:gdb_1\n", " qm9:gdb_1"],
    ("molecule", "inchikey"): [
        "", "VNWKTOKETHGBQD", "vnwktokethgbqd-uhfffaoysa-n", "VNWKTOKETHGBQD-UHFFFAOYSA-N\n",
        "InChIKey=VNWKTOKETHGBQD-UHFFFAOYSA-N", "VNWKTOKETHGBQD-UHFFFAOYSA-", "VNWKTOKETHGBQ1-UHFFFAOYSA-N",
    ],
    ("molecule", "level"): LEVEL,
    ("molecule", "geometry_level"): LEVEL,
    **{(table, "study"): NAME for table in ("prediction", "cell", "curve")},
    **{(table, "cell"): CELL for table in ("prediction", "cell", "curve")},
    **{(table, "network"): WORD for table in ("prediction", "cell", "curve")},
    **{(table, "training_set"): WORD for table in ("prediction", "cell", "curve")},
    **{(table, "level"): WORD for table in ("prediction", "cell")},
    ("prediction", "group"): WORD,
    ("prediction", "molecule_id"): WORD,
    ("round", "improvement"): NAME,
    ("round", "group"): ["", " azoxy"],
    ("round", "training_set"): WORD,
    ("cell", "device"): ["", " cpu"],
    **{("cell", name): HASH for name in ("split_hash", "data_hash", "checkpoint_hash")},
    ("cell", "versions"): ["", "torch 2.9", '"torch"', '{"torch": "2.9"'],
}  # fmt: skip

Z, XYZ = GOOD["molecule"]["atomic_numbers"], GOOD["molecule"]["positions"]
BAD_RULES: dict[str, list[dict[str, Any]]] = {
    "atoms_agree": [
        {"n_atoms": 4, "positions": XYZ[:12]}, {"n_atoms": 6, "positions": None}, {"n_heavy": 0}, {"n_heavy": 2},
        {"atomic_numbers": [], "positions": None, "multiplicity": 1},
    ],
    "positions_agree": [
        {"positions": XYZ[:14]}, {"positions": XYZ[:12]}, {"positions": []}, {"positions": [*XYZ, 9.0, 9.0, 9.0]},
        {"atomic_numbers": None, "energy_hartree": None, "atomization_energy_kcal_mol": None},
    ],
    "known_elements": [
        {"atomic_numbers": [0, 1, 1, 1, 1]}, {"atomic_numbers": [37, 1, 1, 1, 1], "multiplicity": 2},
        {"atomic_numbers": [255, 1, 1, 1, 1], "multiplicity": 2},
    ],
    "parity": [
        {"multiplicity": 2}, {"charge": 1}, {"charge": -1}, {"charge": 1, "multiplicity": 1},
        {"atomic_numbers": [7, 1, 1, 1, 1]},
        # two electrons, four of them unpaired; and fewer electrons than none
        {"atomic_numbers": [1, 1], "n_atoms": 2, "n_heavy": 0, "positions": XYZ[:6], "multiplicity": 5},
        {"atomic_numbers": [1, 1], "n_atoms": 2, "n_heavy": 0, "positions": XYZ[:6], "charge": 4},
    ],
    "apart": [
        {"positions": XYZ[:3] + XYZ[:12]}, {"positions": [0.0] * 15},
        {"positions": [*XYZ[:12], XYZ[9] + 0.29, XYZ[10], XYZ[11]]},
        {"positions": [*XYZ[:12], XYZ[0] + 0.17, XYZ[1] + 0.17, XYZ[2] - 0.17]},
    ],
    "level_named": [{"level": None}, {"geometry_level": None}],
    "bound": [
        {"atomization_energy_kcal_mol": -0.001}, {"atomization_energy_kcal_mol": 0.0},
        {"atomization_energy_kcal_mol": None}, {"energy_hartree": None},
        {"atomic_numbers": None, "positions": None},
        {"atomization_energy_kcal_mol": -600.1, "charge": 1, "multiplicity": 2},
    ],
    "bond_energies": [
        {"atomization_energy_kcal_mol": 800.1}, {"atomization_energy_kcal_mol": 920.1, "charge": -1, "multiplicity": 2},
        {"atomic_numbers": [8], "positions": [0.0] * 3, "n_atoms": 1, "atomization_energy_kcal_mol": 300.1},
    ],
}  # fmt: skip


def can_hold(column: Column, value: Any) -> bool:
    """Whether Arrow itself lets the column's type hold the value (an unsigned number is never below 0)."""
    try:
        pa.array([value], arrow_type(column.type))
    except (OverflowError, pa.ArrowInvalid):
        return False
    return True


def bad_values(table: str, column: Column) -> list[tuple[str, Any, str]]:
    """(which check, bad value, words of the reason) of every check that a column's card declares."""
    inside = column.type.startswith("list")
    found: list[tuple[str, Any, str]] = []
    if not column.nullable:
        found.append(("null", None, "not_nullable"))
    if inside:
        good = GOOD[table][column.name]
        found.append(("null inside", [None, *good[1:]], "a null inside the list"))
        found.append(("null at the end", [*good, None], "a null inside the list"))
    if column.finite and "double" in column.type:
        for name, value in (("NaN", math.nan), ("inf", math.inf), ("-inf", -math.inf)):
            if inside:
                found.append((name, [value, *GOOD[table][column.name][1:]], "not finite"))
            else:
                found.append((name, value, "in_range"))
    for name, edge, sign in (("minimum", column.minimum, -1), ("maximum", column.maximum, 1)):
        if edge is not None:
            beyond = edge + sign * 1e-6 * max(1.0, abs(edge)) if "double" in column.type else int(edge) + sign
            found.append((name, [beyond] if inside else beyond, "element" if inside else "in_range"))
    if column.pattern is not None:
        found += [("pattern", text, "str_matches") for text in BAD_TEXTS.get((table, column.name), [])]
    if column.choices is not None:
        found.append(("choices", "none of them", "isin"))
    if column.unique:
        found.append(("unique", f"{GOOD[table][column.name]}.a", "stands twice"))
    return [case for case in found if can_hold(column, case[1])]


CASES = [
    pytest.param(table, column, value, words, id=f"{table}.{column.name}-{check}-{value!r:.40}")
    for table, schema in SCHEMAS.items()
    for column in schema.columns
    for check, value, words in bad_values(table, column)
]


@pytest.mark.parametrize("table", SCHEMAS)
def test_the_good_row_passes(table):
    assert SCHEMAS[table].refused(three(SCHEMAS[table], GOOD[table])) == {}
    SCHEMAS[table].check(three(SCHEMAS[table], GOOD[table]))


@pytest.mark.parametrize(("table", "column", "value", "words"), CASES)
def test_a_bad_value_is_refused_for_its_reason(table, column, value, words):
    schema = SCHEMAS[table]
    refused = schema.refused(three(schema, GOOD[table] | {column.name: value}))
    assert list(refused) == [1]
    assert refused[1].startswith(f"{column.name}: ")
    assert words in refused[1]


@pytest.mark.parametrize(("rule", "edit"), [(rule, edit) for rule, edits in BAD_RULES.items() for edit in edits])
def test_a_row_that_breaks_a_rule_is_refused_for_it(rule, edit):
    table = three(MOLECULE, GOOD["molecule"] | edit)
    broken = RULES[rule](table)
    assert broken.tolist() == [False, True, False]
    refused = MOLECULE.refused(table)
    assert list(refused) == [1]
    first = next(name for name in MOLECULE.rules if RULES[name](table)[1])
    assert refused[1] == f"{first}: {MOLECULE.rules[first]}"


@pytest.mark.parametrize("rule", BAD_RULES)
def test_a_rule_speaks_for_itself_at_least_once(rule):
    """Not every bad row of a rule may be caught by another rule first: then the rule itself could be gone unseen."""
    firsts = [MOLECULE.refused(three(MOLECULE, GOOD["molecule"] | edit))[1] for edit in BAD_RULES[rule]]
    assert any(reason.startswith(f"{rule}: ") for reason in firsts)


@pytest.mark.parametrize(("table", "column"), [(t, c) for t, s in SCHEMAS.items() for c in s.columns], ids=str)
def test_complete_every_column_has_a_bad_value(table, column):
    checks = {check for check, _, _ in bad_values(table, column)}
    free = (table, column.name) in FREE
    assert bool(checks) != free, "give the new column a check and a bad value, or list it as free"
    if column.pattern is not None:
        assert "pattern" in checks, f"BAD_TEXTS has no bad value for {table}.{column.name}"


def test_complete_every_bad_text_belongs_to_a_column():
    patterned = {(table, c.name) for table, schema in SCHEMAS.items() for c in schema.columns if c.pattern}
    assert set(BAD_TEXTS) == patterned


def test_complete_every_rule_has_a_bad_row():
    assert set(BAD_RULES) == set(RULES) == set(MOLECULE.rules)


def test_complete_every_table_has_a_good_row():
    assert set(GOOD) == set(SCHEMAS)


# Edges that are still right.
@pytest.mark.parametrize(
    "edit",
    [
        {"positions": [*XYZ[:12], XYZ[9] + 0.301, XYZ[10], XYZ[11]]},
        {"multiplicity": 3},
        {"charge": 1, "multiplicity": 2},
        {"atomization_energy_kcal_mol": 800.0},
        {"atomization_energy_kcal_mol": 919.9, "charge": -1, "multiplicity": 2},
        {"atomization_energy_kcal_mol": -599.9, "charge": 1, "multiplicity": 2},
        {"positions": None, "geometry_level": None},
        {"energy_hartree": None, "atomization_energy_kcal_mol": None, "level": None},
        {"atomic_numbers": [36, 1, 1, 1, 1], "flags": []},
        {"charge": 8, "energy_hartree": 0.0},
        {
            "atomic_numbers": None, "positions": None, "geometry_level": None, "energy_hartree": None,
            "atomization_energy_kcal_mol": None, "level": None,
        },
        # an atom alone: nothing to be bound to
        {"atomic_numbers": [8], "positions": [0.0, 0.0, 0.0], "n_atoms": 1, "atomization_energy_kcal_mol": 0.0},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_right_passes(edit):
    assert MOLECULE.refused(three(MOLECULE, GOOD["molecule"] | edit)) == {}


@pytest.mark.parametrize("table", SCHEMAS)
def test_columns_that_are_not_the_schema_s(table):
    schema = SCHEMAS[table]
    good = three(schema, GOOD[table])
    for column in schema.columns:
        with pytest.raises(DataError, match=f"{column.name}: missing"):
            schema.check(good.drop_columns([column.name]))
        other = pa.array([[True]] * 3)
        with pytest.raises(DataError, match=f"{column.name}: list<"):
            schema.check(good.set_column(good.schema.get_field_index(column.name), column.name, other))
        with pytest.raises(DataError, match=f"{column.name}: given twice"):
            schema.check(good.append_column(column.name, good[column.name]))
    with pytest.raises(DataError, match="colour: string"):
        schema.check(good.append_column("colour", pa.array(["red"] * 3)))


@pytest.mark.parametrize("wrong", [pa.float32(), pa.int64(), pa.large_string()], ids=str)
def test_a_neighbouring_type_is_another_type(wrong):
    column = {pa.float32(): "energy_hartree", pa.int64(): "charge", pa.large_string(): "smiles"}[wrong]
    good = three(MOLECULE, GOOD["molecule"])
    at = good.schema.get_field_index(column)
    with pytest.raises(DataError, match=f"{column}: {wrong}"):
        MOLECULE.check(good.set_column(at, column, good[column].cast(wrong)))


def test_another_order_of_the_columns_is_the_same_table():
    good = three(MOLECULE, GOOD["molecule"])
    assert MOLECULE.refused(good.select(good.schema.names[::-1])) == {}
