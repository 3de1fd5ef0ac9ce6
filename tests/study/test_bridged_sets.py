"""A study of energies that a bridge gave says so: in the settings of its cells, and at the head of its page."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from hemdata.bridges.card import read_bridge
from hemdata.bridges.rows import HALF_WIDTH, bridged
from hemdata.catalog import StudyCard, label_places
from hemdata.door.run import On, run
from hemdata.levels import level
from hemdata.schema import table_schema
from hemdata.shards import LevelName, ShardWriter, read

CARD = StudyCard.model_validate({
    "name": "over", "title": "t", "question": "q", "level": "pc9", "groups": ["saccharides"], "seeds": [0],
    "sets": {"qm9": {"dataset": "qm9-at-pc9", "molecules": 90}}, "networks": [{"network": "dressed-atoms"}],
})  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The 110 molecules of QM9 that ship with labels, over the bridge that ships, as `qm9-at-pc9`."""
    folder = tmp_path_factory.mktemp("data")
    shipped = next(found for place in label_places() if (found := place / "duals-qm9@qm9@given").is_dir())
    table, _, reasons = bridged(read(shipped), read_bridge("qm9-pc9"))
    assert not any(reasons)
    schema = table_schema("molecule", [HALF_WIDTH])
    with ShardWriter(folder / "qm9-at-pc9", schema) as writer:
        writer.add(pa.table({name: table[name] for name in schema.arrow.names if name in table.column_names}))
        names = [LevelName(name="pc9", hash=level("pc9").hash)]
        writer.finish("qm9-at-pc9", len(table), [], names, {"bridges": {"qm9-pc9": "0" * 64}})
    return folder


def test_cells_and_page_tell_of_the_bridge_and_what_it_errs(data: Path, tmp_path: Path) -> None:
    ran = run(CARD, data, tmp_path, on=On(workers=1), tell=lambda _: None, shown=False)
    assert (ran.failed, ran.cannot) == ({}, [])
    (settings,) = (tmp_path / "cells").glob("*/settings.json")
    told = json.loads(settings.read_text())["bridged"]
    widths = read(data / "qm9-at-pc9")[HALF_WIDTH.name].to_pylist()
    assert told == {"by": {"qm9-pc9": "0" * 64}, "half_width_kcal_mol": round(sum(widths) / len(widths), 6)}
    assert ran.page is not None
    page = ran.page.read_text(encoding="utf-8")
    assert "Energies by a bridge, not computed" in page
    assert f"± {told['half_width_kcal_mol']:.2f}" in page or f"± {told['half_width_kcal_mol']:.1f}" in page


def test_of_computed_energies_nothing_is_said(tmp_path: Path) -> None:
    card = CARD.model_copy(update={"sets": {"own": CARD.sets["qm9"].model_copy(update={"dataset": "test-groups"})}})
    card = card.model_copy(update={"groups": ["saccharides"]})
    ran = run(card, tmp_path / "data", tmp_path / "run", on=On(workers=1), tell=lambda _: None, shown=False)
    (settings,) = (tmp_path / "run" / "cells").glob("*/settings.json")
    assert "bridged" not in json.loads(settings.read_text())
    assert ran.page is not None
    assert "by a bridge" not in ran.page.read_text(encoding="utf-8")
