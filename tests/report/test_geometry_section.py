"""What another geometry adds, on the page, from made-up labels of a known difference."""

from pathlib import Path

import pytest
from made_labels import PER_ATOM, linear, made_labels_alone, make_labels
from made_up import make_study

from hemdata.analysis.reasons.labels.geometry import geometry_parts
from hemdata.analysis.results import Results
from hemdata.report.page.page import write_report
from hemdata.report.paper import write_paper


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """GFN2-xTB on its own geometries, and 1.25 kcal/mol an atom less on PC9's, of which saccharides are not there."""
    folder = tmp_path_factory.mktemp("data")
    make_labels(folder, "gfn2-xtb", lambda z: 0.0)
    make_labels(folder, "gfn2-xtb", lambda z: -PER_ATOM * len(z), geometry="pc9", groups=("azoxy", "neuro"), most=6)
    make_labels(folder, "pc9", linear)  # on one geometry alone
    return folder


def test_levels_on_two_geometries_have_a_part_and_others_none(data: Path) -> None:
    with made_labels_alone():
        found = geometry_parts(["gfn2-xtb", "pc9", "qm9"], ["azoxy", "neuro", "explosives"], data, resamples=200)
        assert geometry_parts(["gfn2-xtb"], ["explosives"], data, resamples=50).empty
    assert set(found["level"]) == {"gfn2-xtb"}
    assert list(zip(found["geometry"], found["against"], strict=True)) == [("gfn2-xtb", "pc9")] * 2
    assert found["group"].tolist() == ["azoxy", "neuro"]
    assert found["part_kcal_mol_atom"].tolist() == pytest.approx([PER_ATOM] * 2)
    assert found["mean_kcal_mol"].tolist() == pytest.approx(found["part_kcal_mol"].tolist())  # own less other


def test_one_level_of_two_names_has_one_row(tmp_path: Path) -> None:
    """OD9's level is PC9's, by whose name the labels stand."""
    make_labels(tmp_path, "pc9", lambda z: 0.0, groups=("azoxy",))
    make_labels(tmp_path, "pc9", lambda z: 1.0, groups=("azoxy",), geometry="pc9")
    with made_labels_alone():
        found = geometry_parts(["od9", "pc9"], ["azoxy"], tmp_path, resamples=50)
    assert found[["level", "geometry", "against"]].to_numpy().tolist() == [["pc9", "pc9", "gfn2-xtb"]]


def test_the_page_and_the_papers_tables_show_it_where_there_is_one(data: Path, tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", networks=("painn",), seeds=(0,), epochs=2)
    with made_labels_alone():
        results = Results.of(study, resamples=50, data=data)
        write_report(results, tmp_path / "with.html")
        saved = write_paper(results, tmp_path / "figures", ("svg",))
    shown = (tmp_path / "with.html").read_text(encoding="utf-8")  # a page without it: test_level_section.py
    section = shown[shown.index('<h3 id="geometry">') :]
    section = section[: section.index("</section>")]
    assert "on pc9 geometries, not gfn2-xtb" in section
    assert "mean −" in section
    assert section.count("<tbody>") == 1
    assert {"geometry.csv", "geometry.tex"} <= {path.name for path in saved}
