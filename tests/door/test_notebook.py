"""What a notebook shows of the promised values: whole HTML, the facts in it, no text of a user's taken for a tag."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from made_up import make_study

import hemdata as hd


class Tags(HTMLParser):
    """Every tag is closed by its own, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, _: object) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += f"{data}\n"


def told(value: object) -> str:
    parser = Tags()
    parser.feed(value._repr_html_())  # type: ignore[attr-defined]
    assert parser.open == []
    return parser.text


def test_a_set_tells_its_size_its_level_and_its_first_rows() -> None:
    text = told(hd.Set.open("test-groups@gfn2-xtb"))
    assert "gfn2-xtb" in text
    assert "5 of 160 molecules" in text
    assert "azoxy:azoxymethane" in text


def test_a_level_tells_its_method_and_its_atoms() -> None:
    text = told(hd.Level("qm9"))
    assert hd.Level("qm9").hash in text
    assert f"{hd.Level('qm9').atoms['C']:.6f}" in text


def test_a_study_tells_its_question_and_how_far_it_is(tmp_path: Path) -> None:
    study = hd.Study("demo", folder=tmp_path)
    assert study.question in told(study)
    assert "0 of 18 finished" in told(study)


def test_a_model_and_what_it_predicts(tmp_path: Path) -> None:
    model = hd.Model.fit("dressed-atoms", "test-groups@gfn2-xtb", tmp_path / "m", progress=False)
    assert "dressed-atoms" in told(model)
    assert "H C N O F" in told(model)
    asked = model.predict(["CO", "<b>"], workers=0, progress=False)
    assert len(asked) == 2
    assert "<b>" in told(asked), "as text, not as a tag"
    assert asked[1].atomization_energy_kcal_mol is None
    assert asked.frame()["id"].tolist() == ["CO", "<b>"]


def test_results_tell_their_answer_and_name_their_tables(tmp_path: Path) -> None:
    run = make_study(tmp_path / "run", networks=("dressed-atoms",), seeds=(0,))
    results = hd.Results(run, data=tmp_path)
    assert results.answer in told(results)
    assert set(results.names) >= {"errors", "summary", "comparisons"}
    with pytest.raises(hd.CallError, match="'summary'"):
        results.frame("sumary")
