"""The handbook's table of known errors: every test that it names is there, and every defect of a card is in it."""

import re
from pathlib import Path

from hemdata.catalog import cards, dataset

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "sources.md").read_text(encoding="utf-8")
TABLE = PAGE[PAGE.index("## Known errors of the published files") :]


def test_every_test_that_the_table_names_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", TABLE))
    written = {
        name for path in TESTS.rglob("test_*.py") for name in re.findall(r"^def (test_\w+)", path.read_text(), re.M)
    }
    assert len(named) > 40
    assert named <= written, named - written


def test_every_line_of_the_table_names_a_test() -> None:
    lines = [line for line in TABLE.splitlines() if line.startswith("| ")][2:]
    assert len(lines) > 30
    assert not [line for line in lines if "`test_" not in line.rsplit("|", 2)[1]]


def test_the_numbers_of_the_cards_defects_are_in_the_table() -> None:
    """A card that learns of a new defect asks for a line here."""
    for name in cards("dataset"):
        for defect in dataset(name).defects:
            number = re.search(r"\b\d[\d,]+\b", defect)
            assert number is None or number[0] in TABLE, defect
