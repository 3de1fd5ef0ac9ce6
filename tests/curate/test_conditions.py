"""The words of a composition's conditions, against Python over the same rows."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from hemdata.curate.build import build
from hemdata.curate.compose import compose
from hemdata.curate.conditions import EXAMPLES, spelled
from hemdata.errors import DataError
from hemdata.levels import SYMBOLS
from hemdata.schema import table_schema
from hemdata.shards import ShardWriter, read


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The test groups, and three open shells and one row without atoms."""
    folder = tmp_path_factory.mktemp("data")
    build("test-groups", out=folder / "test-groups")
    schema = table_schema("molecule")
    common = {"charge": 0, "level": None, "n_heavy": 1}
    rows = [
        {"id": "open:methyl", "atomic_numbers": [6, 1, 1, 1], "n_atoms": 4, "multiplicity": 2, "flags": ["radical"]},
        {"id": "open:carbene", "atomic_numbers": [6, 1, 1], "n_atoms": 3, "multiplicity": 3, "flags": ["triplet"]},
        {"id": "open:unflagged", "atomic_numbers": [8, 1], "n_atoms": 2, "multiplicity": 2, "flags": []},
        {"id": "open:bare", "atomic_numbers": None, "n_atoms": 4, "multiplicity": 1, "flags": ["radical-free"]},
    ]
    with ShardWriter(folder / "open", schema) as writer:
        writer.add(pa.Table.from_pylist([common | row for row in rows], schema=schema.arrow))
        writer.finish("open", len(rows), [], [])
    return folder


def kept(data: Path, condition: str) -> list[str]:
    card = {"name": "mine", "title": "Mine", "about": "made"}
    steps = [{"take": ["test-groups", "open"]}, {"filter": condition}]
    (data / "mine.yaml").write_text(json.dumps(card | {"steps": steps}))
    compose(data / "mine.yaml", data, data / "mine", force=True)
    return read(data / "mine")["id"].to_pylist()


def elements(row: dict[str, list[int]]) -> set[str]:
    return {SYMBOLS[z] for z in row["atomic_numbers"] or []}


CASES = {
    "closed_shell_only()": lambda row: row["multiplicity"] == 1 and not {"radical", "triplet"} & set(row["flags"]),
    "has_flag('radical')": lambda row: "radical" in row["flags"],
    "NOT has_flag ( 'radical' )": lambda row: "radical" not in row["flags"],
    "has_element('N')": lambda row: "N" in elements(row),
    "only_elements(['H', 'C', 'O'])": lambda row: bool(elements(row)) and elements(row) <= {"H", "C", "O"},
    "from_dataset('azoxy') AND n_heavy <= 10": lambda row: row["id"].startswith("azoxy:") and row["n_heavy"] <= 10,
    "closed_shell_only() AND only_elements(['H', 'C', 'N', 'O']) AND NOT has_flag('x')": lambda row: (
        row["multiplicity"] == 1 and bool(elements(row)) and elements(row) <= {"H", "C", "N", "O"}
    ),
}


@pytest.mark.parametrize("condition", CASES)
def test_each_word_says_what_python_says(data: Path, condition: str) -> None:
    rows = [*read(data / "test-groups").to_pylist(), *read(data / "open").to_pylist()]
    expected = [row["id"] for row in rows if CASES[condition](row)]
    assert 0 < len(expected) < len(rows)
    assert kept(data, condition) == expected


def test_a_wrong_word_is_answered_with_those_that_are_known(data: Path) -> None:
    with pytest.raises(DataError, match="step of the composition is wrong") as refused:
        kept(data, "open_shell_only()")
    assert all(example in str(refused.value) for example in EXAMPLES)


def test_what_is_no_word_is_left_as_it_is() -> None:
    assert spelled("n_heavy <= 9 AND my_has_flag(1) AND flags IS NOT NULL") == (
        "n_heavy <= 9 AND my_has_flag(1) AND flags IS NOT NULL"
    )
