"""Which labels a bridge is fitted on: of sets made here at two tight-binding levels, and of those that ship."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hemdata.assess.duals import duals
from hemdata.label.dataset import label_dataset

LEVELS = ("gfn1-xtb", "gfn2-xtb")
Label = Callable[..., None]


@pytest.fixture
def label(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Label:
    """Labels SMILES as a set of a name at both levels on GFN2-xTB's geometries, in `data` of the current folder."""
    monkeypatch.chdir(tmp_path)

    def done(name: str, *smiles: str) -> None:
        Path(f"{name}.smi").write_text("".join(f"{each} {n}\n" for n, each in enumerate(smiles)))
        for its_level in LEVELS:
            label_dataset(f"{name}.smi", level_name=its_level, data=Path("data"), workers=0)

    return done


def test_ions_and_radicals_are_left_out_of_a_fit_and_counted(label: Label) -> None:
    label("mine", "C", "CC(=O)[O-]", "[CH3]", "CO")
    found, without = duals(*LEVELS, ["mine"], Path("data"))
    assert [dual.id for dual in found] == ["mine:0", "mine:3"]
    assert without == {
        "not a neutral singlet: charge -1, multiplicity 1": 1,
        "not a neutral singlet: charge 0, multiplicity 2": 1,
    }
