"""The made-up study of tests/study, and its page written once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from made_labels import PER_ATOM, made_labels_alone, make_labels
from made_up import make_study

from hemdata.analysis.results import Results
from hemdata.report.answer import Answer
from hemdata.report.page.page import write_report

TITLE = "Made-up errors for a test"
LABELS = {"painn": "PaiNN", "qm9": "QM9"}


@pytest.fixture(autouse=True)
def _no_shipped_labels() -> Iterator[None]:
    with made_labels_alone():
        yield


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sets at 640 molecules, and PaiNN on half as many."""
    folder = make_study(tmp_path_factory.mktemp("report") / "study", leaks={"qm9": 3})
    return make_study(folder, networks=("painn",), leaks={"qm9": 3}, size=320)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smaller molecules of the four groups at qm9, and bound less by PER_ATOM at pc9; there on two geometries."""
    folder = tmp_path_factory.mktemp("labels")
    make_labels(folder, "qm9", lambda z: PER_ATOM * len(z))
    make_labels(folder, "pc9", lambda z: 0.0)
    make_labels(folder, "pc9", lambda z: 1.5, geometry="pc9", step=1.1)
    return folder


@pytest.fixture(scope="session")
def written(study: Path, data: Path) -> tuple[Path, Answer]:
    page = study.parent / "report.html"
    with made_labels_alone():
        results = Results.of(study, data=data)
        return page, write_report(results, page, title=TITLE, question="Which <set> & why?", labels=LABELS)


@pytest.fixture(scope="session")
def page(written: tuple[Path, Answer]) -> Path:
    return written[0]
