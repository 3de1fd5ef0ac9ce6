"""Which labels a bridge is fitted on: of sets made here at two tight-binding levels, and of those that ship."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hemdata.assess.duals import duals
from hemdata.errors import DataError
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


def test_one_set_whose_labels_do_not_go_together_is_left_out_by_name_unless_it_is_asked_for(label: Label) -> None:
    """Ethanediol's lowest of 8 embeddings is another conformer than the first: its two labels differ in geometry."""
    label("good", "C", "CO", "N#N")
    label("cf", "OCCO", "CC")
    label_dataset(
        "cf.smi", level_name="gfn1-xtb", geometry="gfn2-xtb", conformers=8, data=Path("data"), workers=0, force=True
    )
    found, without = duals(*LEVELS, [], Path("data"))
    assert {dual.id for dual in found} == {"good:0", "good:1", "good:2"}
    ((reason, number),) = without.items()
    assert reason.startswith("'cf@gfn1-xtb' and 'cf@gfn2-xtb' do not go together")
    assert "cf:0" in reason
    assert number == 2
    with pytest.raises(DataError, match="stands at two geometries") as refused:
        duals(*LEVELS, ["cf"], Path("data"))
    assert "again the same way" in str(refused.value.fix)
    assert "on one geometry" not in str(refused.value.fix)


def test_a_molecule_of_several_sets_of_ones_own_counts_once_on_each_geometry(label: Label) -> None:
    """Its ids have the sets' names, so that each set's label was taken for a measurement of its own."""
    label("a1", "CCCO", "C", "F/C=C/F")
    label("mols", "C", "CCCO", "F/C=C\\F", "CCCO")
    found, without = duals(*LEVELS, [], Path("data"))
    assert [dual.id for dual in found] == ["a1:1", "a1:2", "a1:0", "mols:2"]
    assert without == {"of a molecule at a geometry that counts already": 3}
    for its_level in LEVELS:  # the same molecules, elsewhere
        label_dataset("mols.smi", level_name=its_level, geometry="gfn1-xtb", data=Path("data"), workers=0)
    found, _ = duals(*LEVELS, [], Path("data"))
    assert [dual.id for dual in found if dual.smiles == "CCCO"] == ["a1:0", "mols:1"]
    assert len(found) == 4 + 3


def test_labels_without_smiles_are_told_as_such(label: Label) -> None:
    Path("x.xyz").write_text("3\n\nO 0 0 0\nH 0 0.76 0.59\nH 0 -0.76 0.59\n")
    for its_level in LEVELS:
        label_dataset("x.xyz", level_name=its_level, data=Path("data"), workers=0)
    with pytest.raises(DataError, match="labelled at both levels can be used") as refused:
        duals(*LEVELS, ["x"], Path("data"))
    assert refused.value.got == "1 molecule: no SMILES that reads"


def test_a_test_group_is_found_among_the_labels_of_all(tmp_path: Path) -> None:
    found, _ = duals("qm9", "pc9", ["azoxy"], tmp_path)
    every, _ = duals("qm9", "pc9", ["test-groups"], tmp_path)
    assert found == [dual for dual in every if dual.group == "azoxy"]
    assert found
