"""The tutorials run as they stand, each in one empty folder."""

import doctest
import json
import runpy
from contextlib import nullcontext
from pathlib import Path

import pytest
from shown_pages import OPTIONS, run_page, same

PAGES = sorted((Path(__file__).parents[2] / "docs" / "tutorials").glob("*.md"))


@pytest.fixture
def folder(labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Empty but for a store of labels, so that the test groups are not relaxed again; the rest is computed here.

    Workers of Dask give the same bytes: tests/label holds that.
    """
    monkeypatch.setattr("hemdata.label.run.opened", lambda *_: nullcontext())
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "labels.sqlite").write_bytes((labelled / "labels.sqlite").read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_there_are_five() -> None:
    assert [page.stem for page in PAGES] == ["first-set", "label", "own-data", "python", "training-set"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_tutorial_runs_as_it_stands(page: Path, folder: Path) -> None:
    run_page(page, folder)


def test_the_notebook_has_the_pages_words_its_code_and_its_answers() -> None:
    """`python docs/notebook.py` writes it; the page itself is run above."""
    module = runpy.run_path(str(PAGES[0].parents[1] / "notebook.py"))
    book = json.loads(module["NOTEBOOK"].read_text(encoding="utf-8"))
    page = module["cells"](module["PAGE"].read_text(encoding="utf-8"))
    assert [(cell["cell_type"], "".join(cell["source"])) for cell in book["cells"]] == [cell[:2] for cell in page]
    for cell, (kind, source, want) in zip(book["cells"], page, strict=True):
        if kind == "code":
            shown = "".join("".join(each.get("text") or each["data"]["text/plain"]) for each in cell["outputs"])
            assert doctest.OutputChecker().check_output(want, shown + "\n" * bool(want), OPTIONS), source


def test_a_page_that_says_another_thing_is_noticed() -> None:
    assert same("3 molecules, mean 13.45", "3 molecules,  mean 13.46\n")
    assert not same("3 molecules, mean 13.45", "4 molecules, mean 13.45")
    assert not same("3 molecules, mean 13.45", "3 molecules, mean 15.45")
