"""The answer says what the intervals allow and no more."""

import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest
from made_up import make_study

from hemdata.analysis.tables import study_tables
from hemdata.catalog import study as study_card
from hemdata.report.answer import Answer, answer, answer_sentence
from hemdata.report.page.provenance import QUESTION, said_by_card
from hemdata.study.rows import Rows, read_rows
from hemdata.study.run import keep

few = partial(study_tables, resamples=2000)
LABELS = {
    "painn": "PaiNN",
    "qm9": "QM9",
    "dressed-atoms": "dressed atoms",
    "pair-distance-ridge": "pair-distance ridge",
}


def answered(folder: Path, **settings: object) -> Answer:
    return answer(few(read_rows(make_study(folder, **settings))), LABELS)  # type: ignore[arg-type]


def test_a_difference_is_told_with_its_interval(tmp_path: Path) -> None:
    found = answered(tmp_path)
    assert found.verdict == "smaller"
    assert (found.network, found.best, found.against) == ("painn", "pubchem9", "qm9")
    assert found.ratio_interval[0] < found.ratio < found.ratio_interval[1]
    assert found.ratio_interval[0] > 1
    assert found.sentence.startswith(
        f"Trained on pubchem9, PaiNN's error is {found.ratio:.2f} times smaller than with QM9"
    )
    assert f"95 % interval {found.ratio_interval[0]:.2f} to {found.ratio_interval[1]:.2f}" in found.sentence
    assert "smaller on azoxy, explosives and neuro, no difference on saccharides" in found.sentence
    assert "PaiNN beats both baselines on every group with every set." in found.notes


def test_no_difference_is_called_so(tmp_path: Path) -> None:
    found = answered(tmp_path, sets={"qm9": 1.0, "pubchem9": 1.02}, seed_noise=0.2)
    assert found.verdict == "no difference"
    assert found.ratio_interval[0] <= 1 <= found.ratio_interval[1]
    assert found.sentence.startswith("No difference: PaiNN")
    assert "times smaller" not in found.sentence


def test_of_many_sets_the_best_is_compared_with_the_next(tmp_path: Path) -> None:
    found = answered(tmp_path, sets={"qm9": 1.0, "pubchem9": 0.5, "pc9": 0.2}, networks=("painn",))
    assert (found.best, found.against) == ("pc9", "pubchem9")
    assert found.sentence.startswith("Of three training sets, pc9 serves PaiNN best")


def test_a_baseline_that_is_not_beaten_is_named(tmp_path: Path) -> None:
    """The made-up allegro errs as much as the ridge and a third of what dressed atoms do."""
    found = answered(tmp_path, networks=("allegro", "dressed-atoms", "pair-distance-ridge"))
    note = next(note for note in found.notes if note.startswith("allegro "))
    for name in ("pubchem9", "QM9"):
        assert f"pair-distance ridge on azoxy, explosives, neuro and saccharides (trained on {name})" in note
    assert "dressed atoms" not in note
    assert note.startswith("allegro cannot be told from pair-distance ridge on ")  # the verdict is "no difference"


def test_worse_than_a_baseline_is_told_apart_from_no_difference(tmp_path: Path) -> None:
    """It "does not beat" was said of both, also where the error was two thirds of the baseline's."""
    folder = make_study(tmp_path, networks=("painn", "pair-distance-ridge"), sets={"qm9": 1.0})
    tables = few(read_rows(folder))
    table = tables.baselines.copy()
    verdicts = {"azoxy": "smaller", "explosives": "no difference", "neuro": "larger", "saccharides": "larger"}
    table["verdict"] = table["group"].map(verdicts).fillna("no difference")
    assert answer(replace(tables, baselines=table), LABELS).notes == (
        "PaiNN cannot be told from pair-distance ridge on explosives (trained on QM9), and is worse than pair-distance "
        "ridge on neuro and saccharides (trained on QM9).",
    )


def test_one_set_leaves_nothing_to_compare(tmp_path: Path) -> None:
    found = answered(tmp_path, sets={"qm9": 1.0}, networks=("painn",))
    assert found.against is None
    assert "nothing to compare" in found.sentence
    assert "95 % interval" in found.sentence


def test_few_seeds_leaks_and_sizes_are_noted(tmp_path: Path) -> None:
    found = answered(tmp_path, networks=("painn",), seeds=(0,), leaks={"qm9": 2})
    assert any("one seed" in note for note in found.notes)
    assert any(note.startswith("Two test molecules found in a training set are left out") for note in found.notes)


def test_baselines_alone_are_answered_for(tmp_path: Path) -> None:
    found = answered(tmp_path, networks=("dressed-atoms",))
    assert found.network == "dressed-atoms"
    assert found.notes == ()


@pytest.mark.parametrize("network", ["painn", "dressed-atoms"])
def test_the_sentence_can_be_had_for_each_network(study: Path, network: str) -> None:
    sentence = answer_sentence(few(read_rows(study)), LABELS, network)
    assert LABELS[network] in sentence
    assert sentence.endswith(".")


def test_a_set_that_mixes_levels_says_so_beside_the_answer(tmp_path: Path) -> None:
    rows = read_rows(make_study(tmp_path))
    levels = [
        "pc9+qm9" if row["training_set"] == "qm9" else row["level"]
        for row in rows.cells.select(["training_set", "level"]).to_pylist()
    ]
    at = rows.cells.schema.get_field_index("level")
    cells = rows.cells.set_column(at, rows.cells.schema.field(at), pa.array(levels))
    notes = answer(few(replace(rows, cells=cells)), LABELS).notes
    assert [note for note in notes if "mixes" in note] == [
        "QM9 mixes energies of pc9 and qm9 as published: its errors hold the levels' difference too."
    ]


def with_own_group(rows: Rows, swapped: bool) -> Rows:
    """The saccharides become a user's own group; where `swapped`, the better set is there the worse."""
    table = rows.predictions.to_pandas()
    own = table["group"] == "saccharides"
    table.loc[own, "group"] = "mine"
    if swapped:
        other = {"qm9": "pubchem9", "pubchem9": "qm9"}
        table.loc[own, "training_set"] = table.loc[own, "training_set"].map(other)
        table.loc[own, "cell"] = [
            cell.replace(other[name], name)
            for cell, name in zip(table.loc[own, "cell"], table.loc[own, "training_set"], strict=True)
        ]
    return replace(rows, predictions=pa.Table.from_pandas(table, schema=rows.predictions.schema, preserve_index=False))


def test_a_users_own_group_is_what_the_headline_answers_for(tmp_path: Path) -> None:
    """On the mean of the groups pubchem9 is better, on the user's molecules it cannot be told apart from QM9."""
    rows = read_rows(make_study(tmp_path, networks=("painn",)))
    found = answer(few(with_own_group(rows, swapped=False)), LABELS)
    assert found.verdict == "no difference"
    assert found.sentence.startswith("No difference: PaiNN trained on ")
    assert "cannot be told apart on mine (ratio" in found.headline
    assert "mean error on mine (40 molecules) " in found.sentence
    assert answer(few(rows), LABELS).verdict == "smaller"


def test_the_set_that_is_best_for_a_users_own_group_may_be_the_worse_on_the_mean(tmp_path: Path) -> None:
    rows = read_rows(make_study(tmp_path, networks=("painn",), no_effect=()))
    assert answer(few(rows), LABELS).best == "pubchem9"
    tables = few(with_own_group(rows, swapped=True))
    found = answer(tables, LABELS)
    assert (found.best, found.against, found.verdict) == ("qm9", "pubchem9", "smaller")
    assert 1 < found.ratio_interval[0] < found.ratio < found.ratio_interval[1]
    assert found.sentence.startswith("Trained on QM9, PaiNN's error on mine is ")
    own = tables.mae[tables.mae["group"] == "mine"].set_index("training_set")["mae_kcal_mol"]
    assert found.ratio == pytest.approx(own["pubchem9"] / own["qm9"])
    assert "by group, with QM9: smaller on mine, larger on azoxy, explosives and neuro" in found.sentence


def test_one_set_is_told_with_its_error_on_the_own_group(tmp_path: Path) -> None:
    rows = read_rows(make_study(tmp_path, networks=("painn",), sets={"qm9": 1.0}))
    sentence = answer(few(with_own_group(rows, swapped=False)), LABELS).sentence
    assert re.match(r"Trained on QM9, PaiNN errs by [\d.]+ kcal/mol on average on mine \(95 % interval", sentence)


def test_numbers_of_molecules_are_whole(tmp_path: Path) -> None:
    make_study(tmp_path, networks=("painn",), sets={"qm9": 1.0}, size=96)
    tables = few(read_rows(make_study(tmp_path, networks=("painn",), sets={"pubchem9": 0.5}, size=1600)))
    (note,) = [each for each in answer(tables, LABELS).notes if "differ in size" in each]
    assert "QM9 96 and pubchem9 1\u202f600 molecules" in note or "pubchem9 1\u202f600 and QM9 96 molecules" in note


def test_the_question_is_that_of_the_card_that_stands_with_the_run(tmp_path: Path) -> None:
    """A user's card is in no catalogue: training puts it beside the rows."""
    card = study_card("demo").model_copy(update={"name": "mine", "title": "Mine", "question": "Which set for mine?"})
    assert said_by_card(tmp_path, "mine") == ("mine", QUESTION)
    keep(card, tmp_path)
    assert said_by_card(tmp_path, "mine") == ("Mine", "Which set for mine?")
    assert study_card(tmp_path / "mine.yaml") == card
    assert said_by_card(tmp_path, "demo")[0] == study_card("demo").title
    assert [path.name for path in tmp_path.iterdir()] == ["mine.yaml"]
