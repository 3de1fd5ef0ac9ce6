"""schemas/generated/ is what the cards say today, and JSON Schema judges rows and cards as hemdata does."""

import copy
import json
from pathlib import Path

import jsonschema
import pyarrow as pa
import pytest
import yaml
from good_rows import GOOD

from hemdata.catalog import card_path, cards, roots
from hemdata.schema import table_schema
from hemdata.schema.json_schema import MODELS, generated, row_json_schema, write_generated

FOLDER = roots()[-1] / "schemas" / "generated"
AGAIN = "run: python -m hemdata.schema"


def judge(path: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((FOLDER / path).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_files_are_what_the_cards_say():
    there = {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in FOLDER.rglob("*") if path.is_file()}
    wanted = generated()
    assert sorted(there) == sorted(wanted), AGAIN
    assert [name for name in wanted if there[name] != wanted[name]] == [], AGAIN


def test_writing_them_twice_changes_nothing(tmp_path: Path):
    assert len(write_generated(tmp_path)) == len(generated())
    assert write_generated(tmp_path) == []
    (tmp_path / "rows" / "cell.json").write_text("{}")
    assert write_generated(tmp_path) == [tmp_path / "rows" / "cell.json"]


def test_they_are_not_taken_for_cards():
    assert all(FOLDER not in path.parents for path in cards("schema").values())
    assert set(cards("schema")) == {"cell", "curve", "molecule", "prediction", "rejected", "round"}


@pytest.mark.parametrize("name", cards("schema"))
def test_arrow_reads_the_schema_with_units_and_meanings(name):
    with pa.ipc.open_file(FOLDER / "rows" / f"{name}.arrow") as file:
        assert file.num_record_batches == 0
        assert file.schema.equals(table_schema(name).arrow, check_metadata=True)


@pytest.mark.parametrize("name", GOOD)
def test_a_good_row_is_one_and_each_column_must_be_there_with_its_type(name):
    its = judge(f"rows/{name}.json")
    its.validate(GOOD[name])
    for column in table_schema(name).columns:
        without = {key: value for key, value in GOOD[name].items() if key != column.name}
        assert not its.is_valid(without), column.name
        assert not its.is_valid(GOOD[name] | {column.name: {"not": "a value"}}), column.name
        assert its.is_valid(GOOD[name] | {column.name: None}) is column.nullable, column.name
    assert its.is_valid(GOOD[name] | {"dipole_debye": 1.0}) is (name == "molecule")


@pytest.mark.parametrize(
    ("column", "value"),
    [("id", "no colon"), ("inchikey", "x"), ("charge", 9), ("n_atoms", 0), ("n_atoms", 1.5), ("atomic_numbers", [256]),
     ("atomic_numbers", [None]), ("positions", ["x"]), ("energy_hartree", 0.5), ("flags", [1]), ("multiplicity", -1)],
)  # fmt: skip
def test_a_bad_value_is_none(column, value):
    assert not judge("rows/molecule.json").is_valid(GOOD["molecule"] | {column: value})


def test_a_choice_may_be_null_where_its_column_may():
    from hemdata.catalog import Column, SchemaCard
    from hemdata.schema import TableSchema

    column = Column(name="state", type="string", nullable=True, choices=["solid"], meaning="x")
    schema = row_json_schema(TableSchema(SchemaCard(name="made-up", version="1.0", about="x", columns=[column])))
    found = [jsonschema.Draft202012Validator(schema).is_valid({"state": value}) for value in ("solid", None, "gas")]
    assert found == [True, True, False]


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in MODELS for name in cards(kind)])
def test_every_shipped_card_holds_before_its_json_schema_and_a_foreign_key_does_not(kind, name):
    its, card = judge(f"cards/{kind}.json"), yaml.safe_load(card_path(kind, name).read_text(encoding="utf-8"))
    its.validate(json.loads(json.dumps(card)))  # as an editor sees it: keys are texts
    spoiled = copy.deepcopy(card) | {"colour": "red"}
    assert not its.is_valid(spoiled)
    assert not its.is_valid({key: value for key, value in card.items() if key != "name"})
