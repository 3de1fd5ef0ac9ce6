"""The figure of a level against the experiment tells its numbers and names what errs most; other files are refused."""

from pathlib import Path

import pytest

from hemdata.assess.experiment import Experiment, Measured, atom_equivalents
from hemdata.chemistry.atct import known_molecules
from hemdata.errors import CallError
from hemdata.report.figures.against_experiment import write_figure


def found(shift: float = 0.0) -> Experiment:
    rows = []
    for known in known_molecules()[0][:30]:
        error = 5.0 * len(known.atomic_numbers) + (shift if known.name == "Formaldehyde" else 0.0)
        rows.append(Measured(known, known.d0_kcal_mol + error + 10.0, 10.0, 0.0, 0.0))
    return Experiment("made-up", "given", "given", rows, {})


def test_the_figure_tells_the_means_and_names_the_largest_error(tmp_path: Path) -> None:
    its = found(shift=90.0)
    write_figure(its, atom_equivalents(its.rows), tmp_path / "of" / "it.svg")
    text = (tmp_path / "of" / "it.svg").read_text()
    words = text.replace("\n", " ")
    assert f"mean {its.signed_kcal_mol:+.2f}, mean absolute {its.absolute_kcal_mol:.2f}" in words
    assert "made-up less the experiment (ATcT), 30 molecules" in words
    assert "Formaldehyde" in words
    again = tmp_path / "again.svg"
    write_figure(its, atom_equivalents(its.rows), again)
    assert again.read_text() == text  # no time stamp
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.svg", "of"]


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="kind of figure"):
        write_figure(found(), None, tmp_path / "it.gif")
