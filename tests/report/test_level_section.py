"""The section that sets published errors beside the level of theory: there with labels, gone without."""

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from made_labels import PER_ATOM, made_labels_alone
from made_up import make_study

from hemdata.analysis.published import published_table
from hemdata.analysis.results import Results
from hemdata.report.page.page import write_report
from hemdata.report.paper import write_paper
from hemdata.report.tables.published_level import level_section, level_words
from hemdata.report.words import number

HEADING = "How much of the published errors could be the level of theory?"


@pytest.fixture(scope="module")
def material(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("level") / "study"
    make_study(folder, networks=("painn",), seeds=(0,), epochs=2)
    with made_labels_alone():
        return Results.of(folder, resamples=100, data=data)


def section_of(page: Path) -> str:
    found = re.search(r'<section id="level">.*?</section>', page.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[0]


def test_the_section_sets_the_published_errors_beside_the_level(page: Path) -> None:
    section = section_of(page)
    assert HEADING in section
    assert "does not say at which level each model was judged" in section
    assert section.count("<table") == 2
    assert len(re.findall(r'id="published-level-painn-[a-z]+-title"', section)) == 4
    described = re.search(r'id="published-level-painn-saccharides-desc">([^<]*)<', section)
    assert described is not None
    published = published_table().set_index(["training_set", "group"])["mae_kcal_mol"]
    for name in ("QM9", "PC9"):
        assert f"{name} (published MAE) {number(published[name, 'saccharides'])}" in described[1]
    assert "qm9, pc9 (level part, measured)" in described[1]


@pytest.mark.parametrize("networks", [("painn",), ("dressed-atoms",)])
def test_without_labels_or_a_published_table_there_is_no_section(
    networks: tuple[str, ...], data: Path, tmp_path: Path
) -> None:
    make_study(tmp_path / "study", networks=networks, seeds=(0,), epochs=2)
    place = data if networks == ("dressed-atoms",) else tmp_path / "none"
    write_report(Results.of(tmp_path / "study", resamples=50, data=place), tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert HEADING not in text
    assert '<h3 id="geometry">' not in text
    assert ('id="published"' in text) == (networks == ("painn",))


def test_the_numbers_are_those_of_the_labels(material: Results) -> None:
    between, beside = material.reasons.level, material.reasons.published_level
    assert between["part_kcal_mol_atom"].to_numpy() == pytest.approx(PER_ATOM)
    assert between["part_kcal_mol"].to_numpy() == pytest.approx(PER_ATOM * between["n_atoms"].to_numpy())
    assert between["beyond_composition_kcal_mol"].to_numpy() == pytest.approx(0, abs=1e-6)
    whole = PER_ATOM * between["n_atoms_group"].to_numpy()
    for _, part in beside.groupby(["training_set", "against_set"]):
        assert part["extrapolated_kcal_mol"].to_numpy() == pytest.approx(whole[: len(part)])


def test_a_set_at_a_level_of_another_name_that_is_the_same_one_is_compared_too(material: Results) -> None:
    """OD9's level is PC9's: its labels serve both, and between the two there is nothing to compare."""
    beside = material.reasons.published_level
    pairs = beside.groupby(["training_set", "against_set"])
    assert {frozenset(pair) for pair in pairs.groups} == {
        frozenset({"QM9", other}) for other in ("PC9", "OD9", "OD9 (0)", "OD9 (1)")
    }
    assert len({tuple(part["part_kcal_mol"].round(9)) for _, part in pairs}) == 1
    section = level_section(material.reasons, ["azoxy"], str)
    assert section is not None
    assert "PC9’s" in section.said[0]  # the published best


def test_the_sentence_is_made_of_the_rows() -> None:
    row = {
        "network": "painn", "training_set": "QM9", "against_set": "PC9", "level": "qm9", "against": "pc9",
        "mae_kcal_mol": 27.6, "mae_against_kcal_mol": 2.6, "difference_kcal_mol": 25.0, "part_kcal_mol": 10.0,
        "part_kcal_mol_low": 9.0, "part_kcal_mol_high": 11.0, "share": 0.4, "extrapolated_kcal_mol": 30.0,
        "extrapolated_share": 1.2,
    }  # fmt: skip
    sweet = row | {"mae_kcal_mol": 7.61, "difference_kcal_mol": 7.32, "part_kcal_mol": 15.0, "part_kcal_mol_low": 12.0,
                   "share": 2.05, "extrapolated_share": 4.0}  # fmt: skip
    table = pd.DataFrame([row | {"group": "azoxy"}, sweet | {"group": "saccharides"}])
    said = level_words(table, lambda name: {"painn": "PaiNN"}.get(name, name)).replace("\u202f", " ")
    assert said == (
        "A perfect model of QM9’s level, judged at PC9’s, would err by 10.0 kcal/mol on azoxy and 15.0 on saccharides "
        "(the molecules labelled at both levels); the errors of PaiNN published for QM9 and PC9 differ by 25.0 and "
        "7.32. So the level alone could be 40 % and 205 % of these differences; extrapolated to the whole groups, "
        "120 % and 400 %. On saccharides (7.61) the error published for QM9 is smaller than that: there the model was "
        "judged nearer its own level, or errors cancelled."
    )
    alone = table.assign(part_kcal_mol_low=float("nan"))
    assert "errors cancelled" not in level_words(alone, str)  # one molecule has no interval


def test_groups_without_labels_are_named(material: Results) -> None:
    assert level_section(material.reasons, ["azoxy"], str).unlabelled == ""  # type: ignore[union-attr]
    found = level_section(material.reasons, ["azoxy", "my-own", "terpenes"], str)
    assert found is not None
    assert found.unlabelled == "my-own and terpenes"
    assert found.smaller


def test_of_several_pairs_of_sets_the_one_that_the_level_matters_most_for_comes_first(material: Results) -> None:
    qm9 = material.reasons.published_level
    qm9 = qm9[qm9["against_set"] == "PC9"]
    less = qm9.assign(training_set="Alchemy", level="alchemy", share=qm9["share"] / 2)
    both = replace(material.reasons, published_level=pd.concat([less, qm9], ignore_index=True))
    found = level_section(both, ["azoxy"], str)
    assert found is not None
    assert [said.split("’")[0].split()[-1] for said in found.said] == ["QM9", "Alchemy"]
    assert len(found.beside.bodies) == 2


def test_figures_and_tables_of_a_paper_have_it(material: Results, tmp_path: Path) -> None:
    names = {path.name for path in write_paper(material, tmp_path, ["svg"])}
    assert {f"published-level-painn-{group}.svg" for group in ("azoxy", "saccharides")} <= names
    assert {"legend-published-level.svg", "level.csv", "published-level.csv", "level.tex"} <= names
    ours = pd.read_csv(tmp_path / "tables" / "published-level.csv")
    pd.testing.assert_frame_equal(ours, material.reasons.published_level, check_dtype=False, rtol=1e-12)
