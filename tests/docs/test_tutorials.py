"""The tutorials run as they stand, each in one empty folder."""

from pathlib import Path

import pytest
from shown_pages import run_page, same

PAGES = sorted((Path(__file__).parents[2] / "docs" / "tutorials").glob("*.md"))


@pytest.fixture
def folder(labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Empty but for a store of labels, so that the test groups are not relaxed again."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "labels.sqlite").write_bytes((labelled / "labels.sqlite").read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_there_are_five() -> None:
    assert [page.stem for page in PAGES] == ["first-set", "label", "own-data", "python", "training-set"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_tutorial_runs_as_it_stands(page: Path, folder: Path) -> None:
    run_page(page, folder)


def test_a_page_that_says_another_thing_is_noticed() -> None:
    assert same("3 molecules, mean 13.45", "3 molecules,  mean 13.46\n")
    assert not same("3 molecules, mean 13.45", "4 molecules, mean 13.45")
    assert not same("3 molecules, mean 13.45", "3 molecules, mean 15.45")
