"""`hemdata report`: the page, figures beside it, and two runs side by side."""

import json
from pathlib import Path

import pandas as pd
import pytest
from made_up import make_study

from hemdata.analysis.compare_runs import compare_runs
from hemdata.analysis.results import Results
from hemdata.cli.studies.study import report
from hemdata.report.paper import write_paper


@pytest.fixture(autouse=True)
def _few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the bootstrap, and figures in one format: what is told and written is the subject; test_paper.py has all."""
    monkeypatch.setattr(write_paper, "__defaults__", (("svg",),))
    for function in (Results.of.__func__, compare_runs):  # type: ignore[attr-defined]
        monkeypatch.setitem(function.__kwdefaults__, "resamples", 300)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("command") / "run"
    return make_study(folder, networks=("dressed-atoms",), sets={"qm9": 1.0, "pc9": 0.5}, seeds=(0,))


def test_the_page_and_the_figures_are_written_and_named(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report(folder=small, page=tmp_path / "page.html", figures=tmp_path / "figures", as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["answer"].startswith("Trained on PC9")
    assert told["drivers"] == ""  # one network: nothing to set the training set against
    assert Path(told["page"]).is_file()
    assert Path(told["figures"]) == tmp_path / "figures"
    assert (tmp_path / "figures" / "parts-dressed-atoms-azoxy.svg").is_file()
    assert len(pd.read_csv(tmp_path / "figures" / "tables" / "errors.csv")) == 8


def test_two_runs_are_printed_and_written(small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report(compare=(small, small), page=tmp_path / "both.csv")
    shown = capsys.readouterr().out
    assert "on the same molecules" in shown
    line = next(line for line in shown.splitlines() if "mean of groups" in line)
    assert line.split()[:2] == ["dressed-atoms", "pc9"]
    assert line.split()[-6:] == ["1.00", "1.00", "to", "1.00", "no", "difference"]
    assert len(pd.read_csv(tmp_path / "both.csv")) == 10
    report(compare=(small, small), as_json=True)
    assert len(json.loads(capsys.readouterr().out)["rows"]) == 10


def test_a_comparison_makes_no_page(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        report(compare=(small, small), page=Path("page.html"))
    assert stopped.value.code == 2
    assert "written as CSV" in capsys.readouterr().err
