"""The answer says what the intervals allow and no more."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest
from made_up import make_study

from hemdata.analysis.tables import study_tables
from hemdata.report.answer import Answer, answer, answer_sentence
from hemdata.study.rows import read_rows

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
    note = next(note for note in found.notes if "does not beat" in note)
    for name in ("pubchem9", "QM9"):
        assert f"pair-distance ridge on azoxy, explosives, neuro and saccharides (trained on {name})" in note
    assert "dressed atoms" not in note


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
