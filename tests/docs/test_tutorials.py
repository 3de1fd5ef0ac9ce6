"""The tutorials run as they stand, each in one empty folder."""

import doctest
import hashlib
import json
import runpy
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from shown_pages import OPTIONS, run_page, same

from hemdata.analysis.results import Results
from hemdata.chemistry.engines.tblite import single_point
from hemdata.label.calculation import Result, calculation_for, stages
from hemdata.label.store.database import LabelStore
from hemdata.levels import level
from hemdata.shards import find, read

PAGES = sorted((Path(__file__).parents[2] / "docs" / "tutorials").glob("*.md"))


@pytest.fixture
def folder(labelled: Path, tmp_path: Path, cells_here: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Empty but for a store of labels, so that what ships is not relaxed again; the rest is computed here.

    Everything in this process: workers of Dask give the same bytes, those of a build too, and those of a study the same
    rows; tests/label, tests/curate and tests/study hold that. The bootstrap draws fewer resamples: no page shows a
    digit of an interval.
    """
    monkeypatch.setattr("hemdata.processes.cores", lambda: 1)
    monkeypatch.setattr("hemdata.label.run.opened", lambda *_: nullcontext())
    monkeypatch.setitem(Results.of.__func__.__kwdefaults__, "resamples", 500)  # type: ignore[attr-defined]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "labels.sqlite").write_bytes((labelled / "labels.sqlite").read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_there_are_five() -> None:
    assert [page.stem for page in PAGES] == ["first-set", "label", "own-data", "python", "training-set"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_tutorial_runs_as_it_stands(page: Path, folder: Path) -> None:
    if page.stem == "training-set":
        store_geometries_that_ship(folder / "data" / "labels.sqlite", 90)
    run_page(page, folder)


def store_geometries_that_ship(store: Path, number: int) -> None:
    """GFN2-xTB's geometries of pubchem9 ship with energies of a functional; here as relaxed, with GFN2-xTB's own.

    Of those that `hemdata label pubchem9 -n NUMBER` takes: they stand first in the order of a hash of their ids.
    """
    its = level("gfn2-xtb")
    (stage,) = stages(its, its)
    rows = read(find("pubchem9@pc9")).to_pylist()
    rows.sort(key=lambda row: hashlib.sha256(f"0:{row['id']}".encode()).hexdigest())
    with LabelStore(store) as opened:
        for row in rows[:number]:
            z, x = np.array(row["atomic_numbers"]), np.array(row["positions"]).reshape(-1, 3)
            task = calculation_for(stage, row["canonical_smiles"], row["charge"], row["multiplicity"])
            energy = single_point(z, x, row["charge"], row["multiplicity"], its).energy_hartree
            told = task.described | {"host": "shipped", "seconds": 0.0, "gradients": 0}
            opened.put(Result(task.key, None, row["atomic_numbers"], row["positions"], energy, told))


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
