"""Isotopes of a SMILES have their own masses: zero-point energies of isotopologues, and what a geometry cannot tell."""

from pathlib import Path

import numpy as np
import pytest

from hemdata.chemistry.frequencies import masses
from hemdata.errors import DataError
from hemdata.identity import isotopes_at, isotopologue
from hemdata.label.calculation import Stage, Start, calculate, calculation_for
from hemdata.label.columns.enthalpy import ISOTOPES
from hemdata.label.dataset import label_dataset
from hemdata.label.jobs import VIBRATE
from hemdata.levels import level
from hemdata.shards import read

ZERO_POINT = {"CO": 31.15, "[2H]C([2H])([2H])O": 25.25, "O": 12.63, "[2H]O[2H]": 9.19, "[H][H]": 5.37, "[2H][2H]": 3.80}


def test_zero_point_energies_are_those_of_the_isotopes(tmp_path: Path) -> None:
    """kcal/mol at GFN2-xTB; of a diatomic the ratio is that of the root of the reduced masses."""
    (tmp_path / "i.smi").write_text("".join(f"{smiles} {n}\n" for n, smiles in enumerate(ZERO_POINT)))
    done = label_dataset(tmp_path / "i.smi", enthalpy=True, data=tmp_path, workers=0)
    rows = {row["smiles"]: row for row in read(done.folder).to_pylist()}
    found = {smiles: row["zero_point_kcal_mol"] for smiles, row in rows.items()}
    assert found == pytest.approx(ZERO_POINT, abs=0.011)
    assert found["[H][H]"] / found["[2H][2H]"] == pytest.approx((2.01410178 / 1.00782503) ** 0.5, rel=1e-3)
    formed = [smiles for smiles, row in rows.items() if row["formation_enthalpy_298_kcal_mol"] is not None]
    assert formed == ["CO", "O", "[H][H]"]  # ATcT's atoms are those of natural isotopes
    assert done.manifest.made_from["enthalpy"]["without"] == {ISOTOPES: 3}


def test_a_geometry_in_another_order_does_not_tell_which_atoms_are_the_isotopes() -> None:
    z, x = np.array([1, 8, 1]), np.array([[0.0, 0.76, -0.48], [0.0, 0.0, 0.12], [0.0, -0.76, -0.48]])
    assert isotopes_at("[2H]O[2H]", z, x) == (2, 0, 2)
    with pytest.raises(DataError, match="does not tell which of its atoms are the isotopes"):
        isotopes_at("[2H]O[2H]", z[[1, 0, 2]], x[[1, 0, 2]])
    stage = Stage(level("gfn2-xtb"), VIBRATE)
    asked = (None, 0, 1, Start([8, 1, 1], x[[1, 0, 2]].ravel().tolist()))
    result = calculate(calculation_for(stage, *asked, isotopologue="[2H]O[2H]"))
    assert result.reason is not None
    assert result.reason.startswith("The geometry does not tell")
    assert calculation_for(stage, *asked).key == calculation_for(stage, *asked, isotopologue=None).key


@pytest.mark.parametrize(
    ("smiles", "found"),
    [("CO", None), (None, None), ("[1H]O[1H]", None), ("[12CH4]", None), ("[13CH4]", "[13CH4]"), ("O[2H]", "[2H]O")],
)
def test_only_isotopes_that_are_not_the_commonest_make_an_isotopologue(smiles: str | None, found: str | None) -> None:
    assert isotopologue(smiles) == found


def test_masses_are_those_of_the_isotopes() -> None:
    """CIAAW: 2.014101778, 13.003354835 and 15.994914620 dalton."""
    assert masses(np.array([1, 6, 8]), (2, 13, 0)) == pytest.approx([2.014101778, 13.003354835, 15.994914620], abs=1e-6)
