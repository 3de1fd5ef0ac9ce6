"""A functional or method that an engine does not have is refused before anything is computed, with the one meant."""

from pathlib import Path

import pytest

from hemdata.catalog import level_card
from hemdata.chemistry.engines import engine
from hemdata.errors import DataError
from hemdata.label.calculation import Calculation, Result, stages
from hemdata.label.run import label
from hemdata.label.store.database import LabelStore
from hemdata.label.workers.where import HERE
from hemdata.levels import level, level_of
from hemdata.molecules import from_smiles

WRONG = [("pc9", "B3LIP", "B3LYP"), ("gfn2-xtb", "GFN3-xTB", "GFN2-xTB"), ("pc9", "", None)]


@pytest.mark.parametrize(("name", "method", "meant"), WRONG)
def test_an_unknown_method_is_refused_before_anything_is_computed(
    name: str, method: str, meant: str | None, tmp_path: Path
) -> None:
    its = level_of(level_card(name).model_copy(update={"method": method, "name": "mine"}))

    def never(task: Calculation) -> Result:
        raise AssertionError(task)

    with LabelStore(tmp_path / "s.sqlite") as store, pytest.raises(DataError, match="is not known") as refused:
        label([from_smiles("C", "methane")], stages(its, level("gfn2-xtb")), store, where=HERE, calculation=never)
    assert "level mine" in str(refused.value)
    assert meant is None or f"'{meant}'" in str(refused.value)
    assert len(LabelStore(tmp_path / "s.sqlite")) == 0


@pytest.mark.parametrize("name", ["pc9", "qm9", "od9", "alchemy", "gfn1-xtb", "gfn2-xtb"])
def test_the_methods_of_the_shipped_levels_are_known(name: str) -> None:
    engine(level(name)).refuse_unknown(level_card(name))
